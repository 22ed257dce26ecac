package reports

import (
	"fmt"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

const sampleDay pay.Day = "2026-11-21"

var sampleNow = time.Date(2026, 11, 22, 1, 34, 7, 0, pay.Seoul)

func won(n int64) *int64 { return &n }

func seoul(text string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, text, pay.Seoul)
	if err != nil {
		panic(err)
	}
	return t
}

// sampleBreaks are one of every status, with ids that a spreadsheet would
// like to spoil. None is of an order that another has too, but one.
func sampleBreaks(mid string) []BreakRow {
	row := func(order string, kind reconcile.Kind, status reconcile.Status, local, provider *int64, localStatus, providerStatus string, method pay.Method, first pay.Day) BreakRow {
		return BreakRow{ID: reconcile.BreakID(mid, order, kind), MID: mid, OrderID: order, PaymentKey: "tgen_20261121" + order, Kind: kind, Status: status,
			Currency: pay.KRW, LocalAmount: local, ProviderAmount: provider, LocalStatus: localStatus, ProviderStatus: providerStatus,
			Method: method, FirstSeen: first, LastSeen: sampleDay, Since: first, Nights: sampleDay.Sub(first) + 1, MovedAt: seoul("2026-11-21 12:08:30")}
	}
	breaks := []BreakRow{
		row("00012345678901234567", reconcile.MissingAtProvider, reconcile.Open, won(58_000), nil, "paid", "", pay.Card, sampleDay),
		row("20261121-0002", reconcile.MissingLocally, reconcile.Open, nil, won(82_900), "", "DONE", pay.EasyPay, sampleDay),
		row("20261118-0003", reconcile.PaidNotRecorded, reconcile.Open, won(0), won(41_100), "pending", "DONE", pay.VirtualAccount, "2026-11-18"),
		row("20261121-0004", reconcile.DuplicatePayment, reconcile.Open, won(60_700), won(121_400), "paid", "DONE", pay.Card, sampleDay),
		row("20261121-0005", reconcile.CancelNotExecuted, reconcile.Open, won(0), won(1_250_000), "canceled", "DONE", pay.Phone, sampleDay),
		row("20261115-0006", reconcile.CancelNotExecuted, reconcile.Reopened, won(10_000), won(30_000), "partially_canceled", "DONE", pay.Transfer, "2026-11-15"),
		row("20261121-0007", reconcile.CancelNotRecorded, reconcile.Open, won(20_000), won(0), "paid", "CANCELED", pay.Card, sampleDay),
		row("20261121-0008", reconcile.AmountMismatch, reconcile.Open, won(49_900), won(58_000), "paid", "DONE", pay.Card, sampleDay),
		row("20261121-0009", reconcile.MethodMismatch, reconcile.Open, won(9_200), won(9_200), "paid", "DONE", pay.Phone, sampleDay),
		row("20261121-0010", reconcile.MissingLocally, reconcile.Timing, nil, won(17_000), "", "DONE", pay.Card, sampleDay),
		row("20261120-0011", reconcile.PaidNotRecorded, reconcile.Cleared, won(0), won(5_000), "pending", "DONE", pay.Card, "2026-11-20"),
	}
	breaks[4].CancelBy, breaks[5].CancelBy = seoul("2026-11-30 23:59:59"), seoul("2026-11-22 23:00:00")
	breaks[6].Origin, breaks[7].Note = reconcile.Outside, "쿠폰 8,100원 확인 중"
	breaks[5].Since = sampleDay
	for i, number := range map[int]string{1: "21974757", 4: "", 7: "00123456"} {
		breaks[i].ApprovedAt, breaks[i].ApprovalNumber = seoul("2026-11-21 11:59:30"), number
	}
	return breaks
}

// sampleCapture is a day on which some accounts were missed.
func sampleCapture() *refunds.CaptureFigures {
	f := &refunds.CaptureFigures{Captured: 212, Given: 3, Missed: 9, Reasons: map[string]int{refunds.CaptureNotShown: 7, refunds.CaptureUnreachable: 2}}
	f.Minutes[27], f.Minutes[19], f.Minutes[6] = 150, 55, 7
	return f
}

func sampleRefunds(mid string) []RefundRow {
	request := func(order string, state refunds.State, method pay.Method, amount int64, cancelBy time.Time) RefundRow {
		return RefundRow{refunds.Request{ID: refunds.RequestID(mid, order), MID: mid, OrderID: order, PaymentKey: "tgen_20261121" + order, Method: method,
			Amount: amount, Currency: pay.KRW, Reason: "주문 취소에 따른 환불", Ref: "auto:" + order, State: state, CancelBy: cancelBy,
			RequestedBy: refunds.NightActor, RequestedAt: sampleNow}}
	}
	rows := []RefundRow{
		request("20261121-0005", refunds.StateRequested, pay.Phone, 1_250_000, seoul("2026-11-30 23:59:59")),
		request("20261115-0006", refunds.StateApproved, pay.Transfer, 20_000, seoul("2026-11-22 23:00:00")),
		request("20261101-0101", refunds.StateUnknown, pay.Card, 33_000, time.Time{}),
		request("20261101-0102", refunds.StateNeedsAccount, pay.VirtualAccount, 64_000, seoul("2026-11-24 09:10:00")),
		request("20261031-0103", refunds.StateExpired, pay.Phone, 12_000, seoul("2026-10-31 23:59:59")),
		request("20261120-0104", refunds.StateSucceeded, pay.VirtualAccount, 27_500, time.Time{}),
	}
	rows[1].ApprovedBy, rows[2].Attempts = "김결재", 1
	rows[2].ErrorCode, rows[2].ErrorMessage = "PROVIDER_ERROR", "일시적인 오류가 발생했습니다"
	rows[5].FinishedAt = seoul("2026-11-21 15:00:00")
	return rows
}

func sampleDeadlines(rows []RefundRow) []Deadline {
	var list []Deadline
	for _, r := range rows {
		if !r.CancelBy.IsZero() {
			list = append(list, Deadline{MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Method: r.Method, Currency: r.Currency,
				Amount: r.Amount, CancelBy: r.CancelBy, RefundID: r.ID, State: r.State, TooLate: r.OrderID == "20261115-0006"})
		}
	}
	return append(list, Deadline{MID: rows[0].MID, OrderID: "20261121-0004", PaymentKey: "tgen_2026112120261121-0004", Method: pay.Card, Currency: pay.KRW,
		Amount: 60_700, AtRisk: true, BreakID: "b123"})
}

func samplePromises(mid string) []Promise {
	promise := func(order string, method pay.Method, amount int64, state refunds.State, canceled string, arrival refunds.Arrival) Promise {
		return Promise{MID: mid, OrderID: order, PaymentKey: "tgen_" + order, RefundID: refunds.RequestID(mid, order), Method: method, Currency: pay.KRW, Amount: amount,
			State: state, CanceledAt: seoul(canceled), Arrival: arrival}
	}
	return []Promise{
		promise("20261120-0104", pay.VirtualAccount, 27_500, refunds.StateSucceeded, "2026-11-20 10:12:00", refunds.Arrival{From: "2026-11-24", Until: "2026-11-24", Known: true, Counted: true}),
		promise("20261121-0105", pay.Card, 18_000, refunds.StateSucceeded, "2026-11-21 10:15:00", refunds.Arrival{From: "2026-11-21", Until: "2026-11-26", Known: true, Counted: true}),
		promise("20261121-0106", pay.GiftCertificate, 50_000, refunds.StateSucceeded, "2026-11-21 10:16:00", refunds.Arrival{}),
	}
}

// sampleNights are the nights before, one of them missing and one incomplete.
func sampleNights() []reconcile.NightFigures {
	var nights []reconcile.NightFigures
	for i := 29; i > 0; i-- {
		if i == 17 {
			continue
		}
		nights = append(nights, reconcile.NightFigures{Day: sampleDay.Add(-i), Complete: i != 9, Open: int64(6 + i*7%11), Opened: int64(i % 4), Cleared: int64(i % 3),
			Apart: map[pay.Currency]int64{pay.KRW: int64(400_000 + i*123_457%1_900_000)}})
	}
	return nights
}

// sampleMoney is what moved on the date: a day on which the sides differ, a
// method that one side alone names, and a cancel that nobody has proved.
func sampleMoney() *reconcile.DayMoney {
	moved := func(approvals, count, cancels, canceled int64) reconcile.Moved {
		return reconcile.Moved{Approvals: approvals, ApprovalCount: count, Cancels: cancels, CancelCount: canceled}
	}
	day := &reconcile.DayMoney{Listed: true, Undated: 2, Totals: []reconcile.DayTotal{
		{Currency: pay.KRW, Method: pay.Card, Shop: moved(402_001_000, 8_870, 3_101_400, 118), Provider: moved(402_118_200, 8_880, 3_084_400, 120)},
		{Currency: pay.KRW, Method: pay.VirtualAccount, Shop: moved(77_041_200, 1_985, 210_000, 8), Provider: moved(77_000_100, 1_984, 210_000, 8)},
		{Currency: pay.KRW, Shop: moved(12_000, 1, 0, 0)},
	}}
	day.Totals[0].Provider.Unproven = 1
	day.Sort()
	return day
}

// sampleNight is a complete night of one merchant whose figures tie.
func sampleNight(mid string) Snapshot {
	breaks, queue := sampleBreaks(mid), sampleRefunds(mid)
	s := Snapshot{Breaks: breaks, Refunds: queue, Deadlines: sampleDeadlines(queue),
		JournalHead: "9f2c4e1b7a6d5c3f0e9d8c7b6a594837261504f3e2d1c0bfae9d8c7b6a594837", Config: "c0ffee1234",
		NextRefunds: []time.Time{seoul("2026-11-23 10:00:00")},
		Capture:     sampleCapture(),
		Missing: []refunds.MissingAccount{
			{MID: mid, OrderID: "20261101-0102", PaymentKey: "tgen_2026112120261101-0102", Currency: pay.KRW, Amount: 64_000, ClosedAt: seoul("2026-11-01 10:30:00"),
				Why: refunds.CaptureUnreachable, RefundID: refunds.RequestID(mid, "20261101-0102"), CancelBy: seoul("2026-11-24 09:10:00")},
			{MID: mid, OrderID: "20261120-0201", PaymentKey: "tgen_va_0201", Currency: pay.KRW, Amount: 31_000, ClosedAt: seoul("2026-11-20 14:05:00"), Why: refunds.CaptureNotShown},
		},
		Transfers: []refunds.ManualTransfer{{RefundID: refunds.RequestID(mid, "20261031-0103"), MID: mid, OrderID: "20261031-0103", PaymentKey: "tgen_2026112120261031-0103",
			Amount: 12_000, Currency: pay.KRW, Why: refunds.WhyDeadline, State: refunds.ManualDue, RequestedBy: refunds.NightActor, DueAt: sampleNow, CancelBy: seoul("2026-10-31 23:59:59")}},
		Promises: samplePromises(mid),
		Before:   sampleNights(),
		Run: reconcile.Run{ID: reconcile.RunID("nightly", mid, sampleDay), Job: "nightly", MID: mid, Day: sampleDay, Now: sampleNow, Complete: true,
			Orders: 12_480, Payments: 12_466, Transactions: 12_993, Touched: 12_482, Matched: 12_472, OtherPG: 210, ZeroAmount: 34,
			Suspects: 61, LookedUp: 111, ProviderCalls: 116, CallsByAPI: map[string]int64{"transactions": 5, "payment": 104, "order": 7},
			Windows: []reconcile.Window{{Day: "2026-11-14", Pages: 2, Rows: 9_100, Reread: true}, {Day: sampleDay, Pages: 3, Rows: 12_993}},
			Sample:  reconcile.Sample{LookedUp: 50, Agreed: 50},
			ByMethod: []reconcile.MethodTotal{{Method: pay.Card, Currency: pay.KRW, Rows: 9_000, Approved: 402_118_200, Canceled: 120},
				{Method: pay.VirtualAccount, Currency: pay.KRW, Rows: 1_993, Approved: 77_000_100, Canceled: 8}},
			Broken: map[reconcile.Kind]int64{}, Refunds: map[string]int64{"rejected": 3, "succeeded": 40}, Proposed: 1, Moved: sampleMoney(),
			Severity: reconcile.Severity{High: 1_000_000, Medium: 100_000}}}
	s.Run.ListedTo = sampleDay.End()
	s.Run.Differences = []reconcile.Difference{
		{OrderID: "20261119-0301", PaymentKey: "tgen_0301", Currency: pay.KRW, Amount: -45_000, At: seoul("2026-11-22 00:41:09")},
		{OrderID: "00000000000000000302", PaymentKey: "tgen_0302", Currency: pay.KRW, Amount: -25_000, At: seoul("2026-11-22 01:02:03")},
		{OrderID: "20261110-0303", PaymentKey: "tgen_0303", Currency: pay.KRW, Amount: -1_100, Kind: reconcile.CancelNotExecuted},
	}
	tie(&s, pay.KRW, 512_345_600)
	return s
}

// tie fills in the counts and totals that follow from the breaks and refunds.
func tie(s *Snapshot, currency pay.Currency, shop int64) {
	total := reconcile.Total{Currency: currency, Shop: shop, ByKind: map[reconcile.Kind]int64{}}
	for _, d := range s.Run.Differences {
		if d.Currency == currency {
			total.Explained += d.Amount
			if d.Kind != "" {
				total.ByKind[d.Kind] += d.Amount
			}
		}
	}
	for _, b := range s.Breaks {
		if b.Currency != currency {
			continue
		}
		if b.Status != reconcile.Cleared && b.difference() != 0 {
			s.Run.Differences = append(s.Run.Differences, reconcile.Difference{OrderID: b.OrderID, PaymentKey: b.PaymentKey, Currency: currency, Amount: b.difference(), Kind: b.Kind})
		}
		switch {
		case b.Status.NeedsPerson():
			s.Run.Broken[b.Kind]++
			if b.Since == s.Run.Day {
				s.Run.Opened++
				if b.Status == reconcile.Reopened {
					s.Run.Reopened++
				}
			}
			total.ByKind[b.Kind] += b.difference()
			total.Explained += b.difference()
		case b.Status == reconcile.Timing:
			s.Run.Timing++
			total.Timing += b.difference()
			total.Explained += b.difference()
		case b.Status == reconcile.Cleared:
			s.Run.Cleared++
		}
	}
	for _, r := range s.Refunds {
		if r.Currency == currency && r.State != refunds.StateSucceeded {
			s.Run.Refunds[string(r.State)]++
		}
	}
	total.Provider = total.Shop - total.Explained
	s.Run.Totals = append(s.Run.Totals, total)
}

// dollars adds a second currency to a night.
func dollars(s Snapshot) Snapshot {
	row := BreakRow{ID: "busd", MID: s.Run.MID, OrderID: "USD-1", PaymentKey: "pp_1", Kind: reconcile.CancelNotExecuted, Status: reconcile.Open,
		Currency: pay.USD, LocalAmount: won(0), ProviderAmount: won(18_156), LocalStatus: "canceled", ProviderStatus: "DONE",
		Method: pay.ForeignEasyPay, FirstSeen: sampleDay, LastSeen: sampleDay, Since: sampleDay, Nights: 1, MovedAt: seoul("2026-11-21 09:00:00"), CancelBy: seoul("2026-11-25 12:00:00")}
	s.Breaks = append(s.Breaks, row)
	s.Run.Moved.Totals = append(s.Run.Moved.Totals, reconcile.DayTotal{Currency: pay.USD, Method: pay.ForeignEasyPay,
		Shop: reconcile.Moved{Approvals: 39_968, ApprovalCount: 2, Cancels: 18_156, CancelCount: 1}, Provider: reconcile.Moved{Approvals: 39_968, ApprovalCount: 2}})
	s.Run.ByMethod = append(s.Run.ByMethod, reconcile.MethodTotal{Method: pay.ForeignEasyPay, Currency: pay.USD, Rows: 2, Approved: 39_968})
	s.Deadlines = append(s.Deadlines, Deadline{MID: s.Run.MID, OrderID: "USD-1", PaymentKey: "pp_1", Method: pay.ForeignEasyPay, Currency: pay.USD,
		Amount: 18_156, CancelBy: row.CancelBy, BreakID: row.ID})
	tie(&s, pay.USD, 1_000_033)
	return s
}

// failedNight is what cmd makes of a merchant whose run failed.
func failedNight(mid string) Snapshot {
	refused := &pay.Failure{Kind: pay.FailureKey, API: "GET /v1/transactions", HTTPStatus: 401, Code: "UNAUTHORIZED_KEY", Message: "인증되지 않은 시크릿 키 혹은 클라이언트 키 입니다."}
	return Snapshot{Run: reconcile.Run{ID: reconcile.RunID("nightly", mid, sampleDay), Job: "nightly", MID: mid, Day: sampleDay, Now: sampleNow,
		Gaps: []reconcile.Gap{reconcile.NewGap(reconcile.SideProvider, reconcile.Part{Kind: reconcile.PartMerchant, Name: mid}, refused, reconcile.ReasonNight)}}}
}

// incomplete takes a part of a night away.
func incomplete(s Snapshot) Snapshot {
	s.Run.Complete, s.Run.NotLookedUp = false, 40
	s.Run.Moved.Listed = false
	for i := range s.Run.Moved.Totals {
		s.Run.Moved.Totals[i].Provider = reconcile.Moved{}
	}
	busy := &pay.Failure{Kind: pay.FailureThrottled, API: "GET /v1/transactions", HTTPStatus: 503}
	s.Run.Gaps = []reconcile.Gap{
		reconcile.NewGap(reconcile.SideProvider, reconcile.Part{Kind: reconcile.PartList, Name: string(sampleDay)}, busy, reconcile.ReasonOther),
		{Side: reconcile.SideShop, What: "orders/2026-11-21.csv", Why: "no such file"}} // as it was stored before gaps had a type
	s.Run.Suspect = []reconcile.Kind{reconcile.MissingAtProvider}
	return s
}

// manyBreaks is a night with n breaks.
func manyBreaks(n int) Snapshot {
	s := sampleNight("tosspayments")
	s.Breaks, s.Run.Differences = nil, nil
	s.Run.Broken, s.Run.Totals, s.Run.Refunds = map[reconcile.Kind]int64{}, nil, map[string]int64{}
	s.Run.Opened, s.Run.Reopened, s.Run.Timing, s.Run.Cleared = 0, 0, 0, 0
	for i := range n {
		b := sampleBreaks("tosspayments")[i%10]
		b.OrderID = fmt.Sprintf("%020d", i)
		b.ID = reconcile.BreakID(b.MID, b.OrderID, b.Kind)
		b.LocalAmount = won(int64(i) * 10)
		s.Breaks = append(s.Breaks, b)
	}
	tie(&s, pay.KRW, 512_345_600)
	return s
}
