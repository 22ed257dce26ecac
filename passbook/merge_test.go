package passbook

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daesa/pay"
)

// TestEveryFormOfOneAccountBringsTheSameLines: whatever form a file has, and
// whatever form the lines that are stored came in, nothing is added twice, though
// some forms give no time, no balance, or another spelling of the payer.
func TestEveryFormOfOneAccountBringsTheSameLines(t *testing.T) {
	files := bankFiles(t)
	read := map[string]Statement{}
	for _, path := range files {
		read[path] = readFile(t, path)
	}
	for _, first := range files {
		stored := Merge("main", nil, read[first]).Inserted
		if len(stored) != len(story) {
			t.Errorf("%s: %d lines", first, len(stored))
		}
		for i, l := range stored {
			want := story[i]
			if l.Kind != want.kind || l.Amount != want.amount || string(l.Day()) != want.at[:10] || l.HasBalance() && l.Balance != want.balance {
				t.Errorf("%s: %+v", first, l)
			}
		}
		for _, second := range files {
			merged := Merge("main", stored, read[second])
			if len(merged.Inserted) != 0 || merged.Unchanged != len(story) || len(merged.Gaps) != 0 {
				t.Errorf("%s after %s: %d new, %d known, %d gaps", filepath.Base(second), filepath.Base(first), len(merged.Inserted), merged.Unchanged, len(merged.Gaps))
			}
		}
	}
}

// at makes a line of layout "x" at 2026-11-DAY HH:MM:SS.
func at(text string, amount, balance int64) Line {
	m, reason := momentOf("2026-11-" + text)
	if reason != "" {
		panic(reason)
	}
	l := Line{At: m.at(), Clock: m.clock, Kind: In, Amount: amount, Currency: pay.KRW, Balance: balance, BalanceFrom: Stated, Layout: "x"}
	if amount < 0 {
		l.Kind, l.Amount = Out, -amount
	}
	return l
}

func (l Line) without() Line {
	l.Balance, l.BalanceFrom = 0, NoBalance
	return l
}

func (l Line) from(payer, layout string) Line {
	l.Payer, l.Layout = pay.Private(payer), layout
	return l
}

func (l Line) ref(ref string) Line {
	l.Ref = ref
	return l
}

// TestWhichLineIsWhich is the rule of Merge, case by case.
func TestWhichLineIsWhich(t *testing.T) {
	twice := []Line{at("03 14:05:33", 30000, 31000), at("03 14:05:33", 30000, 61000)}
	plain := at("03", 30000, 0).without()
	for _, c := range []struct {
		name         string
		stored, file []Line
		inserted     int
	}{
		{"the same line", twice[:1], twice[:1], 0},
		{"two equal deposits of a second, told apart by the balance", twice[:1], twice, 1},
		{"both of them again", twice, twice, 0},
		{"the second one alone", twice[:1], twice[1:], 1},
		{"a time to the minute", twice, []Line{at("03 14:05", 30000, 31000), at("03 14:05", 30000, 61000)}, 0},
		{"another minute", twice[:1], []Line{at("03 14:06", 30000, 31000)}, 1},
		{"no time, the same balance", twice, []Line{at("03", 30000, 61000)}, 0},
		{"no time, another balance", twice, []Line{at("03", 30000, 91000)}, 1},
		{"another day", twice, []Line{at("04", 30000, 61000)}, 1},
		{"out is not in", []Line{at("03", 30000, 5)}, []Line{at("03", -30000, 5)}, 1},
		{"no balance and no time, as many as there are", []Line{plain}, []Line{plain, plain}, 1},
		{"no balance and no time, fewer than there are", []Line{plain, plain}, []Line{plain}, 0},
		{"one layout, another payer", []Line{plain.from("가", "x")}, []Line{plain.from("나", "x")}, 1},
		{"another layout, another spelling", []Line{plain.from("가나상사", "x")}, []Line{plain.from("GANA", "y")}, 0},
		{"one of two payers in another layout", []Line{plain.from("가", "x"), plain.from("나", "x")}, []Line{plain.from("나", "y")}, 0},
		{"a payer that was erased", []Line{plain}, []Line{plain.from("나", "x")}, 0},
		{"no balance, another second", []Line{at("03 14:05:33", 30000, 0).without()}, []Line{at("03 14:05:34", 30000, 0).without()}, 1},
		{"a balance beside none, one minute", []Line{at("03 14:05", 30000, 31000)}, []Line{at("03 14:05:33", 30000, 0).without().from("", "y")}, 0},
		{"another reference of the bank", []Line{plain.ref("F1")}, []Line{plain.ref("F2")}, 1},
		{"the same reference", []Line{plain.ref("F1"), plain.ref("F2")}, []Line{plain.ref("F2")}, 0},
		{"references of two layouts say nothing", []Line{plain.ref("F1")}, []Line{plain.ref("B2").from("", "y")}, 0},
		{"the surest pairs first", []Line{at("03", 500, 1500), at("03 10:00:05", 500, 1500)}, []Line{at("03 10:00:05", 500, 1500), at("03 10:01:05", 500, 1500)}, 0},
		{"a balance changed its sign", []Line{at("03", 500, 100)}, []Line{at("03", 500, -100)}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			stored := Merge("main", nil, Statement{Lines: c.stored}).Inserted
			merged := Merge("main", stored, Statement{Lines: c.file})
			if len(merged.Inserted) != c.inserted || merged.Unchanged != len(c.file)-c.inserted {
				t.Errorf("%d new, %d known", len(merged.Inserted), merged.Unchanged)
			}
			seen := map[string]bool{}
			for _, l := range slices.Concat(stored, merged.Inserted) {
				if l.ID == "" || seen[l.ID] {
					t.Errorf("the id %q is not its own", l.ID)
				}
				seen[l.ID] = true
			}
		})
	}
}

func TestAnIDIsOfItsAccount(t *testing.T) {
	s := Statement{Lines: []Line{at("03 14:05:33", 1, 1)}}
	one, other := Merge("main", nil, s).Inserted[0].ID, Merge("other", nil, s).Inserted[0].ID
	if one == other || one != Merge("main", nil, s).Inserted[0].ID {
		t.Error(one, other)
	}
}

// drawStatement draws the lines of an account over a few days, with small amounts,
// so that equal lines and equal balances are many. gap is the least time between
// two lines.
func drawStatement(t *rapid.T, gap time.Duration) []Line {
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, pay.Seoul)
	balance := int64(1000)
	var lines []Line
	for range rapid.IntRange(1, 30).Draw(t, "lines") {
		step := rapid.SampledFrom([]time.Duration{0, 0, 20 * time.Second, time.Minute, 7 * time.Hour, 30 * time.Hour}).Draw(t, "step")
		now = now.Add(max(gap, step))
		amount := rapid.SampledFrom([]int64{100, -100, 200, 300, -50}).Draw(t, "amount")
		balance += amount
		l := Line{At: now, Clock: ToSecond, Kind: In, Amount: amount, Currency: pay.KRW, Balance: balance, BalanceFrom: Stated, Layout: "x",
			Payer: pay.Private(rapid.SampledFrom([]string{"가", "나"}).Draw(t, "payer"))}
		if amount < 0 {
			l.Kind, l.Amount = Out, -amount
		}
		lines = append(lines, l)
	}
	return lines
}

// less gives times less exactly, as another layout would.
func less(lines []Line, clock Clock) []Line {
	lines = slices.Clone(lines)
	for i, l := range lines {
		lines[i].Clock = clock
		switch clock {
		case ToMinute:
			lines[i].At = l.At.Truncate(time.Minute)
		case DayOnly:
			lines[i].At = l.Day().Start()
		default:
		}
	}
	return lines
}

func printed(lines []Line) []string {
	var list []string
	for _, l := range lines {
		list = append(list, fmt.Sprint(l.Day(), l.Kind, l.Amount, l.Balance, l.Payer.Reveal()))
	}
	slices.Sort(list)
	return list
}

// TestFilesCutFromAStatementMergeToIt: overlapping files, each with its days from
// their beginning, newest first or oldest first, with times as exact as each may
// give them, brought in in any order, are the statement and nothing else; and its
// balance ties.
func TestFilesCutFromAStatementMergeToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawStatement(t, 0)
		balances := rapid.Bool().Draw(t, "balances")
		if !balances {
			for i := range whole {
				whole[i] = whole[i].without()
			}
		}
		var files [][]Line
		for from := 0; from < len(whole); {
			begin := from
			for begin > 0 && whole[begin-1].Day() == whole[from].Day() {
				begin--
			}
			to := rapid.IntRange(from+1, len(whole)).Draw(t, "to")
			clock := ToSecond
			if balances {
				clock = rapid.SampledFrom([]Clock{ToSecond, ToMinute, DayOnly}).Draw(t, "clock")
			}
			file := less(whole[begin:to], clock)
			if rapid.Bool().Draw(t, "newest first") {
				slices.Reverse(file)
			}
			files = append(files, file)
			from = max(from+1, to-rapid.IntRange(0, 3).Draw(t, "overlap"))
		}
		rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "order"))).Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		var stored []Line
		for _, file := range append(files, files...) {
			merged := Merge("main", stored, Statement{Layout: "x", Lines: inTimeOrder(file)})
			stored = append(stored, merged.Inserted...)
		}
		if got, want := printed(stored), printed(whole); !slices.Equal(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
		if gaps, _ := Gaps(stored); len(gaps) > 0 {
			t.Fatalf("%d gaps: %+v in %v", len(gaps), gaps[0], printed(stored))
		}
	})
}

// TestFilesCutAnywhereMergeWhereTimesDiffer: with a second of its own for each
// line a file may begin within a day, too.
func TestFilesCutAnywhereMergeWhereTimesDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawStatement(t, time.Second)
		var stored []Line
		covered := make([]bool, len(whole))
		for range rapid.IntRange(1, 8).Draw(t, "files") {
			from := rapid.IntRange(0, len(whole)-1).Draw(t, "from")
			to := rapid.IntRange(from+1, len(whole)).Draw(t, "to")
			for i := from; i < to; i++ {
				covered[i] = true
			}
			stored = append(stored, Merge("main", stored, Statement{Layout: "x", Lines: whole[from:to]}).Inserted...)
		}
		var want []Line
		for i, l := range whole {
			if covered[i] {
				want = append(want, l)
			}
		}
		if got, want := printed(stored), printed(want); !slices.Equal(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
		for i, l := range Ordered(stored) {
			if !l.At.Equal(want[i].At) {
				t.Fatalf("line %d is of %v, not %v", i, l.At, want[i].At)
			}
		}
	})
}

// TestALostLineIsFoundByTheBalance, wherever between others it was, and by how
// much.
func TestALostLineIsFoundByTheBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawStatement(t, time.Second)
		if len(whole) < 3 {
			return
		}
		lost := rapid.IntRange(1, len(whole)-2).Draw(t, "lost")
		missing := whole[lost].Signed()
		gaps, checked := Gaps(slices.Delete(slices.Clone(whole), lost, lost+1))
		if len(gaps) != 1 || gaps[0].Missing != missing || checked != len(whole)-2 ||
			gaps[0].After.Balance != whole[lost-1].Balance || gaps[0].Before.Balance != whole[lost+1].Balance {
			t.Fatalf("%+v", gaps)
		}
		if gaps, _ := Gaps(whole); len(gaps) != 0 {
			t.Fatalf("the whole one has gaps: %+v", gaps)
		}
	})
}

// TestAHoleIsClosedByAFileThatHasTheLines, though that file states no balance.
func TestAHoleIsClosedByAFileThatHasTheLines(t *testing.T) {
	whole := []Line{at("03 09:00:00", 100, 1100), at("03 10:00:00", 50, 1150), at("03 11:00:00", -20, 1130), at("04 09:00:00", 70, 1200)}
	for i := range whole {
		whole[i].Payer = "가"
	}
	stored := Merge("main", nil, Statement{Lines: []Line{whole[0], whole[3]}})
	if len(stored.Gaps) != 1 || stored.Gaps[0].Missing != 30 {
		t.Fatalf("%+v", stored.Gaps)
	}
	var file []Line
	for _, l := range less(whole, DayOnly) {
		file = append(file, l.without().from("GA", "ofx"))
	}
	merged := Merge("main", stored.Inserted, Statement{Layout: "ofx", Lines: file})
	if len(merged.Inserted) != 2 || merged.Unchanged != 2 || len(merged.Gaps) != 0 {
		t.Errorf("%d new, %d known, gaps %+v", len(merged.Inserted), merged.Unchanged, merged.Gaps)
	}
}

// TestALineWithoutATimeStandsWhereItsBalanceSays, among lines that give seconds.
func TestALineWithoutATimeStandsWhereItsBalanceSays(t *testing.T) {
	first, second, last := at("03", 100, 1100), at("03 09:00:00", 50, 1150), at("03 11:00:00", 25, 1175)
	ordered := Ordered([]Line{second, last, first})
	if ordered[0].Balance != 1100 || ordered[2].Balance != 1175 {
		t.Errorf("%+v", ordered)
	}
	ordered = Ordered([]Line{at("03 09:00:00", 100, 1100), at("03 11:00:00", 25, 1175), at("03", 50, 1150)})
	if ordered[1].Balance != 1150 {
		t.Errorf("%+v", ordered)
	}
}

// TestTiesOfTwoFilesAreOrderedByTheBalance: three lines of one minute, the middle
// one from another file.
func TestTiesOfTwoFilesAreOrderedByTheBalance(t *testing.T) {
	one, two, three, next := at("03 10:00", 100, 1100), at("03 10:00:30", 50, 1150), at("03 10:00", 25, 1175), at("03 10:05", 1, 1176)
	ordered := Ordered([]Line{one, three, next, two})
	for i, want := range []Line{one, two, three, next} {
		if ordered[i].Balance != want.Balance {
			t.Errorf("line %d: %+v", i, ordered[i])
		}
	}
}

// TestACircleIsEnteredWhereTheNextLineLeavesIt: two lines of one second that bring
// the balance back to where it was tie in either order, the next line in one alone.
func TestACircleIsEnteredWhereTheNextLineLeavesIt(t *testing.T) {
	lines := []Line{at("02 00:00:00", -100, 1000), at("02 00:00:00", 100, 1100), at("02 00:00:20", 100, 1100)}
	if gaps, _ := Gaps(lines); len(gaps) != 0 {
		t.Errorf("%+v", gaps)
	}
}

// TestTimesThatContradictTheBalanceYieldToIt: some banks print the time at which a
// transfer was asked for, not that at which it was booked.
func TestTimesThatContradictTheBalanceYieldToIt(t *testing.T) {
	lines := []Line{at("03 09:00:00", 100, 1100), at("03 10:00:05", 50, 1175), at("03 10:00:07", 25, 1125), at("03 12:00:00", 1, 1176)}
	if gaps, _ := Gaps(lines); len(gaps) != 0 {
		t.Errorf("%+v", gaps)
	}
}

// TestAnotherOrderHidesNoLostLine: the lines that are left could stand in an order
// that ties, if the last balance of the day were another.
func TestAnotherOrderHidesNoLostLine(t *testing.T) {
	lines := []Line{at("02 09:00:00", 1, 1000), at("03 09:00:00", 100, 1100), at("03 11:00:00", -400, 1100), at("03 12:00:00", 400, 1500)}
	gaps, _ := Gaps(lines)
	if len(gaps) != 1 || gaps[0].Missing != 400 {
		t.Errorf("%+v", gaps)
	}
}

// TestAFileWithoutTimesIsPutInOrderByItsBalances, where all of it is of one day.
func TestAFileWithoutTimesIsPutInOrderByItsBalances(t *testing.T) {
	newestFirst := []Line{at("03", 50, 1150), at("03", 100, 1100), at("03", -20, 1000)}
	ordered := inTimeOrder(newestFirst)
	if ordered[0].Balance != 1000 || ordered[2].Balance != 1150 {
		t.Errorf("%+v", ordered)
	}
}

// TestManyEqualLinesTakeNoLongTime: what one file can ask for is bounded.
func TestManyEqualLinesTakeNoLongTime(t *testing.T) {
	var lines []Line
	for i := range 20_000 {
		lines = append(lines, at("03", 100, 0).without().ref(fmt.Sprint("F", i)))
	}
	stored := Merge("main", nil, Statement{Lines: lines}).Inserted
	other := slices.Clone(lines)
	for i := range other {
		other[i].Ref = "G" + other[i].Ref
	}
	if merged := Merge("main", stored, Statement{Lines: other}); len(merged.Inserted) != len(lines) {
		t.Error(len(merged.Inserted))
	}
}
