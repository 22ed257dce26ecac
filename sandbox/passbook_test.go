package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// steady sells 100,000 won by transfer on each of some days from Monday, 2
// November 2026 on, and looks at the passbook on a later morning.
func steady(t *testing.T, days int, now string) *hands {
	h := merchant(t, Options{Rates: []Rate{{}}}) // Toss takes nothing, so that the sums are plain
	for i := range days {
		at := seoul("2026-11-02 10:00:00").AddDate(0, 0, i)
		h.pay(NewPayment{OrderID: fmt.Sprint("DAY-", i), Method: Transfer, Amount: 100_000 + int64(i), At: at})
	}
	h.at(now)
	return h
}

func (h *hands) book(o PassbookOptions) *Passbook {
	h.t.Helper()
	b, err := h.s.Passbook(o)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

// ofToss are Toss's lines in short.
func ofToss(b *Passbook) string {
	var out []string
	for _, l := range b.Lines {
		if l.Payer == payerToss {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %d %s", l.At.Format("01-02"), l.Amount, l.Planted)))
		}
	}
	return strings.Join(out, ", ")
}

func TestAPayoutIsOneLineOfThePassbook(t *testing.T) {
	h := steady(t, 6, "2026-11-10 09:59:00")
	b := h.book(PassbookOptions{})
	const want = "11-04 100000, 11-05 100001, 11-06 100002, 11-09 100003, 11-10 200009" // Friday and Saturday in one
	if got := ofToss(b); got != want {
		t.Errorf("%s", got)
	}
	balance := b.Opening
	for i, l := range b.Lines {
		if l.Kind == lineOut {
			balance -= l.Amount
		} else {
			balance += l.Amount
		}
		if l.Balance != balance || balance < 0 || i > 0 && l.At.Before(b.Lines[i-1].At) {
			t.Fatalf("line %d: %+v, the balance is %d", i, l, balance)
		}
	}
	if b.Closing != balance || b.Opening != 0 || b.From != "2026-11-02" || b.To != "2026-11-10" {
		t.Errorf("%s to %s, %d to %d", b.From, b.To, b.Opening, b.Closing)
	}
	if others := len(b.Lines) - len(strings.Split(want, ",")); others < 3 {
		t.Errorf("%d lines of other people", others)
	}
	h.at("2026-11-10 08:59:59")
	if got := ofToss(h.book(PassbookOptions{})); strings.Contains(got, "11-10") {
		t.Errorf("before the bank has it: %s", got)
	}
}

func TestADayThatIsNotAboveZeroIsCarried(t *testing.T) {
	h := merchant(t, Options{Rates: []Rate{{}}})
	p := h.pay(NewPayment{OrderID: "1", Method: Transfer, Amount: 100_000})
	h.pay(NewPayment{OrderID: "2", Method: Transfer, Amount: 30_000, At: seoul("2026-11-03 10:00:00")})
	h.cancelByHand(p, 70_000, "2026-11-03 11:00:00")
	h.pay(NewPayment{OrderID: "3", Method: Transfer, Amount: 90_000, At: seoul("2026-11-04 10:00:00")})
	h.at("2026-11-07 08:00:00")
	b := h.book(PassbookOptions{})
	if got := ofToss(b); got != "11-04 100000, 11-06 50000" {
		t.Error(got)
	}
	var told []string
	for _, p := range b.Payouts {
		told = append(told, fmt.Sprintf("%s %d carried in %d deposit %d", p.PaidOutDate[5:], p.PayOutAmount, p.CarriedIn, p.Deposit))
	}
	if diff := cmp.Diff([]string{"11-04 100000 carried in 0 deposit 100000", "11-05 -40000 carried in 0 deposit 0", "11-06 90000 carried in -40000 deposit 50000"}, told); diff != "" {
		t.Error(diff)
	}
}

func TestASettlementLimitThatIsUsedUp(t *testing.T) {
	h := merchant(t, Options{Rates: []Rate{{}}})
	day := func(d string, amounts ...int64) {
		for i, a := range amounts {
			h.pay(NewPayment{OrderID: d + fmt.Sprint(i), Method: Transfer, Amount: a, At: seoul(d + " 10:00:00").Add(time.Duration(i) * time.Minute)})
		}
	}
	day("2026-11-02", 60_000)                  // paid out on the 4th, before the limit
	day("2026-11-03", 50_000, 40_000)          // on the 5th: within
	day("2026-11-04", 30_000, 100_000, 10_000) // on the 6th: the second does not fit, and what is behind it
	day("2026-11-05", 20_000)                  // on the 9th: full
	day("2026-11-06", 70_000)                  // on the 10th: the limit has ended
	h.at("2026-11-12 08:00:00")
	rows := h.settled(anyDay)
	for _, c := range []struct{ limit, want, unpaid string }{
		{`null`, "11-04 60000, 11-05 90000, 11-06 140000, 11-09 20000, 11-10 70000", "0 0 0 0 0"},
		{`{"amount":125000,"from":"2026-11-05","until":"2026-11-09"}`, "11-04 60000, 11-05 90000, 11-06 30000, 11-10 200000", "0 0 110000 20000 0"},
		{`{"amount":125000,"from":"2026-11-05"}`, "11-04 60000, 11-05 90000, 11-06 30000", "0 0 110000 20000 70000"},
	} {
		h.call("POST", "/sandbox/settle", `{"limit":`+c.limit+`}`).want(t, 200, "")
		b := h.book(PassbookOptions{})
		var unpaid []string
		for _, p := range b.Payouts {
			unpaid = append(unpaid, fmt.Sprint(p.Unpaid))
		}
		if got := ofToss(b); got != c.want || strings.Join(unpaid, " ") != c.unpaid {
			t.Errorf("%s: %s; unpaid %v", c.limit, got, unpaid)
		}
		if diff := cmp.Diff(rows, h.settled(anyDay)); diff != "" {
			t.Error("the rows of the list say nothing of it:", diff)
		}
	}
}

// A line of somebody else must not pass for a payout by its amount.
func TestNobodyElsePaysTheAmountOfAPayout(t *testing.T) {
	s, lines := strangers{mid: "tosspayments"}, 0
	for d := dateOf(seoul("2026-11-01 00:00:00").Unix()); lines < 60; d++ {
		taken := map[int64]bool{}
		for _, l := range s.on(d, taken) {
			taken[l.Amount] = true
		}
		for _, l := range s.on(d, taken) {
			if lines++; taken[l.Amount] {
				t.Errorf("%s: %+v", d, l)
			}
		}
	}
}

func TestPagesOfOnePassbookBelongTogether(t *testing.T) {
	h := steady(t, 40, "2026-12-20 10:00:00")
	whole := h.book(PassbookOptions{Opening: 500_000})
	part := h.book(PassbookOptions{Opening: 500_000, From: seoul("2026-11-16 00:00:00"), To: seoul("2026-11-30 00:00:00")})
	if len(part.Lines) < 15 {
		t.Fatalf("%d lines", len(part.Lines))
	}
	from := slices.IndexFunc(whole.Lines, func(l PassbookLine) bool { return l.At.Equal(part.Lines[0].At) })
	if diff := cmp.Diff(whole.Lines[from:from+len(part.Lines)], part.Lines); diff != "" || part.Opening != whole.Lines[from-1].Balance {
		t.Errorf("opening %d: %s", part.Opening, diff)
	}
	if again := h.book(PassbookOptions{Opening: 500_000}); string(again.CSV) != string(whole.CSV) {
		t.Error("not the same bytes")
	}
	h.at("2026-12-24 10:00:00") // time goes on: what was printed stays
	later := h.book(PassbookOptions{Opening: 500_000})
	if diff := cmp.Diff(whole.Lines, later.Lines[:len(whole.Lines)]); diff != "" {
		t.Error(diff)
	}
}

func TestPlantedFaults(t *testing.T) {
	h := steady(t, 50, "2026-12-31 08:00:00")
	clean := ofToss(h.book(PassbookOptions{}))
	for _, c := range []struct{ plant, from, to, planted string }{
		{"missing", "11-05 100001, ", "", "missing 2026-11-05"},
		{"split", "11-05 100001", "11-05 60001 split, 11-05 40000 split", "split 2026-11-05 2026-11-05=60001 2026-11-05=40000"},
		{"short", "11-05 100001", "11-05 96701 short", "short 2026-11-05 2026-11-05=96701"},
		{"merged", "11-05 100001, 11-06 100002", "11-06 200003 merged", "merged 2026-11-05+2026-11-06 2026-11-06=200003"},
		{"missing@2026-11-12", "11-12 100008, ", "", "missing 2026-11-12"},
	} {
		b := h.book(PassbookOptions{Plant: []string{c.plant}})
		if got, want := ofToss(b), strings.Replace(clean, c.from, c.to, 1); got != want || want == clean {
			t.Errorf("%s:\n%s\nwant\n%s", c.plant, got, want)
		}
		if got := plantedHeader(b.Planted); got != c.planted {
			t.Errorf("%s is named %s", c.plant, got)
		}
	}
	late := h.book(PassbookOptions{Plant: []string{"late"}})
	if got := ofToss(late); strings.Contains(got, "11-05 100001") || !strings.Contains(got, "11-10 100001 late") {
		t.Errorf("three bank days late: %s", got)
	}
	rebate := h.book(PassbookOptions{Plant: []string{"rebate"}})
	if p := rebate.Planted[0]; len(p.Payouts) != 0 || p.Expected != 0 || !strings.Contains(ofToss(rebate), fmt.Sprintf("11-05 100001, 11-05 %d rebate", p.Amounts[0])) {
		t.Errorf("%+v: %s", p, ofToss(rebate))
	}
	all := h.book(PassbookOptions{Plant: []string{"missing", "missing", "merged"}})
	if got := plantedHeader(all.Planted); !strings.HasPrefix(got, "missing 2026-11-05; missing 2026-11-09; merged 2026-11-11+2026-11-12 ") {
		t.Errorf("a whole one stands between: %s", got)
	}
}

func TestThePassbookOverHTTP(t *testing.T) {
	h := steady(t, 50, "2026-12-31 08:00:00")
	query := "from=2026-11-10&to=2026-12-10&opening=70000&layout=shinhan&plant=missing,split"
	file := h.call("GET", "/sandbox/passbook.csv?"+query, "")
	want := h.book(PassbookOptions{From: seoul("2026-11-10 00:00:00"), To: seoul("2026-12-10 00:00:00"), Opening: 70_000, Layout: "shinhan", Plant: []string{"missing", "split"}})
	if file.raw != string(want.CSV) || !strings.HasPrefix(file.raw, "\ufeffNo,전체체크,거래일시,") {
		t.Errorf("not the bytes of the method: %.200s", file.raw)
	}
	if got := file.header.Get("X-Sandbox-Planted"); got != plantedHeader(want.Planted) || got == "" {
		t.Errorf("planted: %s", got)
	}
	if got := file.header.Get("Content-Disposition"); got != `attachment; filename="passbook-2026-11-10-2026-12-10.csv"` {
		t.Error(got)
	}
	var told Passbook
	if err := json.Unmarshal([]byte(h.call("GET", "/sandbox/passbook.json?"+query, "").raw), &told); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Planted, told.Planted); diff != "" || len(told.Lines) != len(want.Lines) || len(told.Payouts) != len(want.Payouts) || told.Closing != want.Closing {
		t.Error(diff)
	}
	if got := h.call("GET", "/sandbox/passbook.csv?encoding=cp949", ""); got.header.Get("Content-Type") != "text/csv; charset=euc-kr" || !strings.Contains(got.raw, "\xc5\xe4\xbd\xba") {
		t.Errorf("%s", got.header.Get("Content-Type"))
	}
	for query, names := range map[string]string{
		"layout=hsbc": "kb, shinhan, woori, tossbank", "plant=lost": "missing, rebate", "encoding=utf-16": "cp949",
		"from=2026-11-10&to=2026-11-09": "before it begins", "from=soon": "2026-11-30", "opening=-1": "whole number",
		"plant=missing@2026-11-07": "2026-11-07", "plant=late@x": "late", "since=2026-11-01": "from, to, layout",
		"to=2026-11-06&plant=missing,rebate,split": "longer period",
	} {
		got := h.call("GET", "/sandbox/passbook.csv?"+query, "")
		got.want(t, 400, "SANDBOX")
		if message, _ := got.body["message"].(string); !strings.Contains(message, names) {
			t.Errorf("%s: %s", query, message)
		}
	}
}

func TestAnEmptyLedgerHasAnEmptyPassbook(t *testing.T) {
	h := merchant(t, Options{})
	b := h.book(PassbookOptions{Opening: 5})
	if len(b.Payouts) != 0 || b.From != "2026-11-02" || b.Opening != 5 && len(b.Lines) == 0 {
		t.Errorf("%+v", b)
	}
	if got, err := h.s.SettleUntil(seoul("2026-11-05 00:00:00")); err != nil || got.Rows != 0 || !got.Now.Equal(seoul("2026-11-06 08:00:00")) {
		t.Errorf("%+v, %v", got, err)
	}
}
