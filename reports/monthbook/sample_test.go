package monthbook

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/settle"
)

// The sample is a shop with two merchant ids and one passbook: its November is
// reckoned by settle from rows, transactions and lines, as a caller reckons it. In it
// a payout did not come, one came short, one late, one day was set off against the
// next, and a fee was given back.

const (
	market, gift    = "harumarket", "harugift"
	sampleMonth     = settle.Month("2026-11")
	sampleAccount   = "주거래"
	sampleReceiving = "108 외상매출금"
)

var (
	sampleMIDs  = []string{market, gift}
	sampleNow   = time.Date(2026, 12, 8, 10, 20, 0, 0, pay.Seoul)
	sampleToday = pay.DayOf(sampleNow)
)

// sampleMethod is how a method is settled: its fee, and after how many bank days.
type sampleMethod struct {
	method   pay.Method
	card     string
	provider string
	rate     string
	fixed    int64
	weight   int
	after    int
}

var sampleMethods = []sampleMethod{
	{pay.Card, "신용", "", "2.1%", 0, 44, 3},
	{pay.Card, "체크", "", "1.6%", 0, 18, 3},
	{pay.EasyPay, "", "토스페이", "2.5%", 0, 12, 3},
	{pay.EasyPay, "", "카카오페이", "2.8%", 0, 8, 3},
	{pay.Transfer, "", "", "1.8%", 0, 7, 2},
	{pay.VirtualAccount, "", "", "0%", 300, 7, 2},
	{pay.Phone, "", "", "3.5%", 0, 3, 33},
	{pay.GiftCertificate, "", "", "6%", 0, 1, 30},
}

// sample is the shop while its month is reckoned.
type sample struct {
	random   *rand.Rand
	rows     map[string][]settle.Row
	moves    map[string][]settle.Transaction
	how      map[string]sampleMethod // by transaction
	sales    map[string]settle.Sale
	parts    map[string][]settle.Part
	payouts  map[string][]settle.Payout
	lines    []settle.Line
	payers   map[string]string
	placed   settle.Placed
	look     settle.Look
	findings []reconcile.Finding
	number   int
}

func newSample(seed uint64) *sample {
	s := &sample{random: rand.New(rand.NewPCG(seed, 7)), rows: map[string][]settle.Row{}, moves: map[string][]settle.Transaction{},
		how: map[string]sampleMethod{}, sales: map[string]settle.Sale{}, parts: map[string][]settle.Part{}, payouts: map[string][]settle.Payout{}, payers: map[string]string{}}
	for day := pay.Day("2026-10-02"); day < sampleToday; day = day.Add(1) {
		for _, mid := range sampleMIDs {
			n := 14 + s.random.IntN(12)
			if mid == gift {
				n = 2 + s.random.IntN(4)
			}
			for range n {
				s.sell(mid, day)
			}
		}
	}
	s.moves[gift] = slices.DeleteFunc(s.moves[gift], func(t settle.Transaction) bool { return pay.DayOf(t.At) == "2026-11-08" })
	s.rows[gift] = slices.DeleteFunc(s.rows[gift], func(r settle.Row) bool { return pay.DayOf(r.TransactedAt()) == "2026-11-08" })
	s.cancelOne(gift, "2026-11-08") // a day of one large cancel: it is set off against the next payout
	s.settle()
	s.deposit()
	s.place()
	return s
}

// sell makes a payment and its row, and in one of twenty a cancel days later.
func (s *sample) sell(mid string, day pay.Day) {
	pick := s.random.IntN(100)
	of := sampleMethods[0]
	for _, m := range sampleMethods {
		if pick -= m.weight; pick < 0 {
			of = m
			break
		}
	}
	amount := int64(9_900 + 100*s.random.IntN(900))
	if s.random.IntN(30) == 0 {
		amount *= 6
	}
	at := day.Start().Add(time.Duration(8*3600+s.random.IntN(50_000)) * time.Second)
	order, key := s.add(mid, of, amount, at, time.Time{}, "", "")
	if back := day.Add(1 + s.random.IntN(6)); s.random.IntN(20) == 0 && back < sampleToday {
		s.add(mid, of, -amount, at, back.Start().Add(15*time.Hour), order, key)
	}
}

func (s *sample) cancelOne(mid string, day pay.Day) {
	at := day.Add(-6).Start().Add(11 * time.Hour)
	order, key := s.add(mid, sampleMethods[0], 1_280_000, at, time.Time{}, "", "")
	s.add(mid, sampleMethods[0], -1_280_000, at, day.Start().Add(15*time.Hour), order, key)
}

// add makes a transaction with its row; of a cancel amount is negative.
func (s *sample) add(mid string, of sampleMethod, amount int64, approved, canceled time.Time, order, key string) (string, string) {
	s.number++
	at := approved
	if order == "" {
		order, key = fmt.Sprintf("%s-%06d", approved.Format("20060102"), s.number), fmt.Sprintf("tgen_%s%08d", approved.Format("20060102"), s.number)
	}
	if amount < 0 {
		at = canceled
	}
	txn := fmt.Sprintf("%08X%024d", s.number*2_654_435_761%4_294_967_296, s.number)
	tx := settle.Transaction{MID: mid, PaymentKey: key, TransactionKey: txn, OrderID: order, Currency: pay.KRW, Method: of.method, Amount: amount, At: at, Recorded: at.Add(time.Hour)}
	s.moves[mid] = append(s.moves[mid], tx)
	s.how[txn] = of
	free, vat, receipt := int64(0), (2*size(amount)+11)/22, s.random.IntN(6) > 0
	if s.random.IntN(12) == 0 {
		free, vat = size(amount), 0
	}
	sale := settle.Sale{Transaction: tx, TaxFree: &free, VAT: &vat}
	if of.method == pay.Transfer || of.method == pay.VirtualAccount {
		sale.Receipt = &receipt
	}
	if of.method == pay.EasyPay {
		sale.Behind = pay.Card
	}
	s.sales[txn] = sale
	if sold := pay.DayOf(at); sold < sampleToday.Add(-1) {
		s.rows[mid] = append(s.rows[mid], s.row(tx, of, approved, canceled, sold))
	}
	return order, key
}

func (s *sample) row(tx settle.Transaction, of sampleMethod, approved, canceled time.Time, sold pay.Day) settle.Row {
	rate, _ := settle.ParseRate(of.rate)
	fee := size(tx.Amount)*int64(rate)/settle.RateUnit + of.fixed
	if of.provider == "카카오페이" && sold >= "2026-11-16" {
		fee += size(tx.Amount) * 3 / 1000 // charged by another rate than agreed
	}
	vat := fee / 10
	if tx.Amount < 0 {
		fee, vat = -fee, -vat
	}
	return settle.Row{Version: 1, Recorded: sold.Add(1).Start(), Settlement: pay.Settlement{
		MID: tx.MID, PaymentKey: tx.PaymentKey, TransactionKey: tx.TransactionKey, OrderID: tx.OrderID, Currency: pay.KRW, Method: of.method,
		Amount: tx.Amount, Fee: fee + vat, SupplyAmount: fee, VAT: vat, PayOutAmount: tx.Amount - fee - vat,
		ApprovedAt: approved, CanceledAt: canceled, SoldDate: sold, PaidOutDate: sold.AddBankDays(of.after), CardType: of.card, Provider: of.provider}}
}

func (s *sample) settle() {
	for _, mid := range sampleMIDs {
		var fold settle.Fold
		for _, r := range s.rows[mid] {
			fold.Add(r)
		}
		s.parts[mid] = fold.Parts()
		s.payouts[mid] = settle.Payouts(s.parts[mid])
	}
}

// deposit is what the bank shows: each payout on its day, but four.
func (s *sample) deposit() {
	add := func(day pay.Day, amount int64, payer string, fits bool) {
		id := fmt.Sprintf("L%s-%03d", string(day)[5:], len(s.lines)+1)
		s.lines = append(s.lines, settle.Line{ID: id, Account: sampleAccount, Currency: pay.KRW, Day: day, At: day.Start().Add(11 * time.Hour), In: true, Amount: amount, PayerFits: fits})
		s.payers[id] = payer
	}
	for _, mid := range sampleMIDs {
		for _, p := range s.payouts[mid] {
			switch {
			case !p.Comes() || p.Day >= sampleToday:
			case mid == market && p.Day == "2026-11-24": // it does not come
			case mid == market && p.Day == "2026-11-18":
				add(p.Day, p.Expected-150_000, "토스페***", true)
			case mid == gift && p.Day == "2026-11-20":
				add(p.Day.AddBankDays(3), p.Expected, "토스페***", true)
			default:
				add(p.Day, p.Expected, "토스페***", true)
			}
		}
	}
	add("2026-11-20", 402_113, "토스페***", true)
	add("2026-11-27", 50_000, "홍길***", false)
}

func (s *sample) place() {
	d := settle.Deposits{Payouts: slices.Concat(s.payouts[market], s.payouts[gift]), Lines: s.lines,
		Accounts: []settle.Account{{Name: sampleAccount, MIDs: sampleMIDs, Words: true}}}
	whole := settle.Days{{From: "2026-09-01", To: sampleToday.Add(60)}}
	s.look = settle.Look{Today: sampleToday, Passbook: map[string]settle.Days{sampleAccount: {{From: "2026-10-01", To: sampleToday.Add(-1)}}},
		Rows: map[string]settle.Days{market: whole, gift: whole}, Books: settle.Books{First: sampleMonth}}
	for i := range d.Payouts { // a person has matched what came short
		if d.Payouts[i].MID == market && d.Payouts[i].Day == "2026-11-18" {
			j := slices.IndexFunc(d.Lines, func(l settle.Line) bool { return l.Day == "2026-11-18" && l.Amount == d.Payouts[i].Expected-150_000 })
			m := settle.NewMatch([]settle.Line{d.Lines[j]}, []settle.Payout{d.Payouts[i]})
			m.By, m.Note, m.Recorded = "kim", "한도초과 보류분 제외", sampleNow.Add(-240*time.Hour)
			d.Given = append(d.Given, m)
		}
	}
	s.placed = settle.Place(d, s.look)
	s.findings = s.placed.Findings(s.look)
	for i := range s.placed.Matches {
		if s.placed.Matches[i].Recorded.IsZero() {
			s.placed.Matches[i].Recorded = s.placed.Matches[i].Paid[0].Day.Start().Add(20 * time.Hour)
		}
	}
}

// ledger rolls a merchant forward and holds it against its rows.
func (s *sample) ledger(mid string, locked bool) Ledger {
	standing := settle.Standing{MID: mid, Books: s.look.Books, Parts: s.parts[mid], Payouts: s.payouts[mid], Matches: s.placed.Matches, PassbookFrom: "2026-10-01"}
	hasRow := map[string]bool{}
	for _, r := range s.rows[mid] {
		hasRow[r.TransactionKey] = true
	}
	ledger := settle.NewLedger(s.look.Books)
	for _, t := range s.moves[mid] {
		ledger.Post(settle.MoveOf(t))
		if !hasRow[t.TransactionKey] {
			standing.NoRow = append(standing.NoRow, settle.NoRow{Month: settle.MonthOf(t.At), Method: t.Method, Count: 1, Amount: t.Amount})
		}
	}
	for _, r := range s.rows[mid] {
		ledger.Post(settle.MoveOfRow(r))
	}
	for _, m := range s.placed.Matches {
		for _, move := range settle.MovesOfMatch(m, mid, s.parts[mid], s.payouts[mid]) {
			ledger.Post(move)
		}
	}
	forward := ledger.Month(sampleMonth, standing.ByRows(sampleMonth.Before().Last()).ByMethod)
	rows := standing.ByRows(sampleMonth.Last())
	facts := settle.Facts{Month: sampleMonth, Today: sampleToday, Accounts: []string{sampleAccount}, Passbook: s.look.Passbook,
		Transactions: map[pay.Day]pay.Day{}, Rows: map[pay.Day]pay.Day{}, Breaks: map[reconcile.Kind]int64{}, Locked: locked}
	for day := sampleMonth.First(); day <= sampleMonth.Last(); day = day.Add(1) {
		facts.Transactions[day], facts.Rows[day] = min(day.Add(7), sampleToday), min(day.Add(7), sampleToday.Add(-2))
	}
	for _, f := range s.findings {
		if f.MID == mid && pay.DayOf(f.MovedAt) <= sampleMonth.Last() {
			facts.Breaks[f.Kind]++
		}
	}
	of := Ledger{MonthCheck: facts.Check(mid, pay.KRW, forward, rows)}
	for _, share := range rows.Shares {
		of.Shares = append(of.Shares, Share{Share: share})
	}
	return of
}

// month is all of the sample's November; locked is how it would stand once everything
// was decided and locked.
func (s *sample) month(locked bool) Month {
	m := Month{Month: sampleMonth, Now: sampleNow, Receivable: sampleReceiving}
	if locked {
		m.Versions = []settle.Version{
			{Month: sampleMonth, Number: 1, LockedAt: sampleNow.Add(-30 * time.Hour), By: "김마감", Rows: 612, RowsHash: "9b1fd0c2a45e77aa10", Reopened: sampleNow.Add(-20 * time.Hour), ReopenBy: "이팀장", Note: "수수료 세금계산서 재발급 반영"},
			{Month: sampleMonth, Number: 2, LockedAt: sampleNow.Add(-time.Hour), By: "김마감", Rows: 612, RowsHash: "c07e12aa90b3d4e5f6"},
		}
	}
	for _, mid := range sampleMIDs {
		m.Ledgers = append(m.Ledgers, s.ledger(mid, locked))
	}
	s.addPayouts(&m)
	s.addUnsettled(&m)
	s.addFees(&m)
	s.addCancels(&m)
	s.addBreaks(&m)
	s.addVouchers(&m)
	var vat settle.VAT
	for _, mid := range sampleMIDs {
		for _, t := range s.moves[mid] {
			if settle.MonthOf(t.At) == sampleMonth {
				vat.Add(s.sales[t.TransactionKey])
			}
		}
	}
	m.VAT = []VAT{{pay.KRW, vat.Table()}}
	return m
}

func (s *sample) addPayouts(m *Month) {
	posted := map[settle.PayoutKey]int64{}
	for _, match := range s.placed.Matches {
		for _, paid := range match.Paid {
			if settle.MonthOfDay(paid.Day) == sampleMonth {
				posted[paid.Payout] += paid.Amount
			}
		}
	}
	for _, p := range s.placed.Payouts {
		if settle.MonthOfDay(p.Day) == sampleMonth || posted[p.PayoutKey] != 0 || p.State == settle.Scheduled && p.Day < "2026-12-12" {
			m.Payouts = append(m.Payouts, Payout{Payout: p, Posted: posted[p.PayoutKey]})
		}
	}
	may := map[string][]settle.PayoutKey{}
	for _, p := range s.placed.Payouts {
		for _, line := range p.Suggested {
			may[line] = append(may[line], p.PayoutKey)
		}
	}
	for _, l := range s.placed.Lines {
		shown := book.PassbookLine{PlacedLine: l, Payer: s.payers[l.ID]}
		m.Lines = append(m.Lines, shown)
		if m.State() == settle.MonthLocked {
			continue
		}
		d := Deposit{PassbookLine: shown, Suggests: may[l.ID]}
		if l.State == settle.LineMatched {
			d.Matched = l.Day.Start().Add(33 * time.Hour)
		}
		m.Deposits = append(m.Deposits, d)
	}
}

// addUnsettled takes payouts and transactions that nobody covered at the end of the
// month, of each age the three largest.
func (s *sample) addUnsettled(m *Month) {
	end := sampleMonth.Last()
	for _, mid := range sampleMIDs {
		byBucket := map[settle.Bucket][]Unsettled{}
		for _, p := range s.placed.Payouts {
			if p.MID != mid || p.LastLine != "" && p.LastLine <= end {
				continue
			}
			u := Unsettled{MID: mid, Currency: pay.KRW, Payout: p.Day, State: p.State, Bucket: settle.BucketOf(p.Day, end)}
			for _, part := range s.parts[mid] {
				if part.Payout == p.PayoutKey && part.Month <= sampleMonth {
					u.Count, u.Amount = u.Count+part.Rows, u.Amount+part.PayOut
				}
			}
			if u.Count > 0 && p.State != settle.Carried {
				byBucket[u.Bucket] = append(byBucket[u.Bucket], u)
			}
		}
		for _, bucket := range slices.Sorted(maps.Keys(byBucket)) {
			list := byBucket[bucket]
			slices.SortFunc(list, func(a, b Unsettled) int { return int(b.Amount - a.Amount) })
			m.Unsettled = append(m.Unsettled, list[:min(3, len(list))]...)
		}
	}
}

func (s *sample) addFees(m *Month) {
	type key struct {
		mid string
		of  sampleMethod
	}
	fees := map[key]*Fee{}
	sums := settle.NewFees(sampleMonth, settle.BasisPaid)
	var groups settle.FeeGroups
	for _, mid := range sampleMIDs {
		for _, r := range s.rows[mid] {
			sums.Add(r)
			if settle.MonthOf(r.TransactedAt()) != sampleMonth {
				continue
			}
			of := s.how[r.TransactionKey]
			rate, _ := settle.ParseRate(of.rate)
			k := key{mid, of}
			if fees[k] == nil {
				fees[k] = &Fee{MID: mid, Currency: pay.KRW, Method: of.method, CardType: of.card, Provider: of.provider}
				if of.method != pay.GiftCertificate {
					fees[k].Agreed, fees[k].Expected = &settle.Fee{Method: of.method, CardType: of.card, Provider: of.provider, Rate: rate, Fixed: of.fixed}, new(int64)
				}
			}
			f := fees[k]
			f.Rows, f.Amount, f.Fee, f.FeeVAT = f.Rows+1, f.Amount+r.Amount, f.Fee+r.FeeOf(), f.FeeVAT+r.VAT
			if f.Agreed != nil {
				expected := size(r.Amount)*int64(rate)/settle.RateUnit + of.fixed
				if r.Amount < 0 {
					expected = -expected
				}
				*f.Expected += expected
				if u, odd := (settle.Tariff{*f.Agreed}).Judge(r); odd {
					groups.Add(u)
				}
			}
		}
	}
	for _, f := range fees {
		m.Fees = append(m.Fees, *f)
	}
	m.FeeGroups = groups.Groups()
	bridge := sums.Bridge()
	m.Invoices = []Invoice{{MIDs: sampleMIDs, Currency: pay.KRW, Basis: settle.BasisPaid, Bridge: bridge,
		Entered: &settle.Invoice{Month: sampleMonth, MIDs: sampleMIDs, Currency: pay.KRW, Supply: bridge.Invoiced.Supply, VAT: bridge.Invoiced.VAT + 37, Issued: "2026-12-01"}}}
}

func (s *sample) addCancels(m *Month) {
	for _, mid := range sampleMIDs {
		rows := map[string]settle.Row{}
		for _, r := range s.rows[mid] {
			rows[r.TransactionKey] = r
		}
		for _, t := range s.moves[mid] {
			if !t.Cancel() || settle.MonthOf(t.At) != sampleMonth {
				continue
			}
			c := Cancel{MID: mid, OrderID: t.OrderID, PaymentKey: t.PaymentKey, TransactionKey: t.TransactionKey, Method: t.Method, Currency: t.Currency, At: t.At, Amount: -t.Amount}
			if r, ok := rows[t.TransactionKey]; ok {
				c.ApprovedAt, c.PaidOut, c.Fee, c.FeeVAT = r.ApprovedAt, r.PaidOutDate, -r.FeeOf(), -r.VAT
			}
			m.Cancels = append(m.Cancels, c)
		}
	}
	line := book.PassbookLine{PlacedLine: settle.PlacedLine{Line: settle.Line{ID: "L11-12-900", Account: sampleAccount, Currency: pay.KRW, Day: "2026-11-12", In: true, Amount: 18_700, PayerFits: true}, State: settle.LineOpen}, Payer: "토스페***"}
	m.Rebates = []Rebate{{PassbookLine: line, MID: market, Supply: 17_000, VAT: 1_700, By: "kim", Note: "우대수수료 차액 환급"}}
}

func (s *sample) addBreaks(m *Month) {
	found := slices.Clone(s.findings)
	for _, group := range m.FeeGroups {
		amount := group.Charged - group.Expected
		found = append(found, reconcile.Finding{MID: group.MID, Subject: settle.SubjectOfFee(group.Method, group.CardType, group.From), Kind: reconcile.FeeUnexpected, Currency: pay.KRW,
			Method: group.Method, LocalAmount: &group.Expected, ProviderAmount: &group.Charged, Amount: &amount, MovedAt: group.From.Start()})
	}
	for _, f := range found {
		first := max(pay.DayOf(f.MovedAt).AddBankDays(2), "2026-11-02")
		b := reconcile.Break{ID: reconcile.BreakID(f.MID, f.Subject, f.Kind), Finding: f, Status: reconcile.Open, FirstSeen: first, LastSeen: sampleToday, Since: first}
		switch f.Kind {
		case reconcile.PayoutShort:
			b.Owner, b.Note = "kim", "토스 한도 상향 신청 중"
		case reconcile.FeeUnexpected:
			b.Status, b.Resolution, b.ResolvedBy, b.ResolvedAt, b.Note = reconcile.Resolved, reconcile.ProviderError, "lee", sampleNow.Add(-50*time.Hour), "차액 환급 요청함"
		default:
		}
		m.Breaks = append(m.Breaks, b)
	}
}

func (s *sample) addVouchers(m *Month) {
	j := settle.Journal{Month: sampleMonth, Currency: pay.KRW}
	fees := map[pay.Day]*settle.FeesOf{}
	for _, mid := range sampleMIDs {
		for _, r := range s.rows[mid] {
			if day := pay.DayOf(r.TransactedAt()); settle.MonthOfDay(day) == sampleMonth {
				if fees[day] == nil {
					fees[day] = &settle.FeesOf{Day: day}
				}
				fees[day].Fee, fees[day].FeeVAT = fees[day].Fee+r.FeeOf(), fees[day].FeeVAT+r.VAT
			}
		}
		for _, t := range s.moves[mid] {
			if settle.MonthOf(t.At) == sampleMonth {
				sale, day := s.sales[t.TransactionKey], pay.DayOf(t.At)
				i := slices.IndexFunc(j.Sales, func(o settle.SalesOf) bool { return o.Day == day && o.Method == t.Method && o.Cancel == t.Cancel() })
				if i < 0 {
					i, j.Sales = len(j.Sales), append(j.Sales, settle.SalesOf{Day: day, Method: t.Method, Cancel: t.Cancel()})
				}
				of := &j.Sales[i]
				of.Gross, of.TaxFree, of.VAT = of.Gross+size(t.Amount), of.TaxFree+*sale.TaxFree, of.VAT+*sale.VAT
			}
		}
	}
	for _, day := range slices.Sorted(maps.Keys(fees)) {
		j.Fees = append(j.Fees, *fees[day])
	}
	for _, l := range s.placed.Lines {
		if settle.MonthOfDay(l.Day) == sampleMonth {
			kind := settle.DepositOpen
			if l.State == settle.LineMatched {
				kind = settle.DepositPayout
			}
			j.Deposits = append(j.Deposits, settle.Deposit{Line: l.Line, Kind: kind})
		}
	}
	m.Entries = settle.Vouchers(j, settle.Chart{Receivable: sampleReceiving, Bank: "103 보통예금", Fee: "831 수수료비용", FeeVAT: "135 부가세대급금", Sales: "401 상품매출",
		SalesVAT: "255 부가세예수금", Suspense: "257 가수금", OtherIncome: "930 잡이익", Partner: "01001 토스페이먼츠(주)"})
}
