package settle

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daesa/pay"
)

// Chart are the accounts of the shop's books, each as "CODE NAME".
type Chart struct {
	Receivable, Bank, Fee, FeeVAT           string
	Sales, SalesFree, SalesReturn, SalesVAT string // Sales "": the shop books its sales itself
	Suspense, OtherIncome, Partner          string
}

// Side is which side of a voucher an entry is on.
type Side string

// The sides.
const (
	Debit  Side = "차변"
	Credit Side = "대변"
)

// Entry is one line of a voucher (분개), of the neutral table.
type Entry struct {
	Day         pay.Day // 전표일자
	Voucher     string  // 전표번호: the entries of one sum up to 0
	Line        int     // 순번, from 1
	Side        Side    // 구분
	Code        string  // 계정코드
	Account     string  // 계정명
	PartnerCode string  // 거래처코드
	Partner     string  // 거래처명
	Currency    pay.Currency
	Amount      int64  // 금액, above 0
	Text        string // 적요
	Evidence    string // 증빙구분
}

// The columns of the neutral table, in its order. Debit and credit amounts apart
// are columns that a configuration may name.
const (
	ColumnDay         = "전표일자"
	ColumnVoucher     = "전표번호"
	ColumnLine        = "순번"
	ColumnSide        = "구분"
	ColumnCode        = "계정코드"
	ColumnAccount     = "계정명"
	ColumnPartnerCode = "거래처코드"
	ColumnPartner     = "거래처명"
	ColumnAmount      = "금액"
	ColumnText        = "적요"
	ColumnEvidence    = "증빙구분"
	ColumnDepartment  = "부서/프로젝트"
	ColumnDebit       = "차변금액"
	ColumnCredit      = "대변금액" //nolint:gosec // a side of the books, no secret
)

// VoucherColumns are the columns of the neutral table.
var VoucherColumns = []string{
	ColumnDay, ColumnVoucher, ColumnLine, ColumnSide, ColumnCode, ColumnAccount, ColumnPartnerCode, ColumnPartner,
	ColumnAmount, ColumnText, ColumnEvidence, ColumnDepartment,
}

// Cell is what an entry has in a column; ok is false for a column that there is
// not. The department is the shop's to fill.
func (e Entry) Cell(column string) (text string, ok bool) {
	debit, credit := e.Currency.Format(e.Amount), ""
	if e.Side == Credit {
		debit, credit = credit, debit
	}
	cells := map[string]string{
		ColumnDay: string(e.Day), ColumnVoucher: e.Voucher, ColumnLine: strconv.Itoa(e.Line), ColumnSide: string(e.Side),
		ColumnCode: e.Code, ColumnAccount: e.Account, ColumnPartnerCode: e.PartnerCode, ColumnPartner: e.Partner,
		ColumnAmount: e.Currency.Format(e.Amount), ColumnText: e.Text, ColumnEvidence: e.Evidence, ColumnDepartment: "",
		ColumnDebit: debit, ColumnCredit: credit,
	}
	text, ok = cells[column]
	return text, ok
}

// SalesOf is what a day's approvals, or cancels, of one method come to.
type SalesOf struct {
	Day     pay.Day
	Method  pay.Method
	Cancel  bool
	Gross   int64 // above 0
	TaxFree int64
	VAT     int64 // of the rest
	Prior   bool
}

// FeesOf are the fees of the transactions of one day.
type FeesOf struct {
	Day    pay.Day
	Fee    int64 // of a day of cancels negative
	FeeVAT int64
	Prior  bool
}

// DepositKind says what a deposit is booked as.
type DepositKind string

// The kinds.
const (
	DepositPayout  DepositKind = "payout"
	DepositOpen    DepositKind = "open"    // 가수금
	DepositCleared DepositKind = "cleared" // a payout that a locked month has as 가수금
	DepositRebate  DepositKind = "rebate"  // lowers fee and fee VAT
	DepositOther   DepositKind = "other"   // 잡이익
	DepositUndone  DepositKind = "undone"  // a locked month has it as a payout, and it is none: 가수금 again
)

// Deposit is one passbook line.
type Deposit struct {
	Line   Line
	Kind   DepositKind
	Supply int64 // of a rebate
	VAT    int64
	Prior  bool
}

// Adjustment is a decision that changes the receivable.
type Adjustment struct {
	Day     pay.Day
	Subject string
	Amount  int64 // signed
	Prior   bool
}

// Journal is what the vouchers of a month are of. What is Prior happened in an
// earlier month, which was locked when it was recorded.
type Journal struct {
	Month       Month
	Currency    pay.Currency
	Sales       []SalesOf
	Fees        []FeesOf
	Deposits    []Deposit
	Adjustments []Adjustment
}

// Vouchers are the entries of a month, by day. A fee and its VAT stand on the
// day of the transactions against the receivable, a payout against the bank, a
// deposit that nobody explained as 가수금. What happened before the month stands on
// its first day, with its own date in the text. An amount below 0 changes sides.
func Vouchers(j Journal, chart Chart) []Entry {
	b := &journal{Journal: j, chart: chart}
	for _, s := range j.Sales {
		if chart.Sales != "" {
			b.sales(s)
		}
	}
	for _, f := range j.Fees {
		b.post(f.Day, f.Prior, []posting{
			{chart.Fee, f.Fee, "PG수수료", taxInvoice}, {chart.FeeVAT, f.FeeVAT, "PG수수료 부가세", taxInvoice},
			{chart.Receivable, -f.Fee - f.FeeVAT, "PG수수료 차감", ""},
		})
	}
	for _, d := range j.Deposits {
		b.deposit(d)
	}
	for _, a := range j.Adjustments {
		b.post(a.Day, a.Prior, []posting{
			{chart.Receivable, a.Amount, "차이 조정 " + a.Subject, ""}, {chart.OtherIncome, -a.Amount, "차이 조정 " + a.Subject, ""},
		})
	}
	return b.entries()
}

// taxInvoice is the evidence of a fee.
const taxInvoice = "세금계산서"

// posting is one entry: an amount above 0 is a debit.
type posting struct {
	account  string
	amount   int64
	text     string
	evidence string
}

type journal struct {
	Journal
	chart    Chart
	vouchers []voucher
}

type voucher struct {
	day      pay.Day
	postings []posting
}

func (b *journal) post(day pay.Day, prior bool, postings []posting) {
	suffix := ""
	if prior {
		suffix = fmt.Sprintf(" (%s 귀속분)", day)
		day = b.Month.First()
	}
	v := voucher{day: day}
	for _, p := range postings {
		if p.amount != 0 {
			p.text += suffix
			v.postings = append(v.postings, p)
		}
	}
	if len(v.postings) > 0 {
		b.vouchers = append(b.vouchers, v)
	}
}

func (b *journal) sales(s SalesOf) {
	c := b.chart
	sales, sign, word := c.Sales, int64(1), "매출"
	if s.Cancel {
		sales, sign, word = cmp.Or(c.SalesReturn, c.Sales), -1, "매출 취소"
	}
	text := word + " " + string(s.Method)
	taxed := s.Gross - s.TaxFree - s.VAT
	free := cmp.Or(c.SalesFree, sales)
	b.post(s.Day, s.Prior, []posting{
		{c.Receivable, sign * s.Gross, text, ""}, {sales, -sign * taxed, text, ""},
		{free, -sign * s.TaxFree, text + " 면세", ""}, {c.SalesVAT, -sign * s.VAT, text + " 부가세", ""},
	})
}

func (b *journal) deposit(d Deposit) {
	c, amount := b.chart, d.Line.Amount
	to := func(postings ...posting) { b.post(d.Line.Day, d.Prior, postings) }
	switch d.Kind {
	case DepositPayout:
		to(posting{c.Bank, amount, "정산금 입금", ""}, posting{c.Receivable, -amount, "정산금 입금", ""})
	case DepositCleared:
		to(posting{c.Suspense, amount, "가수금 정리", ""}, posting{c.Receivable, -amount, "정산금 입금", ""})
	case DepositUndone:
		to(posting{c.Receivable, amount, "입금 대사 취소", ""}, posting{c.Suspense, -amount, "입금 대사 취소", ""})
	case DepositRebate:
		to(posting{c.Bank, amount, "수수료 환급 입금", ""}, posting{c.Fee, -d.Supply, "수수료 환급", "수정" + taxInvoice},
			posting{c.FeeVAT, -d.VAT, "수수료 환급 부가세", "수정" + taxInvoice}, posting{c.Suspense, d.Supply + d.VAT - amount, "출처 미확인 입금", ""})
	case DepositOther:
		to(posting{c.Bank, amount, "잡이익 입금", ""}, posting{c.OtherIncome, -amount, "잡이익", ""})
	default:
		to(posting{c.Bank, amount, "출처 미확인 입금", ""}, posting{c.Suspense, -amount, "출처 미확인 입금", ""})
	}
}

// entries numbers the vouchers of each day.
func (b *journal) entries() []Entry {
	slices.SortStableFunc(b.vouchers, func(x, y voucher) int { return cmp.Compare(x.day, y.day) })
	var entries []Entry
	number, day := 0, pay.Day("")
	for _, v := range b.vouchers {
		if number++; v.day != day {
			number, day = 1, v.day
		}
		name := fmt.Sprintf("%s-%04d", strings.ReplaceAll(string(v.day), "-", ""), number)
		for i, p := range v.postings {
			e := Entry{Day: v.day, Voucher: name, Line: i + 1, Side: Debit, Currency: b.Currency, Amount: p.amount, Text: p.text, Evidence: p.evidence}
			if p.amount < 0 {
				e.Side, e.Amount = Credit, -p.amount
			}
			e.Code, e.Account = coded(p.account)
			e.PartnerCode, e.Partner = coded(b.chart.Partner)
			entries = append(entries, e)
		}
	}
	return entries
}

// coded splits "108 외상매출금"; a text without a leading number is a name.
func coded(text string) (code, name string) {
	first, rest, found := strings.Cut(strings.TrimSpace(text), " ")
	if first == "" || strings.Trim(first, "0123456789-.") != "" {
		return "", strings.TrimSpace(text)
	}
	if !found {
		return first, ""
	}
	return first, strings.TrimSpace(rest)
}

// MovementOf is by how much the entries move an account: debits less credits.
func MovementOf(entries []Entry, account string) int64 {
	code, name := coded(account)
	var sum int64
	for _, e := range entries {
		switch {
		case e.Code != code || e.Account != name:
		case e.Side == Debit:
			sum += e.Amount
		default:
			sum -= e.Amount
		}
	}
	return sum
}
