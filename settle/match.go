package settle

import (
	"cmp"
	"slices"
	"time"

	"daesa/pay"
)

// How long a deposit may take, in bank days after the bank day of the payout.
const (
	onTimeBankDays = 1
	lateBankDays   = 5
)

// Match says that some passbook lines are some payouts. Made by MatchDeposits
// its lines sum up to its payouts to the won; made by a person they may not.
type Match struct {
	Lines   []string    // ids, sorted
	Payouts []PayoutKey // sorted
	// Paid is which part of which line paid which payout, as it was when the match
	// was made. Rows that change later leave it as it is.
	Paid     []Paid
	By       string // the person; "" for the program
	Note     string
	Recorded time.Time
}

// Paid is a part of a line that paid a payout, or a part of it.
type Paid struct {
	Line   string
	Day    pay.Day
	Payout PayoutKey
	Amount int64
}

// NewMatch ties lines to payouts, whatever they sum up to: a person may know why
// they differ. The lines pay the payouts in the order of their days, and the last
// payout bears what they differ by. A payout that was carried is in what the next
// one expects; it bears money only where no other does.
func NewMatch(lines []Line, payouts []Payout) Match {
	lines, payouts = slices.Clone(lines), slices.Clone(payouts)
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID)) })
	slices.SortFunc(payouts, func(a, b Payout) int { return a.Compare(b.PayoutKey) })
	var m Match
	var coming []Payout
	for _, p := range payouts {
		m.Payouts = append(m.Payouts, p.PayoutKey)
		if p.Comes() {
			coming = append(coming, p)
		}
	}
	if coming == nil {
		coming = payouts
	}
	at, missing := 0, int64(0)
	if len(coming) > 0 {
		missing = coming[0].Expected
	}
	for _, l := range lines {
		m.Lines = append(m.Lines, l.ID)
		for left := l.Amount; left > 0 && len(coming) > 0; {
			for missing <= 0 && at < len(coming)-1 {
				at++
				missing = coming[at].Expected
			}
			part := left
			if at < len(coming)-1 {
				part = min(left, missing)
			}
			m.Paid = append(m.Paid, Paid{l.ID, l.Day, coming[at].PayoutKey, part})
			missing, left = missing-part, left-part
		}
	}
	slices.Sort(m.Lines)
	return m
}

// Deposits is what there is to match.
type Deposits struct {
	Payouts  []Payout
	Lines    []Line
	Accounts []Account
	// Given are matches that stand: those of people, and those that were made
	// before. Their lines and payouts are never touched: where a row changes after
	// its money came, the payout is short or over, and not open again.
	Given []Match
}

// Matched is what came of it.
type Matched struct {
	Matches []Match // beside the given ones, in the order of their first payout
	// Ambiguous are payouts and lines for which there is more than one
	// explanation, or too many to look at: a person decides.
	Ambiguous      map[PayoutKey]bool
	AmbiguousLines map[string]bool
}

// market is what is still free.
type market struct {
	payouts  []Payout // that bring money, in their order
	lines    []Line   // deposits, by day and id
	accounts map[string]Account
	paid     []bool // of payouts
	used     []bool // of lines
	vagueP   []bool
	vagueL   []bool
	matches  []Match
}

// MatchDeposits ties deposits to payouts. Money must be exact.
//
//  1. One line and one payout, from the payout's day to the bank day after its
//     first; lines whose payer is known come before others.
//  2. One line and one payout up to five bank days late; a line that is all
//     payouts of a day and account; lines of a day that are one payout. Each
//     only where nothing else explains the same line or payout.
//  3. One line that is some payouts, or some lines that are one payout, where
//     only one such sum exists; see maxParts and maxSums.
//
// Sums are only sought among lines whose payer has one of the account's words.
// What an exact line could be is never taken by a sum. The result depends on
// the order of nothing.
func MatchDeposits(d Deposits) Matched {
	m := newMarket(d)
	m.oneToOne(true)
	m.oneToOne(false)
	m.setContestedAside()
	m.accept(slices.Concat(m.lateOnes(), m.wholeDays(), m.wholeLines()))
	m.accept(m.sums())
	out := Matched{Matches: m.matches, Ambiguous: map[PayoutKey]bool{}, AmbiguousLines: map[string]bool{}}
	for i, vague := range m.vagueP {
		if vague && !m.paid[i] {
			out.Ambiguous[m.payouts[i].PayoutKey] = true
		}
	}
	for i, vague := range m.vagueL {
		if vague && !m.used[i] {
			out.AmbiguousLines[m.lines[i].ID] = true
		}
	}
	slices.SortFunc(out.Matches, func(a, b Match) int { return a.Payouts[0].Compare(b.Payouts[0]) })
	return out
}

func newMarket(d Deposits) *market {
	m := &market{accounts: map[string]Account{}}
	takenP, takenL := taken(d.Given)
	for _, p := range d.Payouts {
		if p.Comes() && !takenP[p.PayoutKey] {
			m.payouts = append(m.payouts, p)
		}
	}
	for _, l := range d.Lines {
		if l.In && l.Amount > 0 && !l.Ignored && !takenL[l.ID] {
			m.lines = append(m.lines, l)
		}
	}
	for _, a := range d.Accounts {
		m.accounts[a.Name] = a
	}
	slices.SortFunc(m.payouts, func(a, b Payout) int { return cmp.Or(cmp.Compare(a.Day, b.Day), a.PayoutKey.Compare(b.PayoutKey)) })
	slices.SortFunc(m.lines, func(a, b Line) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID)) })
	m.paid, m.vagueP = make([]bool, len(m.payouts)), make([]bool, len(m.payouts))
	m.used, m.vagueL = make([]bool, len(m.lines)), make([]bool, len(m.lines))
	return m
}

func taken(given []Match) (payouts map[PayoutKey]bool, lines map[string]bool) {
	payouts, lines = map[PayoutKey]bool{}, map[string]bool{}
	for _, match := range given {
		for _, key := range match.Payouts {
			payouts[key] = true
		}
		for _, id := range match.Lines {
			lines[id] = true
		}
	}
	return payouts, lines
}

// FirstBankDay is the day itself, or the next bank day where banks are closed.
func FirstBankDay(day pay.Day) pay.Day {
	if day.BankDay() {
		return day
	}
	return day.AddBankDays(1)
}

// OnTimeUntil is the last day on which the payout of a day is on time.
func OnTimeUntil(day pay.Day) pay.Day { return FirstBankDay(day).AddBankDays(onTimeBankDays) }

// LateUntil is the last day on which a deposit is still sought for it.
func LateUntil(day pay.Day) pay.Day { return FirstBankDay(day).AddBankDays(lateBankDays) }

// mayPay says whether a payout could come by the line's account at all.
func (m *market) mayPay(p Payout, l Line) bool {
	return l.Currency == p.Currency && slices.Contains(m.accounts[l.Account].MIDs, p.MID)
}

func (m *market) onTime(p Payout, l Line) bool {
	return m.mayPay(p, l) && p.Day <= l.Day && l.Day <= OnTimeUntil(p.Day)
}

func (m *market) late(p Payout, l Line) bool {
	return m.mayPay(p, l) && OnTimeUntil(p.Day) < l.Day && l.Day <= LateUntil(p.Day)
}

// known says that nothing speaks against the line's payer: it has one of the
// account's words, or the account has none.
func (m *market) known(l Line) bool { return l.PayerFits || !m.accounts[l.Account].Words }

// exact are the free lines that could be the whole of a free payout on time.
func (m *market) exact(knownOnly bool) map[int][]int {
	edges := map[int][]int{}
	byAmount := m.linesByAmount()
	for i, p := range m.payouts {
		if m.paid[i] {
			continue
		}
		for _, j := range byAmount[p.Expected] {
			if !m.used[j] && m.onTime(p, m.lines[j]) && (!knownOnly || m.known(m.lines[j])) {
				edges[i] = append(edges[i], j)
			}
		}
	}
	return edges
}

func (m *market) linesByAmount() map[int64][]int {
	by := map[int64][]int{}
	for j, l := range m.lines {
		by[l.Amount] = append(by[l.Amount], j)
	}
	return by
}

// oneToOne matches the groups of payouts and lines in which it is clear who
// belongs to whom.
func (m *market) oneToOne(knownOnly bool) {
	edges := m.exact(knownOnly)
	for _, group := range components(edges) {
		for _, pair := range m.clear(group, edges) {
			m.take([]int{pair[1]}, []int{pair[0]})
		}
	}
}

// clear gives the pairs of a group that are beyond doubt. Where as many payouts
// as lines find each other, each of them is one of these deposits: they are
// paired by day. Elsewhere a line on the very day of one payout alone is that
// payout, unless that leaves another without its line; what then remains may
// come out even.
func (m *market) clear(group component, edges map[int][]int) [][2]int {
	if pairs := even(group, edges); pairs != nil {
		return pairs
	}
	pairs := m.sameDay(group, edges)
	if len(pairs) == 0 || largest(group, edges, pairs) < largest(group, edges, nil) {
		return nil
	}
	rest := map[int][]int{}
	for _, p := range group.payouts {
		if slices.ContainsFunc(pairs, func(pair [2]int) bool { return pair[0] == p }) {
			continue
		}
		for _, l := range edges[p] {
			if !slices.ContainsFunc(pairs, func(pair [2]int) bool { return pair[1] == l }) {
				rest[p] = append(rest[p], l)
			}
		}
	}
	for _, part := range components(rest) {
		pairs = append(pairs, even(part, rest)...)
	}
	return pairs
}

// sameDay are the pairs of one day in which each is the other's only one.
func (m *market) sameDay(group component, edges map[int][]int) [][2]int {
	ofPayout, ofLine := map[int][]int{}, map[int][]int{}
	for _, p := range group.payouts {
		for _, l := range edges[p] {
			if m.lines[l].Day == FirstBankDay(m.payouts[p].Day) {
				ofPayout[p] = append(ofPayout[p], l)
				ofLine[l] = append(ofLine[l], p)
			}
		}
	}
	var pairs [][2]int
	for _, p := range group.payouts {
		if lines := ofPayout[p]; len(lines) == 1 && len(ofLine[lines[0]]) == 1 {
			pairs = append(pairs, [2]int{p, lines[0]})
		}
	}
	return pairs
}

func (m *market) take(lines, payouts []int) {
	var own []Line
	var paid []Payout
	for _, j := range lines {
		m.used[j] = true
		own = append(own, m.lines[j])
	}
	for _, i := range payouts {
		m.paid[i] = true
		paid = append(paid, m.payouts[i])
	}
	m.matches = append(m.matches, NewMatch(own, paid))
}

// setContestedAside keeps what an exact line could be out of every sum.
func (m *market) setContestedAside() {
	for i, lines := range m.exact(false) {
		m.vagueP[i] = true
		for _, j := range lines {
			m.vagueL[j] = true
		}
	}
}

func (m *market) freePayout(i int) bool { return !m.paid[i] && !m.vagueP[i] }
func (m *market) freeLine(j int) bool   { return !m.used[j] && !m.vagueL[j] }

// explanation is one way in which lines may be payouts. One that was not looked
// at to the end makes its lines and payouts ambiguous.
type explanation struct {
	lines, payouts []int
	unfinished     bool
}

// accept takes the explanations that share no line and no payout with another
// one; the others are ambiguous.
func (m *market) accept(all []explanation) {
	lines, payouts := map[int]int{}, map[int]int{}
	for _, e := range all {
		for _, j := range e.lines {
			lines[j]++
		}
		for _, i := range e.payouts {
			payouts[i]++
		}
	}
	for _, e := range all {
		alone := !e.unfinished &&
			!slices.ContainsFunc(e.lines, func(j int) bool { return lines[j] > 1 }) &&
			!slices.ContainsFunc(e.payouts, func(i int) bool { return payouts[i] > 1 })
		if alone {
			m.take(e.lines, e.payouts)
			continue
		}
		for _, j := range e.lines {
			m.vagueL[j] = true
		}
		for _, i := range e.payouts {
			m.vagueP[i] = true
		}
	}
}

// lateOnes are exact lines of a known payer up to five bank days late.
func (m *market) lateOnes() []explanation {
	var all []explanation
	byAmount := m.linesByAmount()
	for i, p := range m.payouts {
		if !m.freePayout(i) {
			continue
		}
		for _, j := range byAmount[p.Expected] {
			if m.freeLine(j) && m.known(m.lines[j]) && m.late(p, m.lines[j]) {
				all = append(all, explanation{lines: []int{j}, payouts: []int{i}})
			}
		}
	}
	return all
}
