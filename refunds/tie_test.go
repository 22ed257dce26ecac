package refunds_test

import (
	"testing"
	"time"

	"daesa/pay"
	"daesa/refunds"
)

var approvedOn = pay.Day("2026-12-01")

// payable is an approved transfer to an account.
func payable(id string, amount int64, number, holder pay.Private) refunds.Payable {
	t := refunds.ManualTransfer{RefundID: id, MID: "shop", OrderID: "order-" + id, Amount: amount, Currency: pay.KRW, State: refunds.ManualApproved,
		ApprovedBy: "lee", ApprovedAt: approvedOn.Start().Add(15 * time.Hour)}
	return refunds.Payable{ManualTransfer: t, Account: &pay.RefundAccount{Bank: "88", Number: number, Holder: holder}}
}

func out(id string, amount int64, payee pay.Private) refunds.OutLine {
	return refunds.OutLine{ID: id, Day: approvedOn, Amount: amount, Currency: pay.KRW, Payee: payee}
}

// tied names what was tied, as transfer=line, and what of the rest could be what.
func tied(transfers []refunds.Payable, lines ...refunds.OutLine) (ties map[string]string, could map[string]int, alike map[string]int) {
	ties, could, alike = map[string]string{}, map[string]int{}, map[string]int{}
	done, open := refunds.TieTransfers(transfers, lines)
	for _, tie := range done {
		ties[tie.Transfer.RefundID] = tie.Line.ID
	}
	for _, each := range open {
		could[each.Transfer.RefundID], alike[each.Transfer.RefundID] = len(each.Lines), len(each.Alike)
	}
	return ties, could, alike
}

func TestALineIsATransferOnlyForCertain(t *testing.T) {
	kim := payable("aaaaaaaaaa", 30_000, "110123456789", "김토스")
	change := func(l refunds.OutLine, f func(*refunds.OutLine)) refunds.OutLine { f(&l); return l }
	for name, c := range map[string]struct {
		line refunds.OutLine
		want bool
	}{
		"the holder":                        {out("l", 30_000, "김토스"), true},
		"the holder in wide letters":        {out("l", 30_000, " 김 토스 "), true},
		"one won less":                      {out("l", 29_999, "김토스"), false},
		"the fee of the bank on top":        {out("l", 30_500, "김토스"), false},
		"another holder":                    {out("l", 30_000, "이토스"), false},
		"a part of so short a name":         {out("l", 30_000, "김토"), false},
		"nobody is named":                   {out("l", 30_000, ""), false},
		"the day before the approval":       {change(out("l", 30_000, "김토스"), func(l *refunds.OutLine) { l.Day = approvedOn.Add(-1) }), false},
		"weeks later":                       {change(out("l", 30_000, "김토스"), func(l *refunds.OutLine) { l.Day = approvedOn.Add(40) }), true},
		"another currency":                  {change(out("l", 30_000, "김토스"), func(l *refunds.OutLine) { l.Currency = pay.USD }), false},
		"the account, with hyphens":         {change(out("l", 30_000, ""), func(l *refunds.OutLine) { l.Account = "110-123-456789" }), true},
		"the holder, at another account":    {change(out("l", 30_000, "김토스"), func(l *refunds.OutLine) { l.Account = "110-123-456780" }), false},
		"the holder, and a masked account":  {change(out("l", 30_000, "김토스"), func(l *refunds.OutLine) { l.Account = "110-***-**6789" }), true},
		"the holder in the memo":            {change(out("l", 30_000, "인터넷"), func(l *refunds.OutLine) { l.Memo = "김토스" }), true},
		"the mark of the export":            {change(out("l", 30_000, ""), func(l *refunds.OutLine) { l.Memo = "AAAAAAA" }), true},
		"the mark, but another amount":      {change(out("l", 20_000, ""), func(l *refunds.OutLine) { l.Memo = "aaaaaaa" }), false},
		"the mark, but another's account":   {change(out("l", 30_000, ""), func(l *refunds.OutLine) { l.Memo, l.Account = "aaaaaaa", "9990001112222" }), false},
		"a few letters of the mark are not": {change(out("l", 30_000, ""), func(l *refunds.OutLine) { l.Memo = "aaaa" }), false},
	} {
		t.Run(name, func(t *testing.T) {
			if ties, _, _ := tied([]refunds.Payable{kim}, c.line); (len(ties) == 1) != c.want {
				t.Errorf("tied: %v", ties)
			}
		})
	}
	long := payable("b", 30_000, "1", "주식회사대한상사")
	if ties, _, _ := tied([]refunds.Payable{long}, out("l", 30_000, "주식회사대")); len(ties) != 1 {
		t.Error("a name that the bank cut short is another's")
	}
}

func TestWhatCouldBeSeveralIsTiedToNone(t *testing.T) {
	one, two := payable("aaaaaaaaaa", 30_000, "110123456789", "김토스"), payable("bbbbbbbbbb", 30_000, "110123456789", "김토스")
	other := payable("cccccccccc", 10_000, "220", "이토스")
	ties, could, alike := tied([]refunds.Payable{one, other}, out("1", 30_000, "김토스"), out("2", 30_000, "김토스"), out("3", 10_000, "이토스"), out("4", 10_000, ""))
	if len(ties) != 1 || ties["cccccccccc"] != "3" || could["aaaaaaaaaa"] != 2 || alike["aaaaaaaaaa"] != 0 {
		t.Errorf("two lines for one transfer: %v %v", ties, could)
	}
	ties, could, _ = tied([]refunds.Payable{one, two}, out("1", 30_000, "김토스"))
	if len(ties) != 0 || could["aaaaaaaaaa"] != 1 || could["bbbbbbbbbb"] != 1 {
		t.Errorf("one line for two transfers: %v %v", ties, could)
	}
	if ties, _, _ = tied([]refunds.Payable{one, two}, out("1", 30_000, "김토스"), out("2", 30_000, "김토스")); len(ties) != 0 {
		t.Errorf("two for two: %v", ties)
	}
	_, could, alike = tied([]refunds.Payable{one}, out("1", 30_000, ""))
	if could["aaaaaaaaaa"] != 0 || alike["aaaaaaaaaa"] != 1 {
		t.Errorf("a line without a name is not shown to the person: %v %v", could, alike)
	}
}

// Two refunds to one person of one amount are told apart by what the export writes.
func TestTheMarkTellsEqualTransfersApart(t *testing.T) {
	one, two := payable("aaaaaaaaaa", 30_000, "110123456789", "김토스"), payable("bbbbbbbbbb", 30_000, "110123456789", "김토스")
	first, second := out("1", 30_000, "김토스"), out("2", 30_000, "김토스")
	first.Memo = "bbbbbbb"
	second.Memo = "aaaaaaa"
	ties, _, _ := tied([]refunds.Payable{one, two}, first, second)
	if len(ties) != 2 || ties["aaaaaaaaaa"] != "2" || ties["bbbbbbbbbb"] != "1" {
		t.Errorf("%v", ties)
	}
	second.Memo = ""
	if ties, _, _ = tied([]refunds.Payable{one, two}, first, second); len(ties) != 2 || ties["aaaaaaaaaa"] != "2" {
		t.Errorf("the line that is left is the one that is left: %v", ties)
	}
}

// An account that was destroyed cannot show where the money went.
func TestATransferWithoutAccountIsTiedByItsMarkAlone(t *testing.T) {
	bare := payable("aaaaaaaaaa", 30_000, "", "")
	bare.Account = nil
	marked := out("1", 30_000, "김토스")
	if ties, _, alike := tied([]refunds.Payable{bare}, marked); len(ties) != 0 || alike["aaaaaaaaaa"] != 1 {
		t.Errorf("%v %v", ties, alike)
	}
	marked.Memo = "aaaaaaa"
	if ties, _, _ := tied([]refunds.Payable{bare}, marked); len(ties) != 1 {
		t.Errorf("%v", ties)
	}
}
