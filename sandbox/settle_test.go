package sandbox

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// settlementRow is what the tests read of a row.
type settlementRow struct {
	MID            string `json:"mId"`
	PaymentKey     string `json:"paymentKey"`
	TransactionKey string `json:"transactionKey"`
	OrderID        string `json:"orderId"`
	Currency       string `json:"currency"`
	Method         string `json:"method"`
	Amount         json.Number
	InterestFee    json.Number
	Fee            json.Number
	Fees           []struct {
		Type string
		Fee  json.Number
	}
	SupplyAmount, Vat, PayOutAmount   json.Number
	ApprovedAt, SoldDate, PaidOutDate string
	Card                              *struct {
		CardType, InterestPayer string
		InstallmentPlanMonths   int
	}
	VirtualAccount *struct{ RefundReceiveAccount any }
	Cancel         *struct {
		TransactionKey, CanceledAt string
		CancelAmount               json.Number
	}
}

const anyDay = "startDate=2026-01-01&endDate=2027-12-31&size=5000"

// settled reads a page of rows as they are written.
func (h *hands) settled(query string) []string {
	h.t.Helper()
	a := h.call("GET", "/v1/settlements?"+query, "")
	var rows []json.RawMessage
	if err := json.Unmarshal([]byte(a.raw), &rows); err != nil || a.status != 200 {
		h.t.Fatalf("settlements: %d %s", a.status, a.raw)
	}
	var out []string
	for _, row := range rows {
		out = append(out, string(row))
	}
	return out
}

func (h *hands) rows(query string) []settlementRow {
	h.t.Helper()
	var out []settlementRow
	for _, raw := range h.settled(query) {
		out = append(out, rowIn(h.t, raw))
	}
	return out
}

func rowIn(t *testing.T, raw string) settlementRow {
	t.Helper()
	var row settlementRow
	if err := json.Unmarshal([]byte(raw), &row); err != nil {
		t.Fatal(err)
	}
	return row
}

func won(n json.Number) int64 {
	v, err := n.Int64()
	if err != nil {
		panic(err)
	}
	return v
}

// told is a row in short: amount, fee, supply, VAT, payout, sold, paid out.
func (r settlementRow) told() string {
	return fmt.Sprintf("%s %s=%s+%s %s %s %s", r.Amount, r.Fee, r.SupplyAmount, r.Vat, r.PayOutAmount, r.SoldDate[5:], r.PaidOutDate[5:])
}

func told(rows []settlementRow) string {
	var lines []string
	for _, r := range rows {
		lines = append(lines, r.told())
	}
	return strings.Join(lines, "\n")
}

func seoul(text string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, text, kst)
	if err != nil {
		panic(err)
	}
	return t
}

// merchant is a sandbox whose clock stands where a test puts it.
func merchant(t *testing.T, o Options) *hands {
	o.Settle = true
	h := begin(t, o)
	h.s.SetClock(seoul("2026-11-02 09:00:00")) // a Monday
	return h
}

func (h *hands) at(text string) { h.s.SetClock(seoul(text)) }

func (h *hands) cancelByHand(p *Payment, amount int64, at string) {
	h.t.Helper()
	if err := h.s.ConsoleCancel(p.Key, ConsoleCancel{Amount: amount, At: seoul(at)}); err != nil {
		h.t.Fatal(err)
	}
}

// creditCard sells by a credit card of a company whose rate is 2.10 %.
func (h *hands) creditCard(amount int64, n NewPayment) *Payment {
	h.t.Helper()
	for i := range 40 {
		n.OrderID, n.Amount = fmt.Sprint("CARD-", amount, "-", i), amount
		p, err := h.s.Pay(n)
		if err != nil {
			h.t.Fatal(err)
		}
		kept, _ := h.s.ledger.find(p.Key)
		if kept.issuer().code != "51" && mix(uint64(kept.N)+5)%2 == 0 {
			return p
		}
		h.cancelByHand(p, 0, stamp(kept.lastSeen()).Format(time.DateTime)) // leaves no trace, or a pair that sums up to 0
	}
	h.t.Fatal("no such card")
	return nil
}

func TestATestKeyHasNoSettlementsUnlessAsked(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want int
	}{{Options{}, 0}, {Options{Settle: true}, 1}, {Options{SecretKey: "live_sk_x"}, 1}} {
		h := begin(t, c.o)
		h.pay(NewPayment{})
		h.s.Advance(24 * time.Hour)
		if rows := h.s.settlementPageOf(t); len(rows) != c.want {
			t.Errorf("%+v: %d rows", c.o, len(rows))
		}
	}
	h := begin(t, Options{})
	h.pay(NewPayment{})
	h.s.Advance(24 * time.Hour)
	if rows := h.settled(anyDay); len(rows) != 0 {
		t.Errorf("%v", rows)
	}
	h.call("POST", "/sandbox/settle", `{"settle":true}`).want(t, 200, "")
	if rows := h.settled(anyDay); len(rows) != 1 {
		t.Errorf("asked for: %v", rows)
	}
}

// settlementPageOf is what a key sees, whatever key it is.
func (s *Sandbox) settlementPageOf(t *testing.T) []rowRef {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.showsSettlements() {
		return nil
	}
	return s.settlementPage(false, 0, dateOf(s.now().Unix()), 0, 5000)
}

func TestASaleAndItsCancelAreTwoRows(t *testing.T) {
	h := merchant(t, Options{})
	h.at("2026-11-02 14:00:00")
	p := h.pay(NewPayment{Method: EasyPay, Money: true, Amount: 64_601, OrderID: "ORDER-7"})
	h.cancelByHand(p, 9_900, "2026-11-04 10:30:00")
	h.at("2026-11-05 08:00:00")
	rows := h.rows(anyDay)
	const want = "64601 1563=1421+142 63038 11-02 11-04\n-9900 -239=-217+-22 -9661 11-04 11-06" // 2.20 %
	if got := told(rows); got != want {
		t.Fatalf("%s", got)
	}
	sale, back := rows[0], rows[1]
	if sale.Cancel != nil || sale.Method != "간편결제" || sale.OrderID != "ORDER-7" || sale.ApprovedAt != "2026-11-02T14:00:00+09:00" {
		t.Errorf("%+v", sale)
	}
	if back.Cancel == nil || back.Cancel.TransactionKey != back.TransactionKey || back.ApprovedAt != sale.ApprovedAt || back.Cancel.CanceledAt != "2026-11-04T10:30:00+09:00" || back.Cancel.CancelAmount != "9900" {
		t.Errorf("the time of the cancel stands in cancel alone: %+v", back)
	}
	var keys []any
	for _, row := range h.list("startDate=2026-11-01&endDate=2026-11-06&limit=5000") {
		keys = append(keys, row["transactionKey"])
	}
	if diff := cmp.Diff([]any{sale.TransactionKey, back.TransactionKey}, keys); diff != "" {
		t.Error("not the keys of /v1/transactions:", diff)
	}
	if now, _ := h.s.Payment(p.Key); now.Cancels[0].TransactionKey != back.TransactionKey {
		t.Error("not the key of the payment's cancel")
	}
}

// The two rows of real shops that are known.
func TestTheFeesOfRealRows(t *testing.T) {
	h := merchant(t, Options{Rates: []Rate{{Hundredths: 210}, {CardType: check, Hundredths: 205}}})
	h.pay(NewPayment{OrderID: "A", Amount: 64_601})
	p := h.pay(NewPayment{OrderID: "B", Amount: 99_800, CardType: check})
	h.cancelByHand(p, 0, "2026-11-03 10:00:00")
	h.at("2026-11-04 00:00:00")
	const want = "64601 1492=1356+136 63109 11-02 11-04\n99800 2250=2045+205 97550 11-02 11-04\n-99800 -2250=-2045+-205 -97550 11-03 11-05"
	if got := told(h.rows(anyDay)); got != want {
		t.Error(got)
	}
}

func TestEveryKeyOfARowIsThere(t *testing.T) {
	h := merchant(t, Options{})
	for i, m := range []Method{Card, EasyPay, Transfer, VirtualAccount, Phone, GiftCertificate} {
		h.pay(NewPayment{OrderID: fmt.Sprint(i), Method: m, Status: Done, RefundAccount: &Account{"88", "110123456789", "김토스"}})
	}
	h.at("2026-11-03 00:00:00")
	methods := map[string]string{"카드": "card", "간편결제": "easyPay", "계좌이체": "transfer", "가상계좌": "virtualAccount", "휴대폰": "mobilePhone", "문화상품권": "giftCertificate"}
	for _, raw := range h.settled(anyDay) {
		var row map[string]any
		if err := json.Unmarshal([]byte(raw), &row); err != nil {
			t.Fatal(err)
		}
		for _, key := range strings.Fields("mId paymentKey transactionKey orderId currency method amount interestFee fee fees supplyAmount vat payOutAmount approvedAt soldDate paidOutDate card easyPay giftCertificate mobilePhone transfer virtualAccount cancel") {
			if _, there := row[key]; !there {
				t.Errorf("%s: no %s", row["method"], key)
			}
		}
		if len(row) != 23 {
			t.Errorf("%d keys: %s", len(row), raw)
		}
		part, known := methods[row["method"].(string)]
		if !known || row[part] == nil {
			t.Errorf("%s without its part: %s", row["method"], raw)
		}
		delete(methods, row["method"].(string))
		if strings.Contains(raw, "110123456789") {
			t.Errorf("shows a refund account: %s", raw)
		}
	}
	if len(methods) != 0 {
		t.Errorf("no row of %v", methods)
	}
}

func TestRatesByCard(t *testing.T) {
	h := merchant(t, Options{Rates: []Rate{
		{Method: Card, CardType: check, Hundredths: 120, From: "2026-11-03"}, // the newest counts, wherever it stands
		{Hundredths: 300}, {Method: Card, CardType: credit, Hundredths: 200}, {Method: Card, CardType: check, Hundredths: 150},
		{Method: EasyPay, Provider: "카카오페이", Hundredths: 111}, {Method: Transfer, Fixed: 200, Hundredths: 100},
	}})
	supply := map[string]string{}
	pay := func(n NewPayment) {
		n.Amount = 10_000
		supply[h.pay(n).OrderID] = ""
	}
	pay(NewPayment{OrderID: "credit"})
	pay(NewPayment{OrderID: "check", CardType: check})
	pay(NewPayment{OrderID: "phone", Method: Phone})
	pay(NewPayment{OrderID: "transfer", Method: Transfer})
	kakao := ""
	for i := range 40 {
		p := h.pay(NewPayment{OrderID: fmt.Sprint("easy", i), Method: EasyPay})
		if kept, _ := h.s.ledger.find(p.Key); kept.provider() == "카카오페이" {
			kakao = p.OrderID
			break
		}
	}
	h.at("2026-11-03 10:00:00")
	pay(NewPayment{OrderID: "check later", CardType: check})
	h.at("2026-11-04 00:00:00")
	got := map[string]string{}
	for _, r := range h.rows(anyDay) {
		got[r.OrderID] = r.SupplyAmount.String()
	}
	for order, want := range map[string]string{"credit": "200", "check": "150", "phone": "300", "transfer": "300", kakao: "111", "check later": "120"} {
		if got[order] != want {
			t.Errorf("%s: supply %s, want %s", order, got[order], want)
		}
	}
}

func TestAnInstalmentThatTheShopBears(t *testing.T) {
	h := merchant(t, Options{Rates: []Rate{{Hundredths: 210}}})
	for _, payer := range []string{"MERCHANT", "CARD_COMPANY", "BUYER"} {
		h.pay(NewPayment{OrderID: payer, Amount: 100_050, Months: 3, InterestPayer: payer})
	}
	h.at("2026-11-03 00:00:00")
	for _, r := range h.rows(anyDay) {
		if r.Card.InstallmentPlanMonths != 3 || r.Card.InterestPayer != r.OrderID {
			t.Errorf("%+v", r.Card)
		}
		want := "100050 2311=2101+210 97739 11-02 11-04" // 2.10 %
		fees := "[{BASE 2311}]"
		if r.OrderID == "MERCHANT" { // and 0.60 % a month
			want, fees = "100050 4291=3901+390 95759 11-02 11-04", "[{BASE 2311} {INSTALLMENT 1980}]"
		}
		if r.told() != want || fmt.Sprint(r.Fees) != fees || r.OrderID == "MERCHANT" && r.InterestFee != "1980" || r.OrderID != "MERCHANT" && r.InterestFee != "0" {
			t.Errorf("%s: %s %v interest %s", r.OrderID, r.told(), r.Fees, r.InterestFee)
		}
	}
	for _, n := range []NewPayment{{Months: 1}, {Months: 37}, {Months: 3, CardType: check}, {Months: 3, Method: Transfer}, {InterestPayer: "MERCHANT"}, {Months: 2, InterestPayer: "ME"}, {CardType: "기프트"}} {
		n.OrderID, n.Amount = "X", 60_000
		if _, err := h.s.Pay(n); err == nil {
			t.Errorf("taken: %+v", n)
		}
	}
}

func TestTheFeeOfTransfersAndVirtualAccountsStaysWithToss(t *testing.T) {
	h := merchant(t, Options{})
	for _, m := range []Method{Transfer, VirtualAccount} {
		p := h.pay(NewPayment{OrderID: string(m), Method: m, Status: Done, Amount: 50_000})
		h.cancelByHand(p, 0, "2026-11-02 12:00:00")
	}
	h.at("2026-11-03 00:00:00")
	const want = "50000 990=900+90 49010 11-02 11-04\n50000 330=300+30 49670 11-02 11-04\n-50000 0=0+0 -50000 11-02 11-04\n-50000 0=0+0 -50000 11-02 11-04"
	if got := told(h.rows(anyDay)); got != want {
		t.Error(got)
	}
}

func TestWhatIsNoMoneyHasNoRow(t *testing.T) {
	h := merchant(t, Options{})
	waits := h.pay(NewPayment{OrderID: "issued and cancelled", Method: VirtualAccount})
	h.cancelByHand(waits, 0, "2026-11-02 10:00:00")
	h.pay(NewPayment{OrderID: "waits", Method: VirtualAccount})
	h.pay(NewPayment{OrderID: "aborted", Status: Aborted})
	h.pay(NewPayment{OrderID: "in the window", Status: InProgress})
	quick := h.pay(NewPayment{OrderID: "taken back at once", Method: VirtualAccount, Status: Done, At: seoul("2026-11-02 10:00:00")})
	if err := h.s.ReverseDeposit(quick.Key, seoul("2026-11-02 10:02:00")); err != nil {
		t.Fatal(err)
	}
	failed := h.pay(NewPayment{OrderID: "foreign", Method: ForeignEasyPay, Outcome: Aborted})
	h.at("2026-11-02 11:00:00")
	h.cancel(failed.Key, `{"cancelReason":"x","cancelRequestId":"REQUEST-1"}`).want(t, 200, "")
	h.at("2026-11-06 00:00:00")
	if rows := h.rows(anyDay); len(rows) != 1 || rows[0].OrderID != "foreign" || rows[0].Cancel != nil {
		t.Errorf("only the foreign sale: %s", told(rows))
	}
}

func TestADepositThatIsTakenBackOnALaterDay(t *testing.T) {
	h := merchant(t, Options{})
	p := h.pay(NewPayment{Method: VirtualAccount, Status: Done, Amount: 30_000, At: seoul("2026-11-02 23:59:30")})
	if err := h.s.ReverseDeposit(p.Key, seoul("2026-11-03 00:01:00")); err != nil {
		t.Fatal(err)
	}
	h.at("2026-11-04 00:00:00")
	const want = "30000 330=300+30 29670 11-02 11-04\n-30000 -330=-300+-30 -29670 11-03 11-05"
	rows := h.rows(anyDay)
	if got := told(rows); got != want {
		t.Fatal(got)
	}
	if rows[1].Cancel.TransactionKey != rows[1].TransactionKey || rows[1].Cancel.CanceledAt != "2026-11-03T00:01:00+09:00" {
		t.Errorf("%+v", rows[1].Cancel)
	}
}

func TestASameDayCancelHasBothRowsOrNeither(t *testing.T) {
	h := merchant(t, Options{})
	for i := range 60 {
		p := h.pay(NewPayment{OrderID: fmt.Sprint(i)})
		h.cancelByHand(p, 0, "2026-11-02 11:00:00")
	}
	parts := h.pay(NewPayment{OrderID: "parts"})
	h.cancelByHand(parts, 4000, "2026-11-02 11:00:00")
	h.cancelByHand(parts, 6000, "2026-11-02 12:00:00")
	h.at("2026-11-03 00:00:00")
	count := map[string]int{}
	sum := int64(0)
	first := h.rows(anyDay)
	for _, r := range first {
		count[r.OrderID]++
		sum += won(r.Amount)
	}
	if count["parts"] != 3 {
		t.Errorf("parts were acquired: %d rows", count["parts"])
	}
	delete(count, "parts")
	for order, rows := range count {
		if rows != 2 {
			t.Errorf("%s has %d rows", order, rows)
		}
	}
	if len(count) < 15 || len(count) > 45 || sum != 0 {
		t.Errorf("%d of 60 payments have rows, which sum up to %d", len(count), sum)
	}
	h.at("2026-12-03 00:00:00")
	if diff := cmp.Diff(first, h.rows(anyDay)); diff != "" {
		t.Error("another choice later:", diff)
	}
}

func TestRowsAppearOnTheNextDay(t *testing.T) {
	h := merchant(t, Options{})
	h.at("2026-11-02 23:59:59")
	h.pay(NewPayment{})
	if rows := h.settled(anyDay); len(rows) != 0 {
		t.Errorf("on the day itself: %v", rows)
	}
	h.at("2026-11-03 00:00:00")
	if rows := h.settled(anyDay); len(rows) != 1 {
		t.Errorf("at midnight: %v", rows)
	}
	h.at("2026-11-02 12:00:00")
	if rows := h.settled(anyDay); len(rows) != 0 {
		t.Errorf("the clock went back: %v", rows)
	}
}

func TestCyclesAndHolidays(t *testing.T) {
	h := merchant(t, Options{Terms: map[Method]Term{Transfer: {Weekly, 1}, Phone: {Monthly, 3}, EasyPay: {Daily, 5}}})
	for _, c := range []struct {
		method     Method
		at         string
		sold, paid string
	}{
		{Card, "2026-09-22 10:00:00", "2026-09-22", "2026-09-28"}, // 추석 on the 24th and 25th, then a weekend
		{Card, "2026-12-24 23:59:59", "2026-12-24", "2026-12-29"}, // Christmas, a weekend
		{Card, "2026-12-30 00:00:00", "2026-12-30", "2027-01-04"}, // New Year, a weekend
		{Card, "2027-02-05 10:00:00", "2027-02-05", "2027-02-11"}, // 설날 with its substitute
		{Card, "2025-05-02 10:00:00", "2025-05-02", "2025-05-08"}, // 어린이날, the substitute
		{EasyPay, "2026-11-06 10:00:00", "2026-11-06", "2026-11-13"},
		{Transfer, "2026-11-02 00:00:00", "2026-11-08", "2026-11-09"},
		{Transfer, "2026-11-08 23:59:59", "2026-11-08", "2026-11-09"},
		{Transfer, "2026-11-09 00:00:00", "2026-11-15", "2026-11-16"},
		{Phone, "2026-11-01 10:00:00", "2026-11-30", "2026-12-03"},
		{Phone, "2026-12-31 10:00:00", "2026-12-31", "2027-01-06"},
		{Phone, "2028-02-01 10:00:00", "2028-02-29", "2028-03-03"}, // after the table of holidays: weekends only
	} {
		h.s.SetClock(seoul(c.at))
		p := h.pay(NewPayment{Method: c.method})
		h.s.Advance(24 * time.Hour)
		found := false
		for _, dateType := range []string{"soldDate", "paidOutDate"} {
			on := map[string]string{"soldDate": c.sold, "paidOutDate": c.paid}[dateType]
			for _, r := range h.rows("startDate=" + on + "&endDate=" + on + "&dateType=" + dateType) {
				if r.PaymentKey == p.Key {
					found = true
					if r.SoldDate != c.sold || r.PaidOutDate != c.paid {
						t.Errorf("%s of %s: sold %s, paid out %s, want %s, %s", c.method, c.at, r.SoldDate, r.PaidOutDate, c.sold, c.paid)
					}
				}
			}
			if !found {
				t.Errorf("%s of %s is not found by %s %s", c.method, c.at, dateType, on)
			}
		}
	}
	if len(closed) != 49 {
		t.Errorf("%d holidays were read", len(closed))
	}
}

func TestAHoldMovesAPayoutFromItsTimeOn(t *testing.T) {
	h := merchant(t, Options{})
	held := h.pay(NewPayment{OrderID: "held", Method: Transfer, Amount: 10_000})
	h.pay(NewPayment{OrderID: "free", Method: Transfer, Amount: 20_000})
	h.cancelByHand(held, 1000, "2026-11-03 10:00:00")
	if err := h.s.Hold(Hold{PaymentKey: held.Key, PaidOutDate: "2026-11-20", From: seoul("2026-11-03 12:00:00")}); err != nil {
		t.Fatal(err)
	}
	byPayout := func(day string) string {
		var orders []string
		for _, r := range h.rows("dateType=paidOutDate&startDate=" + day + "&endDate=" + day) {
			orders = append(orders, r.OrderID+" "+r.Amount.String()+" "+r.PaidOutDate)
		}
		return strings.Join(orders, ", ")
	}
	h.at("2026-11-03 11:59:59")
	if a, b := byPayout("2026-11-04"), byPayout("2026-11-20"); a != "held 10000 2026-11-04, free 20000 2026-11-04" || b != "" {
		t.Errorf("before: %s | %s", a, b)
	}
	h.at("2026-11-04 00:00:00")
	if a, b := byPayout("2026-11-04"), byPayout("2026-11-20"); a != "free 20000 2026-11-04" || b != "held 10000 2026-11-20, held -1000 2026-11-20" {
		t.Errorf("after: %s | %s", a, b)
	}
	if rows := h.rows("startDate=2026-11-02&endDate=2026-11-02"); len(rows) != 2 || rows[0].SoldDate != "2026-11-02" {
		t.Errorf("the sold date stays: %s", told(rows))
	}
	h.call("POST", "/sandbox/settle", `{"hold":{"paymentKey":"`+held.Key+`","paidOutDate":"2026-11-24"}}`).want(t, 200, "")
	if a, b := byPayout("2026-11-20"), byPayout("2026-11-24"); a != "" || b != "held 10000 2026-11-24, held -1000 2026-11-24" {
		t.Errorf("held again: %s | %s", a, b)
	}
	for name, body := range map[string]string{
		"no such payment": `{"hold":{"paymentKey":"x","paidOutDate":"2026-11-24"}}`,
		"a Sunday":        `{"hold":{"paymentKey":"` + held.Key + `","paidOutDate":"2026-11-22"}}`,
		"a day gone by":   `{"hold":{"paymentKey":"` + held.Key + `","paidOutDate":"2026-11-03"}}`,
		"no day":          `{"hold":{"paymentKey":"` + held.Key + `"}}`,
		"a limit below 0": `{"settle":false,"limit":{"amount":-1,"from":"2026-11-24"}}`,
		"a word unknown":  `{"held":{}}`,
	} {
		h.call("POST", "/sandbox/settle", body).want(t, 400, "SANDBOX")
		if len(h.settled(anyDay)) != 3 || len(h.s.settling.Holds) != 2 {
			t.Errorf("%s changed something", name)
		}
	}
	h.call("POST", "/sandbox/settle", `{"holds":[]}`).want(t, 200, "")
	if a := byPayout("2026-11-04"); a != "held 10000 2026-11-04, free 20000 2026-11-04" {
		t.Errorf("no holds: %s", a)
	}
}

// What has been paid out cannot be held back.
func TestAHoldThatComesTooLate(t *testing.T) {
	h := merchant(t, Options{})
	p := h.pay(NewPayment{Method: Transfer})
	h.at("2026-11-04 09:00:00")
	if err := h.s.Hold(Hold{PaymentKey: p.Key, PaidOutDate: "2026-11-20"}); err != nil {
		t.Fatal(err)
	}
	h.at("2026-11-05 00:00:00")
	if rows := h.rows(anyDay); rows[0].PaidOutDate != "2026-11-04" {
		t.Errorf("%s", told(rows))
	}
}

func TestPagesOfSettlements(t *testing.T) {
	h := merchant(t, Options{})
	for i := range 25 {
		h.s.SetClock(seoul("2026-11-02 09:00:00").AddDate(0, 0, i/5))
		h.pay(NewPayment{OrderID: fmt.Sprint(i), Method: Transfer})
	}
	h.at("2026-11-30 00:00:00")
	for _, dateType := range []string{"soldDate", "paidOutDate"} {
		query := "startDate=2026-11-01&endDate=2026-11-30&dateType=" + dateType
		whole := h.settled(query)
		if len(whole) != 25 {
			t.Fatalf("%d rows", len(whole))
		}
		var paged []string
		for page := 1; ; page++ {
			rows := h.settled(fmt.Sprintf("%s&size=7&page=%d", query, page))
			paged = append(paged, rows...)
			if len(rows) < 7 {
				break
			}
		}
		if diff := cmp.Diff(whole, paged); diff != "" {
			t.Error(diff)
		}
	}
	for query, code := range map[string]string{
		"startDate=2026-11-30&endDate=2026-11-01":              "INVALID_DATE",
		"startDate=x&endDate=2026-11-01":                       "INVALID_DATE",
		"startDate=2026-11-01&endDate=2026-11-01&page=0":       "INVALID_REQUEST",
		"startDate=2026-11-01&endDate=2026-11-01&size=5001":    "INVALID_REQUEST",
		"startDate=2026-11-01&endDate=2026-11-01&dateType=due": "INVALID_REQUEST",
	} {
		h.call("GET", "/v1/settlements?"+query, "").want(t, 400, code)
	}
}

func TestRowsSetByHandGoBeforeTheLedgers(t *testing.T) {
	h := merchant(t, Options{})
	h.pay(NewPayment{})
	h.at("2026-11-03 00:00:00")
	own := h.settled(anyDay)
	h.call("POST", "/sandbox/settlements", `[{"soldDate":"2026-11-02","paidOutDate":"2026-11-04"}]`).want(t, 200, "")
	if rows := h.settled(anyDay); len(rows) != 1 || rows[0] == own[0] {
		t.Errorf("%v", rows)
	}
	h.call("POST", "/sandbox/settlements", `[]`).want(t, 200, "")
	if rows := h.settled(anyDay); len(rows) != 0 {
		t.Errorf("none were set: %v", rows)
	}
	h.call("POST", "/sandbox/settlements", `null`).want(t, 200, "")
	if diff := cmp.Diff(own, h.settled(anyDay)); diff != "" {
		t.Error(diff)
	}
}

func TestSettleUntilMovesTheClockPastThePayout(t *testing.T) {
	h := merchant(t, Options{})
	card := h.creditCard(10_000, NewPayment{At: seoul("2026-11-06 10:00:00")}) // a Friday
	h.pay(NewPayment{OrderID: "phone", Method: Phone, At: seoul("2026-11-05 10:00:00")})
	got := h.call("POST", "/sandbox/settle-until", `{"until":"2026-11-06","methods":["card","easy_pay"]}`)
	if got.field("now") != "2026-11-11T08:00:00+09:00" || got.field("lastPayout") != "2026-11-10" {
		t.Errorf("%s", got.raw)
	}
	if err := h.s.Hold(Hold{PaymentKey: card.Key, PaidOutDate: "2027-03-31", From: seoul("2026-11-09 10:00:00")}); err != nil {
		t.Fatal(err)
	}
	got = h.call("POST", "/sandbox/settle-until", `{"until":"2026-11-06"}`)
	if got.field("lastPayout") != "2027-03-31" || got.field("now") != "2027-04-01T08:00:00+09:00" {
		t.Errorf("the phone bill and what is held count: %s", got.raw)
	}
	got = h.call("POST", "/sandbox/settle-until", `{"until":"2026-11-01"}`)
	if got.field("now") != "2027-04-01T08:00:00+09:00" || got.field("lastPayout") != "" {
		t.Errorf("never back: %s", got.raw)
	}
	for _, body := range []string{`{}`, `{"until":"soon"}`, `{"until":"2026-11-06","methods":["cash"]}`} {
		h.call("POST", "/sandbox/settle-until", body).want(t, 400, "SANDBOX")
	}
}

func TestSettlementsSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	h := merchant(t, Options{Terms: map[Method]Term{Card: {Weekly, 4}}, Rates: []Rate{{Hundredths: 123}}})
	h.s.Seed(HistoryOptions{Seed: 3, Orders: 120, Days: 9, End: seoul("2026-11-01 00:00:00")})
	p := h.pay(NewPayment{OrderID: "held", Months: 3, InterestPayer: "MERCHANT", Amount: 70_000})
	if err := h.s.Hold(Hold{PaymentKey: p.Key, PaidOutDate: "2026-11-30"}); err != nil {
		t.Fatal(err)
	}
	if err := h.s.LimitSettlement(&SettlementLimit{Amount: 300_000, From: "2026-11-05"}); err != nil {
		t.Fatal(err)
	}
	h.at("2026-12-01 10:00:00")
	rows, book := h.settled(anyDay), h.call("GET", "/sandbox/passbook.csv?plant=short", "").raw
	if err := h.s.Save(path); err != nil {
		t.Fatal(err)
	}
	again := begin(t, Options{})
	if err := again.s.Load(path); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows, again.settled(anyDay)); diff != "" || len(rows) < 50 {
		t.Errorf("%d rows: %s", len(rows), diff)
	}
	if diff := cmp.Diff(book, again.call("GET", "/sandbox/passbook.csv?plant=short", "").raw); diff != "" {
		t.Error(diff)
	}
}

// A shop pays and cancels all day: the index of settlements must not be built anew
// for it, and must not miss what was changed in the past.
func TestTheIndexOfSettlementsFollowsTheLedger(t *testing.T) {
	h := merchant(t, Options{})
	p := h.pay(NewPayment{OrderID: "1", Method: Transfer})
	h.at("2026-11-03 10:00:00")
	first := h.settled(anyDay)
	built := h.s.index.sold.days
	h.pay(NewPayment{OrderID: "2", Method: Transfer})
	if len(h.settled(anyDay)) != 1 || &h.s.index.sold.days[0] != &built[0] {
		t.Error("today's sale has built it anew")
	}
	h.cancelByHand(p, 0, "2026-11-02 20:00:00") // somebody changes yesterday
	if got := told(h.rows("startDate=2026-11-02&endDate=2026-11-02")); got != "10000 198=180+18 9802 11-02 11-04\n-10000 0=0+0 -10000 11-02 11-04" {
		t.Error(got)
	}
	h.at("2026-11-04 10:00:00")
	if rows := h.settled(anyDay); len(rows) != 3 || rows[0] != first[0] {
		t.Errorf("%v", rows)
	}
}
