package settle_test

import (
	"maps"
	"slices"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// forward rolls one merchant's months up to one, from the opening by rows.
func (s *shop) forward(v view, mid string, month settle.Month) (settle.Rollforward, settle.ByRows) {
	standing := s.standing(v, mid)
	ledger := settle.NewLedger(s.books)
	for _, p := range s.w.payments {
		for _, tx := range s.transactions(p) {
			if p.mid == mid {
				ledger.Post(settle.MoveOf(tx))
			}
		}
	}
	for _, move := range slices.Concat(s.rowMoves[mid], s.dropped[mid], s.undone(mid)) {
		ledger.Post(move)
	}
	for _, key := range slices.Sorted(maps.Keys(s.matches)) {
		for _, move := range settle.MovesOfMatch(s.matches[key], mid, v.parts[mid], v.payouts[mid]) {
			ledger.Post(move)
		}
	}
	for _, d := range s.decided {
		if d.mid == mid {
			ledger.Post(settle.MoveOfDecision(d.Decision))
		}
	}
	opening := s.opening[mid] // as it was frozen with the first month
	if opening == nil {
		opening = standing.ByRows(s.books.First.Before().Last()).ByMethod
	}
	var roll settle.Rollforward
	for m := s.books.First; m <= month; m = m.Next() {
		roll = ledger.Month(m, opening)
		opening = roll.ClosingByMethod()
	}
	return roll, standing.ByRows(month.Last())
}

func (s *shop) standing(v view, mid string) settle.Standing {
	standing := settle.Standing{MID: mid, Books: s.books, Parts: v.parts[mid], Payouts: v.payouts[mid], PassbookFrom: s.w.from}
	for _, key := range slices.Sorted(maps.Keys(s.matches)) {
		standing.Matches = append(standing.Matches, s.matches[key])
	}
	for _, d := range s.decided {
		if d.mid == mid {
			standing.Decisions = append(standing.Decisions, d.Decision)
		}
	}
	settled := map[string]bool{}
	byPayment := map[string][]settle.Row{}
	for _, r := range v.rows[mid] {
		byPayment[r.PaymentKey] = append(byPayment[r.PaymentKey], r)
	}
	for _, p := range s.w.payments {
		if p.mid != mid {
			continue
		}
		for _, pair := range (settle.Payment{Transactions: s.transactions(p), Rows: byPayment[p.key]}).Pairs() {
			if tx := pair.Transaction; tx != nil && pair.Row == nil && !settled[tx.TransactionKey] {
				standing.NoRow = append(standing.NoRow, settle.NoRow{Month: settle.MonthOf(tx.At), Method: tx.Method, Count: 1, Amount: tx.Amount})
			}
		}
	}
	return standing
}

func (s *shop) undone(mid string) []settle.Movement { return s.dropped["decision "+mid] }

// compareMonth holds the two ways against each other, and against the world.
func (s *shop) compareMonth(v view, mid string, month settle.Month) settle.Rollforward {
	roll, rows := s.forward(v, mid, month)
	end := month.Last()
	shares, adjusted := rows.Shares, int64(0)
	for _, f := range v.found {
		if f.MID == mid && f.Share != nil && *f.Share != 0 && pay.DayOf(f.MovedAt) <= end &&
			f.Kind != reconcile.PayoutShort && f.Kind != reconcile.PayoutOver {
			shares = append(shares, settle.Share{Subject: f.Subject, Kind: f.Kind, Amount: *f.Share})
		}
	}
	for _, d := range s.decided {
		if d.mid == mid && d.Day <= end && d.Kind != reconcile.PayoutMissing && d.Kind != reconcile.SettlementMissing {
			adjusted += settle.MoveOfDecision(d.Decision).Adjustments
		}
	}
	if f := settle.Remainder(mid, pay.KRW, month, roll.Closing-rows.Closing, shares, adjusted); f != nil {
		s.errorf("%s %s: closing %d, by rows %d, %d of it no break explains: %+v", mid, month, roll.Closing, rows.Closing, *f.Amount, shares)
	}
	if want := s.truth(mid, end); want != rows.Closing {
		s.errorf("%s %s: closing by rows %d, the world knows %d", mid, month, rows.Closing, want)
	}
	var aged, methods int64
	for _, a := range rows.Aging {
		aged += a.Amount
	}
	for _, m := range roll.ByMethod {
		methods += m.Closing
	}
	if aged != rows.Closing || methods != roll.Closing {
		s.errorf("%s %s: aged %d of %d, by method %d of %d", mid, month, aged, rows.Closing, methods, roll.Closing)
	}
	if before := s.closings[mid+string(month.Before())]; month > s.books.First && s.locked(month.Before()) && before != roll.Opening {
		s.errorf("%s %s: opening %d, the month before was locked with %d", mid, month, roll.Opening, before)
	}
	if roll.Prior != (settle.Roll{}) {
		s.count["prior"]++
	}
	return roll
}

func (s *shop) locked(m settle.Month) bool {
	_, locked := s.books.Locked(m)
	return locked
}

// truth is what Toss owes at the end of a day by the world's own books: what it
// will pay for rows and transactions up to then, less what it has paid.
func (s *shop) truth(mid string, end pay.Day) int64 {
	var owed int64
	hasRow := map[string]bool{}
	for _, row := range s.w.rows {
		if row.p.mid != mid || len(row.shows(s.today)) == 0 {
			continue
		}
		hasRow[row.TransactionKey] = true
		if pay.DayOf(row.TransactedAt()) > end {
			continue
		}
		owed += row.shows(s.today)[0].PayOutAmount
		if row.coveredOn != "" && row.coveredOn <= end && row.changedOn <= s.today {
			owed += row.InterestFee // it was paid by then, with what it said then
		}
		if row.twin != "" && row.appears < s.today {
			owed += row.PayOutAmount
		}
	}
	for _, p := range s.w.payments {
		for _, tx := range p.txs {
			if p.mid == mid && pay.DayOf(tx.At) <= end && pay.DayOf(tx.At) < s.today && !hasRow[tx.TransactionKey] {
				owed += tx.Amount
			}
		}
	}
	byHand := map[string]settle.Match{}
	for _, m := range s.matches {
		if m.By != "" {
			byHand[m.Lines[0]] = m
		}
	}
	for _, line := range s.w.lines {
		if line.pays == nil || line.Day > end || max(line.Day, line.whole) > s.today {
			continue // a part of what was split is matched when the rest comes
		}
		switch {
		case line.exact && len(line.pays) == 1 && line.pays[0].MID == mid:
			owed -= line.Amount
		case line.exact && len(line.pays) > 1 && slices.ContainsFunc(line.pays, func(k settle.PayoutKey) bool { return k.MID == mid }):
			owed -= s.w.part(line, mid)
		case !line.exact && line.pays[0].MID == mid && byHand[line.ID].By != "":
			owed -= s.w.paidFor[line.pays[0]] // its rows are covered, whatever came
		}
	}
	for _, d := range s.decided {
		if d.mid == mid && d.Day <= end && (d.Kind == reconcile.PayoutMissing || d.Kind == reconcile.SettlementMissing) {
			owed += d.Amount
		}
	}
	return owed
}

// decide lets a person match deposits that came short or over, and accept some
// breaks; what was written off and came after all lapses.
func (s *shop) decide() {
	s.now = s.now.Add(time.Minute)
	s.unmatch()
	v := s.view()
	for _, p := range v.placed.Payouts {
		if (p.State == settle.Short || p.State == settle.Over) && len(p.Lines) == 0 && s.w.chance(60) {
			i := slices.IndexFunc(s.w.lines, func(l *bankLine) bool { return l.ID == p.Suggested[0] })
			m := settle.NewMatch([]settle.Line{s.w.lines[i].Line}, []settle.Payout{p})
			m.By, m.Note, m.Recorded = "kim", "한도 초과분", s.now
			s.matches[matchKey(m)] = m
			s.count["matched by hand"]++
		}
	}
	v = s.view()
	for _, f := range v.found {
		key := f.MID + string(f.Kind) + f.Subject
		_, done := s.decided[key]
		if done || f.Amount == nil || !f.Kind.Adjusts(reconcile.AcceptedDifference) || !s.w.chance(30) {
			continue
		}
		s.decided[key] = standing{settle.Decision{
			Kind: f.Kind, As: reconcile.AcceptedDifference, Subject: f.Subject, Currency: f.Currency, Method: f.Method,
			Day: s.today, Recorded: s.now, Amount: *f.Amount,
		}, f.MID}
		s.count["accepted"]++
	}
	s.lapse(v)
}

// unmatch lets the person take back a match that no locked month stands on.
func (s *shop) unmatch() {
	for _, key := range slices.Sorted(maps.Keys(s.matches)) {
		m := s.matches[key]
		if m.By == "" || s.books.MayUnmatch(m) != nil || !s.w.chance(50) {
			continue
		}
		for _, mid := range s.w.mids {
			for _, move := range settle.MovesOfMatch(m, mid, nil, nil) {
				s.dropped[mid] = append(s.dropped[mid], move, move.Undone(s.now))
			}
		}
		delete(s.matches, key)
		s.count["unmatched"]++
	}
}

func (s *shop) lapse(v view) {
	now := map[string]*reconcile.Finding{}
	for _, f := range v.found {
		now[f.MID+string(f.Kind)+f.Subject] = &f
	}
	for _, key := range slices.Sorted(maps.Keys(s.decided)) {
		if d := s.decided[key]; d.Lapses(now[key]) {
			move := settle.MoveOfDecision(d.Decision)
			s.dropped["decision "+d.mid] = append(s.dropped["decision "+d.mid], move, move.Undone(s.now))
			delete(s.decided, key)
			s.count["lapsed"]++
		}
	}
}

// lock locks the month, after it was looked at, and another person than the one
// who decided.
func (s *shop) lock(month settle.Month) {
	s.now = s.now.Add(time.Minute)
	read := map[pay.Day]pay.Day{}
	for day := month.First(); day <= month.Last(); day = day.Add(1) {
		read[day] = day.Add(7)
	}
	facts := settle.Facts{
		Month: month, Today: s.today, Transactions: read, Rows: read, Accounts: []string{"main"},
		Passbook: map[string]settle.Days{"main": {{From: "2020-01-01", To: s.today}}},
	}
	if err := s.books.MayLock(month, []settle.Facts{facts}, "kim", "kim"); err == nil {
		s.errorf("who decided locks %s", month)
	}
	if err := s.books.MayLock(month, []settle.Facts{facts}, "lee", "kim"); err != nil {
		s.errorf("%s cannot be locked: %v", month, err)
	}
	v := s.view()
	frozen := map[settle.PayoutKey]int64{}
	for _, mid := range s.w.mids {
		roll, _ := s.forward(v, mid, month)
		s.closings[mid+string(month)] = roll.Closing
		if month == s.books.First {
			s.opening[mid] = openingByMethod(roll)
			maps.Copy(frozen, s.standing(v, mid).ByRows(month.Before().Last()).InOpening)
		}
	}
	if month == s.books.First {
		s.books.Frozen = frozen
	}
	s.books.Locks = append(slices.Clone(s.books.Locks), settle.Lock{Month: month, At: s.now})
}

// reopen opens the newest month again, decides more, and locks it once more.
func (s *shop) reopen(month settle.Month) {
	if err := s.books.MayReopen(month, "입금 확인"); err != nil {
		s.errorf("%v", err)
	}
	if err := s.books.MayReopen(month.Before(), "입금 확인"); err == nil {
		s.errorf("%s was reopened, which is not the newest", month.Before())
	}
	s.books.Locks = s.books.Locks[:len(s.books.Locks)-1]
	if month == s.books.First {
		clear(s.opening)
		s.books.Frozen = nil
	}
	s.look(month, s.today.Add(2))
	s.decide()
	s.look(month, s.today)
	s.lock(month)
	s.count["reopened"]++
	if got := s.books.Open(); got != month.Next() {
		s.errorf("%s is open after %s was locked again", got, month)
	}
}

func openingByMethod(roll settle.Rollforward) map[pay.Method]int64 {
	opening := map[pay.Method]int64{}
	for _, line := range roll.ByMethod {
		opening[line.Method] = line.Opening
	}
	return opening
}
