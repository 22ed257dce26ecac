package passbook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/pay"
)

// fileOf is a file of a text.
func fileOf(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// refused reads a file that must be refused, and gives the error without the path.
func refused(t *testing.T, path string, o Options) string {
	t.Helper()
	o.Now = imported
	s, err := Read(path, o)
	if err == nil {
		t.Fatalf("was taken: %s", told(s))
	}
	return strings.ReplaceAll(err.Error(), path, "F")
}

const kbHeader = "거래일시,적요,보낸분/받는분,송금메모,출금액,입금액,잔액,거래점,구분\n"

// TestEveryFaultOfAFileIsToldAtOnce, with its line, its column by the bank's own
// title, its value and the reason.
func TestEveryFaultOfAFileIsToldAtOnce(t *testing.T) {
	path := fileOf(t, "a.csv", kbHeader+
		"2026.11.31 10:00:00,이체,가,,0,1000,1000,,\n"+
		"2026.11.03 25:00:00,이체,가,,0,1.5E+06,2000,,\n"+
		"2026.11.03 10:00:00,이체,가,,500,1000,12만,,\n"+
		"2026.11.03 10:00:00,이체,가,,,,3000,,\n"+
		"2026.11.03 10:00:00,이체,가,,0,\"10,00\",3000,,\n"+
		"2026.11.03 10:00:00,이체,가,,0,1000.50,3000,,\n"+
		",이체,가,,0,700,3000,,\n"+
		"2026.11.03 10:00:00,이체\n")
	got := refused(t, path, Options{})
	want := `F:2: column "거래일시": "2026.11.31 10:00:00": is no day of the calendar
F:3: column "거래일시": "2026.11.03 25:00:00": is no date and time that a bank writes, such as 2026-11-03 14:05:33
F:3: column "입금액": "1.5E+06": was shortened by a spreadsheet, which has lost digits of it; fetch the file from the bank again
F:4: column "잔액": "12만": is a shortened amount; the file must have every digit
F:4: column "출금액": "500": stands beside an amount that came in; a line has one of the two
F:5: column "입금액": is empty, and so is what went out
F:6: column "입금액": "10,00": has commas that are not exact groups of three, such as 10,000
F:7: column "입금액": "1000.50": has decimals, and won have none
F:9: has 2 fields, the header has 9`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestAFileThatIsWrongAsAWholeIsRefused(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"no bank statement", "a,b\n1,2\n", "F: has no row in the first thirty that is the header of a known bank statement"},
		{"a name in a row that is no header", "김비밀,110-123-456789\n", "F: has no row in the first thirty that is the header of a known bank statement"},
		{"a header that lacks a column", "거래일시,적요,보낸분/받는분,출금액,입금액\n", "F:1: its header fits no known bank: for kb it lacks balance; its columns are 거래일시, 적요, 보낸분/받는분, 출금액, 입금액"},
		{"two columns for one role", "거래일시,적요,보낸분/받는분,출금액,입금액,입금액(원),잔액\n", `F:1: column "입금액(원)" stands twice, as 5 and as 6`},
		{"two titles for one role", "거래일시,적요,보낸분/받는분,출금액,입금액,잔액,송금메모,내 통장 표시\n", "F:1: two columns are the memo: 7 (송금메모) and 8 (내 통장 표시)"},
		{"a header of two banks", "거래일시,적요,보낸분/받는분,내용,출금액,입금액,잔액\n", "F:1: its header fits several layouts, which read it differently: kb, shinhan"},
		{"totals that do not tie", kbHeader + "2026.11.03 10:00:00,이체,가,,0,1000,1000,,\n합계,,,,0,3000,,,\n",
			`F:3: column "입금액": "3000": is the sum that the file states; its lines sum up to 1000`},
		{"totals without a word that do not tie", kbHeader + "2026.11.03 10:00:00,이체,가,,0,1000,1000,,\n,,,,0,3000,,,\n",
			`F:3: column "입금액": "3000": is the sum that the file states; its lines sum up to 1000`},
		{"a line twice", kbHeader + strings.Repeat("2026.11.03 10:00:00,이체,가,,0,1000,1000,,\n", 2), "F:3: is the same as row 2, with the same balance after it: the file has a line twice"},
		{"a day to come", kbHeader + "2026.11.30 10:00:00,이체,가,,0,1000,1000,,\n", "F:2: is of a day that is still to come: 2026-11-30"},
		{"a negative withdrawal that no balance explains", "거래일시,적요,보낸분/받는분,출금액,입금액,잔액\n2026.11.03 10:00:00,이체,가,-500,,\n",
			`F:2: column "출금액": "-500": is negative, and no balance says whether the money went out or came back`},
		{"amounts without a direction", "거래일시,거래금액,거래 후 잔액,거래구분,내용\n2026.11.03 10:00:00,5,5,이체,가\n", "F:1: its amounts have no sign, and no column says which way the money went"},
		{"a collector's file of two accounts", "거래일자,거래시간,계좌번호,적요1,적요2,입금,출금,잔액,상대계좌예금주명\n2026-11-03,10:00,110-123-001234,가,이체,5,0,5,\n2026-11-03,10:00,110-123-005678,가,이체,5,0,5,\n",
			"F: has lines of several accounts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := refused(t, fileOf(t, "a.csv", c.content), Options{}); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAFileOfAnotherAccountIsRefused(t *testing.T) {
	for _, name := range []string{"kb.xls", "codef.json", "woori.xls"} {
		got := refused(t, banks+name, Options{Last4: "9999"})
		if !strings.HasSuffix(got, "is of another account: its number ends in 1234, that of the account in 9999") {
			t.Error(got)
		}
		if s, err := Read(banks+name, Options{Now: imported, Last4: "1234"}); err != nil || len(s.Lines) != len(story) {
			t.Error(name, err)
		}
	}
	for _, name := range []string{"mt940.sta", "ofx1.ofx", "camt053-02.xml"} {
		if got := refused(t, banks+name, Options{Last4: "9999"}); !strings.HasSuffix(got, "has no statement of the account") {
			t.Error(got)
		}
	}
	path := fileOf(t, "a.csv", "거래일자,거래시간,계좌번호,적요1,적요2,입금,출금,잔액,상대계좌예금주명\n2026-11-03,10:00,110-123-001234,가,이체,5,0,5,\n2026-11-03,10:00,110-123-005678,가,이체,7,0,7,\n")
	s, err := Read(path, Options{Now: imported, Last4: "5678"})
	if err != nil || len(s.Lines) != 1 || s.Lines[0].Amount != 7 || s.Skipped != 1 {
		t.Errorf("%+v %v", s, err)
	}
}

// TestNoErrorShowsThePassword of an encrypted file, and it names the file.
func TestNoErrorShowsThePassword(t *testing.T) {
	path := tossBook(t)
	for password, want := range map[string]string{
		"":             "F: is encrypted: its password is needed",
		"falschesWort": "F: cannot be decrypted: the password is wrong, or the file is damaged",
	} {
		_, err := Read(path, Options{Now: imported, Password: password})
		if got := strings.ReplaceAll(fmt.Sprint(err), path, "F"); got != want {
			t.Errorf("%s", got)
		}
		if password != "" && strings.Contains(fmt.Sprintf("%+v %s %v", err, hint.Of(err), hint.RowsOf(err)), password) {
			t.Error("the word is shown")
		}
	}
}

// TestNamesAndNumbersAreNeverShown: not by a fault, also where the columns of a
// row have slipped, and not by a line that is printed or logged.
func TestNamesAndNumbersAreNeverShown(t *testing.T) {
	const name, number = "김비밀", "110-123-456789"
	for _, content := range []string{
		kbHeader + name + ",이체,2026.11.03,,0,1000,1000,,\n",
		kbHeader + "2026.11.03 10:00:00,이체,x,," + name + "," + number + "," + strings.ReplaceAll(number, "-", "") + "00,,\n",
		kbHeader + number + "," + name + ",x,,0,1000,1000,,\n",
		kbHeader + "2026.11.03 10:00:00 " + name + ",이체,x,,0,1000,1000,,\n",
		"거래일시,구분,거래금액,거래 후 잔액,거래구분,내용,메모\n2026.11.03 10:00:00," + name + ",1000,1000,x,x,\n",
		`{"res_list":[{"tran_date":"` + name + `","tran_time":"` + number + `","inout_type":"` + name + `","tran_amt":"` + number + `","print_content":["` + name + `"]}]}`,
		":20:1\n:60F:C261101KRW0,\n:61:" + number + "\n:86:" + name + "\n:62F:" + name + "\n",
		"<OFX><STMTRS><CURDEF>KRW<BANKACCTFROM><ACCTID>1</BANKACCTFROM><STMTTRN><DTPOSTED>" + name + "<TRNAMT>" + number + "<NAME>" + name + "</STMTTRN></OFX>",
	} {
		got := refused(t, fileOf(t, "a.txt", content), Options{})
		if strings.Contains(got, name) || strings.Contains(got, number) || strings.Contains(got, "110123") {
			t.Errorf("%s", got)
		}
	}
	l := Line{Payer: name, Memo: name, Channel: name, Account: number}
	inJSON, err := json.Marshal(l)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("line", "line", l)
	all := fmt.Sprintf("%v %+v %#v %s %s", l, l, l, inJSON, log.String())
	if err != nil || strings.Contains(all, name) || strings.Contains(all, number) {
		t.Error(all, err)
	}
	if l.PayerMasked() != "김**" || l.AccountMasked() != "110*******6789" {
		t.Error(l.PayerMasked(), l.AccountMasked())
	}
}

// TestAHeaderMayGoOverTwoRows, merged to the side and downwards, in every container.
func TestAHeaderMayGoOverTwoRows(t *testing.T) {
	const page = `<table><tr><td colspan=5>거래내역</td></tr><tr><th rowspan=2>거래일시<th rowspan=2>보낸분/받는분<th colspan=2>거래금액<th rowspan=2>잔액</tr><tr><th>출금액<th>입금액</tr>` +
		`<tr><td>2026.11.03 10:00:00<td>가<td>0<td>5<td>5</tr></table>`
	for _, content := range []string{page, "거래내역,,,,\n거래일시,보낸분/받는분,거래금액,,잔액\n,,출금액,입금액,\n2026.11.03 10:00:00,가,0,5,5\n"} {
		s, err := Read(fileOf(t, "a.xls", content), Options{Now: imported})
		if err != nil || len(s.Lines) != 1 || s.Lines[0].Amount != 5 || s.Lines[0].Payer != "가" || s.Lines[0].Balance != 5 {
			t.Errorf("%+v %v", s, err)
		}
	}
}

// TestATitleInBracketsIsNoJSON.
func TestATitleInBracketsIsNoJSON(t *testing.T) {
	s, err := Read(fileOf(t, "a.csv", "[KB국민은행] 거래내역,,,,,,,,\n"+kbHeader+"2026.11.03 10:00:00,이체,x,,0,1000,1500,,\n"), Options{Now: imported})
	if err != nil || len(s.Lines) != 1 {
		t.Errorf("%+v %v", s, err)
	}
}

// TestABalanceTellsTheDirection of amounts that have no sign.
func TestABalanceTellsTheDirection(t *testing.T) {
	s, err := Read(fileOf(t, "a.csv", "거래일시,거래금액,거래 후 잔액,거래구분,내용\n2026.11.03 10:00:00,5,5,이체,가\n2026.11.03 11:00:00,7,12,이체,가\n"), Options{Now: imported})
	if err != nil || s.Lines[1].Kind != In {
		t.Errorf("%+v %v", s, err)
	}
}

// TestASheetThatIsNoStatementNamesTheOthers.
func TestASheetThatIsNoStatementNamesTheOthers(t *testing.T) {
	book := excelize.NewFile()
	if _, err := book.NewSheet("거래내역"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.xlsx")
	if err := errors.Join(book.SetCellValue("Sheet1", "A1", "표지"), book.SetCellValue("거래내역", "A1", "거래일시"), book.SaveAs(path)); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, Options{Now: imported}); !strings.HasSuffix(hint.Of(err), "--sheet NAME, one of 거래내역") {
		t.Errorf("%v: %s", err, hint.Of(err))
	}
}

// TestTheUnknownColumnsOfAFileAreNamed, and those that the layout leaves out are not.
func TestTheUnknownColumnsOfAFileAreNamed(t *testing.T) {
	s, err := Read(fileOf(t, "a.csv", "거래일시,적요,보낸분/받는분,출금액,입금액,잔액,거래점,새 칸\n2026.11.03,x,x,0,5,5,x,x\n"), Options{Now: imported})
	if err != nil || len(s.Unknown) != 1 || s.Unknown[0] != "새 칸" {
		t.Errorf("%q %v", s.Unknown, err)
	}
	s, err = Read(fileOf(t, "a.json", `{"res_list":[{"tran_date":"20261103","inout_type":"입금","tran_amt":"5","print_content":"x","neu":1}]}`), Options{Now: imported})
	if err != nil || len(s.Unknown) != 1 || s.Unknown[0] != "neu" {
		t.Errorf("%q %v", s.Unknown, err)
	}
}

// TestWithdrawalsMayStandWithAMinus: the running balance says whether money went
// out, or came back.
func TestWithdrawalsMayStandWithAMinus(t *testing.T) {
	for _, c := range []struct {
		rows string
		want Kind
	}{
		{"2026.11.03 10:00:00,x,x,,0,1000,1000,,\n2026.11.03 11:00:00,x,x,,-400,0,600,,\n", Out},
		{"2026.11.03 10:00:00,x,x,,0,1000,1000,,\n2026.11.03 11:00:00,x,x,,-400,0,1400,,\n", In},
	} {
		s, err := Read(fileOf(t, "a.csv", kbHeader+c.rows), Options{Now: imported})
		if err != nil || s.Lines[1].Kind != c.want || s.Lines[1].Amount != 400 || s.Lines[1].Reversed != (c.want == In) {
			t.Errorf("%+v %v", s.Lines, err)
		}
	}
}

// TestRowsThatAreNoLinesArePassedOver: notes, totals, what moves no money, and
// empty cells behind the last column.
func TestRowsThatAreNoLinesArePassedOver(t *testing.T) {
	s, err := Read(fileOf(t, "a.csv", kbHeader+
		"※ 참고용입니다,,,,,,,,\n이월,,,,,,500,,\n2026.11.03 10:00:00,결산,x,,0,0,500,,\n2026.11.03 10:00:00,이체,x,,0,1000,1500,,,,\n소계\n합계,2건,,,0,\"1,000\",,,\n안내문\n"), Options{Now: imported})
	if err == nil || !strings.Contains(err.Error(), "has 1 fields") {
		t.Errorf("a row of another shape must not be passed over: %+v %v", s, err)
	}
	s, err = Read(fileOf(t, "a.csv", kbHeader+
		"※ 참고용입니다,,,,,,,,\n이월,,,,,,500,,\n2026.11.03 10:00:00,결산,x,,0,0,500,,\n2026.11.03 10:00:00,이체,x,,0,1000,1500,,,,\n소계\n합계,2건,,,0,\"1,000\",,,\n"), Options{Now: imported})
	if err != nil || len(s.Lines) != 1 || s.Skipped != 5 {
		t.Errorf("%d lines, %d skipped: %v", len(s.Lines), s.Skipped, err)
	}
	s, err = Read(fileOf(t, "a.csv", "조회기간,2026-11-01 ~ 2026-11-10,,,,,,,\n"+kbHeader+"조회된 내역이 없습니다,,,,,,,,\n"), Options{Now: imported})
	if err != nil || len(s.Lines) != 0 || s.From != "2026-11-01" || s.To != "2026-11-10" {
		t.Errorf("a statement without lines: %+v %v", s, err)
	}
}

// TestAHoleInAFileIsNamed by the two lines around it, and by how much is missing.
func TestAHoleInAFileIsNamed(t *testing.T) {
	content, err := os.ReadFile(banks + "shinhan.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.SplitAfter(string(content), "\n")
	s, err := Read(fileOf(t, "a.csv", strings.Join(append(rows[:4:4], rows[5:]...), "")), Options{Now: imported})
	if err != nil {
		t.Fatal(err)
	}
	check := s.Check()
	if check.Checked != 4 || len(check.Gaps) != 1 || check.Gaps[0].Missing != story[2].amount || check.Gaps[0].After.Place.Row != 5 || check.Gaps[0].Before.Place.Row != 4 {
		t.Errorf("%+v", check)
	}
}

// TestAPeriodThatLinesContradictIsNone.
func TestAPeriodThatLinesContradictIsNone(t *testing.T) {
	s, err := Read(fileOf(t, "a.csv", "발급 2020-01-01 ~ 2020-12-31,,,,,,,,\n"+kbHeader+"2026.11.03 10:00:00,이체,x,,0,1000,1500,,\n"), Options{Now: imported})
	if err != nil || s.From != "" {
		t.Errorf("%+v %v", s, err)
	}
}

// TestACellOfADateGivesNoTime: every line at midnight is a file without times.
func TestACellOfADateGivesNoTime(t *testing.T) {
	rows := "2026-11-03 00:00:00,이체,x,,0,1000,1500,,\n2026-11-04 00:00:00,이체,x,,0,1000,2500,,\n"
	s, err := Read(fileOf(t, "a.csv", kbHeader+rows), Options{Now: imported})
	if err != nil || s.Lines[0].Clock != DayOnly {
		t.Errorf("%+v %v", s, err)
	}
	s, err = Read(fileOf(t, "a.csv", kbHeader+rows+"2026-11-05 10:00:00,이체,x,,0,1000,3500,,\n"), Options{Now: imported})
	if err != nil || s.Lines[0].Clock != ToSecond {
		t.Errorf("%+v %v", s, err)
	}
}

// TestALayoutOfOnesOwn extends one of the program, or stands alone, and is read by
// its name alone.
func TestALayoutOfOnesOwn(t *testing.T) {
	folder := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own := put("own.yaml", "extends: shinhan\nbank: 신한 개인\ncolumns:\n  payer: [받는분]\n")
	layout, err := LoadLayout(own)
	if err != nil {
		t.Fatal(err)
	}
	file := fileOf(t, "a.csv", "거래일시,적요,받는분,입금액,출금액,내용,잔액\n20261103,이체,가,5,0,x,5\n")
	s, err := Read(file, Options{Now: imported, Layout: layout})
	if err != nil || s.Bank != "신한 개인" || s.Lines[0].Payer != "가" || s.Lines[0].Layout != own {
		t.Errorf("%+v %v", s, err)
	}
	dollars, err := LoadLayout(put("usd.yaml", "bank: Dollars\ncurrency: USD\ncolumns:\n  date: [Date]\n  amount: [Amount]\n  payer: [Who]\n"))
	if err != nil {
		t.Fatal(err)
	}
	s, err = Read(fileOf(t, "a.csv", "Date,Who,Amount\n2026-11-03,x,\"-1,234.50\"\n"), Options{Now: imported, Layout: dollars})
	if err != nil || s.Lines[0].Amount != 123450 || s.Lines[0].Kind != Out || s.Lines[0].Currency != pay.USD {
		t.Errorf("%+v %v", s, err)
	}
	_, err = LoadLayout(put("bad.yaml", "columns:\n  when: [a]\n  in: []\n  in: [b]\nheader_within: 0\ncurrency: won\ndirection: {column: [c], in: [x], out: [x]}\nneeds: [sum]\nmore: 1\n"))
	rows := hint.RowsOf(err)
	if len(rows) != 6 || !strings.Contains(fmt.Sprint(err), "bad.yaml:2: columns.when: is no role") || !strings.Contains(hint.Of(err), "docs/bank-files.md") {
		t.Errorf("%d: %v", len(rows), err)
	}
	if _, err = LoadLayout(put("short.yaml", "columns: {at: [a], in: [b]}\n")); err == nil || !strings.Contains(err.Error(), "lacks columns for out") {
		t.Error(err)
	}
	if _, err = LoadLayout("nowhere"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(hint.Of(err), "kakaobank") {
		t.Error(err)
	}
	if got := refused(t, banks+"mt940.sta", Options{Layout: layout}); !strings.Contains(got, "is mt940, which layout") {
		t.Error(got)
	}
	if got := refused(t, banks+"codef.json", Options{Layout: layout}); !strings.Contains(got, "is JSON, which layout") {
		t.Error(got)
	}
}

// TestEveryLayoutFitsItsOwnHeaderAlone: a header of its titles is taken for no
// other bank's.
func TestEveryLayoutFitsItsOwnHeaderAlone(t *testing.T) {
	layouts, err := all()
	if err != nil || len(layouts) != len(Layouts()) {
		t.Fatal(err)
	}
	for _, l := range layouts {
		if l.Bank == "" {
			t.Errorf("%s has no bank", l.Name)
		}
		if l.JSON.List != "" {
			continue
		}
		row := table.HeadRow{Line: 1}
		for _, column := range columns {
			if titles := l.titles(column); len(titles) > 0 {
				row.Cells = append(row.Cells, titles[0])
			}
		}
		found, rivals, _ := recognise(layouts, []table.HeadRow{row})
		if found.layout != l || len(rivals) > 0 {
			t.Errorf("%s: %+v %v", l.Name, found.layout, rivals)
		}
	}
}

// TestLayoutsThatReadTheSameAreOne, and one of which a file was seen goes before
// one of which none was.
func TestLayoutsThatReadTheSameAreOne(t *testing.T) {
	kb, err := LoadLayout("kb")
	if err != nil {
		t.Fatal(err)
	}
	twin := kb.clone()
	twin.Name = "twin"
	row := table.HeadRow{Line: 1, Cells: strings.Split(strings.TrimSpace(kbHeader), ",")}
	if found, rivals, _ := recognise([]*Layout{kb, twin}, []table.HeadRow{row}); found.layout != kb || len(rivals) != 0 {
		t.Error(found.layout, rivals)
	}
	twin.Columns[rolePayer], twin.Columns[roleMemo] = kb.Columns[roleMemo], kb.Columns[rolePayer]
	if _, rivals, _ := recognise([]*Layout{kb, twin}, []table.HeadRow{row}); len(rivals) != 1 {
		t.Error(rivals)
	}
	twin.Unseen = true
	if found, rivals, _ := recognise([]*Layout{twin, kb}, []table.HeadRow{row}); found.layout != kb || len(rivals) != 0 {
		t.Error(found.layout, rivals)
	}
}

// TestTheLinesSayNothingOfTheAccount: what stands below the header is no preface.
func TestTheLinesSayNothingOfTheAccount(t *testing.T) {
	s, err := Read(fileOf(t, "a.csv", kbHeader+"2026.11.03 10:00:00,이체,x,계좌 110-123-456789,0,5,5,2026.11.01 ~ 2026.11.30,\n"), Options{Now: imported, Last4: "0001"})
	if err != nil || s.Last4 != "" || s.From != "" {
		t.Errorf("%+v %v", s, err)
	}
}

// TestCellsThatExcelHasSpoiltAreRefused.
func TestCellsThatExcelHasSpoiltAreRefused(t *testing.T) {
	book := excelize.NewFile()
	for cell, value := range map[string]any{"A1": "거래일시", "B1": "보낸분/받는분", "C1": "출금액", "D1": "입금액", "E1": "잔액",
		"A2": time.Date(2026, 11, 3, 14, 5, 33, 0, time.UTC), "B2": "가", "D2": 1000.5, "E2": 5} {
		if err := book.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "a.xlsx")
	if err := errors.Join(book.SetCellFormula("Sheet1", "E2", "=D2*2"), book.SaveAs(path)); err != nil {
		t.Fatal(err)
	}
	want := "F:2: column \"잔액\" (E2): contains a formula; paste it as a value\nF:2: column \"입금액\" (D2): \"1000.5\": has decimals, and won have none"
	if got := refused(t, path, Options{}); got != want {
		t.Error(got)
	}
}
