package sandbox

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The page sizes of both lists.
const (
	defaultLimit = 100
	maxLimit     = 5000
	maxPage      = 1_000_000
)

// transactions answers GET /v1/transactions: a bare array, ascending by time.
func (s *Sandbox) transactions(c *call) reply {
	q := c.r.URL.Query()
	from, e1 := parseListTime(q.Get("startDate"))
	to, e2 := parseListTime(q.Get("endDate"))
	if e1 != nil || e2 != nil || to.Before(from) {
		return failed(refuse("INVALID_DATE"))
	}
	limit, e := pageSize(q, "limit")
	if e != nil {
		return failed(e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.sort()
	now := s.now().Unix()
	rows := s.ledger.window(from.Unix(), min(to.Unix(), now))
	if after := q.Get("startingAfter"); after != "" {
		rows, e = s.rowsAfter(rows, after, now)
		if e != nil {
			return failed(e)
		}
	}
	rows = s.cutPage(listPage{from.Unix(), to.Unix(), q.Get("startingAfter")}, rows, limit)
	b := make([]byte, 0, 2+len(rows)*420)
	b = append(b, '[')
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		p, st := s.ledger.stepOf(r)
		b = appendRow(b, p, st, s.opts.CancelRows, c.english)
	}
	return ok(append(b, ']'))
}

// rowsAfter cuts a window at a transaction key, which must be of a row that the
// list has shown by now.
func (s *Sandbox) rowsAfter(rows []rowRef, key string, now int64) ([]rowRef, *Error) {
	place, isKey := parseKey(key)
	if !isKey || place.at > now || !s.ledger.hasRow(place) {
		return nil, refuse("INVALID_TRANSACTION_KEY")
	}
	i := 0
	for j := len(rows); i < j; {
		if mid := (i + j) / 2; rows[mid].compare(place) <= 0 {
			i = mid + 1
		} else {
			j = mid
		}
	}
	return rows[i:], nil
}

func (l *ledger) hasRow(place rowRef) bool {
	for _, r := range l.window(place.at, place.at) {
		if r.seq == place.seq {
			return true
		}
	}
	return false
}

// parseListTime reads a time without offset as KST; a bare date is its
// midnight, so that an endDate without time leaves the day out.
func parseListTime(text string) (time.Time, error) {
	if t, err := time.ParseInLocation("2006-01-02T15:04:05", text, kst); err == nil {
		return t, nil
	}
	return time.ParseInLocation(time.DateOnly, text, kst)
}

func pageSize(q url.Values, name string) (int, *Error) {
	text := q.Get(name)
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, refuse("INVALID_REQUEST")
	}
	return n, nil
}

// SetSettlements sets what /v1/settlements answers, in place of the rows of the
// ledger and for every key: each a JSON object as Toss documents it, with soldDate
// and paidOutDate. The error names the row that is no such object. nil brings the
// rows of the ledger back.
func (s *Sandbox) SetSettlements(rows []json.RawMessage) error {
	var settled []settledRow
	if rows != nil {
		settled = make([]settledRow, 0, len(rows))
	}
	for _, raw := range rows {
		var r settledRow
		if err := json.Unmarshal(raw, &r); err != nil {
			return err
		}
		r.Row = bytes.Clone(raw)
		settled = append(settled, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = settled
	s.touchHead()
	return nil
}

// settlements answers GET /v1/settlements.
func (s *Sandbox) settlements(c *call) reply {
	q := c.r.URL.Query()
	from, e1 := parseListTime(q.Get("startDate"))
	to, e2 := parseListTime(q.Get("endDate"))
	if e1 != nil || e2 != nil || to.Before(from) {
		return failed(refuse("INVALID_DATE"))
	}
	size, e := pageSize(q, "size")
	page := 1
	if text := q.Get("page"); text != "" {
		page, e1 = strconv.Atoi(text)
	}
	kind := q.Get("dateType")
	if e != nil || e1 != nil || page < 1 || page > maxPage || kind != "" && kind != "soldDate" && kind != "paidOutDate" {
		return failed(refuse("INVALID_REQUEST"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	first, last := dateOf(from.Unix()), dateOf(to.Unix())
	skip := (page - 1) * size
	if s.settled != nil {
		return ok(s.setByHand(kind, first.String(), last.String(), skip, size))
	}
	if !s.showsSettlements() {
		return ok([]byte("[]"))
	}
	rows := s.settlementPage(kind == "paidOutDate", first, last, skip, size)
	b := append(make([]byte, 0, 2+len(rows)*1100), '[')
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		p, e := s.ledger.stepOf(r)
		b = s.appendSettlement(b, p, e, s.paidOutDate(p, r), c.english)
	}
	return ok(append(b, ']'))
}

// showsSettlements: Toss has rows for live keys, and [] for test keys.
func (s *Sandbox) showsSettlements() bool {
	return s.settling.On || strings.HasPrefix(s.opts.SecretKey, "live_")
}

// setByHand is a page of the rows that were set.
func (s *Sandbox) setByHand(kind, first, last string, skip, size int) []byte {
	var found [][]byte
	for _, r := range s.settled {
		day := r.SoldDate
		if kind == "paidOutDate" {
			day = r.PaidOutDate
		}
		if day >= first && day <= last {
			found = append(found, r.Row)
		}
	}
	found = found[min(len(found), skip):]
	found = found[:min(len(found), size)]
	return append(append([]byte{'['}, bytes.Join(found, []byte{','})...), ']')
}
