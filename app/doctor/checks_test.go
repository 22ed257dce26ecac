package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/config"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// says writes what an examination found: the state, and what it is about.
func (x *Examination) says() (all []string) {
	for _, f := range x.Findings {
		all = append(all, strings.TrimSpace(string(f.State)+" "+f.About))
	}
	return all
}

// found reports whether an examination says exactly this, and a remedy wherever
// something is wrong.
func found(t *testing.T, x *Examination, name string, want ...string) {
	t.Helper()
	if got := x.says(); !slices.Equal(got, want) {
		t.Errorf("%s: %q, expected %q", name, got, want)
	}
	for _, f := range x.Findings {
		if (f.Remedy == "") != (f.State == Healthy) {
			t.Errorf("%s: %s says %q and to do %q", name, f.State, f.Text, f.Remedy)
		}
	}
}

func TestTheClockIsHeldAgainstTheProvidersDate(t *testing.T) {
	t.Parallel()
	before := time.Date(2026, 11, 22, 9, 0, 0, 300_000_000, time.UTC)
	after := before.Add(2 * time.Second)
	for provider, want := range map[time.Time]string{
		{}:                               "warn m", // it sent none
		before.Truncate(time.Second):     "ok m",   // the Date is cut to the second
		after.Add(time.Minute):           "ok m",
		after.Add(61 * time.Second):      "warn m",
		before.Add(-63 * time.Second):    "warn m",
		after.Add(5*time.Minute + 1):     "fail m",
		before.Add(-6 * time.Minute):     "fail m",
		before.Add(-31 * 24 * time.Hour): "fail m",
	} {
		var x Examination
		x.CompareClock(mid, before, after, provider)
		found(t, &x, provider.String(), want)
	}
}

// daily comes at an hour of each day that is true.
type daily struct {
	hour int
	on   func(day time.Time) bool // nil: never at all
}

func (d daily) IsZero() bool { return d.on == nil }

func (d daily) Next(after time.Time) time.Time {
	if d.on == nil {
		return time.Time{}
	}
	at := time.Date(after.Year(), after.Month(), after.Day(), d.hour, 0, 0, 0, pay.Seoul)
	for !at.After(after) || !d.on(at) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

func everyDay(time.Time) bool { return true }

func TestAScheduleThatMissesAMonthsLastDayIsTold(t *testing.T) {
	t.Parallel()
	first28 := func(day time.Time) bool { return day.Day() <= 28 }
	for name, c := range map[string]struct {
		schedules Schedules
		want      []string
		text      string
	}{
		"every day": {Schedules{daily{1, everyDay}, daily{2, everyDay}, daily{22, everyDay}}, []string{"ok"}, "nightly next at 2026-11-23T01:00:00+09:00"},
		"no night":  {Schedules{daily{}, daily{2, everyDay}, daily{22, everyDay}}, []string{"warn schedule.nightly"}, ""},
		"only February's": {Schedules{daily{1, everyDay}, daily{2, first28}, daily{22, everyDay}}, []string{"warn schedule.refunds"},
			"2026-11, 2026-12, 2027-01, 2027-03,"},
		"never": {Schedules{daily{1, everyDay}, daily{}, daily{}}, []string{"warn schedule.refunds", "warn schedule.month_end"}, "any month"},
	} {
		var x Examination
		x.Schedule(c.schedules, time.Date(2026, 11, 22, 9, 0, 0, 0, pay.Seoul))
		found(t, &x, name, c.want...)
		if text := x.Findings[0].Text; !strings.Contains(text, c.text) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestMonthEndsWithoutARun(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 23, 30, 0, 0, pay.Seoul)
	for text, want := range map[string]int{
		"*/10 * * * *":               0,
		"0 10,14,17,20,22 28-31 * *": 0,
		"59 23 28-31 * *":            0,
		"":                           monthsAhead,
		"0 3 1 * *":                  monthsAhead,
		"0 9 31 * *":                 5, // of the next twelve months, those with fewer days
	} {
		schedule, err := config.ParseCron(text)
		if err != nil {
			t.Fatal(err)
		}
		if missed := monthEndsWithout(schedule, now); len(missed) != want {
			t.Errorf("%q misses %v, expected %d", text, missed, want)
		}
	}
}

func TestANightIsLateOnceItsTimeIsOver(t *testing.T) {
	t.Parallel()
	l := ledger{ran(mid, "2026-11-19", reconcile.RunComplete), ran(mid, "2026-11-20", reconcile.RunIncomplete)}
	for name, c := range map[string]struct {
		l    ledger
		now  time.Time
		want string
	}{
		"the night of the 20th is incomplete": {l, time.Date(2026, 11, 22, 2, 0, 0, 0, pay.Seoul), "1 business date not complete, the oldest 2026-11-20"},
		"that of the 21st is still under way": {l[:1], time.Date(2026, 11, 21, 2, 59, 0, 0, pay.Seoul), "none is missing"},
		"two hours after its time it is late": {l[:1], time.Date(2026, 11, 21, 3, 1, 0, 0, pay.Seoul), "1 business date not complete, the oldest 2026-11-20"},
		"none has run":                        {nil, time.Date(2026, 11, 21, 3, 1, 0, 0, pay.Seoul), "none has run yet: daesa nightly runs the first"},
	} {
		var x Examination
		if err := x.Nights(t.Context(), c.l, "", []string{mid}, daily{1, everyDay}, c.now); err != nil || x.Findings[0].Text != c.want {
			t.Errorf("%s: %+v, %v", name, x.Findings, err)
		}
	}
}

func TestConnectionsAreEnoughForANight(t *testing.T) {
	t.Parallel()
	for allowed, want := range map[int]string{1: "fail db", 2: "warn db", 9: "warn db", 10: "ok db"} {
		var x Examination
		x.Connections("db", allowed, "role", 10)
		found(t, &x, fmt.Sprint(allowed), want)
	}
}

func TestTheListNamesWhoseTheKeyIs(t *testing.T) {
	t.Parallel()
	of := func(mids ...string) Transactions {
		return func(context.Context, time.Time, time.Time, string) (page pay.TransactionPage, _ error) {
			for _, mid := range mids {
				page.Rows = append(page.Rows, pay.Transaction{MID: mid, At: now})
			}
			return page, nil
		}
	}
	away := func(context.Context, time.Time, time.Time, string) (pay.TransactionPage, error) {
		return pay.TransactionPage{}, errors.New("no answer")
	}
	for name, c := range map[string]struct {
		list   Transactions
		needed bool
		want   string
		text   string
	}{
		"ours":                        {of(mid), true, "ok m", "is of this merchant, as Toss's newest"},
		"ours and a stranger's":       {of(mid, "stranger"), true, "ok m", `it answers for "stranger" too`},
		"another's":                   {of("stranger"), true, "fail m", `the key is of "stranger"`},
		"no transaction":              {of(), true, "ok m", "not yet provable: the key has no transaction of the last 30 days"},
		"away, and a night needs it":  {away, true, "warn m", "could not be proved"},
		"away, and all are looked up": {away, false, "ok m", "not provable"},
	} {
		var x Examination
		x.Owner(t.Context(), c.list, []string{mid}, c.needed, now)
		found(t, &x, name, c.want)
		if !strings.Contains(x.Findings[0].Text, c.text) {
			t.Errorf("%s: %s", name, x.Findings[0].Text)
		}
	}
}

func TestAFolderMustTakeAFileAndHaveRoom(t *testing.T) {
	t.Parallel()
	room := func(bytes int64) func(string) (int64, bool) { return func(string) (int64, bool) { return bytes, true } }
	unknown := func(string) (int64, bool) { return 0, false }
	for name, c := range map[string]struct {
		below string
		space func(string) (int64, bool)
		good  bool
		want  []string
	}{
		"with room":        {"", room(1 << 40), true, []string{"ok reports.dir"}},
		"still to be made": {"a/b", room(1 << 40), true, []string{"ok reports.dir"}},
		"nobody knows":     {"", unknown, true, []string{"ok reports.dir"}},
		"nearly full":      {"", room(100 << 20), true, []string{"warn reports.dir", "ok reports.dir"}},
		"full":             {"", room(1 << 20), false, []string{"fail reports.dir"}},
	} {
		x := Examination{space: c.space}
		dir := t.TempDir()
		if good := x.Folder("report_folder", filepath.Join(dir, c.below), "reports.dir"); good != c.good {
			t.Errorf("%s: %t", name, good)
		}
		found(t, &x, name, c.want...)
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: %v is left behind", name, left)
		}
	}
	var x Examination
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil || x.Folder("report_folder", file, "reports.dir") {
		t.Errorf("into a file: %v", err)
	}
	found(t, &x, "a file", "fail reports.dir")
}

func TestAnAccountKeyIsThereIsTheOwnersAndOpens(t *testing.T) {
	t.Parallel()
	_, path := keyring(t)
	opens, broken := func() error { return nil }, func() error { return errors.New("no keyset") }
	for name, c := range map[string]struct {
		path  string
		mode  os.FileMode
		opens func() error
		want  string
	}{
		"as init writes it":  {path, 0o600, opens, "ok key"},
		"others may read it": {path, 0o640, opens, "fail key"},
		"no keyset":          {path, 0o600, broken, "fail key"},
		"not there":          {path + "x", 0o600, opens, "warn key"},
		"in the environment": {"", 0o600, opens, "ok key"},
	} {
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		var x Examination
		x.AccountKey(c.path, "key", c.opens)
		found(t, &x, name, c.want)
	}
}

// ward is what an examination asks a store.
type ward struct {
	vault
	events  int
	since   time.Time
	figures refunds.CaptureFigures
}

func (w *ward) EventsWaiting(context.Context) (int, time.Time, error) { return w.events, w.since, nil }

func (w *ward) Captures(context.Context, string, time.Time, time.Time) (refunds.CaptureFigures, error) {
	return w.figures, nil
}

func TestWebhooksThatNobodyWorksOnAreTold(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{14 * time.Minute: "ok", 16 * time.Minute: "warn"} {
		var x Examination
		if err := x.Events(t.Context(), &ward{events: 2, since: now.Add(-age)}, now); err != nil {
			t.Fatal(err)
		}
		found(t, &x, age.String(), want)
	}
	var x Examination
	_ = x.Events(t.Context(), &ward{}, now)
	found(t, &x, "none waits", "ok")
}

func TestWhatABuyerNeverGaveWasNotMissed(t *testing.T) {
	t.Parallel()
	missed := func(n, notShown int) refunds.CaptureFigures {
		return refunds.CaptureFigures{Captured: 1, Missed: n, Reasons: map[string]int{refunds.CaptureNotShown: notShown}}
	}
	for name, c := range map[string]struct {
		figures refunds.CaptureFigures
		want    []string
	}{
		"one came too late":   {missed(3, 2), []string{"warn m"}},
		"buyers gave none":    {missed(3, 3), []string{"ok m"}},
		"nothing was watched": {refunds.CaptureFigures{}, nil},
	} {
		var x Examination
		if err := x.Captures(t.Context(), &ward{figures: c.figures}, []string{mid}, now); err != nil {
			t.Fatal(err)
		}
		found(t, &x, name, c.want...)
	}
}

func TestAKeyThatDoesNotOpenWhatIsSealedFails(t *testing.T) {
	t.Parallel()
	ring, _ := keyring(t)
	other, _ := keyring(t)
	p := deposited("A")
	sealed := vault{sealedAccount(t, ring, p)}
	for name, c := range map[string]struct {
		vault  vault
		sealer refunds.Sealer
		want   []string
	}{"the one that sealed it": {sealed, ring, nil}, "another": {sealed, other, []string{"fail key"}}, "nothing is sealed": {vault{}, other, nil}} {
		var x Examination
		if err := x.Sealed(t.Context(), c.vault, c.sealer, "key"); err != nil {
			t.Fatal(err)
		}
		found(t, &x, name, c.want...)
	}
}

func TestOpenWorkIsOfTheMerchantsOfTheCommandAndOfNobody(t *testing.T) {
	t.Parallel()
	books := openBooks{breaks: map[string]int64{"a": 2}, transfers: []refunds.ManualTransfer{{MID: "a", State: refunds.ManualDue}, {MID: "gone", State: refunds.ManualApproved}},
		standing: refunds.Standing{Open: []refunds.Open{{Request: refunds.Request{ID: "1", MID: "b", PaymentKey: "p1", Amount: 1000, Currency: pay.KRW, State: refunds.StateRequested}}}}}
	for about, want := range map[string][]string{
		"":  {"warn a", "warn b", "warn a", "warn gone"},
		"a": {"warn a", "warn a", "warn gone"},
		"b": {"warn b", "warn gone"},
	} {
		merchants := []string{"a", "b"}
		if about != "" {
			merchants = []string{about}
		}
		var x Examination
		if err := x.OpenWork(t.Context(), needsOf(about, books), merchants, nil, now); err != nil {
			t.Fatal(err)
		}
		found(t, &x, about, want...)
	}
	// What a run found changed by hand it says once.
	altered := openBooks{standing: refunds.Standing{Open: []refunds.Open{
		{Request: refunds.Request{ID: "1", MID: "b", PaymentKey: "p1", Amount: 1000, Currency: pay.KRW, State: refunds.StateRequested, ErrorCode: refunds.WhySignedOtherwise}},
		{Request: refunds.Request{ID: "2", MID: "b", PaymentKey: "p2", Amount: 1000, Currency: pay.KRW, State: refunds.StateRequested, ErrorCode: refunds.WhySignatureRefused}}}}}
	var sentBack Examination
	if err := sentBack.OpenWork(t.Context(), needsOf("", altered), []string{"b"}, nil, now); err != nil {
		t.Fatal(err)
	}
	found(t, &sentBack, "sent back", "warn b", "warn b")
	if said := sentBack.Findings[1].Text; !strings.HasPrefix(said, "1 refund not sent: not what somebody signed") {
		t.Error(said)
	}
	var x Examination
	if err := x.OpenWork(t.Context(), needsOf("", openBooks{}), []string{"a"}, nil, now); err != nil {
		t.Fatal(err)
	}
	found(t, &x, "nothing waits", "ok")
}
