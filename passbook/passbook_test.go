package passbook

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"daesa/pay"
)

var update = flag.Bool("update", false, "write the golden files again")

// imported is when the files of testdata/bank are brought in.
var imported = time.Date(2026, 11, 12, 9, 0, 0, 0, pay.Seoul)

const banks = "../testdata/bank/"

// told writes everything that was read, names too: they are invented.
func told(s Statement) string {
	var text strings.Builder
	fmt.Fprintf(&text, "layout %s\nbank %s\naccount %s\nperiod %s %s\ncurrency %s\nunknown %s\nskipped %d\n",
		s.Layout, s.Bank, s.Last4, s.From, s.To, s.Currency, strings.Join(s.Unknown, ", "), s.Skipped)
	check := s.Check()
	fmt.Fprintf(&text, "balances %d, gaps %d, untied %d\n", check.Checked, len(check.Gaps), len(check.Untied))
	line := func(l Line) {
		clock := []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05.99"}[l.Clock]
		fmt.Fprintf(&text, "%s | %s %d | balance %d%s | %s | %s | %s | %s | %s | row %d", l.At.Format(clock), l.Kind, l.Amount,
			l.Balance, []string{" none", "", " reckoned"}[l.BalanceFrom], l.Payer.Reveal(), l.Memo.Reveal(), l.Channel.Reveal(), l.Account.Reveal(), l.Ref, l.Place.Row)
		if l.Reversed {
			text.WriteString(" | reversed")
		}
		if l.Pending {
			text.WriteString(" | pending")
		}
		text.WriteString("\n")
	}
	for _, l := range slices.Concat(s.Lines, s.Pending) {
		line(l)
	}
	return text.String()
}

// bankFiles are the files of every bank, those made of cells among them.
func bankFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(banks + "*")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, ".golden") })
	return append(files, nhBook(t), tossBook(t))
}

// storyLine is one line of the story that every file of testdata/bank tells.
type storyLine struct {
	at      string
	kind    Kind
	amount  int64
	balance int64
	payer   string
}

var story = []storyLine{
	{"2026-11-02 09:12:05", In, 1_250_000, 6_250_000, "토스페이먼츠"},
	{"2026-11-02 11:30:41", Out, 39_000, 6_211_000, "홍길동"},
	{"2026-11-03 14:05:33", In, 30_000, 6_241_000, "김대사"},
	{"2026-11-03 16:20:07", In, 30_000, 6_271_000, "이정산"},
	{"2026-11-05 03:00:10", Out, 402_113, 5_868_887, "(주)가나상사"},
	{"2026-11-09 10:00:52", In, 2_015_500, 7_884_387, "토스페이먼츠"},
}

const tossPassword = "901231"

// nhBook is a workbook of NH: a cell of a date beside a cell of a time.
func nhBook(t *testing.T) string {
	t.Helper()
	book := excelize.NewFile()
	day, err := book.NewStyle(&excelize.Style{NumFmt: 14})
	clock, alsoErr := book.NewStyle(&excelize.Style{NumFmt: 21})
	if err := errors.Join(err, alsoErr); err != nil {
		t.Fatal(err)
	}
	set := func(row int, values ...any) {
		cell, _ := excelize.CoordinatesToCellName(1, row)
		if err := book.SetSheetRow("Sheet1", cell, &values); err != nil {
			t.Fatal(err)
		}
	}
	set(2, "계좌번호", "301-0000-1234-01")
	set(3, "조회기간", "2026-11-01 ~ 2026-11-10")
	set(10, "구분", "거래일자", "출금금액(원)", "입금금액(원)", "거래 후 잔액(원)", "거래내용", "거래기록사항", "거래점", "거래시간", "이체메모")
	for i, l := range slices.Backward(story) {
		row := 10 + len(story) - i
		at, _ := time.Parse(time.DateTime, l.at)
		in, out := any(""), any(l.amount)
		if l.kind == In {
			in, out = out, in
		}
		past := at.Sub(at.Truncate(24*time.Hour)).Seconds() / 86400
		set(row, i, at.Truncate(24*time.Hour), out, in, l.balance, "전자금융", l.payer, "농협", past, "")
		if err := errors.Join(book.SetCellStyle("Sheet1", fmt.Sprint("B", row), fmt.Sprint("B", row), day), book.SetCellStyle("Sheet1", fmt.Sprint("I", row), fmt.Sprint("I", row), clock)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "nh.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// tossBook is an encrypted workbook of Toss Bank, whose column A is empty.
func tossBook(t *testing.T) string {
	t.Helper()
	book := excelize.NewFile()
	set := func(row int, values ...any) {
		cell, _ := excelize.CoordinatesToCellName(2, row)
		if err := book.SetSheetRow("Sheet1", cell, &values); err != nil {
			t.Fatal(err)
		}
	}
	set(2, "토스뱅크 거래내역")
	set(3, "성명", "가나다상점")
	set(4, "계좌번호", "1000-****-1234")
	set(5, "조회기간", "2026.11.01 ~ 2026.11.10")
	set(6, "※ 이 문서는 참고용입니다")
	set(9, "거래 일시", "적요", "거래 유형", "거래 기관", "계좌번호", "거래 금액", "거래 후 잔액", "메모")
	for i, l := range story {
		amount := pay.Grouped(l.amount)
		if l.kind == Out {
			amount = "-" + amount
		}
		set(10+len(story)-1-i, strings.ReplaceAll(l.at, "-", "."), l.payer, "이체", "국민은행", "123456-01-00000"+fmt.Sprint(i), amount, pay.Grouped(l.balance), "")
	}
	path := filepath.Join(t.TempDir(), "tossbank.xlsx")
	if err := book.SaveAs(path, excelize.Options{Password: tossPassword}); err != nil {
		t.Fatal(err)
	}
	return path
}

// readFile reads a file that must be sound.
func readFile(t *testing.T, path string) Statement {
	t.Helper()
	s, err := Read(path, Options{Now: imported, Password: tossPassword})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return s
}

// TestEveryBanksFileIsReadAsItsGoldenSays, every field of every line.
func TestEveryBanksFileIsReadAsItsGoldenSays(t *testing.T) {
	for _, path := range bankFiles(t) {
		got := told(readFile(t, path))
		golden := banks + filepath.Base(path) + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v\n%s\nwant\n%s", path, err, got, want)
		}
	}
}
