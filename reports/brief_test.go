package reports

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// monthEnd is the last afternoon of a month, with phone payments that must go
// back before midnight.
func monthEnd() Snapshot {
	s := sampleNight("tosspayments")
	s.Run.Job, s.Run.Day, s.Run.Now = "month_end", "2026-11-30", seoul("2026-11-30 20:00:00")
	s.Run.Moved = nil // it is of one method, and the day still runs
	s.Deadlines = s.Deadlines[:1]
	s.Refunds = s.Refunds[:1]
	s.Run.Refunds = map[string]int64{"requested": 1}
	return s
}

func TestGoldenBriefs(t *testing.T) {
	workbook := "reports/daesa-2026-11-21.xlsx"
	for _, test := range []struct {
		name  string
		night []Snapshot
		opts  BriefOptions
	}{
		{"night-ko", []Snapshot{sampleNight("tosspayments")}, BriefOptions{Workbook: workbook}},
		{"empty-ko", []Snapshot{emptyNight()}, BriefOptions{Language: "ko", Expected: []string{"tosspayments"}}},
		{"incomplete-ko", []Snapshot{incomplete(sampleNight("tosspayments"))}, BriefOptions{Workbook: workbook}},
		{"merchants-en", []Snapshot{dollars(sampleNight("shop-a")), incomplete(sampleNight("shop-b")), failedNight("shop-c")},
			BriefOptions{Language: "en", Expected: []string{"shop-a", "shop-b", "shop-c", "shop-d"}, Workbook: workbook}},
		{"unread-ko", []Snapshot{failedNight("tosspayments")}, BriefOptions{}},
		{"month-end-ko", []Snapshot{monthEnd()}, BriefOptions{MonthEnd: true, Workbook: "reports/daesa-2026-11-30-month-end.xlsx"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			note := briefOf(t, test.night, test.opts)
			got := note.Title + "\n\n" + note.Text + "\n"
			path := filepath.Join("..", "testdata", "reports", "brief-"+test.name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the message differs from %s (run with -update, and read the change):\n%s", path, diff)
			}
		})
	}
}

func briefOf(t *testing.T, night []Snapshot, opts BriefOptions) Note {
	t.Helper()
	note, err := Brief(night, opts)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// A message goes to chat rooms and mailboxes: it holds nothing of an order, a
// payment or a customer, also where a reason quotes one.
func TestABriefNamesNoOrder(t *testing.T) {
	s := incomplete(dollars(sampleNight("tosspayments")))
	s.Run.Gaps = append(s.Run.Gaps,
		reconcile.Gap{Side: "provider", What: "order 20261121-0005", Why: "toss: GET /v1/payments/{paymentKey} (tgen_20261121): HTTP 503"}, // as it was stored once
		reconcile.NewGap(reconcile.SideProvider, reconcile.Part{Kind: reconcile.PartOrder, Name: "20261121-0005"}, errors.New("HTTP 503"), reconcile.ReasonOther),
		reconcile.NewGap(reconcile.SideShop, reconcile.Part{Kind: reconcile.PartFile, Name: "orders.csv"}, errors.New(`line 7, column customer_ref: "홍길동 010-1234-5678"`), reconcile.ReasonFile))
	var secrets []string
	for _, b := range s.Breaks {
		secrets = append(secrets, b.ID, b.OrderID, b.PaymentKey, b.Note)
	}
	for _, r := range s.Refunds {
		secrets = append(secrets, r.ID, r.OrderID, r.PaymentKey, r.Reason, r.Ref, r.ApprovedBy, r.ErrorMessage)
	}
	for _, m := range s.Missing {
		secrets = append(secrets, m.OrderID, m.PaymentKey)
	}
	secrets = append(secrets, "홍길동", "010-1234", "HTTP 503", "page 3")
	for _, language := range []string{"ko", "en"} {
		note := briefOf(t, []Snapshot{s, failedNight("other")}, BriefOptions{Language: language})
		for _, secret := range secrets {
			if secret != "" && strings.Contains(note.Title+note.Text, secret) {
				t.Errorf("%s: the message holds %q:\n%s", language, secret, note.Text)
			}
		}
		if !strings.Contains(note.Text, "orders.csv") {
			t.Errorf("the message does not say what is missing:\n%s", note.Text)
		}
	}
}

func TestABriefSaysWhatTheNightIs(t *testing.T) {
	apart := sampleNight("tosspayments")
	apart.Run.Totals[0].Provider -= 5_000
	apart.Run.Totals[0].Unexplained = 5_000
	many := incomplete(sampleNight("tosspayments"))
	for range 10 {
		for _, part := range []reconcile.Part{{Kind: reconcile.PartList, Name: "2026-11-20"}, {Kind: reconcile.PartOrder, Name: "order 7"}} {
			many.Run.Gaps = append(many.Run.Gaps, reconcile.NewGap(reconcile.SideProvider, part, &reconcile.Unread{Reason: reconcile.ReasonNotAsked}, ""))
		}
	}
	quiet := sampleNight("tosspayments")
	quiet.Capture = &refunds.CaptureFigures{Captured: 3, Missed: 4, Reasons: map[string]int{refunds.CaptureNotShown: 4}}
	for name, test := range map[string]struct {
		night    []Snapshot
		opts     BriefOptions
		complete bool
		today    int64
		has, not []string
	}{
		"a complete night":         {[]Snapshot{sampleNight("tosspayments")}, BriefOptions{}, true, 1, []string{"원인 미확인 차이: 0원 ✓", "환불계좌 누락: 2건"}, []string{"미완료"}},
		"money that does not tie":  {[]Snapshot{apart}, BriefOptions{}, true, 1, []string{"5,000원 ← 확인 필요"}, []string{"✓"}},
		"more gaps than have room": {[]Snapshot{many}, BriefOptions{}, false, 1, []string{"외 8건"}, []string{"order 7"}},
		"an expected merchant without a night": {[]Snapshot{sampleNight("a")}, BriefOptions{Expected: []string{"a", "b"}}, false, 1,
			[]string{"· b: ✕ 미조회", "가맹점 2곳"}, nil},
		"accounts that the buyers did not give": {[]Snapshot{quiet}, BriefOptions{}, true, 1, nil, []string{"누락"}},
		"nothing due":                           {[]Snapshot{emptyNight()}, BriefOptions{Language: "en"}, true, 0, []string{"none within 7 days"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			note := briefOf(t, test.night, test.opts)
			if note.Complete != test.complete || note.DueToday != test.today {
				t.Errorf("complete %v, due today %d, expected %v and %d", note.Complete, note.DueToday, test.complete, test.today)
			}
			for _, has := range test.has {
				if !strings.Contains(note.Text, has) {
					t.Errorf("it lacks %q:\n%s", has, note.Text)
				}
			}
			for _, not := range test.not {
				if strings.Contains(note.Text, not) {
					t.Errorf("it has %q:\n%s", not, note.Text)
				}
			}
		})
	}
}

// The services cut long messages, so that a message of many merchants stays
// short and names first who is missing.
func TestABriefOfManyMerchantsIsShort(t *testing.T) {
	var night []Snapshot
	var expected []string
	for i := range 200 {
		mid := "shop" + strings.Repeat("x", i%5) + string(rune('a'+i%26)) + string(rune('a'+i/26))
		night, expected = append(night, sampleNight(mid)), append(expected, mid)
	}
	night = slices.Delete(night, 150, 151)
	note := briefOf(t, night, BriefOptions{Expected: expected})
	if n := len([]rune(note.Text)); n > 3500 {
		t.Errorf("it has %d characters", n)
	}
	absent, first := strings.Index(note.Text, "✕"), strings.Index(note.Text, ": 완료")
	if absent < 0 || absent > first || !strings.Contains(note.Text, "외 170곳") {
		t.Errorf("got\n%s", note.Text)
	}
}

func TestBriefRefusesWhatWriteRefuses(t *testing.T) {
	other := sampleNight("b")
	other.Run.Day = pay.Day("2026-11-20")
	for name, test := range map[string]struct {
		night []Snapshot
		opts  BriefOptions
	}{
		"nothing":           {nil, BriefOptions{}},
		"two dates":         {[]Snapshot{sampleNight("a"), other}, BriefOptions{}},
		"a merchant twice":  {[]Snapshot{sampleNight("a"), sampleNight("a")}, BriefOptions{}},
		"another language":  {[]Snapshot{sampleNight("a")}, BriefOptions{Language: "fr"}},
		"sums that overrun": {[]Snapshot{overrun()}, BriefOptions{}},
	} {
		if note, err := Brief(test.night, test.opts); err == nil {
			t.Errorf("%s gives %q", name, note.Title)
		}
	}
}

func overrun() Snapshot {
	s := sampleNight("a")
	for i := range s.Deadlines {
		s.Deadlines[i].Amount, s.Deadlines[i].CancelBy = 1<<62, seoul("2026-11-22 23:00:00")
	}
	return s
}
