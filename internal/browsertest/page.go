package browsertest

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// glance is how long the frames of a path are looked into before they are looked
// up again: a frame that was found while it loaded stays empty.
const glance = 400 * time.Millisecond

// pause lies between two looks at what is not there yet.
const pause = 25 * time.Millisecond

// within leads to the frames of a path, as they are now; the last name is the
// element's.
func (tab *Tab) within(ctx context.Context, path []string) (chromedp.CSS, []chromedp.QueryOption, error) {
	var inside []chromedp.QueryOption
	for _, frame := range path[:len(path)-1] {
		nodes, err := chromedp.Run(ctx, chromedp.Nodes(chromedp.CSS(frame), append(inside, chromedp.NodeReady)...))
		if err != nil {
			return "", nil, err
		}
		inside = []chromedp.QueryOption{chromedp.FromNode(nodes[0])}
	}
	return chromedp.CSS(path[len(path)-1]), inside, nil
}

// find waits for an element of a path.
func (tab *Tab) find(ctx context.Context, path []string, wait chromedp.QueryOption) (chromedp.CSS, []chromedp.QueryOption, error) {
	options := []chromedp.QueryOption{wait, chromedp.RetryInterval(pause)}
	for {
		short, cancel := context.WithTimeout(ctx, glance)
		selector, inside, err := tab.within(short, path)
		if err == nil {
			err = chromedp.Do(short, chromedp.Query(selector, append(inside, options...)...))
		}
		cancel()
		if err == nil || ctx.Err() != nil {
			return selector, append(inside, options...), err
		}
	}
}

// act makes an action of an element.
type act[T any] = func(chromedp.CSS, ...chromedp.QueryOption) chromedp.Action[T]

// on runs an action on the element of a path.
func on[T any](tab *Tab, what string, path []string, do act[T], wait chromedp.QueryOption) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	selector, options, err := tab.find(ctx, path, wait)
	var out T
	if err == nil {
		out, err = chromedp.Run(ctx, do(selector, options...))
	}
	if err != nil {
		tab.t.Fatalf("%s %s: %v", what, described(path), err)
	}
	return out
}

// Click presses the mouse on an element that is visible.
func (tab *Tab) Click(path ...string) {
	tab.t.Helper()
	on(tab, "click", path, chromedp.Click[chromedp.CSS], chromedp.NodeVisible)
}

// Wait waits until an element is visible.
func (tab *Tab) Wait(path ...string) {
	tab.t.Helper()
	on(tab, "wait for", path, chromedp.WaitVisible[chromedp.CSS], chromedp.NodeVisible)
}

// Gone waits until an element is not there.
func (tab *Tab) Gone(selector string) {
	tab.t.Helper()
	tab.do("wait until there is no "+selector, chromedp.WaitNotPresent(chromedp.CSS(selector)))
}

// Text is what is read on an element.
func (tab *Tab) Text(path ...string) string {
	tab.t.Helper()
	return strings.TrimSpace(on(tab, "read", path, chromedp.Text[chromedp.CSS], chromedp.NodeVisible))
}

// Markup is an element as HTML.
func (tab *Tab) Markup(path ...string) string {
	tab.t.Helper()
	return on(tab, "read", path, chromedp.OuterHTML[chromedp.CSS], chromedp.NodeReady)
}

// Choose gives a field a value, with the events that a buyer's hand makes.
func (tab *Tab) Choose(value string, path ...string) {
	tab.t.Helper()
	set := func(selector chromedp.CSS, options ...chromedp.QueryOption) chromedp.Action[chromedp.Void] {
		return chromedp.QueryAfter(selector, func(ctx context.Context, t *chromedp.Target, nodes []*chromedp.Node) (chromedp.Void, error) {
			field, err := cdp.Call(ctx, t, dom.ResolveNode, dom.ResolveNodeParams{NodeID: nodes[0].NodeID})
			if err != nil {
				return chromedp.Void{}, err
			}
			entered, err := json.Marshal(value)
			if err != nil {
				return chromedp.Void{}, err
			}
			_, err = cdp.Call(ctx, t, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
				ObjectID: field.Object.ObjectID,
				FunctionDeclaration: "function () { this.value = " + string(entered) +
					"; for (const kind of ['input', 'change']) this.dispatchEvent(new Event(kind, { bubbles: true })); }",
			})
			return chromedp.Void{}, err
		}, options...)
	}
	on(tab, "enter "+value+" into", path, set, chromedp.NodeVisible)
}

// Screenshot is what the tab shows, as a PNG.
func (tab *Tab) Screenshot() []byte {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	image, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tab.t.Fatalf("take a picture: %v", err)
	}
	return image
}

// Keys sends keys to what has the focus.
func (tab *Tab) Keys(keys string) {
	tab.t.Helper()
	tab.do("press keys", chromedp.KeyEvent(keys))
}

// Eval is the value of an expression in the page; a promise is waited for.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return out
}

// Arrive waits until the tab shows a page whose address begins so, and gives it.
func (tab *Tab) Arrive(begin string) string {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	for {
		where, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + (document.readyState === 'complete' ? '' : ' (loading)')"))
		if err == nil && strings.HasPrefix(where, begin) && !strings.HasSuffix(where, " (loading)") {
			return where
		}
		select {
		case <-ctx.Done():
			tab.t.Fatalf("the tab never showed %s..., at last %s (%v)", begin, where, err)
		case <-time.After(pause):
		}
	}
}
