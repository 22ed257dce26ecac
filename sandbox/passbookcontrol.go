package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func (s *Sandbox) passbookRoutes() {
	s.mux.HandleFunc("GET /sandbox/passbook.json", control(func(r *http.Request) (any, error) { return s.passbookAsked(r.URL.Query()) }))
	s.mux.HandleFunc("GET /sandbox/passbook.csv", s.servePassbook)
}

var passbookParameters = []string{"from", "to", "layout", "opening", "plant", "encoding"}

// passbookAsked prints the passbook that a query asks for.
func (s *Sandbox) passbookAsked(q url.Values) (*Passbook, error) {
	for name := range q {
		if !slices.Contains(passbookParameters, name) {
			return nil, fmt.Errorf("%q: there are %s", name, strings.Join(passbookParameters, ", "))
		}
	}
	o := PassbookOptions{Layout: q.Get("layout"), Encoding: q.Get("encoding")}
	if text := q.Get("from"); text != "" {
		d, err := parseDate(text)
		if err != nil {
			return nil, fmt.Errorf("from: %w", err)
		}
		o.From = d.time()
	}
	if text := q.Get("to"); text != "" {
		d, err := parseDate(text)
		if err != nil {
			return nil, fmt.Errorf("to: %w", err)
		}
		o.To = d.time()
	}
	if text := q.Get("opening"); text != "" {
		won, err := strconv.ParseInt(text, 10, 64)
		if err != nil || won < 0 || won > mostOpening {
			return nil, fmt.Errorf("opening: %q is no whole number of won from 0 to %d", text, int64(mostOpening))
		}
		o.Opening = won
	}
	if text := q.Get("plant"); text != "" {
		o.Plant = strings.Split(text, ",")
	}
	return s.Passbook(o)
}

// mostOpening is the largest balance to begin with, in won.
const mostOpening = 1_000_000_000_000

// servePassbook gives the page as the bank gives it; a header names the faults.
func (s *Sandbox) servePassbook(w http.ResponseWriter, r *http.Request) {
	book, err := s.passbookAsked(r.URL.Query())
	if err != nil {
		control(func(*http.Request) (any, error) { return nil, err })(w, r)
		return
	}
	charset := "utf-8"
	if e := strings.ToLower(r.URL.Query().Get("encoding")); e == "cp949" || e == "euc-kr" {
		charset = "euc-kr"
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset="+charset)
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="passbook-%s-%s.csv"`, book.From, book.To))
	h.Set("X-Sandbox-Planted", plantedHeader(book.Planted))
	_, _ = w.Write(book.CSV)
}
