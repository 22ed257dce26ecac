package reports

import (
	"strings"
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

// waitingNight is the sample night with what its requests wait for, and with a
// merchant that left the configuration.
func waitingNight() Snapshot {
	s := sampleNight("tosspayments")
	facts := refunds.Facts{Configured: []string{"tosspayments"}, Send: true, Told: seoul("2026-11-24 00:00:00"),
		Budget: refunds.Budget{RunCount: 50, DayCount: 200, Of: map[pay.Currency]refunds.Limits{pay.KRW: {Single: 1_000_000, Run: 5_000_000, Day: 20_000_000}}}}
	var standing refunds.Standing
	for _, r := range s.Refunds {
		if r.State.Open() || r.State == refunds.StateAccepted {
			standing.Open = append(standing.Open, refunds.Open{Request: r.Request})
		}
	}
	left := refunds.Request{ID: refunds.RequestID("oldshop", "x"), MID: "oldshop", OrderID: "OLD-1", PaymentKey: "tgen_old", Method: pay.Phone, Amount: 7700, Currency: pay.KRW,
		Reason: "고객 변심", Ref: "x", State: refunds.StateApproved, CancelBy: seoul("2026-11-30 23:59:59"), RequestedBy: "kim", RequestedAt: sampleNow}
	standing.Open = append(standing.Open, refunds.Open{Request: left})
	s.Waits = map[string]refunds.Wait{}
	var own, others []refunds.Waiter
	for _, w := range refunds.Waits(standing, facts, sampleNow) {
		s.Waits[w.ID] = w.Wait
		if w.MID == "oldshop" {
			others = append(others, w)
		} else {
			own = append(own, w)
		}
	}
	s.Waiting = refunds.Tally(own)
	s.Left = &Left{Refunds: []RefundRow{{Request: left}}, Waiting: refunds.Tally(others),
		Deadlines: []Deadline{{MID: left.MID, OrderID: left.OrderID, PaymentKey: left.PaymentKey, Method: left.Method, Currency: left.Currency, Amount: left.Amount,
			CancelBy: left.CancelBy, RefundID: left.ID, State: left.State}},
		Transfers: []refunds.ManualTransfer{{RefundID: "old2", MID: "oldshop", OrderID: "OLD-2", PaymentKey: "tgen_old2", Amount: 8800, Currency: pay.KRW,
			Why: refunds.WhyDeadline, State: refunds.ManualDue, RequestedBy: "kim"}}}
	return s
}

// TestTheWorkbookSaysWhatEveryRefundWaitsFor, also of a merchant that has no
// night of its own any more.
func TestTheWorkbookSaysWhatEveryRefundWaitsFor(t *testing.T) {
	t.Parallel()
	s := waitingNight()
	for lang, want := range map[string][]string{
		"ko": {"환불 대기 사유", "기한 초과 예상", "1건 한도(max_single) 초과 · 전송 불가", "설정(daesa.yaml)에 없는 가맹점 · 전송·조회 불가",
			"oldshop: 설정(daesa.yaml)에 없는", "⚠ oldshop: 설정(daesa.yaml)에 없는", "⚠ 현 상태로는 취소기한 내 전송 불가: 2건 1,257,700원 (", "OLD-1", "OLD-2"},
		"en": {"What refunds wait for", "Not in time", "above refunds.max_single, so never sent under this limit", "oldshop: the merchant is not in daesa.yaml",
			"⚠ As things stand not sent before their deadline: 2, 1,257,700원 ("},
	} {
		text := dump(t, drawn(t, []Snapshot{s}, Options{Language: lang}))
		for _, line := range want {
			if !strings.Contains(text, line) {
				t.Errorf("%s: the workbook lacks %q", lang, line)
			}
		}
		for _, r := range s.Refunds {
			meaning := refunds.Waiter{Open: refunds.Open{Request: r.Request}, Wait: s.Waits[r.ID]}.Sentence(refunds.Language(lang)).String()
			if _, open := s.Waits[r.ID]; open && !strings.Contains(text, meaning) {
				t.Errorf("%s: %s has no sentence: %q", lang, r.OrderID, meaning)
			}
		}
	}
}

// TestFiguresCountMerchantsThatLeftOnce, however many nights tell of them.
func TestFiguresCountMerchantsThatLeftOnce(t *testing.T) {
	t.Parallel()
	first, second := waitingNight(), sampleNight("shop-b")
	second.Left = first.Left
	second.Run.Now = first.Run.Now.Add(time.Minute)
	n, err := newNight([]Snapshot{first, second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := newNight([]Snapshot{sampleNight("tosspayments"), sampleNight("shop-b")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.refunds) != len(alone.refunds)+1 || len(n.deadlines) != len(alone.deadlines)+1 || len(n.transfers) != len(alone.transfers)+1 {
		t.Errorf("%d refunds, %d deadlines, %d transfers; without it %d, %d, %d", len(n.refunds), len(n.deadlines), len(n.transfers),
			len(alone.refunds), len(alone.deadlines), len(alone.transfers))
	}
	if got, was := n.sum.Refunds["approved"], alone.sum.Refunds["approved"]; got != was+1 {
		t.Errorf("%d approved, %d without it", got, was)
	}
	second.Left = nil // the newest run saw nothing of it any more
	if n, err = newNight([]Snapshot{first, second}, nil); err != nil || len(n.refunds) != len(alone.refunds) {
		t.Errorf("%d refunds after it is gone, %v", len(n.refunds), err)
	}
}

// TestWhatWaitsIsSaidWhereNothingCouldBeRead: a provider that is away keeps no
// deadline from passing.
func TestWhatWaitsIsSaidWhereNothingCouldBeRead(t *testing.T) {
	t.Parallel()
	s := waitingNight()
	s.Run.Complete, s.Run.Touched, s.Breaks = false, 0, nil
	note := briefOf(t, []Snapshot{s}, BriefOptions{})
	if !strings.Contains(note.Text, "⚠ 현 상태로는 취소기한 내 전송 불가: 2건") || !strings.Contains(note.Text, "⚠ 현재 설정으로 전송할 수 없는 환불") {
		t.Errorf("the message says nothing of it:\n%s", note.Text)
	}
	if text := dump(t, drawn(t, []Snapshot{s}, Options{})); !strings.Contains(text, "환불 대기") {
		t.Error("the first page says nothing of it")
	}
}

// TestANightWhereNothingWaitsHasNoSuchSection.
func TestANightWhereNothingWaitsHasNoSuchSection(t *testing.T) {
	t.Parallel()
	s := waitingNight()
	s.Waiting, s.Waits, s.Left = nil, nil, nil
	if text := dump(t, drawn(t, []Snapshot{s}, Options{})); strings.Contains(text, "환불 대기 사유") {
		t.Error("a section about nothing")
	}
}

// TestEveryReasonHasAFewWords for the message.
func TestEveryReasonHasAFewWords(t *testing.T) {
	t.Parallel()
	for _, why := range []string{refunds.WhyAwaitsApproval, refunds.WhyNeedsAccount, refunds.WhyNotConfigured, refunds.WhyAboveSingle, refunds.WhyAboveRun,
		refunds.WhyAboveDay, refunds.WhyNoCount, refunds.WhyBlocked, refunds.WhyDayFull, refunds.WhyKeyRefused, refunds.WhyClock, refunds.WhySendFalse,
		refunds.WhyPaused, refunds.WhyNextRun, refunds.WhyRetryLater, refunds.WhyBeingSent, refunds.WhyLookedUp, refunds.WhyMustLook, refunds.WhyInFlight,
		refunds.WhyOnItsWay, refunds.WhyDeadline, refunds.WhyAboveBalance, refunds.WhyUnreachable} {
		if w := waitLabels[why]; w.Ko() == "" || w.En() == "" {
			t.Errorf("%s has no words", why)
		}
	}
}
