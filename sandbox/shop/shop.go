// Package shop is a small shop that takes payments as Toss's integration guide
// has it: three products, an order, the payment widget, a success page that checks
// the amount and confirms, a failure page, a webhook receiver, a list of orders.
// It stands on the pretend Toss and knows it by its addresses alone, as a shop
// knows Toss; read it as the guide in code.
//
// Begin with pay.go, which an order passes from top to bottom, then webhook.go.
// orders.go is what the shop remembers, toss.go how it speaks to Toss, wrong.go
// what it does wrong when it is told to, so that a night has something to find.
package shop

import (
	"context"
	"net/http"
	"time"
)

// Options are what a shop is opened with.
type Options struct {
	// TossURL is where the scripts and the API are. At Toss they are two hosts:
	// https://js.tosspayments.com and https://api.tosspayments.com.
	TossURL string
	// ClientKey goes to every browser; SecretKey never leaves the server.
	ClientKey, SecretKey string
	Now                  func() time.Time
	// Changed is told after orders have changed; it must not wait. Nil: nobody
	// wants to know.
	Changed func()
	// CloseDay ends the shop's day and runs its night. Nil: the shop has no
	// button for it.
	CloseDay func(context.Context) (Night, error)
}

// Night is what was found out about a day that was closed.
type Night struct {
	Day      string // YYYY-MM-DD
	Breaks   []Break
	Workbook string // where the workbook lies
}

// Break is an order of which the shop and Toss say different things, in Korean.
type Break struct{ OrderID, Kind, Shop, Toss string }

// Shop is the shop. Its methods may be called at once from many goroutines.
type Shop struct {
	Options
	toss *client
	book book
}

// New opens a shop that has sold nothing yet.
func New(o Options) *Shop {
	return &Shop{
		Options: o,
		toss:    &client{url: o.TossURL, secretKey: o.SecretKey, http: http.Client{Timeout: 60 * time.Second}},
	}
}

// Handler answers the shop's pages and its webhooks. Pages of other sites cannot
// post to it; Toss, which is no browser, can.
func (s *Shop) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showProducts)
	mux.HandleFunc("POST /orders", s.order)
	mux.HandleFunc("GET /orders/{id}/pay", s.showPayment)
	mux.HandleFunc("GET /success", s.success)
	mux.HandleFunc("GET /fail", s.fail)
	mux.HandleFunc("POST /webhook", s.webhook)
	mux.HandleFunc("GET /orders", s.showOrders)
	mux.HandleFunc("POST /orders/{id}/cancel", s.cancel)
	mux.HandleFunc("POST /orders/{id}/deposit", s.deposit)
	mux.HandleFunc("POST /orders/{id}/console-cancel", s.consoleCancel)
	mux.HandleFunc("POST /close-day", s.closeDay)
	mux.HandleFunc("GET /shop.css", serveStyle)
	return http.NewCrossOriginProtection().Handler(mux)
}

// change changes an order under the book's lock and tells who wants to know. It
// says whether there is such an order.
func (s *Shop) change(id string, how func(*Order)) (Order, bool) {
	order, found := s.book.change(id, how)
	if found && s.Changed != nil {
		s.Changed()
	}
	return order, found
}
