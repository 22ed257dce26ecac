package browser

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages escape whatever comes from outside: it is text there, never markup.
var pages = template.Must(template.New("").ParseFS(pageFiles, "pages/*.html"))

// policy lets a page run its own script and style alone. Every page may frame
// it, as shops do.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'"

// page is what the templates draw.
type page struct {
	Lang    language
	Request Request
	Key     string
	Over    string // why the window is over; empty: it is open
	Methods []Method
	Known   Catalog
	Whole   bool // a widget that stands as a window, with its terms and buttons
	Chosen  Choice
}

// term is one that a buyer agrees to.
type term struct {
	ID       string
	Required bool
}

// terms begin agreed, the optional one too.
var terms = []term{{"payment", true}, {"privacy", true}, {"benefits", false}}

// T is a label in the page's language.
func (p page) T(key string) string { return say(key, p.Lang) }

// Named is a method or an institution in the page's language.
func (p page) Named(n Named) string {
	if p.Lang == english {
		return n.English
	}
	return n.Korean
}

// Called is a method as the buyer reads it.
func (p page) Called(m Method) string { return m.named(p.Lang) }

// Kinds are the kinds of the page's methods, whose fields are drawn.
func (p page) Kinds() map[string]bool {
	kinds := map[string]bool{}
	for _, m := range p.Methods {
		kinds[m.Kind] = true
	}
	return kinds
}

// Terms are those of a widget.
func (p page) Terms() []term { return terms }

// FailCodes are what the window can be told to fail with.
func (p page) FailCodes() []*Error {
	out := make([]*Error, 0, len(failCodes))
	for _, code := range failCodes {
		out = append(out, refuse(code).in(p.Lang))
	}
	return out
}

// Months are the instalments of a card.
func (p page) Months() []int { return p.Request.months() }

// MonthsWord names an instalment.
func (p page) MonthsWord(n int) string {
	if n == 0 {
		return p.T("allAtOnce")
	}
	return strconv.Itoa(n) + p.T("monthsSuffix")
}

// InParts says whether the amount can be paid in instalments. A widget's amount
// changes while it stands, so it offers them always.
func (p page) InParts() bool {
	value, isNumber := number(p.Request.Amount.Value)
	return p.Key == "" || isNumber && value.IsInt() && value.Num().Int64() >= leastInstalment
}

// Carriers are whom a phone is with.
func (p page) Carriers() []string { return []string{"SKT", "KT", "LGU+", "알뜰폰"} }

// RefundMust says whether the refund account cannot be left out.
func (p page) RefundMust() bool { return p.Request.Product == Widget }

// Money is the amount as people write it.
func (p page) Money() string { return moneyText(p.Request.Amount, p.Lang) }

func moneyText(a Amount, lang language) string {
	whole, decimals, _ := strings.Cut(amountText(a.Value), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	switch {
	case a.Currency == "USD" && decimals == "":
		return "$" + whole + ".00"
	case a.Currency == "USD":
		return "$" + whole + "." + decimals
	case a.Currency == "JPY":
		return "¥" + whole
	case lang == english:
		return "₩" + whole
	}
	return whole + "원"
}

func (s *server) showWindow(w http.ResponseWriter, r *http.Request) {
	window, found := s.ledger.Window(r.PathValue("key"))
	p := page{
		Lang: languageOf(window.Request.Language, r.Header.Get("Accept-Language")), Request: window.Request,
		Key: window.Key, Known: s.known,
	}
	status := http.StatusOK
	switch {
	case !found:
		p.Over, status = "unknown", http.StatusNotFound
	case window.State != Open:
		p.Over = string(window.State)
	}
	p.Methods = window.Request.Offered()
	p.Chosen = s.begin(window.Request)
	p.draw(w, status, "window")
}

// begin fills every field in: what the page or the widget has said, else the
// first of the catalog and made-up values.
func (s *server) begin(q Request) Choice {
	c := q.Choice
	set := func(to *string, values ...string) {
		for _, value := range values {
			if *to == "" {
				*to = value
			}
		}
	}
	if offered := q.Offered(); len(offered) > 0 {
		set(&c.Method, offered[0].Code)
	}
	if q.Options.Months != nil {
		c.Months = *q.Options.Months
	}
	set(&c.Company, codeOf(s.known.Cards, q.Options.CardCompany), s.known.Cards[0].Code)
	set(&c.Bank, s.known.Banks[0].Code)
	set(&c.CardType, credit)
	set(&c.Depositor, q.Name, "김토스")
	set(&c.Phone, q.Phone, "01000000000")
	if c.Refund == nil {
		c.Refund = q.Options.Refund
	}
	if c.Refund == nil {
		c.Refund = &Account{Bank: s.known.Banks[0].Code, Number: "11012345678901", Holder: c.Depositor}
	}
	return c
}

// codeOf finds an institution by its code or one of its names.
func codeOf(list []Named, word string) string {
	for _, n := range list {
		if word != "" && (word == n.Code || word == n.Korean || word == n.English) {
			return n.Code
		}
	}
	return ""
}

func (s *server) showWidget(w http.ResponseWriter, r *http.Request) {
	q := Request{Product: Widget, Amount: Amount{Value: "0", Currency: r.FormValue("currency")}}
	if q.Amount.Currency == "" {
		q.Amount.Currency = "KRW"
	}
	p := page{
		Lang: languageOf(r.FormValue("language"), r.Header.Get("Accept-Language")), Request: q, Known: s.known,
		Methods: q.Offered(), Chosen: s.begin(q), Whole: r.FormValue("whole") != "",
	}
	if value := json.Number(r.FormValue("amount")); p.Whole {
		if _, isNumber := number(value); isNumber {
			p.Request.Amount.Value = value
		}
	}
	p.draw(w, http.StatusOK, "widget")
}

func (s *server) showAgreement(w http.ResponseWriter, r *http.Request) {
	p := page{Lang: languageOf(r.FormValue("language"), r.Header.Get("Accept-Language"))}
	p.draw(w, http.StatusOK, "agreement")
}

func (p page) draw(w http.ResponseWriter, status int, name string) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(p.Lang))
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w)
}
