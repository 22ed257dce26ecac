package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"daesa/config"
	"daesa/internal/wholefile"
	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/sandbox"
	storefront "daesa/sandbox/shop"
	"daesa/store"
)

const (
	// shopMark is the file by which a shop-demo knows a folder that is its own.
	shopMark = "shop.demo"
	// shopOrders is the order file that the shop writes.
	shopOrders = "orders.csv"
	// shopOpens is the time of its day at which the shop opens.
	shopOpens = 14 * time.Hour
	// shopNight is how long after its day the shop's night is run.
	shopNight = 90 * time.Minute
	// shopWidgetKey is the client key of the shop's widget.
	shopWidgetKey = "test_gck_docs_Ovk5rk1EwkEbP0W43n07xlzm" //nolint:gosec // it is in every page, and the pretend Toss takes any
)

// shopDemo is a shop on a pretend Toss, whose orders daesa takes in.
type shopDemo struct {
	*invocation
	dir  string
	toss *sandbox.Sandbox
	shop *storefront.Shop
	wake chan struct{} // orders have changed

	changes atomic.Int64 // of orders, so far

	mu     sync.Mutex      // one command of daesa's at a time
	nights []nightDocument // oldest first; JSON of none is []
	known  int64           // the changes that the last night knew
}

func (a *invocation) shopDemoCommand() *cobra.Command {
	var addr, dir string
	cmd := &cobra.Command{
		Use:   "shop-demo",
		Short: "Serve a small shop on a pretend Toss, whose orders daesa takes in",
		Long: "Serves a shop of three products and the pretend Toss that it takes payments through: order, widget, success\n" +
			"page, webhooks, list of orders. Its orders land in the database of DIR, and refund accounts are captured.\n" +
			"The shop lives a day in the past, so that its night can be run at once: by its button 하루 마감, by\n" +
			"`daesa nightly --config DIR/daesa.yaml`, or at the end, when it is stopped. Each start begins anew.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runShopDemo(cmd.Context(), addr, dir)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:7080", "address of the shop, on this machine")
	cmd.Flags().StringVar(&dir, "dir", "daesa-shop", "folder to write to")
	return cmd
}

// shopDay is the newest date whose night has come: the shop lives on it, so that
// its night lies in nobody's future.
func shopDay(now time.Time) pay.Day { return pay.DayOf(now.Add(-shopNight)).Add(-1) }

func (a *invocation) runShopDemo(ctx context.Context, addr, dir string) error {
	if host, _, err := net.SplitHostPort(addr); err != nil || host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return usage(fmt.Errorf("--addr %s is no address of this machine alone: the shop lets everybody in", addr), "for example --addr 127.0.0.1:7080")
	}
	if err := emptiedFolder(dir, shopMark, shopOrders); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, shopMark), nil, 0o600); err != nil {
		return err
	}
	front, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return failed("choose another address with --addr", "%w", err)
	}
	defer front.Close()
	back, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer back.Close()
	d := &shopDemo{invocation: a, dir: dir, wake: make(chan struct{}, 1), nights: []nightDocument{}}
	shopURL, tossURL := "http://"+front.Addr().String(), "http://"+back.Addr().String()
	d.toss = sandbox.New(sandbox.Options{Now: a.clock, Settle: true, WebhookURL: shopURL + "/webhook", StateFile: filepath.Join(dir, "sandbox.state")})
	d.toss.SetClock(shopDay(a.now()).Start().Add(shopOpens))
	d.shop = storefront.New(storefront.Options{
		TossURL: tossURL, ClientKey: shopWidgetKey, SecretKey: demoSecret, Now: d.toss.Now, Changed: d.changed, CloseDay: d.closeDay,
	})
	if err := d.writeConfig(tossURL); err != nil {
		return err
	}
	a.warn("the shop is open: %s (its Toss: %s)", shopURL, tossURL)
	if err := d.serve(ctx, front, back); err != nil {
		return err
	}
	return d.tell(back.Addr().String())
}

func (d *shopDemo) writeConfig(tossURL string) error {
	text := config.Template(config.TemplateValues{ //nolint:gosec // the name of a variable, and a pretend address
		Environment: config.Test, SecretKeyEnv: demoKey, BaseURL: tossURL, RequestsPerMinute: demoPace,
		AutoQueue: []string{string(reconcile.CancelNotExecuted)},
	})
	if err := os.WriteFile(filepath.Join(d.dir, "daesa.yaml"), text, 0o600); err != nil {
		return err
	}
	return keptKey(d.dir)
}

// serve serves the shop and its Toss and takes orders in, until ctx ends and the
// night that was still due is over.
func (d *shopDemo) serve(ctx context.Context, front, back net.Listener) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, serving := errgroup.WithContext(serving)
	for listener, handler := range map[net.Listener]http.Handler{front: d.shop.Handler(), back: d.toss.Handler()} {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		group.Go(func() error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		group.Go(func() error {
			<-serving.Done()
			closing, cancel := context.WithTimeout(context.WithoutCancel(serving), 5*time.Second)
			defer cancel()
			_ = server.Shutdown(closing) // calls that are still under way are cut off
			return nil
		})
	}
	group.Go(func() error {
		if err := d.toss.Run(serving); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
	group.Go(func() error { d.keepUp(serving); return nil })
	group.Go(func() error {
		select {
		case <-ctx.Done():
		case <-serving.Done(): // something else has failed
			return nil
		}
		err := d.lastNight(serving)
		stop()
		return err
	})
	return group.Wait()
}

// lastNight runs the night of what has changed since the last one.
func (d *shopDemo) lastNight(ctx context.Context) error {
	d.mu.Lock()
	due := d.known != d.changes.Load()
	d.mu.Unlock()
	if !due {
		return nil
	}
	_, err := d.closeDay(ctx)
	return err
}

// changed notes that the shop's orders have changed; it does not wait.
func (d *shopDemo) changed() {
	d.changes.Add(1)
	select {
	case d.wake <- struct{}{}:
	default: // somebody is on the way
	}
}

// keepUp takes orders in as they change. What fails is said, and tried again with
// the next change.
func (d *shopDemo) keepUp(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		}
		d.mu.Lock()
		if err := d.takeIn(ctx, d.toss.Now()); err != nil && ctx.Err() == nil {
			d.warn("the shop's orders were not taken in: %v", err)
		}
		d.mu.Unlock()
	}
}

// takeIn takes the shop's orders into the database, and captures the refund
// accounts that Toss shows now and forgets soon.
func (d *shopDemo) takeIn(ctx context.Context, at time.Time) error {
	var text bytes.Buffer
	if err := d.shop.WriteFile(&text); err != nil {
		return err
	}
	file := filepath.Join(d.dir, shopOrders)
	if err := wholefile.Replace(file, text.Bytes()); err != nil {
		return err
	}
	return d.within(d.dir, at, "shop-demo").withProvider(ctx, func(s *session) error {
		// A deposit that the bank takes back, and a cancel that did not happen,
		// take an order back; the shop's own list is right about it.
		if err := s.importOrders(ctx, []string{file}, ordersFlags{}, orders.Older{All: true, Note: "the shop's own list"}); err != nil {
			return err
		}
		return s.capture(ctx, false)
	})
}

// closeDay moves the clock into the night after the shop's day and runs it.
func (d *shopDemo) closeDay(ctx context.Context) (storefront.Night, error) {
	d.toss.DeliverWebhooks() // those that are due do not wait for the night
	day := pay.DayOf(d.toss.Now())
	d.toss.SetClock(day.End().Add(shopNight))
	document, breaks, err := d.night(ctx, day)
	if err != nil {
		return storefront.Night{}, err
	}
	night := storefront.Night{Day: string(day)}
	if document.Workbook != nil {
		night.Workbook = *document.Workbook
	}
	held := func(units *int64, status string) string {
		if units == nil {
			return "기록 없음"
		}
		return pay.KRW.Spell(*units) + " · " + book.Korean.SideStatus(status)
	}
	for _, b := range breaks {
		night.Breaks = append(night.Breaks, storefront.Break{
			OrderID: b.OrderID, Kind: book.Korean.Kind(b.Kind), Shop: held(b.LocalAmount, b.LocalStatus), Toss: held(b.ProviderAmount, b.ProviderStatus),
		})
	}
	return night, nil
}

// night runs the night of a day, and gives what is open after it.
func (d *shopDemo) night(ctx context.Context, day pay.Day) (document nightDocument, breaks []reconcile.Break, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, changes := d.toss.Now().Truncate(time.Microsecond), d.changes.Load()
	if err := d.takeIn(ctx, at); err != nil {
		return document, nil, err
	}
	inner := d.within(d.dir, at, "shop-demo")
	err = inner.withProvider(ctx, func(s *session) error {
		documents, err := s.nightDocuments(ctx, s.nights(), string(day))
		if err != nil {
			return err
		}
		document = documents[0]
		breaks, err = s.db.Breaks(ctx, store.BreakFilter{Status: string(reconcile.Open), Scope: reconcile.ScopeOrders})
		return err
	})
	document.ExitCode, document.Reasons = inner.verdict.code(), inner.verdict.list()
	if err == nil {
		d.nights, d.known = append(d.nights, document), changes
	}
	return document, breaks, err
}

// tell says what the nights found, and how to go on.
func (d *shopDemo) tell(tossAddr string) error {
	if d.json {
		return d.printJSON(d.nights)
	}
	if len(d.nights) == 0 {
		d.printf("nothing was ordered\n")
		return nil
	}
	for _, document := range d.nights {
		d.printNight(document)
	}
	daesa, yaml := calledAs(os.Args[0]), shellWord(filepath.Join(d.dir, "daesa.yaml"))
	d.printf("\ntry next:\n  %s breaks list --config %s\n  %s refunds list --config %s\n", daesa, yaml, daesa, yaml)
	d.printf("and with the same pretend Toss in another terminal:\n")
	d.printf("  %s sandbox --addr %s --state %s --clock now --rate 0 --settle\n", daesa, tossAddr, shellWord(filepath.Join(d.dir, "sandbox.state")))
	d.printf("  %s=%s %s nightly --config %s\n", demoKey, demoSecret, daesa, yaml)
	return nil
}
