// Package browsertest gives a test a tab of a real browser: Chromium, without a
// screen, in Korean and in Korea's time.
//
// One Chromium serves all tests of a binary, whose TestMain ends it with Close.
// Nothing is downloaded. What a developer can set:
//
//   - PATH: where chromium is looked for.
//   - DAESA_REQUIRE_CHROMIUM=1, or CI=true: a missing Chromium fails the test,
//     where it would otherwise be skipped.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// errAbsent says that this machine has no Chromium to start.
var errAbsent = errors.New("chromium is not installed: looked for it on PATH (Debian: apt-get install chromium fonts-nanum)")

// patience limits how long one step in the browser may take.
const patience = time.Minute

// shared is the one browser of a test binary.
var shared struct {
	once    sync.Once
	browser context.Context
	err     error

	mu     sync.Mutex
	end    []func() // in the reverse order
	unused []*target
}

// Tab is a tab of the browser, without cookies of another test. Its methods fail
// the test where the page does not do as they say. An element is named by a
// selector, in a frame by the frame's selector before it.
type Tab struct {
	*target
	t testing.TB
}

// target is what tests use one after another: opening one costs more than most
// tests do in it.
type target struct {
	ctx     context.Context
	altered bool // it plays a phone, or speaks another language

	mu   sync.Mutex
	said []string // console, newest last
}

// Open gives t a tab. Where Chromium is not installed t is skipped, or fails if it
// is required.
func Open(t testing.TB) *Tab {
	t.Helper()
	shared.once.Do(start)
	if shared.err != nil {
		unavailable(t, shared.err)
	}
	tab := &Tab{target: unused(), t: t}
	if tab.target == nil {
		tab.target = tab.open()
	}
	t.Cleanup(tab.putBack)
	return tab
}

func unused() *target {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	n := len(shared.unused)
	if n == 0 {
		return nil
	}
	last := shared.unused[n-1]
	shared.unused = shared.unused[:n-1]
	return last
}

// open opens a tab that lives as long as the browser.
func (tab *Tab) open() *target {
	tab.t.Helper()
	ctx, cancel := chromedp.NewContext(shared.browser)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		tab.t.Fatalf("open a tab: %v", err)
	}
	shared.mu.Lock()
	shared.end = append(shared.end, cancel)
	shared.mu.Unlock()
	opened := &target{ctx: ctx}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			opened.mu.Lock()
			opened.said = append(opened.said, m.String())
			opened.mu.Unlock()
		}
	}()
	return opened
}

// putBack leaves the tab to the next test, empty.
func (tab *Tab) putBack() {
	if tab.t.Failed() {
		tab.tell()
		return
	}
	_, err := chromedp.Call(tab.ctx, network.ClearBrowserCookies, cdp.Empty{})
	if err == nil {
		err = chromedp.Do(tab.ctx, chromedp.Navigate("about:blank"))
	}
	if err != nil || tab.altered {
		return
	}
	tab.mu.Lock()
	tab.said = nil
	tab.mu.Unlock()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.unused = append(shared.unused, tab.target)
}

// Close ends the browser, if a test has started one.
func Close() {
	for i := len(shared.end) - 1; i >= 0; i-- {
		shared.end[i]()
	}
}

func unavailable(t testing.TB, err error) {
	t.Helper()
	required := os.Getenv("CI") == "true" || os.Getenv("DAESA_REQUIRE_CHROMIUM") == "1"
	switch {
	case required:
		t.Fatalf("this test requires a browser: %v", err)
	case errors.Is(err, errAbsent):
		t.Skipf("skipped, for it needs a browser: %v", err)
	default:
		t.Fatalf("chromium is installed but did not start: %v", err)
	}
}

func start() {
	program, err := exec.LookPath("chromium")
	if err != nil {
		shared.err = errAbsent
		return
	}
	profile, err := os.MkdirTemp("", "daesa-chromium-")
	if err != nil {
		shared.err = err
		return
	}
	shared.end = append(shared.end, func() { _ = os.RemoveAll(profile) })
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.DisableGPU,
		chromedp.NoSandbox, // root has no other way, and the pages are our own
		chromedp.Flag("disable-dev-shm-usage", false), chromedp.Flag("in-process-gpu", true),
		chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.Flag("lang", "ko-KR"), chromedp.Flag("accept-lang", "ko-KR,ko"),
		chromedp.Env("TZ=Asia/Seoul", "LANGUAGE=ko", "LANG=ko_KR.UTF-8", "TMPDIR="+profile),
		chromedp.WindowSize(1024, 800),
	)
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	shared.end = append(shared.end, end)
	browser, end := chromedp.NewContext(allocator)
	shared.end = append(shared.end, end)
	shared.browser = browser
	shared.err = chromedp.Do(browser)
}

// Phone makes the tab a phone of 390 by 844 points, with a phone's user agent.
func (tab *Tab) Phone() {
	tab.t.Helper()
	tab.altered = true
	tab.do("become a phone", chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait))
	_, err := chromedp.Call(tab.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent:      "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
		AcceptLanguage: "ko-KR,ko",
	})
	if err != nil {
		tab.t.Fatalf("become a phone: %v", err)
	}
}

// Language makes the browser ask for another language than Korean.
func (tab *Tab) Language(accept string) {
	tab.t.Helper()
	tab.altered = true
	headers := network.Headers{"Accept-Language": accept}
	_, err := chromedp.Call(tab.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
	if err != nil {
		tab.t.Fatalf("ask for %s: %v", accept, err)
	}
}

// Go shows a page.
func (tab *Tab) Go(address string) {
	tab.t.Helper()
	tab.do("go to "+address, chromedp.Navigate(address))
}

// do runs steps within the patience of one.
func (tab *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}

// tell logs what a failed test would want to know.
func (tab *Tab) tell() {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, line := range tab.said {
		tab.t.Log("console: " + line)
	}
	if where, err := chromedp.Run(tab.ctx, chromedp.Location()); err == nil {
		tab.t.Log("the tab shows " + where)
	}
}

// Console is what the page has written so far, exceptions included.
func (tab *Tab) Console() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.said...)
}

// described names an element in a failure.
func described(path []string) string {
	out := ""
	for i, selector := range path {
		if i > 0 {
			out += " in it "
		}
		out += fmt.Sprintf("%q", selector)
	}
	return out
}
