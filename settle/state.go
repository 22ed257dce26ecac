package settle

import (
	"cmp"
	"slices"

	"daesa/pay"
	"daesa/reconcile"
)

// State is where a payout stands.
type State string

// The words of the contract.
const (
	Scheduled   State = "scheduled" // of a day to come
	Due         State = "due"       // may still come, or a person must say which line it is
	MatchedFull State = "matched"
	Late        State = "late" // matched after the first bank day
	Short       State = "short"
	Over        State = "over"
	Missing     State = "missing"
	Carried     State = "carried" // nothing comes: set off against the next one
	Unread      State = "unread"  // its rows, or the passbook of its days, were not read
)

// States are all of them.
var States = []State{Scheduled, Due, MatchedFull, Late, Short, Over, Missing, Carried, Unread}

// Why says why a payout is not matched.
type Why string

// The words of the contract.
const (
	NoLine        Why = "no_line"
	Ambiguous     Why = "ambiguous"
	AmountDiffers Why = "amount_differs"
	OtherAccount  Why = "other_account"
	NotCovered    Why = "not_covered"
)

// LineState is where a passbook line stands.
type LineState string

// The words of the contract.
const (
	LineMatched LineState = "matched"
	LineOpen    LineState = "open"
	LineIgnored LineState = "ignored"
)

// Look is the day of today, and what was read.
type Look struct {
	Today    pay.Day
	Passbook map[string]Days // by account
	Rows     map[string]Days // by merchant: the payout days whose rows were read whole
	Books    Books
}

const (
	mostSuggested   = 5
	suggestedWithin = 10 // days before and after
	unmatchedAfter  = 2  // bank days after which a deposit of Toss must have a payout
)

// Placed is every payout and every deposit with where it stands.
type Placed struct {
	Payouts []Payout
	Lines   []PlacedLine
	Matches []Match // the given ones, then those of the program
	// claims are the lines that a short or over payout points at.
	claims map[string]bool
	vague  map[string]bool
	mids   map[string][]string // of an account: its merchants
}

// PlacedLine is a line with what it is.
type PlacedLine struct {
	Line
	MatchedTo []PayoutKey
	State     LineState
}

// Place matches deposits to payouts and says where each payout and line stands.
func Place(d Deposits, look Look) Placed {
	made := MatchDeposits(d)
	p := Placed{
		Payouts: slices.Clone(d.Payouts), Matches: slices.Concat(d.Given, made.Matches),
		claims: map[string]bool{}, vague: made.AmbiguousLines, mids: map[string][]string{},
	}
	for _, a := range d.Accounts {
		p.mids[a.Name] = a.MIDs
	}
	at := map[PayoutKey]int{}
	for i := range p.Payouts {
		at[p.Payouts[i].PayoutKey] = i
	}
	for _, match := range p.Matches {
		for _, paid := range match.Paid { // a payout that has lost all its rows since
			if _, known := at[paid.Payout]; !known {
				at[paid.Payout] = len(p.Payouts)
				p.Payouts = append(p.Payouts, Payout{PayoutKey: paid.Payout})
			}
		}
	}
	matched := p.stand(at)
	open := openLines(d, matched)
	for i := range p.Payouts {
		if len(p.Payouts[i].Lines) == 0 {
			p.unmatched(i, open, made.Ambiguous, d.Accounts, look)
		}
	}
	p.claim(open, d.Accounts)
	for _, l := range d.Lines {
		placed := PlacedLine{Line: l, MatchedTo: matched[l.ID], State: LineOpen}
		switch {
		case placed.MatchedTo != nil:
			placed.State = LineMatched
		case l.Ignored:
			placed.State = LineIgnored
		}
		p.Lines = append(p.Lines, placed)
	}
	slices.SortFunc(p.Lines, func(a, b PlacedLine) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID)) })
	return p
}

// stand writes the matches onto their payouts, and gives the payouts of each
// line.
func (p *Placed) stand(at map[PayoutKey]int) map[string][]PayoutKey {
	matched := map[string][]PayoutKey{}
	for _, match := range p.Matches {
		for _, id := range match.Lines {
			matched[id] = match.Payouts
		}
		for _, paid := range match.Paid {
			payout := &p.Payouts[at[paid.Payout]]
			payout.Lines = match.Lines
			payout.LastLine = max(payout.LastLine, paid.Day)
			payout.Banked += paid.Amount
			payout.Difference = payout.Banked - payout.Expected
			payout.State = stateOfMatched(*payout)
		}
	}
	return matched
}

func stateOfMatched(p Payout) State {
	switch {
	case p.Difference < 0:
		return Short
	case p.Difference > 0:
		return Over
	case p.LastLine > OnTimeUntil(p.Day):
		return Late
	default:
		return MatchedFull
	}
}

func openLines(d Deposits, matched map[string][]PayoutKey) []Line {
	var open []Line
	for _, l := range d.Lines {
		if l.In && !l.Ignored && matched[l.ID] == nil {
			open = append(open, l)
		}
	}
	slices.SortFunc(open, func(a, b Line) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID)) })
	return open
}

// between are the lines of some days, of lines in the order of their days.
func between(lines []Line, from, to pay.Day) []Line {
	byDay := func(l Line, day pay.Day) int { return cmp.Compare(l.Day, day) }
	first, _ := slices.BinarySearchFunc(lines, from, byDay)
	after, _ := slices.BinarySearchFunc(lines, to.Add(1), byDay)
	return lines[first:max(first, after)]
}

// unmatched says where a payout without a line stands, and why it has none.
func (p *Placed) unmatched(i int, open []Line, ambiguous map[PayoutKey]bool, accounts []Account, look Look) {
	payout := &p.Payouts[i]
	if !payout.Comes() {
		payout.State = Carried
		return // nothing comes, and nothing differs
	}
	payout.Difference = -payout.Expected
	covered := coveredDays(*payout, accounts, look)
	payout.Why = why(*payout, open, ambiguous[payout.PayoutKey], covered, accounts)
	payout.Suggested = suggested(*payout, open)
	switch {
	case payout.Day > look.Today:
		payout.State, payout.Why, payout.Suggested = Scheduled, "", nil
	case !look.Rows[payout.MID].Has(payout.Day):
		payout.State = Unread
	case payout.Why == Ambiguous || look.Today <= OnTimeUntil(payout.Day):
		payout.State = Due
	case !covered:
		payout.State = Unread
	default:
		payout.State = Missing
	}
}

// coveredDays says whether the passbook of the payout's days was read: of each
// account to which the merchant's money may come. A payout in a currency of which
// there is no passbook is covered by none.
func coveredDays(p Payout, accounts []Account, look Look) bool {
	covered := false
	for _, a := range accounts {
		if a.takes(p.PayoutKey) {
			if !look.Passbook[a.Name].HasAll(p.Day, OnTimeUntil(p.Day)) {
				return false
			}
			covered = true
		}
	}
	return covered
}

func why(p Payout, open []Line, ambiguous, covered bool, accounts []Account) Why {
	elsewhere, differs := false, false
	for _, l := range between(open, p.Day, OnTimeUntil(p.Day)) {
		if l.Currency != p.Currency {
			continue
		}
		own := slices.ContainsFunc(accounts, func(a Account) bool { return a.Name == l.Account && slices.Contains(a.MIDs, p.MID) })
		elsewhere = elsewhere || !own && l.Amount == p.Expected
		differs = differs || own && l.PayerFits && l.Amount != p.Expected
	}
	switch {
	case ambiguous:
		return Ambiguous
	case !covered:
		return NotCovered
	case elsewhere:
		return OtherAccount
	case differs:
		return AmountDiffers
	default:
		return NoLine
	}
}

// suggested are open lines near in date or amount, the nearest first. They are
// for a person's eyes: nothing is ever matched by being near.
func suggested(p Payout, open []Line) []string {
	near := func(l Line) int64 {
		days := int64(max(l.Day.Sub(p.Day), p.Day.Sub(l.Day)))
		off := max(l.Amount-p.Expected, p.Expected-l.Amount)
		return off/max(p.Expected/100, 1) + 5*days // one day is as far as five parts in a hundred
	}
	var lines []Line
	for _, l := range between(open, p.Day.Add(-suggestedWithin), p.Day.Add(suggestedWithin)) {
		if l.Currency == p.Currency && (l.Amount == p.Expected || l.PayerFits && l.Day >= p.Day && l.Day <= LateUntil(p.Day)) {
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(near(a), near(b)) })
	var ids []string
	for _, l := range lines[:min(len(lines), mostSuggested)] {
		ids = append(ids, l.ID)
	}
	return ids
}

// claim turns a missing payout into a short one, or one with too much, where one
// open line of a known payer came on its days with another amount, and payout
// and line have no other to go with. The line is not matched: a person says so.
func (p *Placed) claim(open []Line, accounts []Account) {
	ofPayout, ofLine := map[int][]Line{}, map[string][]int{}
	for i, payout := range p.Payouts {
		if payout.State != Missing || payout.Why != AmountDiffers {
			continue
		}
		for _, l := range between(open, payout.Day, OnTimeUntil(payout.Day)) {
			own := slices.ContainsFunc(accounts, func(a Account) bool { return a.Name == l.Account && slices.Contains(a.MIDs, payout.MID) })
			if own && l.PayerFits && !p.vague[l.ID] && l.Currency == payout.Currency {
				ofPayout[i] = append(ofPayout[i], l)
				ofLine[l.ID] = append(ofLine[l.ID], i)
			}
		}
	}
	for i, lines := range ofPayout {
		if len(lines) != 1 || len(ofLine[lines[0].ID]) != 1 {
			continue
		}
		p.claims[lines[0].ID] = true
		p.Payouts[i].Suggested = []string{lines[0].ID}
		p.Payouts[i].State = Short
		if lines[0].Amount > p.Payouts[i].Expected {
			p.Payouts[i].State = Over
		}
	}
}

// Findings are the breaks of payouts and deposits, by payout, then by line. A
// deposit belongs to the first merchant of its account.
func (p Placed) Findings(look Look) []reconcile.Finding {
	var found []reconcile.Finding
	for _, payout := range p.Payouts {
		found = appendFound(found, p.ofPayout(payout, look.Books))
	}
	for _, l := range p.Lines {
		if l.State == LineOpen && l.In && l.PayerFits && !p.claims[l.ID] && !p.vague[l.ID] && p.explainable(l.Line, look) &&
			look.Today > FirstBankDay(l.Day).AddBankDays(unmatchedAfter) {
			amount, none := l.Amount, int64(0)
			found = append(found, reconcile.Finding{
				MID: p.mids[l.Account][0], Subject: SubjectOfLine(l.ID), Kind: reconcile.BankUnmatched, Currency: l.Currency, MovedAt: l.At,
				LocalStatus: "no_payout", ProviderAmount: &amount, ProviderStatus: string(l.Day), Amount: &amount, Share: &none,
			})
		}
	}
	return found
}

// explainedWithin is how many days before a deposit the payout lies that explains it,
// weekends and a holiday included.
const explainedWithin = 4

// explainable says whether the rows were read that could explain a deposit: of every
// merchant whose money comes to its account. Before that nobody calls it unmatched.
func (p Placed) explainable(l Line, look Look) bool {
	mids := p.mids[l.Account]
	for _, mid := range mids {
		if !look.Rows[mid].HasAll(l.Day.Add(-explainedWithin), l.Day) {
			return false
		}
	}
	return len(mids) > 0
}

// Unread are the subjects of payouts that nobody can judge, since their rows or
// the passbook of their days were not read: their breaks stay as they were.
func (p Placed) Unread() []string {
	var subjects []string
	for _, payout := range p.Payouts {
		if payout.State == Unread {
			subjects = append(subjects, SubjectOfPayout(payout.PayoutKey))
		}
	}
	return subjects
}

// ofPayout is the break of a payout. Accepting it changes the receivable by its
// amount; one whose line nobody has matched yet has no such amount.
func (p Placed) ofPayout(payout Payout, books Books) *reconcile.Finding {
	kind := map[State]reconcile.Kind{Missing: reconcile.PayoutMissing, Short: reconcile.PayoutShort, Over: reconcile.PayoutOver}[payout.State]
	if kind == "" {
		return nil
	}
	expected, banked, none := payout.Expected, payout.Banked, int64(0)
	f := reconcile.Finding{
		MID: payout.MID, Subject: SubjectOfPayout(payout.PayoutKey), Kind: kind, Currency: payout.Currency,
		LocalAmount: &expected, ProviderAmount: &banked, LocalStatus: string(payout.Day), ProviderStatus: string(payout.Why),
		Share: &none, MovedAt: payout.Day.Start(),
	}
	switch {
	case len(payout.Lines) > 0: // a person's match: what it leaves is unexplained
		left := p.left(payout, books)
		f.Amount, f.Share = negative(left), &left
	case kind == reconcile.PayoutMissing:
		f.Amount = negative(expected)
	default:
		came := p.line(payout.Suggested[0]).Amount
		f.ProviderAmount = &came
	}
	return &f
}

// left is what the match of a payout leaves between the two closings.
func (p Placed) left(payout Payout, books Books) int64 {
	for _, match := range p.Matches {
		if slices.Contains(match.Payouts, payout.PayoutKey) {
			return books.share(match, payout.PayoutKey, -payout.Difference)
		}
	}
	return 0
}

func (p Placed) line(id string) PlacedLine {
	i := slices.IndexFunc(p.Lines, func(l PlacedLine) bool { return l.ID == id })
	return p.Lines[i]
}

// Gap is a hole in a passbook: the running balance does not tie, or days of the
// statement are missing.
type Gap struct {
	MID      string // the first of the account's merchants
	Account  string
	After    string // the line before the hole; "" where there is none
	Currency pay.Currency
	Expected int64 // the balance that the line before leads to
	Shown    int64
	Day      pay.Day
}

// Finding is the break of the hole. What it hides is never called missing: the
// days beside it are not covered.
func (g Gap) Finding() reconcile.Finding {
	difference := g.Shown - g.Expected
	return reconcile.Finding{
		MID: g.MID, Subject: SubjectOfLine(cmp.Or(g.After, g.Account+"@"+string(g.Day))), Kind: reconcile.StatementGap, Currency: g.Currency,
		LocalAmount: &g.Expected, ProviderAmount: &g.Shown, ProviderStatus: string(g.Day), Amount: &difference, MovedAt: g.Day.Start(),
	}
}
