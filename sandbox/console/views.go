package console

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"daesa/sandbox"
)

// perPage is how many rows a list shows at once.
const perPage = 50

// paymentsView is the list of payments.
type paymentsView struct {
	Query              string
	Status             string
	Method             string
	List               []*sandbox.Payment
	Fit, All           int
	Statuses           []statusCount
	Methods            []choice
	Beginnings         []choice
	Banks              []sandbox.Bank
	First, Last        int
	Newer, Older       string // addresses; empty: there are none
	OrderID            string // a number for the form that makes one
	Waiting, Unarrived int    // webhooks
	HooksGo            string
}

// statusCount is a status with the number of payments in it, and its list.
type statusCount struct {
	Status, Address string
	Count           int
	Here            bool
}

func (c *console) payments(w http.ResponseWriter, r *http.Request) {
	p := c.begin(w, r, "payments")
	p.Title = p.T("결제", "Payments")
	q := r.URL.Query()
	v := paymentsView{
		Query: q.Get("q"), Status: q.Get("status"), Method: q.Get("method"),
		Methods: methods, Beginnings: beginnings, Banks: sandbox.Banks(), HooksGo: c.s.WebhookURL(),
		OrderID: "CONSOLE-" + strconv.FormatInt(time.Now().UnixMilli(), 36),
	}
	skip, _ := strconv.Atoi(q.Get("skip"))
	skip = max(skip, 0)
	list, fit, counts := c.s.Newest(sandbox.Query{
		Text: v.Query, Status: v.Status, Method: sandbox.Method(v.Method), Skip: skip, Most: perPage,
	})
	v.List, v.Fit = list, fit
	v.First, v.Last = min(skip+1, fit), min(skip+perPage, fit)
	address := func(status string, skip int) string {
		values := url.Values{}
		for name, value := range map[string]string{"q": v.Query, "method": v.Method, "status": status} {
			if value != "" {
				values.Set(name, value)
			}
		}
		if skip > 0 {
			values.Set("skip", strconv.Itoa(skip))
		}
		if len(values) == 0 {
			return root
		}
		return root + "?" + values.Encode()
	}
	for _, s := range statuses {
		v.All += counts[s.Value]
		v.Statuses = append(v.Statuses, statusCount{s.Value, address(s.Value, 0), counts[s.Value], s.Value == v.Status})
	}
	v.Statuses = append([]statusCount{{"", address("", 0), v.All, v.Status == ""}}, v.Statuses...)
	if skip > 0 {
		v.Newer = address(v.Status, skip-perPage)
	}
	if skip+perPage < fit {
		v.Older = address(v.Status, skip+perPage)
	}
	for _, hook := range c.s.Webhooks("") {
		if !hook.Due.IsZero() {
			v.Waiting++
		} else if !hook.Arrived {
			v.Unarrived++
		}
	}
	p.Data = v
	c.show(w, "payments", http.StatusOK, p)
}

// paymentView is one payment.
type paymentView struct {
	*sandbox.Payment
	Life   []sandbox.Event
	Hooks  []sandbox.Webhook
	Object json.RawMessage

	MayDeposit, MayReverse, MayExpire, MayCancel, MayAuthenticate bool
}

func (c *console) payment(w http.ResponseWriter, r *http.Request) {
	p := c.begin(w, r, "payments")
	found, ok := c.s.Payment(r.PathValue("key"))
	if !ok {
		c.notFound(w, p)
		return
	}
	p.Title = p.T("주문 ", "Order ") + found.OrderID
	v := paymentView{
		Payment: found, Life: c.s.Life(found.Key), Hooks: c.s.Webhooks(found.Key), Object: c.s.Object(found.Key),
	}
	account := found.Method == sandbox.VirtualAccount
	waits := found.Status == sandbox.WaitingForDeposit
	v.MayDeposit = waits && !p.Now.After(found.DueDate)
	v.MayReverse = account && found.Status == sandbox.Done
	v.MayAuthenticate = found.Status == sandbox.Ready
	v.MayExpire = v.MayAuthenticate || found.Status == sandbox.InProgress || v.MayDeposit
	v.MayCancel = waits || (found.Status == sandbox.Done || found.Status == sandbox.PartialCanceled) && found.Balance > 0
	p.Data = v
	c.show(w, "payment", http.StatusOK, p)
}

// webhooksView is the list of webhooks.
type webhooksView struct {
	URL                       string
	List                      []sandbox.Webhook
	All                       int
	Arrived, Waiting, GivenUp int
}

func (c *console) webhooks(w http.ResponseWriter, r *http.Request) {
	p := c.begin(w, r, "webhooks")
	p.Title, p.Refresh = p.T("웹훅", "Webhooks"), 30
	all := c.s.Webhooks("")
	v := webhooksView{URL: c.s.WebhookURL(), All: len(all), List: all[:min(len(all), 2*perPage)]}
	for _, hook := range all {
		switch {
		case hook.Arrived:
			v.Arrived++
		case hook.Due.IsZero():
			v.GivenUp++
		default:
			v.Waiting++
		}
	}
	p.Data = v
	c.show(w, "webhooks", http.StatusOK, p)
}

// clockView is the clock, the faults and what was called.
type clockView struct {
	Faults  string
	Presets []preset
	Steps   []choice
	Calls   []callCount
}

type callCount struct {
	API   string
	Count int
}

var steps = []choice{
	{"10m", word{"10분", "10 min"}}, {"30m", word{"30분", "30 min"}}, {"1h", word{"1시간", "1 hour"}},
	{"24h", word{"하루", "1 day"}}, {"48h", word{"이틀", "2 days"}}, {"168h", word{"한 주", "1 week"}},
}

func (c *console) clock(w http.ResponseWriter, r *http.Request) {
	p := c.begin(w, r, "clock")
	p.Title = p.T("시계·장애", "Clock and faults")
	v := clockView{Faults: c.s.Faults().String(), Presets: presets, Steps: steps}
	calls := c.s.Calls()
	for _, api := range slices.Sorted(maps.Keys(calls)) {
		v.Calls = append(v.Calls, callCount{api, calls[api]})
	}
	p.Data = v
	c.show(w, "clock", http.StatusOK, p)
}

// settlementsView is what is paid out, by day, and the rows of one day.
type settlementsView struct {
	Shown   bool // to test keys, too
	Payouts []*sandbox.Payout
	All     int
	Day     string
	Rows    []sandbox.SettlementRow
	Methods []choice
}

func (c *console) settlements(w http.ResponseWriter, r *http.Request) {
	p := c.begin(w, r, "settlements")
	p.Title = p.T("정산", "Settlements")
	v := settlementsView{Shown: c.s.ShowsSettlements(), Day: r.URL.Query().Get("day"), Methods: methods}
	book, err := c.s.Passbook(sandbox.PassbookOptions{})
	if err == nil {
		slices.SortFunc(book.Payouts, func(a, b *sandbox.Payout) int { return cmp.Compare(b.PaidOutDate, a.PaidOutDate) })
		v.All = len(book.Payouts)
		v.Payouts = book.Payouts[:min(v.All, 2*perPage)]
	}
	if v.Day != "" {
		v.Rows, err = c.s.PaidOutOn(v.Day)
	}
	if err != nil {
		p.Wrong = err.Error()
	}
	p.Data = v
	c.show(w, "settlements", http.StatusOK, p)
}

// passbookView is a page of the shop's passbook.
type passbookView struct {
	From, To, Layout, Plant string
	Layouts                 []choice
	Book                    *sandbox.Passbook
	CSV                     string
}

// aMonth is how much of the passbook is shown at first.
const aMonth = 31 * 24 * time.Hour

func (c *console) passbook(w http.ResponseWriter, r *http.Request) {
	p := c.begin(w, r, "passbook")
	p.Title = p.T("통장", "Passbook")
	q := r.URL.Query()
	v := passbookView{
		From: cmp.Or(q.Get("from"), p.Now.Add(-aMonth).Format(time.DateOnly)), To: cmp.Or(q.Get("to"), p.Now.Format(time.DateOnly)),
		Layout: q.Get("layout"), Plant: q.Get("plant"), Layouts: layouts,
	}
	book, err := c.readPassbook(v)
	if err != nil {
		p.Wrong = err.Error()
	} else {
		slices.Reverse(book.Lines) // newest first, as people look at it
		v.Book = book
		values := url.Values{"from": {v.From}, "to": {v.To}, "layout": {cmp.Or(v.Layout, "kb")}}
		if v.Plant != "" {
			values.Set("plant", v.Plant)
		}
		v.CSV = "/sandbox/passbook.csv?" + values.Encode()
	}
	p.Data = v
	c.show(w, "passbook", http.StatusOK, p)
}
