package monthbook

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/internal/racing"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/book"
	"daesa/settle"
)

// worked is a workbook in which a person works.
type worked struct {
	reader
	l book.Language
}

// cell is the place of a column in the row of a list in which a cell has a text.
func (w worked) cell(sheet, has string, column book.Label) (ref string, row int) {
	w.t.Helper()
	var heads []string
	for i, cells := range w.rows(sheet) {
		if slices.Contains(cells, w.l.Of(book.ColumnRowCheck)) {
			heads = cells
		} else if heads != nil && slices.Contains(cells, has) {
			at := slices.Index(heads, w.l.Of(column))
			if at < 0 {
				w.t.Fatalf("%s has no column %s", sheet, w.l.Of(column))
			}
			ref, _ = excelize.CoordinatesToCellName(at+1, i+1)
			return ref, i + 1
		}
	}
	w.t.Fatalf("%s has no row with %q", sheet, has)
	return "", 0
}

func (w worked) put(sheet, has string, column book.Label, value any) {
	w.t.Helper()
	ref, _ := w.cell(sheet, has, column)
	if err := w.SetCellValue(sheet, ref, value); err != nil {
		w.t.Fatal(err)
	}
}

// sentBack is a workbook of a month after a person worked in it.
func sentBack(t *testing.T, m Month, opts Options, work func(w worked)) *Returned {
	t.Helper()
	r, ok, err := tryBack(t, m, opts, work)
	if err != nil || !ok {
		t.Fatalf("%v %v", ok, err)
	}
	return r
}

func tryBack(t *testing.T, m Month, opts Options, work func(w worked)) (*Returned, bool, error) {
	t.Helper()
	l, err := book.LanguageOf(opts.Language)
	if err != nil {
		t.Fatal(err)
	}
	w := worked{opened(t, drawn(t, m, opts)), l}
	if work != nil {
		work(w)
	}
	path := filepath.Join(t.TempDir(), "back.xlsx")
	if err := w.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	back, err := book.OpenReturned(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return ReturnedOf(back)
}

// standOf is how things stand that a month was drawn of.
func standOf(m Month) Stand {
	s := Stand{Breaks: m.Breaks, Deposits: m.Deposits}
	for i := range m.Payouts {
		s.Payouts = append(s.Payouts, m.Payouts[i].PayoutKey)
	}
	return s
}

// said is what people wrote, in words.
func said(read Read) (words, refused []string) {
	for _, w := range read.Words {
		text := fmt.Sprintf("%s: %s", w.Word.Seen.Subject, w.Word.As)
		if w.Word.Rebate != nil {
			text += fmt.Sprintf(" %d+%d", w.Word.Rebate.Supply, w.Word.Rebate.VAT)
		}
		if w.Word.Owner != nil {
			text += " owner=" + *w.Word.Owner
		}
		if w.Word.Note != nil {
			text += " note=" + *w.Word.Note
		}
		words = append(words, text)
	}
	for _, w := range read.Deposits {
		text := w.Line + ": undo"
		if !w.Undo {
			text = w.Line + ":"
			for _, k := range w.Payouts {
				text += " " + k.MID + ":" + string(k.Day)
			}
		}
		words = append(words, text+" note="+w.Note)
	}
	for _, r := range read.Refused {
		refused = append(refused, fmt.Sprintf("%s %s [%s=%s] %s", r.Sheet, r.About, r.Column, r.Value, r.Reason))
	}
	slices.Sort(words)
	slices.Sort(refused)
	return words, refused
}

const (
	missing   = "payout:2026-11-24:KRW"
	shortOne  = "payout:2026-11-18:KRW"
	unmatched = "line:L11-20-082"
	openLine  = "L11-20-082"
)

// A person sorts the breaks, filters them, hides and moves columns, and writes: all of it
// is read, and nothing else.
func TestAMonthsWorkbookThatWasWorkedInIsRead(t *testing.T) {
	m := newSample(1).month(false)
	tied := m.Deposits[slices.IndexFunc(m.Deposits, func(d Deposit) bool { return d.State == settle.LineMatched && d.Day > "2026-11-01" })]
	work := func(w worked) {
		w.put("불일치", missing, columnDecision, "한도초과 보류")
		w.put("불일치", missing, columnOwner, "김재무")
		w.put("불일치", unmatched, columnDecision, " 수수료 환급 ")
		w.put("불일치", unmatched, columnSupply, "300,000원")
		w.put("불일치", unmatched, columnRebateVAT, 30_000)
		w.put("불일치", shortOne, columnNote, "=확인")
		w.put("통장 대조", openLine, columnDecision, "지급 대조")
		w.put("통장 대조", openLine, columnPays, "harumarket:2026-11-24, 2026-11-30, harugift:2026.11.24")
		w.put("통장 대조", openLine, columnNote, "합산 입금")
		w.put("통장 대조", tied.ID, columnDecision, "대조 취소")
		w.put("통장 대조", tied.ID, columnNote, "잘못 대조")
		swap(w, "불일치", missing, unmatched)
		if err := errors.Join(w.SetRowVisible("불일치", 7, false), w.SetColVisible("불일치", "D", false), w.SetColVisible("통장 대조", "M:O", false)); err != nil {
			t.Fatal(err)
		}
	}
	s := standOf(m)
	s.Payouts = slices.DeleteFunc(s.Payouts, func(k settle.PayoutKey) bool { return k.Day == "2026-11-30" && k.MID == gift })
	read, err := sentBack(t, m, Options{}, work).Words(s)
	if err != nil {
		t.Fatal(err)
	}
	words, refused := said(read)
	want := []string{openLine + ": harugift:2026-11-24 harumarket:2026-11-24 harumarket:2026-11-30 note=합산 입금", tied.ID + ": undo note=잘못 대조",
		unmatched + ": rebate 300000+30000", shortOne + ":  note==확인", missing + ": limit_hold owner=김재무"}
	slices.Sort(want)
	if diff := cmp.Diff(want, words); diff != "" || refused != nil || read.Rows != len(m.Breaks) {
		t.Errorf("%s\nrefused %q, %d rows", diff, refused, read.Rows)
	}
}

// swap exchanges two rows of a list, as sorting does: the rules of the cells stay.
func swap(w worked, sheet, one, other string) {
	w.t.Helper()
	_, a := w.cell(sheet, one, book.ColumnRowCheck)
	_, b := w.cell(sheet, other, book.ColumnRowCheck)
	rows := w.rows(sheet)
	for i := range max(len(rows[a-1]), len(rows[b-1])) {
		from, _ := excelize.CoordinatesToCellName(i+1, a)
		to, _ := excelize.CoordinatesToCellName(i+1, b)
		x, y := raw(w, sheet, from), raw(w, sheet, to)
		if err := errors.Join(w.SetCellValue(sheet, from, y), w.SetCellValue(sheet, to, x)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// raw is a cell as it is stored: a number as a number.
func raw(w worked, sheet, ref string) any {
	text, err := w.GetCellValue(sheet, ref, excelize.Options{RawCellValue: true})
	if err != nil {
		w.t.Fatal(err)
	}
	kind, _ := w.GetCellType(sheet, ref)
	if kind == excelize.CellTypeNumber || kind == excelize.CellTypeUnset {
		var n float64
		if _, err := fmt.Sscan(text, &n); err == nil {
			return n
		}
	}
	return text
}

// Each row is refused for itself, by sheet, row, column, value and reason; the others are
// taken.
func TestRowsOfAMonthAreRefusedForThemselves(t *testing.T) {
	racing.Skip(t, "one workbook, sheet by sheet")
	m := newSample(1).month(false)
	other := m
	other.Now = m.Now.Add(time.Second)
	for name, c := range map[string]struct {
		work func(w worked)
		want string
	}{
		"its facts were edited": {func(w worked) { w.put("불일치", missing, book.ColumnAmount, -1_600_000) },
			`불일치 ` + missing + ` [=] was edited in its facts (금액: "-1600000", drawn as "-1674864")`},
		"a decision that its kind does not take": {func(w worked) { w.put("불일치", missing, columnDecision, "수수료 환급") },
			`불일치 ` + missing + ` [결정=수수료 환급] its decision "수수료 환급" is none of what 미입금 takes: 소액 차이 종결, 토스 오류, 보류, 상계, 한도초과 보류`},
		"a decision about orders": {func(w worked) { w.put("불일치", missing, columnDecision, "환불 진행") },
			`불일치 ` + missing + ` [결정=환불 진행] its decision "환불 진행" is none of what 미입금 takes`},
		"a rebate without its VAT": {func(w worked) {
			w.put("불일치", unmatched, columnDecision, "수수료 환급")
			w.put("불일치", unmatched, columnSupply, 300_000)
		}, `불일치 ` + unmatched + ` [환급 세액=] its 환급 세액 is empty`},
		"a rebate that is no amount": {func(w worked) {
			w.put("불일치", unmatched, columnDecision, "수수료 환급")
			w.put("불일치", unmatched, columnSupply, "삼십만")
		}, `불일치 ` + unmatched + ` [환급 공급가액=삼십만] its 환급 공급가액 cannot be read`},
		"amounts of a rebate beside another decision": {func(w worked) {
			w.put("불일치", unmatched, columnDecision, "잡이익")
			w.put("불일치", unmatched, columnRebateVAT, 1)
		}, `불일치 ` + unmatched + ` [환급 세액=1] its 환급 세액 belongs to the decision 수수료 환급`},
		"a check that was taken away": {func(w worked) { w.put("불일치", missing, book.ColumnRowCheck, "") }, `불일치 ` + missing + ` [=] its row check (행 확인) is empty`},
		"a row of another workbook": {func(w worked) {
			from := worked{opened(w.t, drawn(w.t, other, Options{})), book.Korean}
			ref, _ := from.cell("불일치", missing, book.ColumnRowCheck)
			w.put("불일치", missing, book.ColumnRowCheck, raw(from, "불일치", ref))
		}, `불일치 ` + missing + ` [=] belongs to another workbook`},
		"a deposit's amount was edited": {func(w worked) { w.put("통장 대조", openLine, columnBanked, 1) }, `통장 대조 ` + openLine + ` [=] was edited in its facts (통장 입금액: "1", drawn as "402113")`},
		"a payout that there is not": {func(w worked) {
			w.put("통장 대조", openLine, columnDecision, "지급 대조")
			w.put("통장 대조", openLine, columnPays, "2026-11-22")
		}, `통장 대조 ` + openLine + ` [지급일=2026-11-22] there is no payout "2026-11-22" in KRW`},
		"a payout of several merchants": {func(w worked) {
			w.put("통장 대조", openLine, columnDecision, "지급 대조")
			w.put("통장 대조", openLine, columnPays, 46350) // 2026-11-24 as Excel keeps a date
		}, `통장 대조 ` + openLine + ` [지급일=46350] several merchants have a payout on 2026-11-24: write whose it is`},
		"payout days without a decision": {func(w worked) { w.put("통장 대조", openLine, columnPays, "harugift:2026-11-24") },
			`통장 대조 ` + openLine + ` [결정=] it names payout days and no decision: choose 지급 대조`},
		"a match without payout days": {func(w worked) { w.put("통장 대조", openLine, columnDecision, "지급 대조") }, `통장 대조 ` + openLine + ` [지급일=] it says no payout day`},
		"a decision about breaks": {func(w worked) { w.put("통장 대조", openLine, columnDecision, "잡이익") },
			`통장 대조 ` + openLine + ` [결정=잡이익] its decision "잡이익" is none of: 지급 대조, 대조 취소`},
	} {
		t.Run(name, func(t *testing.T) {
			read, err := sentBack(t, m, Options{}, func(w worked) {
				w.put("불일치", shortOne, columnDecision, "보류")
				c.work(w)
			}).Words(standOf(m))
			words, refused := said(read)
			if err != nil || len(refused) != 1 || !strings.HasPrefix(refused[0], c.want) {
				t.Errorf("%v: refused %q, expected %s", err, refused, c.want)
			}
			if diff := cmp.Diff([]string{shortOne + ": waiting"}, words); diff != "" {
				t.Error(diff)
			}
			for _, r := range read.Refused {
				if r.Row < 5 || r.BreakID == "" {
					t.Errorf("%+v does not say where", r)
				}
			}
		})
	}
}

func TestARowOfAMonthThatStandsTwiceIsRefusedTwice(t *testing.T) {
	m := newSample(1).month(false)
	read, err := sentBack(t, m, Options{}, func(w worked) {
		w.put("불일치", missing, columnDecision, "보류")
		_, row := w.cell("불일치", missing, columnDecision)
		if err := w.DuplicateRow("불일치", row); err != nil {
			t.Fatal(err)
		}
		w.put("불일치", shortOne, columnDecision, "보류")
	}).Words(standOf(m))
	words, refused := said(read)
	if err != nil || len(refused) != 2 || !strings.Contains(refused[0], "stands twice: 불일치 row") || !slices.Equal(words, []string{shortOne + ": waiting"}) {
		t.Errorf("%v %q %q", err, words, refused)
	}
}

// What stands otherwise than the workbook showed is decided no more, unless it is
// decided so already; an owner that somebody else wrote is no word.
func TestWhatHasMovedSinceAMonthWasDrawnIsSaid(t *testing.T) {
	m := newSample(1).month(false)
	r := sentBack(t, m, Options{}, func(w worked) {
		w.put("불일치", missing, columnDecision, "보류")
		w.put("불일치", unmatched, columnDecision, "잡이익")
		w.put("불일치", shortOne, columnDecision, "보류")
		w.put("통장 대조", openLine, columnDecision, "지급 대조")
		w.put("통장 대조", openLine, columnPays, "harugift:2026-11-24")
	})
	now := standOf(m)
	now.Breaks, now.Deposits = slices.Clone(now.Breaks), slices.Clone(now.Deposits)
	at := sampleNow.Add(time.Hour)
	for i, b := range now.Breaks {
		switch b.Subject {
		case missing: // by somebody else, otherwise
			now.Breaks[i] = b.Resolve(reconcile.SetOff, "lee", "상계 확인", at)
		case unmatched: // by somebody else, just so
			now.Breaks[i] = b.Resolve(reconcile.OtherIncome, "lee", b.Note, at)
		case shortOne: // more is missing now; and somebody looks after it
			more := *b.Amount - 50_000
			now.Breaks[i].Amount, now.Breaks[i].Owner = &more, "park"
		default:
		}
	}
	tie := func(mid string, day pay.Day) {
		i := slices.IndexFunc(now.Deposits, func(d Deposit) bool { return d.ID == openLine })
		now.Deposits[i].State, now.Deposits[i].MatchedTo = settle.LineMatched, []settle.PayoutKey{{MID: mid, Day: day, Currency: pay.KRW}}
	}
	tie(gift, "2026-11-25")
	read, err := r.Words(now)
	if err != nil || len(read.Words) != 3 || len(read.Deposits) != 0 {
		t.Fatalf("%+v %v", read, err)
	}
	if _, refused := said(read); len(refused) != 1 || !strings.Contains(refused[0], "has changed since the workbook was drawn: it stands against harugift:2026-11-25") {
		t.Errorf("%q", refused)
	}
	for _, w := range read.Words {
		i := slices.IndexFunc(now.Breaks, func(b reconcile.Break) bool { return b.ID == w.Word.ID })
		_, changed, err := now.Breaks[i].Take(w.Word, "kim", at.Add(time.Hour))
		want := map[string]string{missing: "it was resolved as set_off by lee", unmatched: "", shortOne: "its amounts or its reason may be others"}[now.Breaks[i].Subject]
		if changed || w.Word.Owner != nil || want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v %v, expected %q", now.Breaks[i].Subject, changed, err, want)
		}
	}
	tie(gift, "2026-11-24") // just as the person says
	if read, err = r.Words(now); err != nil || read.Same != 1 || len(read.Refused) != 0 {
		t.Errorf("%+v %v", read, err)
	}
}

func TestAnUntouchedMonthSaysNothing(t *testing.T) {
	m := newSample(1).month(false)
	m.Breaks[0].Owner, m.Breaks[0].Note = "=김", "'-줄\n바꿈"
	for _, l := range []string{"ko", "en"} {
		read, err := sentBack(t, m, Options{Language: l}, nil).Words(standOf(m))
		if words, refused := said(read); err != nil || words != nil || refused != nil || read.Rows != len(m.Breaks) || read.Same != 0 {
			t.Errorf("%s: %q %q %v, %d rows", l, words, refused, err, read.Rows)
		}
	}
	read, err := sentBack(t, m, Options{Language: "en"}, func(w worked) { w.put("Breaks", missing, columnDecision, "Held by limit") }).Words(standOf(m))
	if words, _ := said(read); err != nil || !slices.Equal(words, []string{missing + ": limit_hold"}) {
		t.Errorf("%q %v", words, err)
	}
}

func TestAWorkbookInWhichNobodyDecidesAMonthIsSaid(t *testing.T) {
	racing.Skip(t, "one workbook, sheet by sheet")
	m := newSample(1).month(false)
	for name, c := range map[string]struct {
		month Month
		work  func(w worked)
		want  string
	}{
		"a locked month":      {newSample(1).month(true), nil, "nobody decides in the workbook of a locked month"},
		"the sheet is gone":   {m, func(w worked) { _ = w.DeleteSheet("회신 안내") }, "has no sheet 회신 안내"},
		"its id was changed":  {m, func(w worked) { w.state(labelBook, "mabcdefghi") }, "does not say any more which workbook it is"},
		"another month":       {m, func(w worked) { w.state(labelMonth, "2026-10") }, "does not say any more which workbook it is"},
		"another form":        {m, func(w worked) { w.state(labelForm, "0") }, "this version of daesa draws form " + form},
		"a column is deleted": {m, func(w worked) { _ = w.RemoveCol("불일치", "D") }, "sheet 불일치: the column 대상 is missing"},
		"deposits are gone":   {m, func(w worked) { _ = w.DeleteSheet("통장 대조") }, "has no sheet 통장 대조"},
	} {
		r, ok, err := tryBack(t, c.month, Options{}, c.work)
		if err == nil {
			_, err = r.Words(standOf(m))
		}
		if !ok || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v %v", name, ok, err)
		}
	}
	path := filepath.Join(t.TempDir(), "other.xlsx")
	if err := excelize.NewFile().SaveAs(path); err != nil {
		t.Fatal(err)
	}
	back, err := book.OpenReturned(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := ReturnedOf(back); ok || err != nil {
		t.Errorf("a foreign workbook is one of a month: %v", err)
	}
}

// state writes behind a label of the sheet by which the workbook is known.
func (w worked) state(label book.Label, value string) {
	for i, cells := range w.rows("회신 안내") {
		if len(cells) > 1 && cells[0] == label.Ko() {
			if err := w.SetCellStr("회신 안내", fmt.Sprintf("B%d", i+1), value); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// The list that a row chooses from follows its kind, wherever the row is sorted to: it
// has what reconcile takes of the kind, and nothing else.
func TestABreakChoosesFromWhatItsKindTakes(t *testing.T) {
	m := newSample(1).month(false)
	w := worked{opened(t, drawn(t, m, Options{})), book.Korean}
	rules, err := w.GetDataValidations("불일치")
	if err != nil || len(rules) != 1 {
		t.Fatalf("%v %v", rules, err)
	}
	_, first := w.cell("불일치", missing, columnDecision)
	if match := fmt.Sprintf("MATCH($A%d,'회신 안내'!", first); strings.Count(rules[0].Formula1, match) != 2 || !strings.HasPrefix(rules[0].Formula1, "OFFSET('회신 안내'!$C$") || len(rules[0].Formula1) > 255 {
		t.Errorf("the choices are %s", rules[0].Formula1)
	}
	rows := w.rows("회신 안내")
	var head int
	if _, err := fmt.Sscanf(rules[0].Formula1, "OFFSET('회신 안내'!$C$%d,", &head); err != nil {
		t.Fatal(err)
	}
	for i, kind := range reconcile.SettlementKinds {
		cells := rows[head+i]
		var want []string
		for _, as := range reconcile.AllDispositions {
			if kind.Takes(as) {
				want = append(want, book.DecisionLabels[as].Ko())
			}
		}
		if cells[0] != book.KindLabels[kind].Ko() || cells[1] != fmt.Sprint(len(want)) || !slices.Equal(cells[2:2+len(want)], want) {
			t.Errorf("%s chooses from %q, expected %q", kind, cells, want)
		}
	}
	if rules, err = w.GetDataValidations("통장 대조"); err != nil || len(rules) != 1 || !strings.Contains(rules[0].Formula1, "대조 취소") {
		t.Errorf("%v %v", rules, err)
	}
}
