package refunds

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
)

// waitNow is a Saturday afternoon; the refund runs of waitFacts are every ten
// minutes, and people hear of it next on Monday night.
var waitNow = seoul("2026-11-21 15:04:05")

func everyTenMinutes(after time.Time) time.Time {
	return after.Truncate(10 * time.Minute).Add(10 * time.Minute)
}

func waitFacts() Facts {
	won := Limits{Single: 100_000, Run: 300_000, Day: 500_000}
	return Facts{Configured: []string{"shop"}, Send: true, NextRun: everyTenMinutes, Told: seoul("2026-11-24 00:00:00"),
		Budget: Budget{RunCount: 5, DayCount: 20, Of: map[pay.Currency]Limits{pay.KRW: won, pay.USD: {Single: 100, Run: 100, Day: 100}}}}
}

func openRequest(state State) Open {
	return Open{Request: Request{ID: "r1", MID: "shop", OrderID: "A-1", PaymentKey: "pk1", Amount: 50_000, Currency: pay.KRW, State: state,
		CancelBy: seoul("2026-12-31 23:59:59"), RequestedAt: waitNow.Add(-time.Hour)}}
}

// TestNobodyIsWithoutASentence goes through every state and every mixture of what
// can keep a request: each says in both languages what it waits for, who acts,
// and until when.
func TestNobodyIsWithoutASentence(t *testing.T) {
	t.Parallel()
	type knob struct {
		name string
		turn func(*Open, *bool, *Standing, *Facts)
	}
	knobs := []knob{
		{"send is false", func(_ *Open, _ *bool, _ *Standing, f *Facts) { f.Send = false }},
		{"the brake", func(_ *Open, _ *bool, s *Standing, _ *Facts) { s.Braked = true }},
		{"not configured", func(o *Open, _ *bool, _ *Standing, _ *Facts) { o.MID = "gone" }},
		{"a refused key", func(_ *Open, _ *bool, _ *Standing, f *Facts) { f.Unasked = map[string]string{"shop": WhyKeyRefused} }},
		{"above max_single", func(o *Open, _ *bool, _ *Standing, _ *Facts) { o.Amount = 100_001 }},
		{"a currency without limits", func(o *Open, _ *bool, _ *Standing, _ *Facts) { o.Currency = pay.JPY }},
		{"another in flight", func(_ *Open, behind *bool, _ *Standing, _ *Facts) { *behind = true }},
		{"a later try", func(o *Open, _ *bool, _ *Standing, _ *Facts) { o.NextAt = waitNow.Add(time.Hour) }},
		{"a deadline that has passed", func(o *Open, _ *bool, _ *Standing, _ *Facts) { o.CancelBy = waitNow.Add(-time.Second) }},
		{"no deadline", func(o *Open, _ *bool, _ *Standing, _ *Facts) { o.CancelBy = time.Time{} }},
		{"a lease", func(o *Open, _ *bool, _ *Standing, _ *Facts) { o.LeaseUntil = waitNow.Add(time.Minute) }},
		{"no schedule", func(_ *Open, _ *bool, _ *Standing, f *Facts) { f.NextRun = nil }},
		{"a day that is full", func(_ *Open, _ *bool, s *Standing, _ *Facts) { s.Today.Count = 20 }},
	}
	seen := map[string]bool{}
	for _, state := range States {
		if !state.Open() && state != StateAccepted {
			continue
		}
		for mixture := range 1 << len(knobs) {
			o, behind, s, f := openRequest(state), false, Standing{}, waitFacts()
			var names []string
			for i, k := range knobs {
				if mixture&(1<<i) != 0 {
					k.turn(&o, &behind, &s, &f)
					names = append(names, k.name)
				}
			}
			w := Waiting(o, behind, s, f, waitNow)
			seen[w.Why] = true
			if what := wordless(w); what != "" {
				t.Fatalf("%s with %s: %s", state, strings.Join(names, ", "), what)
			}
		}
	}
	for _, why := range []string{WhyAwaitsApproval, WhyNotConfigured, WhyAboveSingle, WhyBlocked, WhyDayFull, WhyKeyRefused, WhySendFalse, WhyPaused, WhyNextRun,
		WhyRetryLater, WhyBeingSent, WhyLookedUp, WhyMustLook, WhyNeedsAccount, WhyInFlight, WhyOnItsWay, WhyDeadline} {
		if !seen[why] {
			t.Errorf("nothing ever waits because of %s", why)
		}
	}
}

// wordless says what a wait lacks; "" where it is whole.
func wordless(w Wait) string {
	if w.Why == "" {
		return "no reason"
	}
	for _, lang := range []Language{Korean, English} {
		s := w.Sentence(lang)
		known, ok := sentences[w.Why]
		switch {
		case !ok || known.do == nil:
			return fmt.Sprintf("%s has no sentence", w.Why)
		case s.Cause == "" || s.Who == "" || s.Next == "":
			return fmt.Sprintf("%s (%s): %+v", w.Why, lang, s)
		case !strings.Contains(s.String(), "2026") && !strings.Contains(s.String(), lang.pick("(정해진 기한 없음)", "(no date is set)")):
			return fmt.Sprintf("%s (%s) says no moment: %s", w.Why, lang, s)
		}
	}
	return ""
}

// TestWhatARequestWaitsFor: the reason that must go first is the one that is
// said.
func TestWhatARequestWaitsFor(t *testing.T) {
	t.Parallel()
	deadline := seoul("2026-12-31 23:59:59")
	for name, test := range map[string]struct {
		state  State
		open   func(*Open)
		facts  func(*Facts)
		stand  Standing
		behind bool
		want   Wait
		who    string
	}{
		"a word": {state: StateRequested, want: Wait{Why: WhyAwaitsApproval, Until: deadline}, who: "finance"},
		"a word, also where nothing is sent": {state: StateRequested, facts: func(f *Facts) { f.Send = false }, stand: Standing{Braked: true},
			want: Wait{Why: WhyAwaitsApproval, Until: deadline}, who: "finance"},
		"no word helps: it asks for more than is left": {state: StateRequested, open: func(o *Open) { o.ErrorCode = WhyAboveBalance },
			want: Wait{Why: WhyAboveBalance, Until: deadline}, who: "finance"},
		"no word helps: it is above the limit": {state: StateRequested, open: func(o *Open) { o.Amount = 100_001 },
			want: Wait{Why: WhyAboveSingle, Until: deadline, Stuck: true, Late: true}, who: "operator"},
		"an account":   {state: StateNeedsAccount, want: Wait{Why: WhyNeedsAccount, Until: deadline}, who: "customer_service"},
		"the next run": {state: StateApproved, want: Wait{Why: WhyNextRun, Until: deadline}, who: "daesa"},
		"the next run, no deadline": {state: StateApproved, open: func(o *Open) { o.CancelBy = time.Time{} },
			want: Wait{Why: WhyNextRun, Until: seoul("2026-11-21 15:10:00"), Next: true}, who: "daesa"},
		"a later try":  {state: StateRetry, open: func(o *Open) { o.NextAt = waitNow.Add(time.Hour) }, want: Wait{Why: WhyRetryLater, Until: deadline}, who: "daesa"},
		"refunds.send": {state: StateApproved, facts: func(f *Facts) { f.Send = false }, stand: Standing{Braked: true}, want: Wait{Why: WhySendFalse, Until: deadline}, who: "operator"},
		"the brake":    {state: StateRetry, stand: Standing{Braked: true}, want: Wait{Why: WhyPaused, Until: deadline}, who: "operator"},
		"a key": {state: StateApproved, facts: func(f *Facts) { f.Unasked = map[string]string{"shop": WhyKeyRefused, "other": WhyClock} },
			want: Wait{Why: WhyKeyRefused, Until: deadline}, who: "operator"},
		"another refund of the payment": {state: StateApproved, behind: true, want: Wait{Why: WhyInFlight, Until: deadline}, who: "daesa"},
		"exactly at the limit":          {state: StateApproved, open: func(o *Open) { o.Amount = 100_000 }, want: Wait{Why: WhyNextRun, Until: deadline}, who: "daesa"},
		"the limit of a run": {state: StateApproved, open: func(o *Open) { o.Amount = 100_000 }, facts: func(f *Facts) { f.Budget.Of[pay.KRW] = Limits{100_000, 99_999, 99_999} },
			want: Wait{Why: WhyAboveRun, Until: deadline, Stuck: true, Late: true}, who: "operator"},
		"the limit of a day": {state: StateApproved, open: func(o *Open) { o.Amount = 100_000 }, facts: func(f *Facts) { f.Budget.Of[pay.KRW] = Limits{100_000, 100_000, 99_999} },
			want: Wait{Why: WhyAboveDay, Until: deadline, Stuck: true, Late: true}, who: "operator"},
		"no refunds at all":         {state: StateApproved, facts: func(f *Facts) { f.Budget.RunCount = 0 }, want: Wait{Why: WhyNoCount, Until: deadline, Stuck: true, Late: true}, who: "operator"},
		"a currency without limits": {state: StateApproved, open: func(o *Open) { o.Currency = pay.JPY }, want: Wait{Why: WhyBlocked, Until: deadline, Stuck: true, Late: true}, who: "operator"},
		"tomorrow's limit": {state: StateApproved, stand: Standing{Today: Spent{Count: 3, Of: map[pay.Currency]int64{pay.KRW: 450_001}}},
			want: Wait{Why: WhyDayFull, Until: deadline}, who: "daesa"},
		"a merchant that is gone": {state: StateApproved, open: func(o *Open) { o.MID = "gone"; o.Amount = 100_001 },
			want: Wait{Why: WhyNotConfigured, Until: deadline, Stuck: true, Late: true}, who: "operator"},
		"a merchant that is gone, sent": {state: StateUnknown, open: func(o *Open) { o.MID = "gone"; o.NextAt = waitNow.Add(time.Hour) },
			want: Wait{Why: WhyNotConfigured, Stuck: true}, who: "operator"},
		"nothing more, the deadline has passed": {state: StateRequested, open: func(o *Open) { o.MID = "gone"; o.CancelBy = waitNow.Add(-time.Second) },
			want: Wait{Why: WhyDeadline, Until: waitNow.Add(-time.Second)}, who: "finance"},
		"its worker": {state: StateSending, open: func(o *Open) { o.LeaseUntil = waitNow.Add(time.Minute) }, want: Wait{Why: WhyBeingSent, Until: waitNow.Add(time.Minute), Next: true}, who: "daesa"},
		"a look, the worker is gone": {state: StateSending, open: func(o *Open) { o.LeaseUntil = waitNow.Add(-time.Minute) },
			want: Wait{Why: WhyLookedUp, Until: seoul("2026-11-21 15:10:00"), Next: true}, who: "daesa"},
		"a look": {state: StateUnknown, open: func(o *Open) { o.NextAt = waitNow.Add(time.Hour); o.CancelBy = waitNow.Add(-time.Hour) },
			want: Wait{Why: WhyLookedUp, Until: waitNow.Add(time.Hour), Next: true}, who: "daesa"},
		"a look, the key is refused": {state: StateUnknown, facts: func(f *Facts) { f.Unasked = map[string]string{"shop": WhyKeyRefused} }, want: Wait{Why: WhyKeyRefused}, who: "operator"},
		"a person's look":            {state: StateHeld, want: Wait{Why: WhyMustLook, Until: deadline}, who: "finance"},
		"the money's arrival":        {state: StateAccepted, open: func(o *Open) { o.NextAt = waitNow.Add(time.Hour) }, want: Wait{Why: WhyOnItsWay, Until: waitNow.Add(time.Hour), Next: true}, who: "daesa"},
	} {
		o, f := openRequest(test.state), waitFacts()
		if test.open != nil {
			test.open(&o)
		}
		if test.facts != nil {
			test.facts(&f)
		}
		got := Waiting(o, test.behind, test.stand, f, waitNow)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got.Who().String() != test.who || got.Person() != (test.who != "daesa") {
			t.Errorf("%s: %s acts, expected %s", name, got.Who(), test.who)
		}
	}
}

// TestWhatCannotBeSentBeforeItsDeadlineIsLate: it is said while there is time.
func TestWhatCannotBeSentBeforeItsDeadlineIsLate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		state State
		by    string
		facts func(*Facts)
		open  func(*Open)
		stand Standing
		late  bool
	}{
		"nobody approves before people hear of it next": {state: StateRequested, by: "2026-11-23 23:59:59", late: true},
		"people hear of it once more":                   {state: StateRequested, by: "2026-11-24 00:00:00"},
		"no account before":                             {state: StateNeedsAccount, by: "2026-11-23 23:59:59", late: true},
		"send is false":                                 {state: StateApproved, by: "2026-11-23 23:59:59", facts: func(f *Facts) { f.Send = false }, late: true},
		"the brake is on":                               {state: StateApproved, by: "2026-11-23 23:59:59", stand: Standing{Braked: true}, late: true},
		"a run comes in time":                           {state: StateApproved, by: "2026-11-21 15:10:00"},
		"the next run is too late":                      {state: StateApproved, by: "2026-11-21 15:09:59", late: true},
		"the next run is too late for a word, too": {state: StateRequested, by: "2026-11-21 15:09:59",
			facts: func(f *Facts) { f.Told = waitNow }, late: true},
		"no run is planned":        {state: StateApproved, by: "2026-11-21 15:04:06", facts: func(f *Facts) { f.NextRun = nil }},
		"no run comes any more":    {state: StateApproved, by: "2026-12-31 23:59:59", facts: func(f *Facts) { f.NextRun = func(time.Time) time.Time { return time.Time{} } }, late: true},
		"its next try is too late": {state: StateRetry, by: "2026-11-21 17:00:00", open: func(o *Open) { o.NextAt = seoul("2026-11-21 17:00:01") }, late: true},
		"its limit begins anew too late": {state: StateApproved, by: "2026-11-21 23:59:59",
			stand: Standing{Today: Spent{Count: 20}}, late: true},
		"its limit begins anew in time": {state: StateApproved, by: "2026-11-22 00:00:00",
			stand: Standing{Today: Spent{Count: 20}}},
		"a held one that nobody resolves": {state: StateHeld, by: "2026-11-23 23:59:59", late: true},
		"a held one with time":            {state: StateHeld, by: "2026-12-23 23:59:59"},
		"what was sent is looked up":      {state: StateUnknown, by: "2026-11-21 15:04:06"},
		"what has passed is not to come":  {state: StateRequested, by: "2026-11-21 15:04:04"},
	} {
		o, f := openRequest(test.state), waitFacts()
		o.CancelBy = seoul(test.by)
		if test.facts != nil {
			test.facts(&f)
		}
		if test.open != nil {
			test.open(&o)
		}
		test.stand.Open = []Open{o}
		if got := Waits(test.stand, f, waitNow)[0]; got.Late != test.late {
			t.Errorf("%s: late is %v (%s)", name, got.Late, got.Why)
		}
	}
}

// TestAQueueThatIsTooLongIsLate: each one would be in time, and all of them are
// not, since runs and days have limits.
func TestAQueueThatIsTooLongIsLate(t *testing.T) {
	t.Parallel()
	queue := func(n int, by string, amount int64) []Open {
		var list []Open
		for i := range n {
			o := openRequest(StateApproved)
			o.ID, o.PaymentKey, o.CancelBy, o.Amount = fmt.Sprintf("%s-%02d", by, i), fmt.Sprintf("%s-pk%02d", by, i), seoul(by), amount
			list = append(list, o)
		}
		return list
	}
	for name, test := range map[string]struct {
		open  []Open
		facts func(*Facts)
		today Spent
		late  int64
	}{
		"five go with a run, and one run is left":             {open: queue(7, "2026-11-21 15:19:59", 1000), late: 2},
		"two runs are left":                                   {open: queue(11, "2026-11-21 15:20:00", 1000), late: 1},
		"twenty go on a day, three have gone":                 {open: queue(18, "2026-11-21 23:59:59", 1000), today: Spent{Count: 3}, late: 1},
		"the next day has its own":                            {open: queue(40, "2026-11-22 23:59:59", 1000), late: 0},
		"the amount of a run":                                 {open: queue(4, "2026-11-21 15:10:00", 100_000), late: 1},
		"the amount of a day":                                 {open: queue(6, "2026-11-21 23:59:59", 100_000), late: 1},
		"the urgent ones go first, whatever the list's order": {open: slices.Concat(queue(5, "2026-11-21 15:29:59", 1000), queue(5, "2026-11-21 15:10:00", 1000)), late: 0},
		"without a schedule nobody knows":                     {open: queue(100, "2026-11-21 15:10:00", 1000), facts: func(f *Facts) { f.NextRun = nil }},
		"one run a day": {open: queue(11, "2026-11-22 23:59:59", 1000), facts: func(f *Facts) {
			f.NextRun = func(after time.Time) time.Time { return pay.DayOf(after).End().Add(9 * time.Hour) }
		}, late: 6},
		"what waits for a word takes no place": {open: func() []Open {
			waiting := queue(5, "2026-11-21 15:09:00", 1000)
			for i := range waiting {
				waiting[i].State = StateRequested
			}
			return append(waiting, queue(5, "2026-11-21 15:10:00", 1000)...)
		}(), late: 5},
	} {
		f := waitFacts()
		if test.facts != nil {
			test.facts(&f)
		}
		var late int64
		for _, line := range Tally(Waits(Standing{Open: test.open, Today: test.today}, f, waitNow)) {
			late += line.Late
		}
		if late != test.late {
			t.Errorf("%s: %d are late, expected %d", name, late, test.late)
		}
	}
}

// TestOneOnItsWayKeepsTheOthersOfItsPayment: and nobody else's.
func TestOneOnItsWayKeepsTheOthersOfItsPayment(t *testing.T) {
	t.Parallel()
	first, second, other := openRequest(StateUnknown), openRequest(StateApproved), openRequest(StateApproved)
	second.ID, other.ID, other.PaymentKey = "r2", "r3", "pk2"
	why := func(list []Waiter) map[string]string {
		all := map[string]string{}
		for _, w := range list {
			all[w.ID] = w.Why
		}
		return all
	}
	want := map[string]string{"r1": WhyLookedUp, "r2": WhyInFlight, "r3": WhyNextRun}
	if diff := cmp.Diff(want, why(Waits(Standing{Open: []Open{first, second, other}}, waitFacts(), waitNow))); diff != "" {
		t.Error(diff)
	}
	first.State = StateAccepted // taken on by Toss: the next one may follow
	want["r1"], want["r2"] = WhyOnItsWay, WhyNextRun
	if diff := cmp.Diff(want, why(Waits(Standing{Open: []Open{first, second, other}}, waitFacts(), waitNow))); diff != "" {
		t.Error(diff)
	}
	first.InProgress = true
	want["r2"] = WhyInFlight
	if diff := cmp.Diff(want, why(Waits(Standing{Open: []Open{first, second, other}}, waitFacts(), waitNow))); diff != "" {
		t.Error(diff)
	}
}

// TestTheTallySumsNoCurrencies and names the earliest deadline of each line.
func TestTheTallySumsNoCurrencies(t *testing.T) {
	t.Parallel()
	at := func(id, mid string, state State, currency pay.Currency, amount int64, by string) Open {
		o := openRequest(state)
		o.ID, o.MID, o.PaymentKey, o.Currency, o.Amount, o.CancelBy = id, mid, id, currency, amount, time.Time{}
		if by != "" {
			o.CancelBy = seoul(by)
		}
		return o
	}
	f := waitFacts()
	f.Configured = []string{"shop", "shop2"}
	lines := Tally(Waits(Standing{Open: []Open{
		at("a", "shop", StateRequested, pay.KRW, 1000, "2026-12-24 23:59:59"), at("b", "shop", StateRequested, pay.KRW, 2000, "2026-11-22 23:59:59"),
		at("c", "shop", StateRequested, pay.USD, 50, ""), at("d", "shop2", StateRequested, pay.KRW, 4000, "2026-11-21 23:59:59"),
		at("e", "gone", StateApproved, pay.KRW, 8000, "2026-12-31 23:59:59"), at("f", "shop", StateApproved, pay.KRW, 16000, ""),
	}}, f, waitNow))
	want := []WaitLine{
		{MID: "gone", State: StateApproved, Why: WhyNotConfigured, Currency: pay.KRW, Count: 1, Amount: 8000, Earliest: seoul("2026-12-31 23:59:59"), Stuck: true,
			Late: 1, LateAmount: 8000, LateBy: seoul("2026-12-31 23:59:59")},
		{MID: "shop2", State: StateRequested, Why: WhyAwaitsApproval, Currency: pay.KRW, Count: 1, Amount: 4000, Earliest: seoul("2026-11-21 23:59:59"),
			Late: 1, LateAmount: 4000, LateBy: seoul("2026-11-21 23:59:59")},
		{MID: "shop", State: StateRequested, Why: WhyAwaitsApproval, Currency: pay.KRW, Count: 2, Amount: 3000, Earliest: seoul("2026-11-22 23:59:59"),
			Late: 1, LateAmount: 2000, LateBy: seoul("2026-11-22 23:59:59")},
		{MID: "shop", State: StateRequested, Why: WhyAwaitsApproval, Currency: pay.USD, Count: 1, Amount: 50},
		{MID: "shop", State: StateApproved, Why: WhyNextRun, Currency: pay.KRW, Count: 1, Amount: 16000},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	together := Together(lines)
	if len(together) != 4 || together[1].Count != 3 || together[1].Amount != 7000 || together[1].Late != 2 || !together[1].Earliest.Equal(seoul("2026-11-21 23:59:59")) {
		t.Errorf("over all merchants: %+v", together)
	}
}

// TestEveryReasonStandsInTheDocs: docs/refunds.md names each, who acts, and
// which are never sent.
func TestEveryReasonStandsInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/refunds.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{} // of the table, by reason
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		for why := range strings.SplitSeq(cells[1], ",") {
			rows[strings.Trim(why, " `")] = cells
		}
	}
	for _, why := range []string{WhyAwaitsApproval, WhyNotConfigured, WhyAboveSingle, WhyAboveRun, WhyAboveDay, WhyNoCount, WhyBlocked, WhyDayFull, WhyKeyRefused,
		WhyClock, WhySendFalse, WhyPaused, WhyNextRun, WhyRetryLater, WhyBeingSent, WhyLookedUp, WhyMustLook, WhyNeedsAccount, WhyInFlight, WhyOnItsWay,
		WhyDeadline, WhyAboveBalance, WhyUnreachable} {
		cells := rows[why]
		if cells == nil {
			t.Errorf("the page does not name %s", why)
			continue
		}
		if who := strings.TrimSpace(cells[3]); who != (Wait{Why: why}).Who().String() {
			t.Errorf("%s: the page says that %s acts, and the program %s", why, who, Wait{Why: why}.Who())
		}
		if never := strings.Contains(cells[2], "never sent so"); never != stuck(why) {
			t.Errorf("%s: the page says never: %v", why, never)
		}
	}
}
