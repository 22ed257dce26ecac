package settlefile

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// mostAmount is in won: of a million rows the sum still fits.
const mostAmount = 1_000_000_000_000

// decoder reads one row and gathers all that is wrong with it.
type decoder struct {
	row     table.Row
	options Options
	reckon  bool
	faults  table.Faults
}

func (d *decoder) fail(column, value, reason string) {
	d.faults = append(d.faults, d.row.NewFault(column, value, reason))
}

// text is a cell, "" where the file lacks the column or the cell cannot be taken.
func (d *decoder) text(column string) string {
	if fault := d.row.Fault(column); fault != nil {
		d.faults = append(d.faults, fault)
		return ""
	}
	value, _ := d.row.Get(column)
	return strings.TrimSpace(value)
}

func (d *decoder) decode() Row {
	r := Row{Line: d.row.Line, TID: d.text(colTID)}
	r.MID, r.Currency = d.merchant(), pay.KRW
	r.OrderID, r.PaymentKey, r.TransactionKey = d.text(colOrder), d.text(colPaymentKey), d.text(colKey)
	if r.OrderID == "" && r.PaymentKey == "" && len(d.faults) == 0 {
		d.fail(colOrder, "", "is empty, and nothing else says which payment it is")
	}
	if word := d.text(colCurrency); word != "" && word != "원" && !strings.EqualFold(word, string(pay.KRW)) {
		d.fail(colCurrency, word, "is no won: files of other currencies are not read")
	}
	d.amounts(&r)
	d.times(&r)
	d.status(r)
	method := written.NFC(d.text(colMethod))
	r.Method, _ = pay.ParseMethod(method)
	r.CardType = d.text(colCardType)
	switch issuer := d.text(colIssuer); r.Method {
	case pay.Card:
		r.Issuer = issuer
	case pay.EasyPay:
		r.Provider = issuer
	}
	return r
}

func (d *decoder) merchant() string {
	text := d.text(colMID)
	if text == "" {
		if d.options.DefaultMID == "" && d.row.Fault(colMID) == nil {
			d.fail(colMID, "", "is empty")
		}
		return d.options.DefaultMID
	}
	mid, ok := d.options.Merchant(text)
	if !ok {
		d.fail(colMID, text, "is no merchant of the configuration, or not the one of --mid")
	}
	return mid
}

// amounts reads the money. A file may leave 공급가액 and 부가세 out: then the fee is
// taken apart as an invoice does, which is one won off at most.
func (d *decoder) amounts(r *Row) {
	r.Amount, r.Fee, r.PayOutAmount = d.amount(colAmount, true), d.amount(colFee, true), d.amount(colPayOut, true)
	supply, hasSupply := d.optional(colSupply)
	vat, hasVAT := d.optional(colVAT)
	r.InterestFee, _ = d.optional(colInterest)
	switch {
	case hasSupply && hasVAT:
		r.SupplyAmount, r.VAT = supply, vat
	case hasSupply:
		r.SupplyAmount, r.VAT = supply, r.Fee-supply
	case hasVAT:
		r.SupplyAmount, r.VAT = r.Fee-vat, vat
	case d.reckon:
		r.SupplyAmount = withoutVAT(r.Fee)
		r.VAT = r.Fee - r.SupplyAmount
	default:
		d.fail(colSupply, "", "is empty, and so is 부가세")
	}
	if r.Amount == 0 && len(d.faults) == 0 {
		d.fail(colAmount, "0", "moves no money: neither a sale nor a cancel")
	}
}

// withoutVAT is a fee less the tenth that is in it, rounded to the nearest won.
func withoutVAT(fee int64) int64 {
	if fee < 0 {
		return -withoutVAT(-fee)
	}
	return (fee*20 + 11) / 22
}

func (d *decoder) optional(column string) (amount int64, given bool) {
	if value, _ := d.row.Get(column); strings.TrimSpace(value) == "" && d.row.Fault(column) == nil {
		return 0, false
	}
	return d.amount(column, false), true
}

func (d *decoder) amount(column string, must bool) int64 {
	before := len(d.faults)
	text := d.text(column)
	if text == "" {
		if must && len(d.faults) == before {
			d.fail(column, "", "is empty")
		}
		return 0
	}
	plain, _, reason := pay.PlainAmount(text)
	if reason == "" {
		whole, fraction, _ := strings.Cut(plain, ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		switch {
		case strings.Trim(fraction, "0") != "":
			reason = "is no whole won"
		case err != nil || n > mostAmount || n < -mostAmount:
			reason = "is larger than any amount that is taken"
		default:
			return n
		}
	}
	d.fail(column, text, reason)
	return 0
}

// times reads the days, and when it was paid or cancelled as far as the file says.
func (d *decoder) times(r *Row) {
	paidOut, sold := d.when(colPaidOut, true), d.when(colSold, true)
	r.PaidOutDate, r.SoldDate = paidOut.day(), sold.day()
	if r.PaidOutDate != "" && r.SoldDate != "" && r.PaidOutDate < r.SoldDate {
		d.fail(colPaidOut, string(r.PaidOutDate), "is before 매출일 "+string(r.SoldDate))
	}
	paid, canceled := d.when(colPaidAt, false), d.when(colCanceledAt, false)
	switch {
	case !r.Cancel():
		r.ApprovedAt, r.day = paid.at, paid.day()
	case !canceled.at.IsZero():
		r.ApprovedAt, r.CanceledAt, r.day = paid.at, canceled.at, canceled.day()
	case d.hasColumn(colCanceledAt):
		r.ApprovedAt = paid.at
	}
}

func (d *decoder) hasColumn(column string) bool {
	_, has := d.row.Get(column)
	return has
}

// status holds the word of the row against the sign of its amount: what says one
// thing and is the other is neither.
func (d *decoder) status(r Row) {
	word := written.Bare(d.text(colStatus))
	switch canceled := strings.Contains(word, "취소"); {
	case word == "" || r.Amount == 0:
	case canceled && !r.Cancel():
		d.fail(colStatus, word, "is a cancel, and its amount is not below 0")
	case !canceled && r.Cancel():
		d.fail(colStatus, word, "is no cancel, and its amount is below 0")
	}
}

// moment is a time, or only a day; the zero one: the file does not say.
type moment struct{ at time.Time }

func (m moment) day() pay.Day {
	if m.at.IsZero() {
		return ""
	}
	return pay.DayOf(m.at)
}

func (d *decoder) when(column string, must bool) moment {
	before := len(d.faults)
	text := d.text(column)
	switch {
	case text == "-" || text == "" && !must:
		text = ""
	case text == "":
		if len(d.faults) == before {
			d.fail(column, "", "is empty")
		}
	default:
		at, ok := momentOf(text)
		if !ok {
			d.fail(column, text, "is no date, such as 2026-11-02 or 2026-11-02 10:00:00")
		}
		return moment{at}
	}
	if text == "" && must && len(d.faults) == before {
		d.fail(column, "-", "is empty")
	}
	return moment{}
}

var dateForm = regexp.MustCompile(`^(\d{4})[-./]?(\d{2})[-./]?(\d{2})\.?(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?)?$`)

// momentOf reads a date with or without a time in Asia/Seoul, or a time with its
// zone.
func momentOf(text string) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, true
	}
	parts := dateForm.FindStringSubmatch(text)
	if parts == nil {
		return time.Time{}, false
	}
	clock := "00:00:00"
	if parts[4] != "" {
		second := parts[6]
		if second == "" {
			second = "00"
		}
		clock = strings.Repeat("0", 2-len(parts[4])) + parts[4] + ":" + parts[5] + ":" + second
	}
	at, err := time.ParseInLocation(time.DateTime, parts[1]+"-"+parts[2]+"-"+parts[3]+" "+clock, pay.Seoul)
	return at, err == nil
}

var periodForm = regexp.MustCompile(`(\d{4}[-./]?\d{2}[-./]?\d{2})\.? ?[~∼〜] ?(\d{4}[-./]?\d{2}[-./]?\d{2})`)

// narrowing are the conditions by which a download may show a part only.
var narrowing = []string{"결제수단", "결제상태", "결제기관", "검색", "주문번호", "카드종류", "정산계좌"}

// prefaceOf reads the rows above the header: the period, of which day it is, and
// whether the download shows a part of it only.
func prefaceOf(head []table.HeadRow, header int) (from, to pay.Day, by pay.SettledBy, partial string) {
	for _, row := range head {
		if row.Line >= header {
			break
		}
		text := written.OneLine(written.NFKC(strings.Join(row.Cells, " ")))
		title := table.Title(text)
		for _, word := range narrowing {
			if strings.HasPrefix(title, word) && !strings.HasSuffix(strings.Trim(title, ":"), "전체") {
				partial = text
			}
		}
		switch sold, paid := strings.Contains(title, "매출일"), strings.Contains(title, "입금일"); {
		case sold && !paid:
			by = pay.BySold
		case paid && !sold:
			by = pay.ByPaidOut
		}
		if found := periodForm.FindStringSubmatch(text); found != nil && from == "" {
			first, ok := momentOf(found[1])
			last, also := momentOf(found[2])
			if ok && also && !last.Before(first) {
				from, to = pay.DayOf(first), pay.DayOf(last)
			}
		}
	}
	if from == "" || by == "" || partial != "" {
		return "", "", "", partial
	}
	return from, to, by, ""
}
