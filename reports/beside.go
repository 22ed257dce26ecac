package reports

import (
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
)

// besideLabels name the money of a bridge that no row of the sheet of breaks shows.
var besideLabels = map[reconcile.BesideWhy]book.Label{
	reconcile.BesideLater:    {"기준일 이후 변동", "After the date"},
	reconcile.BesideUnlisted: {"조회 범위 외 변동", "Outside the list"},
	reconcile.BesideResolved: {"종결 후 잔여 차이", "Resolved, differs"},
	reconcile.BesideForeign:  {"통화 상이", "Two currencies"},
	reconcile.BesideNotSeen:  {"금일 미확인(차감)", "Not seen (less)"},
}

// besideNotes explain those names.
var besideNotes = map[reconcile.BesideWhy]book.Label{
	reconcile.BesideLater:    {"기준일 이후 변동 = 대사 기준일이 지난 뒤 토스에서 승인·취소되어 B에 없는 금액.", "After the date = what Toss approved or cancelled since the business date, which is not in B."},
	reconcile.BesideUnlisted: {"조회 범위 외 변동 = 결제 조회로 확인되었으나 조회한 거래내역에 없는 승인·취소.", "Outside the list = approvals and cancels that look-ups show and the lists that were read do not have."},
	reconcile.BesideResolved: {"종결 후 잔여 차이 = 담당자가 종결했으나 양쪽 금액이 여전히 다른 주문.", "Resolved, differs = decided by a person, and the two sides still differ."},
	reconcile.BesideForeign:  {"통화 상이 = 쇼핑몰과 토스의 통화가 다른 주문의 금액.", "Two currencies = orders that the two sides have in different currencies."},
	reconcile.BesideNotSeen:  {"금일 미확인(차감) = 불일치 시트에 있으나 금일 대사에서 차이로 확인되지 않은 금액(금일 미조회, 환불 반영).", "Not seen (less) = on the sheet Breaks, and not found to differ by this run (not looked up, or refunded since)."},
}

// bridgeNotes explain what the bridges of the night have besides breaks.
func (b *nightBook) bridgeNotes() []string {
	var sentences []string
	for _, why := range reconcile.BesideWhys {
		for _, l := range b.night.bridges {
			if has(l.Named(), why) {
				sentences = append(sentences, b.Lang.Of(besideNotes[why]))
				break
			}
		}
	}
	if sentences != nil {
		sentences = append(sentences, b.Say("해당 주문은 대사 확인 시트에 있습니다.", "Their orders are on sheet Control."))
	}
	return sentences
}

func has(list []reconcile.Named, why reconcile.BesideWhy) bool {
	for _, n := range list {
		if n.Why == why {
			return true
		}
	}
	return false
}

// beside lists, order by order, the money of the bridges that no row of the sheet
// of breaks shows.
func (c *control) beside() {
	var list []reconcile.Beside
	for _, l := range c.night.bridges {
		list = append(list, l.Beside...)
	}
	if len(list) == 0 {
		return
	}
	c.heading(c.Say("불일치 시트에 없는 차이", "Differences that are not on sheet Breaks"))
	last := book.Label{"결제키", "Payment key"}
	if c.Several {
		last = book.ColumnMID
	}
	c.head(book.Label{"구분", "Why"}, columnOrder, book.Label{"토스 처리일시", "At Toss"}, book.ColumnCurrency, columnDifference, last)
	for _, m := range list {
		at, key := c.r.Says("–"), m.PaymentKey
		if !m.At.IsZero() {
			at = xlsx.Moment(c.r.Right(book.FormatMoment), m.At.In(pay.Seoul))
		}
		if c.Several {
			key = m.MID
		}
		c.add(book.LookUp(c.Lang, besideLabels, m.Why), c.r.Label(m.OrderID), at, c.r.Says(book.Code(m.Currency)), c.r.Over(m.Currency, m.Amount), c.r.Label(key))
	}
}
