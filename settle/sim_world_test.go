package settle_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// world is Toss, a bank and a shop for some months, with a model of its own of
// how Toss settles. Nothing here asks settle what is right.
type world struct {
	rng      *rand.Rand
	from, to pay.Day
	looked   settle.Month // in which the shop looks first
	mids     []string
	payments []*payment
	rows     []*tossRow
	lines    []*bankLine
	balance  map[string]int64 // of a mid: what was carried
	wounds   []wound
	rebates  []pay.Day
	paidOn   map[hold]pay.Day           // when a payout came as it should; forever: it did not
	paidFor  map[settle.PayoutKey]int64 // what should have come
	stepMID  string                     // whose card rate is another from stepFrom on
	stepFrom pay.Day
	single   map[string]bool // mids and methods with a row of an odd fee
	count    map[string]int
}

type hold struct {
	mid string
	day pay.Day
}

type payment struct {
	mid, key string
	method   pay.Method
	txs      []settle.Transaction
	plan     string // what is planted on it
	odd      int64  // won by which its sale's fee is off
}

// tossRow is one row as Toss has it in the end.
type tossRow struct {
	settle.Row
	p         *payment
	appears   pay.Day // the day on which the list first shows it
	twin      pay.Day // of a duplicate: the other payout day
	wounded   bool
	changedOn pay.Day // "": never; before, no interest was taken
	coveredOn pay.Day // of one that changed when it was paid out: when that was
	movedOn   pay.Day // "": never; before, it was to be paid out on movedFrom
	movedFrom pay.Day
}

// shows is the row as Toss's list shows it on a day.
func (r *tossRow) shows(day pay.Day) []settle.Row {
	if day < r.appears {
		return nil
	}
	row := r.Row
	if r.changedOn != "" && day < r.changedOn {
		row.PayOutAmount, row.InterestFee = row.PayOutAmount+row.InterestFee, 0
	}
	if r.movedOn != "" && day < r.movedOn {
		row.PaidOutDate = r.movedFrom
	}
	rows := []settle.Row{row}
	if r.twin != "" {
		row.PaidOutDate = r.twin
		rows = append(rows, row)
	}
	return rows
}

// moments are the days on which a reading may find the row new or changed.
func (r *tossRow) moments() []pay.Day {
	days := []pay.Day{r.appears}
	for _, day := range []pay.Day{r.changedOn, r.movedOn} {
		if day > r.appears {
			days = append(days, day)
		}
	}
	if r.twin != "" {
		days = append(days, r.appears.Add(1))
	}
	slices.Sort(days)
	return slices.Compact(days)
}

type bankLine struct {
	settle.Line
	pays  []settle.PayoutKey // the truth
	exact bool               // the money that came is theirs
	late  bool
	whole pay.Day // when the last part of what was split came; "": it was not
}

// wound is a break that must be found on the days from one up to another.
type wound struct {
	mid     string
	kind    reconcile.Kind
	subject string
	from    pay.Day
	until   pay.Day // "": for ever
}

const forever pay.Day = "9999-12-31"

var rates = map[pay.Method]int64{pay.Card: 21_000, pay.Transfer: 18_000, pay.VirtualAccount: 0, pay.Phone: 40_000} // millionths
const fixedVA = 300

func newWorld(seed uint64, first, last settle.Month) *world {
	w := &world{
		rng: rand.New(rand.NewPCG(seed, 7)), looked: first.Next(), from: first.First().Add(-14), to: last.Next().First().Add(20),
		balance: map[string]int64{}, paidOn: map[hold]pay.Day{}, paidFor: map[settle.PayoutKey]int64{}, single: map[string]bool{}, count: map[string]int{},
	}
	for i := range 1 + w.rng.IntN(3) {
		w.mids = append(w.mids, fmt.Sprintf("shop%d", i+1))
	}
	if w.chance(50) {
		w.stepMID = w.mids[w.rng.IntN(len(w.mids))]
		w.stepFrom = first.First().Add(w.rng.IntN(60))
	}
	for _, mid := range w.mids {
		for day := w.from; day < w.to; day = day.Add(1) {
			for range w.rng.IntN(3) {
				w.pay(mid, day)
			}
		}
	}
	w.plant()
	for day := w.from; day <= w.to; day = day.Add(1) {
		w.settleDay(day)
		if day.BankDay() {
			w.payDay(day)
		}
		w.noise(day)
	}
	w.mergeAndSplit()
	w.woundHolds()
	w.changeLate()
	w.woundFees()
	return w
}

func (w *world) chance(percent int) bool { return w.rng.IntN(100) < percent }

func (w *world) at(day pay.Day) time.Time {
	return day.Start().Add(time.Duration(w.rng.IntN(86_400)) * time.Second)
}

// pay draws one payment, and perhaps cancels.
func (w *world) pay(mid string, day pay.Day) {
	methods := []pay.Method{pay.Card, pay.Card, pay.Card, pay.Transfer, pay.VirtualAccount, pay.Phone}
	p := &payment{mid: mid, key: fmt.Sprintf("pay-%04d", len(w.payments)), method: methods[w.rng.IntN(len(methods))]}
	amount := 10_000 + w.rng.Int64N(990_000)
	w.payments = append(w.payments, p)
	p.add(day, w.at(day), amount)
	for left := amount; left > 0 && w.chance(25); {
		part := left
		if w.chance(50) && left > 2_000 {
			part = 1_000 + w.rng.Int64N(left-1_000)
		}
		on := day.Add(w.rng.IntN(35))
		if w.chance(20) && part == amount {
			on = day
		}
		if on >= w.to {
			break
		}
		at := w.at(on)
		if before := p.txs[len(p.txs)-1].At; !at.After(before) {
			at = before.Add(time.Second)
			if pay.DayOf(at) != on {
				break
			}
		}
		p.add(on, at, -part)
		left -= part
	}
}

func (p *payment) add(day pay.Day, at time.Time, amount int64) {
	p.txs = append(p.txs, settle.Transaction{
		MID: p.mid, PaymentKey: p.key, TransactionKey: fmt.Sprintf("%s-t%d", p.key, len(p.txs)), OrderID: "order-" + p.key,
		Currency: pay.KRW, Method: p.method, Amount: amount, At: at, Recorded: day.End().Add(90 * time.Minute),
	})
}

// sameDay says whether the payment was cancelled whole on its first day.
func (p *payment) sameDay() bool {
	var sum int64
	for _, tx := range p.txs {
		if pay.DayOf(tx.At) != pay.DayOf(p.txs[0].At) {
			return false
		}
		sum += tx.Amount
	}
	return len(p.txs) > 1 && sum == 0
}

// plant draws what goes wrong with some payments: at most one thing each.
func (w *world) plant() {
	plans := []string{"late row", "no row", "unknown", "mismatch", "arithmetic", "odd fee", "duplicate", "changed", "changed late", "interest"}
	for _, p := range w.payments {
		if w.chance(6) && !p.sameDay() {
			p.plan = plans[w.rng.IntN(len(plans))]
		}
	}
}

// dates are the sold date and the day of the payout of what moved on a day.
func dates(method pay.Method, day pay.Day) (sold, paid pay.Day) {
	switch method {
	case pay.Transfer: // weekly, Monday to Sunday
		for sold = day; sold.Weekday() != time.Sunday; {
			sold = sold.Add(1)
		}
		return sold, sold.AddBankDays(2)
	case pay.Phone: // monthly, and long
		for sold = day; !sold.LastOfMonth(); {
			sold = sold.Add(1)
		}
		return sold, sold.AddBankDays(12)
	default:
		return day, day.AddBankDays(2)
	}
}

// fee is what Toss takes of an amount: supply and VAT.
func (w *world) fee(p *payment, tx settle.Transaction) (supply, vat, agreed int64) {
	size := max(tx.Amount, -tx.Amount)
	rate := rates[p.method]
	agreed = size * rate / 1_000_000
	if p.method == pay.VirtualAccount && tx.Amount > 0 {
		agreed = fixedVA
	}
	supply = agreed
	if w.stepMID == p.mid && p.method == pay.Card && pay.DayOf(p.txs[0].At) >= w.stepFrom {
		supply = size * 20_500 / 1_000_000
	}
	keeps := tx.Amount < 0 && (p.method == pay.Transfer || p.method == pay.VirtualAccount)
	if keeps {
		supply, agreed = 0, 0
	}
	if tx.Amount > 0 {
		supply += p.odd
	}
	vat = (supply + 5) / 10
	if tx.Amount < 0 {
		return -supply, -vat, -agreed
	}
	return supply, vat, agreed
}

// settleDay makes the rows of the transactions of a day.
func (w *world) settleDay(day pay.Day) {
	for _, p := range w.payments {
		if p.sameDay() && p.key[len(p.key)-1] < '5' {
			continue // Toss shows neither of the rows
		}
		for i, tx := range p.txs {
			if pay.DayOf(tx.At) == day {
				w.settle(p, i, tx)
			}
		}
	}
}

func (w *world) settle(p *payment, i int, tx settle.Transaction) {
	day := pay.DayOf(tx.At)
	sold, paid := dates(p.method, day)
	row := &tossRow{p: p, appears: day.Add(1)}
	late := sold.AddBankDays(3).Add(1)
	if p.method == pay.Phone {
		late = sold.AddBankDays(30).Add(1)
	}
	missing := reconcile.SettlementMissing
	if tx.Amount < 0 {
		missing = reconcile.SettlementCancelMissing
	}
	subject := "txn:" + tx.TransactionKey
	switch {
	case p.plan == "no row" && i == len(p.txs)-1:
		w.hurt(p.mid, missing, subject, late, forever)
		return
	case p.plan == "late row" && i == 0:
		row.appears = late.Add(w.rng.IntN(25))
		if paid < row.appears {
			paid = row.appears.AddBankDays(2)
		}
		w.hurt(p.mid, missing, subject, late, row.appears)
	case p.plan == "odd fee" && i == 0 && p.method != pay.VirtualAccount && !w.single[p.mid+string(p.method)]:
		w.single[p.mid+string(p.method)] = true
		p.odd = 777
	}
	supply, vat, _ := w.fee(p, tx)
	row.Row = settle.Row{Settlement: pay.Settlement{
		MID: p.mid, PaymentKey: p.key, TransactionKey: tx.TransactionKey, OrderID: tx.OrderID, Currency: pay.KRW, Method: p.method,
		Amount: tx.Amount, Fee: supply + vat, SupplyAmount: supply, VAT: vat, PayOutAmount: tx.Amount - supply - vat,
		ApprovedAt: p.txs[0].At, SoldDate: sold, PaidOutDate: paid,
	}}
	row.Fees = []pay.Fee{{Type: "BASE", Amount: supply + vat}}
	if tx.Amount < 0 {
		row.CanceledAt = tx.At
	}
	if p.method == pay.Card {
		row.CardType = "신용"
	}
	if i == 0 {
		w.wound(p, row, subject)
	}
	w.rows = append(w.rows, row)
}

// wound plants on the row of a sale.
func (w *world) wound(p *payment, row *tossRow, subject string) {
	switch p.plan {
	case "unknown":
		row.TransactionKey, row.PaymentKey = "strange-"+p.key, "strange-"+p.key
		w.hurt(p.mid, reconcile.SettlementUnknown, "txn:"+row.TransactionKey, row.appears, forever)
		sold := row.SoldDate
		late := sold.AddBankDays(3).Add(1)
		if p.method == pay.Phone {
			late = sold.AddBankDays(30).Add(1)
		}
		w.hurt(p.mid, reconcile.SettlementMissing, subject, late, forever)
	case "mismatch":
		if w.single[p.mid+string(p.method)] {
			return // one odd fee a merchant and method: two might have a rate in common
		}
		w.single[p.mid+string(p.method)] = p.method != pay.VirtualAccount
		row.Amount -= 1_000
		row.PayOutAmount -= 1_000
		w.hurt(p.mid, reconcile.SettlementAmountMismatch, subject, row.appears, forever)
		row.wounded = true // its fee is no longer that of its amount
	case "arithmetic":
		row.PayOutAmount -= 10
		w.hurt(p.mid, reconcile.SettlementArithmetic, subject, row.appears, forever)
	case "changed":
		on := row.appears.Add(1 + w.rng.IntN(30))
		if on >= row.PaidOutDate {
			return
		}
		row.changedOn, row.InterestFee = on, 150
		row.PayOutAmount -= 150
		w.count["changed"]++
	case "interest":
		row.InterestFee = 150
		row.PayOutAmount -= 150 // outside the fee: as it should be
	case "duplicate":
		row.twin = row.PaidOutDate.AddBankDays(1)
		w.hurt(p.mid, reconcile.SettlementDuplicate, subject, row.appears.Add(1), forever)
	}
}

func (w *world) hurt(mid string, kind reconcile.Kind, subject string, from, until pay.Day) {
	w.count[string(kind)]++
	w.wounds = append(w.wounds, wound{mid, kind, subject, from, until})
}

// payDay pays what is due on a bank day to each merchant: Toss sets off what is
// not above nothing against the next day.
func (w *world) payDay(day pay.Day) {
	for _, mid := range w.mids {
		w.holdBack(mid, day)
		var sum int64
		any := false
		for _, row := range w.rows {
			if row.p.mid == mid && row.PaidOutDate == day {
				sum, any = sum+row.PayOutAmount, true
			}
			if row.p.mid == mid && row.twin == day {
				sum, any = sum+row.PayOutAmount, true
			}
		}
		if !any {
			continue
		}
		w.balance[mid] += sum
		if w.balance[mid] <= 0 {
			w.count["carried"]++
			continue
		}
		w.transfer(mid, day, w.balance[mid])
		w.balance[mid] = 0
	}
}

// holdBack puts a payout off by some days: every row of it moves, once.
func (w *world) holdBack(mid string, day pay.Day) {
	var rows []*tossRow
	for _, row := range w.rows {
		if row.p.mid == mid && row.PaidOutDate == day {
			if row.movedOn != "" || row.twin != "" || row.appears >= day || row.changedOn == day {
				return
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 || !w.chance(4) {
		return
	}
	to := day.AddBankDays(4 + w.rng.IntN(4))
	for _, row := range rows {
		row.movedOn, row.movedFrom, row.PaidOutDate = day, day, to
	}
	w.count["held"]++
}

// woundHolds: a payout that was put off is looked after until it has come, or
// that one has in which it was set off.
func (w *world) woundHolds() {
	done := map[hold]bool{}
	for _, row := range w.rows {
		from := hold{row.p.mid, row.movedFrom}
		if row.movedOn == "" || done[from] {
			continue
		}
		done[from] = true
		until := forever
		for day := row.PaidOutDate; day <= w.to; day = day.Add(1) {
			if came, ok := w.paidOn[hold{row.p.mid, day}]; ok {
				until = came
				break
			}
		}
		w.hurt(row.p.mid, reconcile.PayoutRescheduled, settle.SubjectOfPayout(settle.PayoutKey{MID: row.p.mid, Day: row.movedFrom, Currency: pay.KRW}), row.movedOn, until)
	}
}

func (w *world) transfer(mid string, day pay.Day, amount int64) {
	key := settle.PayoutKey{MID: mid, Day: day, Currency: pay.KRW}
	line := &bankLine{Line: w.line(day, amount, true), pays: []settle.PayoutKey{key}, exact: true}
	subject := settle.SubjectOfPayout(key)
	overdue := day.AddBankDays(1).Add(1)
	roll := w.rng.IntN(100)
	if roll < 13 && w.crowded(day) {
		roll = 50 // two odd deposits in one week would explain each other
	}
	w.paidOn[hold{mid, day}], w.paidFor[key] = forever, amount
	switch {
	case roll < 3:
		w.hurt(mid, reconcile.PayoutMissing, subject, overdue, forever)
		return
	case roll < 6:
		line.Amount, line.exact = amount-amount/3-1, false
		w.hurt(mid, reconcile.PayoutShort, subject, overdue, forever)
	case roll < 9:
		line.Amount, line.exact = amount+12_345, false
		w.hurt(mid, reconcile.PayoutOver, subject, overdue, forever)
	case roll < 13:
		line.Day, line.late = day.AddBankDays(2+w.rng.IntN(4)), true
		w.hurt(mid, reconcile.PayoutMissing, subject, overdue, line.Day)
	case roll < 25:
		line.Day = day.AddBankDays(1)
	}
	if line.exact {
		w.paidOn[hold{mid, day}] = line.Day
	}
	w.lines = append(w.lines, line)
}

func (w *world) line(day pay.Day, amount int64, fits bool) settle.Line {
	return settle.Line{
		ID: fmt.Sprintf("l%05d", len(w.lines)+1000*w.rng.IntN(90)+w.count["line"]*100_000), Account: "main", Currency: pay.KRW,
		Day: day, At: day.Start(), In: true, Amount: amount, PayerFits: fits,
	}
}

// noise is what else is on a passbook: other payers, and a rebate now and then.
func (w *world) noise(day pay.Day) {
	w.count["line"]++
	if w.chance(40) {
		w.lines = append(w.lines, &bankLine{Line: w.line(day, 1_000+w.rng.Int64N(3_000_000), false)})
	}
	if day.BankDay() && w.chance(2) && !w.crowded(day) {
		line := w.line(day, 402_113+w.rng.Int64N(1_000), true)
		w.hurt(w.mids[0], reconcile.BankUnmatched, "line:"+line.ID, day.AddBankDays(2).Add(1), forever)
		w.lines = append(w.lines, &bankLine{Line: line})
		w.rebates = append(w.rebates, day)
	}
}

// part is what of a merged line is one merchant's.
func (w *world) part(line *bankLine, mid string) int64 {
	var sum int64
	for _, key := range line.pays {
		if key.MID == mid {
			sum += w.paidFor[key]
		}
	}
	return sum
}

// changeLate lets Toss take an interest fee from rows that it has paid out: more
// came than they say from then on.
func (w *world) changeLate() {
	for _, row := range w.rows {
		if row.p.plan != "changed late" || row.TransactionKey != row.p.txs[0].TransactionKey || row.twin != "" {
			continue
		}
		for day := row.PaidOutDate; day <= w.to; day = day.Add(1) {
			came, ok := w.paidOn[hold{row.p.mid, day}]
			if !ok {
				continue
			}
			key := settle.PayoutKey{MID: row.p.mid, Day: day, Currency: pay.KRW}
			// The shop has seen the line by the twelfth of the next month: a line of
			// two merchants that it had not seen before would be no sum of anything.
			on := max(settle.MonthOfDay(came).Next(), w.looked).First().Add(13 + w.rng.IntN(14))
			if came != forever && w.paidFor[key] > 10_000 {
				row.changedOn, row.coveredOn, row.InterestFee = on, came, 150
				row.PayOutAmount -= 150
				w.hurt(row.p.mid, reconcile.PayoutOver, settle.SubjectOfPayout(key), on, forever)
				w.count["changed late"]++
			}
			break
		}
	}
}

// crowded says whether something odd came near the day.
func (w *world) crowded(day pay.Day) bool {
	near := func(other pay.Day) bool { return other.Add(-9) <= day && day <= other.Add(9) }
	return slices.ContainsFunc(w.rebates, near) || slices.ContainsFunc(w.wounds, func(h wound) bool {
		return (h.kind == reconcile.PayoutShort || h.kind == reconcile.PayoutOver || h.kind == reconcile.PayoutMissing) && near(h.from)
	})
}

// mergeAndSplit joins some lines of one day into one, and cuts others in two.
func (w *world) mergeAndSplit() {
	slices.SortFunc(w.lines, func(a, b *bankLine) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID)) })
	var kept []*bankLine
	for i := 0; i < len(w.lines); i++ {
		line := w.lines[i]
		if line.pays == nil || !line.exact || line.late {
			kept = append(kept, line)
			continue
		}
		j := slices.IndexFunc(w.lines[i+1:], func(o *bankLine) bool {
			return o.pays != nil && o.exact && !o.late && o.Day == line.Day && o.pays[0].Day == line.pays[0].Day && len(o.pays) == 1
		})
		switch {
		case j >= 0 && w.chance(15):
			other := w.lines[i+1+j]
			line.Amount += other.Amount
			line.pays = append(line.pays, other.pays...)
			w.lines = slices.Delete(w.lines, i+1+j, i+2+j)
			w.count["merged"]++
		case w.chance(5) && len(line.pays) == 1 && line.Amount > 10_000:
			part := *line
			part.ID += "b"
			part.Amount = 1_000 + w.rng.Int64N(line.Amount-2_000)
			line.Amount -= part.Amount
			if line.Day == line.pays[0].Day && w.chance(50) && !w.crowded(line.Day) {
				// Until the second part comes the first is one more odd deposit.
				part.Day = line.Day.AddBankDays(1)
				w.paidOn[hold{line.pays[0].MID, line.pays[0].Day}] = part.Day
			}
			line.whole, part.whole = max(line.Day, part.Day), max(line.Day, part.Day)
			kept = append(kept, &part)
			w.count["split"]++
		}
		kept = append(kept, line)
	}
	w.lines = kept
	slices.SortFunc(w.lines, func(a, b *bankLine) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID)) })
}

// woundFees reckons on which days the rows of another rate are seen: one alone
// is named singly, two and more as one group from their first day.
func (w *world) woundFees() {
	var step []*tossRow
	for _, row := range w.rows {
		i := slices.IndexFunc(row.p.txs, func(tx settle.Transaction) bool { return tx.TransactionKey == row.TransactionKey })
		if i < 0 {
			i = 0 // a strange row is of the sale
		}
		supply, _, agreed := w.fee(row.p, row.p.txs[i])
		off := max(supply-agreed, agreed-supply)
		if row.wounded {
			amount := row.Amount
			off = max(supply-amount*rates[row.Method]/1_000_000, amount*rates[row.Method]/1_000_000-supply)
			if row.Method == pay.VirtualAccount {
				off = 0
			}
		}
		switch {
		case off <= 1:
		case row.p.odd != 0 && i == 0, row.wounded:
			w.hurt(row.p.mid, reconcile.FeeUnexpected, "txn:"+row.TransactionKey, row.appears, forever)
		default:
			step = append(step, row)
		}
	}
	for today := w.from; today <= w.to; today = today.Add(1) {
		var first pay.Day
		seen := 0
		for _, row := range step {
			if row.appears <= today {
				if day := pay.DayOf(row.TransactedAt()); seen == 0 || day < first {
					first = day
				}
				seen++
			}
		}
		switch {
		case seen == 1:
			i := slices.IndexFunc(step, func(r *tossRow) bool { return r.appears <= today })
			w.hurt(w.stepMID, reconcile.FeeUnexpected, "txn:"+step[i].TransactionKey, today, today.Add(1))
		case seen > 1:
			w.hurt(w.stepMID, reconcile.FeeUnexpected, settle.SubjectOfFee(pay.Card, "신용", first), today, today.Add(1))
		}
	}
}
