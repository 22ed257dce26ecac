package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"daesa/app"
)

// movedCells are what one side moved on the date, reckoned row by row.
type movedCells struct{ approvals, approved, cancels, canceled int64 }

func (m movedCells) net() int64 { return m.approved - m.canceled }

// anyMethod is all methods together; "" is what a side does not name.
const anyMethod = "*"

// dayOf reckons the date's figures of a currency and a method from the tables: the shop's orders one by one, Toss's rows one by one.
func (l *ledgered) dayOf(currency, method string) (shop, toss movedCells) {
	from, to := stampOf(cellsDay.Start()), stampOf(cellsDay.End())
	within := func(at sql.NullString) bool { return at.Valid && at.String >= from && at.String < to }
	l.rows("SELECT * FROM orders WHERE pg = 'toss' AND amount > 0", func(o map[string]sql.NullString) {
		if o["currency"].String != currency || method != anyMethod && o["method"].String != method {
			return
		}
		paid := o["status"].String == "paid" || o["status"].String == "partially_canceled"
		if within(o["paid_at"]) || !o["paid_at"].Valid && paid && within(o["ordered_at"]) {
			shop.approvals, shop.approved = shop.approvals+1, shop.approved+integer(o["amount"])
		}
		if within(o["canceled_at"]) && integer(o["canceled_amount"]) > 0 && (o["paid_at"].Valid || paid) {
			shop.cancels, shop.canceled = shop.cancels+1, shop.canceled+integer(o["canceled_amount"])
		}
	})
	l.rows("SELECT * FROM transactions", func(row map[string]sql.NullString) {
		if row["currency"].String != currency || method != anyMethod && row["method"].String != method || !within(row["at"]) {
			return
		}
		switch row["status"].String {
		case "DONE":
			toss.approvals, toss.approved = toss.approvals+1, toss.approved+integer(row["amount"])
		case "CANCELED", "PARTIAL_CANCELED":
			if amount, moved := l.canceledBy(row); moved {
				toss.cancels, toss.canceled = toss.cancels+1, toss.canceled+amount
			}
		}
	})
	return shop, toss
}

// canceledBy is what a cancel row cancelled; moved: the payment had been paid.
func (l *ledgered) canceledBy(row map[string]sql.NullString) (amount int64, moved bool) {
	key, own := row["payment_key"].String, row["transaction_key"].String
	approved := l.number("SELECT max(amount) FROM transactions WHERE payment_key = ? AND status = 'DONE'", key)
	if approved == 0 {
		return 0, false
	}
	if known := l.number("SELECT count(*) FROM cancels WHERE payment_key = ? AND transaction_key = ?", key, own); known == 1 {
		return l.number("SELECT amount FROM cancels WHERE payment_key = ? AND transaction_key = ?", key, own), true
	}
	return approved - l.number("SELECT sum(amount) FROM cancels WHERE payment_key = ?", key), true
}

// day: the figures of the date on both sheets, method by method, and their sums.
func (l *ledgered) day() {
	methods := map[string]string{"미지정": ""}
	for method, word := range cellMethods {
		if method != "" {
			methods[word] = method
		}
	}
	seen := 0
	for sheet, from := range map[string]int{"요약": 2, "결제수단별": 1} {
		rows, err := l.book.GetRows(sheet)
		fine(l.t, err)
		currency := ""
		for i, cells := range rows {
			row, label := i+1, ""
			if len(cells) >= from {
				label = cells[from-1]
			}
			if strings.HasPrefix(label, "결제수단") && len(cells) > from+10 && cells[from] == "승인 건수" {
				currency = "KRW"
				if name, found := strings.CutPrefix(label, "결제수단 ("); found {
					currency = strings.TrimSuffix(name, ")")
				}
				continue
			}
			method, known := methods[label]
			if currency == "" || !known && label != "합계" {
				currency = ""
				continue
			}
			if label == "합계" {
				method = anyMethod
			}
			seen++
			l.dayRow(sheet, from, row, currency, method)
			if sheet == "결제수단별" {
				l.openOf(sheet, row, currency, method)
			}
		}
	}
	if seen < 12 {
		l.t.Errorf("only %d rows of the date were compared", seen)
	}
}

func (l *ledgered) dayRow(sheet string, from, row int, currency, method string) {
	shop, toss := l.dayOf(currency, method)
	for i, m := range []movedCells{shop, toss} {
		first := from + 1 + 5*i
		l.is(sheet, first, row, m.approvals)
		l.is(sheet, first+1, row, inCurrency(currency, fmt.Sprint(m.approved)))
		l.is(sheet, first+2, row, m.cancels)
		l.is(sheet, first+3, row, inCurrency(currency, fmt.Sprint(m.canceled)))
		l.is(sheet, first+4, row, inCurrency(currency, fmt.Sprint(m.net())))
	}
	l.is(sheet, from+11, row, inCurrency(currency, fmt.Sprint(shop.net()-toss.net())))
}

// openOf are the breaks that are open in a method, and its share.
func (l *ledgered) openOf(sheet string, row int, currency, method string) {
	which := " FROM breaks WHERE status IN ('open','reopened') AND currency = ?"
	with := []any{currency}
	if method != anyMethod {
		which, with = which+" AND method = ?", append(with, method)
	}
	apart := "CASE kind WHEN 'currency_mismatch' THEN 0 ELSE abs(coalesce(local_amount, 0) - coalesce(provider_amount, 0)) END"
	l.is(sheet, 14, row, l.number("SELECT count(*)"+which, with...))
	l.is(sheet, 15, row, inCurrency(currency, fmt.Sprint(l.number("SELECT sum("+apart+")"+which, with...))))
	_, own := l.dayOf(currency, method)
	_, all := l.dayOf(currency, anyMethod)
	if all.approved == 0 {
		l.is(sheet, 13, row, "–")
		return
	}
	share := (own.approved*10_000 + all.approved/2) / all.approved
	l.is(sheet, 13, row, fmt.Sprintf("%d.%04d", share/10_000, share%10_000))
}

// ladderRow is one row of what differs today in a currency; columns are those of
// count, shop over, Toss over, and money.
func (l *ledgered) ladderRow(sheet string, columns []int, row int, label, currency string) {
	run := l.run.Run.Totals[slices.IndexFunc(l.run.Run.Totals, func(t total) bool { return string(t.Currency) == currency })]
	differing := " FROM breaks WHERE status IN ('open','reopened','timing') AND currency = ?"
	apart := l.number("SELECT sum(coalesce(local_amount, 0) - coalesce(provider_amount, 0))"+differing+" AND kind <> 'currency_mismatch'", currency)
	// Of two currencies each has its own side: the shop's in the order's, Toss's in the other.
	two := l.number("SELECT sum(coalesce(local_amount, 0))"+differing+" AND kind = 'currency_mismatch'", currency)
	if currency != "KRW" {
		two -= l.number("SELECT sum(coalesce(provider_amount, 0)) FROM breaks b JOIN payments p ON p.mid = b.mid AND p.payment_key = b.payment_key WHERE b.status IN ('open','reopened','timing') AND b.kind = 'currency_mismatch' AND p.currency = ?", currency)
	}
	money := func(units int64) { l.is(sheet, columns[3], row, inCurrency(currency, fmt.Sprint(units))) }
	switch {
	case label == "A. 쇼핑몰 순결제금액":
		money(run.Shop)
	case label == "B. 토스 순결제금액 ("+string(cellsDay)[5:]+" 24시까지)":
		l.is(sheet, columns[0]-1, row, label)
		money(run.Shop - apart - two)
	case label == "C. 차이 (A − B)", label == "D. 원인 확인 차이":
		money(apart + two)
	case label == "통화 상이": // what the list cannot show as a difference
		count := l.number("SELECT count(*)"+differing+" AND kind = 'currency_mismatch'", currency)
		count += l.number("SELECT count(*) FROM breaks b JOIN payments p ON p.mid = b.mid AND p.payment_key = b.payment_key WHERE b.status IN ('open','reopened','timing') AND b.kind = 'currency_mismatch' AND p.currency = ?", currency)
		l.is(sheet, columns[0], row, count)
		l.is(sheet, columns[1], row, inCurrency(currency, fmt.Sprint(max(two, 0))))
		l.is(sheet, columns[2], row, inCurrency(currency, fmt.Sprint(max(-two, 0))))
		money(two)
	case strings.HasPrefix(label, "원인 미확인 차이"):
		money(0)
	case label == "시점 차이":
		l.rung(sheet, columns, row, currency, "status = 'timing'")
	}
	for kind, word := range cellKinds {
		if word == label {
			l.rung(sheet, columns, row, currency, "status IN ('open','reopened') AND kind = '"+kind+"'")
		}
	}
}

// rung is one class of difference: how many, over, under, and the net of both.
func (l *ledgered) rung(sheet string, columns []int, row int, currency, which string) {
	from := " FROM breaks WHERE currency = ? AND kind <> 'currency_mismatch' AND " + which
	apart := "coalesce(local_amount, 0) - coalesce(provider_amount, 0)"
	over, under := l.number("SELECT sum(max("+apart+", 0))"+from, currency), l.number("SELECT sum(max(-("+apart+"), 0))"+from, currency)
	count := l.number("SELECT count(*) FROM breaks WHERE currency = ? AND "+which, currency)
	for i, want := range []string{fmt.Sprint(count), inCurrency(currency, fmt.Sprint(over)), inCurrency(currency, fmt.Sprint(under)), inCurrency(currency, fmt.Sprint(over-under))} {
		l.is(sheet, columns[i], row, want)
	}
}

// TestTheDatesJSONIsTheDatabases: what the command says of the date is what the
// tables have, method by method.
func TestTheDatesJSONIsTheDatabases(t *testing.T) {
	alone(t)
	t.Parallel()
	l := twoNights(t)
	document, err := newNightDocument([]app.NightTold{{Run: l.run.Run}}, nil, nil)
	fine(t, err)
	text, err := json.Marshal(document)
	fine(t, err)
	var read struct {
		Day []struct {
			Currency, Method string
			Shop, Provider   *struct {
				Approvals     int64 `json:"approvals"`
				ApprovalCount int64 `json:"approval_count"`
				Cancels       int64 `json:"cancels"`
				CancelCount   int64 `json:"cancel_count"`
			}
		} `json:"day"`
		Runs []struct {
			Day []json.RawMessage `json:"day"`
		} `json:"runs"`
	}
	fine(t, json.Unmarshal(text, &read))
	for _, one := range read.Day {
		shop, toss := l.dayOf(one.Currency, one.Method)
		if one.Method == "" {
			t.Errorf("%+v names no method", one)
		}
		if got := (movedCells{one.Shop.ApprovalCount, one.Shop.Approvals, one.Shop.CancelCount, one.Shop.Cancels}); got != shop {
			t.Errorf("%s %s: the shop %+v, the tables %+v", one.Currency, one.Method, got, shop)
		}
		if got := (movedCells{one.Provider.ApprovalCount, one.Provider.Approvals, one.Provider.CancelCount, one.Provider.Cancels}); got != toss {
			t.Errorf("%s %s: Toss %+v, the tables %+v", one.Currency, one.Method, got, toss)
		}
	}
	if len(read.Day) < 6 || len(read.Runs) != 1 || len(read.Runs[0].Day) != len(read.Day) {
		t.Errorf("%d methods in all, %+v in the runs", len(read.Day), read.Runs)
	}
	unread := []app.NightTold{{Run: l.run.Run}}
	unread[0].Run.Moved.Listed = false
	document, err = newNightDocument(unread, nil, nil)
	fine(t, err)
	if text, err = json.Marshal(document.Day); err != nil || !strings.Contains(string(text), `"provider":null`) {
		t.Errorf("a list that was not read is %s (%v)", text, err)
	}
}
