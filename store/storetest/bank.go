package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/app"
	"daesa/internal/seal"
	"daesa/passbook"
	"daesa/pay"
	"daesa/settle"
	"daesa/store"
)

var bankTests = map[string]func(*testing.T, *store.DB){
	"bank: the same file again adds nothing, and speaks for no later days": sameBankFile,
	"bank: files that overlap, either end first, add each line once":       overlappingBankFiles,
	"bank: imports at once add each line once":                             bankImportsAtOnce,
	"bank: a hole in the balance is a gap until its day comes":             bankHole,
	"bank: days that no file has shown are unread":                         bankUnread,
	"bank: what is personal is sealed for its line":                        bankSealed,
	"bank: other words judge the payers of all lines again":                bankWords,
	"bank: who has read an older version writes nothing":                   bankMoved,
	"bank: lines come back as they were":                                   bankLinesComeBack,
	"bank: a passbook has one currency":                                    bankCurrency,
	"bank: a list goes by account, in the order of the balances":           bankList,
}

// booked is a line of a bank's file; an amount below 0 went out.
type booked struct {
	at      string
	payer   string
	amount  int64
	balance int64
}

// november is what happened on the account.
var november = []booked{
	{"2026.11.02 09:12", "토스페이먼츠", 1_250_000, 6_250_000},
	{"2026.11.02 11:30", "홍길동", -39_000, 6_211_000},
	{"2026.11.03 14:05", "김대사", 30_000, 6_241_000},
	{"2026.11.03 14:05", "김대사", 30_000, 6_271_000},
	{"2026.11.05 03:00", "(주)가나상사", -402_113, 5_868_887},
	{"2026.11.09 10:00", "토스페이먼츠", 2_015_500, 7_884_387},
	{"2026.11.10 15:31", "이정산", 50_000, 7_934_387},
}

// kbFile writes a file as KB국민은행 gives it, with its row of totals; period is
// "" or as 2026-11-01 ~ 2026-11-05.
func kbFile(t *testing.T, period string, newestFirst bool, lines ...booked) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("거래내역\n\n계좌번호 : 123456-01-001234\n")
	if period != "" {
		b.WriteString("조회기간 : " + period + "\n")
	}
	b.WriteString("\nNo,거래일시,보낸분/받는분,출금액(원),입금액(원),잔액(원),내 통장 표시,적요,처리점,구분\n")
	lines = slices.Clone(lines)
	if newestFirst {
		slices.Reverse(lines)
	}
	var in, out int64
	for i, l := range lines {
		gone, came := int64(0), l.amount
		if l.amount < 0 {
			gone, came = -l.amount, 0
		}
		in, out = in+came, out+gone
		fmt.Fprintf(&b, "%d,%s,%s,%d,%d,%d,메모,전자금융,인터넷,정상\n", i+1, l.at, l.payer, gone, came, l.balance)
	}
	fmt.Fprintf(&b, "합계,,,%d,%d,,,,,\n", out, in)
	path := filepath.Join(t.TempDir(), "kb.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var mainAccount = app.BankAccount{Name: "main", Last4: "1234", MIDs: []string{mid}, Words: []string{"토스페이"}}

// bankDesk imports with a key of its own.
func bankDesk(t *testing.T, db *store.DB) app.ImportBank {
	t.Helper()
	key := filepath.Join(t.TempDir(), "account.key")
	if err := seal.WriteKeyFile(key); err != nil {
		t.Fatal(err)
	}
	ring, err := app.OpenRing(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return app.ImportBank{Store: db, Sealer: ring, Accounts: []app.BankAccount{mainAccount}, By: "kim", Now: pay.Day("2026-11-12").Start().Add(9 * time.Hour)}
}

func imported(t *testing.T, x app.ImportBank, paths ...string) app.BankImported {
	t.Helper()
	done, err := x.Run(t.Context(), paths)
	if err != nil {
		t.Fatal(err)
	}
	return done[len(done)-1]
}

// bankRead is what settle is given of the account.
func bankRead(t *testing.T, db *store.DB, from, to pay.Day) app.BankRead {
	t.Helper()
	read, err := app.ReadBank(t.Context(), db, []app.BankAccount{mainAccount}, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func bankLines(t *testing.T, db *store.DB) []app.BankLine {
	t.Helper()
	lines, err := db.BankLines(t.Context(), app.BankAsked{Account: "main", Sealed: true})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// A file whose period reaches into days that are to come is taken on the fifth. Its
// bytes know nothing of what came later, whenever they are taken again.
func sameBankFile(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	path := kbFile(t, "2026-11-01 ~ 2026-11-30", true, november[:5]...)
	x.Now = pay.Day("2026-11-05").Start().Add(18 * time.Hour)
	first := imported(t, x, path)
	if first.Inserted != 5 || first.Unchanged != 0 || first.Checked != 4 || len(first.Gaps) != 0 {
		t.Errorf("%+v", first)
	}
	seq, head, err := db.JournalHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x.Now = pay.Day("2026-12-05").Start().Add(9 * time.Hour)
	again := imported(t, x, path)
	if again.Inserted != 0 || again.Unchanged != 5 || again.Checked != 4 || len(again.Gaps) != 0 || len(again.Unread) != 0 {
		t.Errorf("%+v", again)
	}
	if seqNow, headNow, err := db.JournalHead(t.Context()); err != nil || seqNow != seq || headNow != head {
		t.Errorf("what changed nothing stands in the journal: %v", err)
	}
	want := settle.Days{{From: "2026-11-01", To: "2026-11-04"}}
	if diff := cmp.Diff(want, bankRead(t, db, "", "").Covered["main"]); diff != "" {
		t.Errorf("covered: %s", diff)
	}
}

func overlappingBankFiles(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	done := imported(t, x, kbFile(t, "2026-11-01 ~ 2026-11-03", true, november[:4]...), kbFile(t, "2026-11-02 ~ 2026-11-10", false, november...),
		kbFile(t, "", true, november[2:5]...))
	if done.Inserted != 0 || done.Unchanged != 3 {
		t.Errorf("%+v", done)
	}
	lines := bankLines(t, db)
	ids, equal := map[string]bool{}, 0
	for _, l := range lines {
		ids[l.ID] = true
		if l.Amount == 30_000 && l.Day() == "2026-11-03" {
			equal++
		}
	}
	if len(lines) != len(november) || len(ids) != len(november) || equal != 2 {
		t.Errorf("%d lines, %d ids, %d equal deposits", len(lines), len(ids), equal)
	}
	read := bankRead(t, db, "2026-11-03", "2026-11-09")
	if diff := cmp.Diff(settle.Days{{From: "2026-11-03", To: "2026-11-09"}}, read.Covered["main"]); diff != "" || len(read.Gaps) != 0 {
		t.Errorf("%s %+v", diff, read.Gaps)
	}
	var amounts []int64
	for _, l := range read.Lines {
		if l.Account != "main" || l.Currency != pay.KRW || l.In != (l.Amount != 402_113) || l.PayerFits != (l.Amount == 2_015_500) || l.Ignored {
			t.Errorf("%+v", l)
		}
		amounts = append(amounts, l.Amount)
	}
	if diff := cmp.Diff([]int64{30_000, 30_000, 402_113, 2_015_500}, amounts); diff != "" {
		t.Error(diff)
	}
}

func bankImportsAtOnce(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	files := []string{
		kbFile(t, "2026-11-01 ~ 2026-11-03", true, november[:4]...), kbFile(t, "2026-11-02 ~ 2026-11-10", false, november...),
		kbFile(t, "", true, november[2:5]...), kbFile(t, "2026-11-05 ~ 2026-11-10", true, november[4:]...),
	}
	inserted := make([]int, 2*len(files))
	var all sync.WaitGroup
	for i := range inserted {
		all.Go(func() {
			done, err := x.Run(t.Context(), files[i%len(files):i%len(files)+1])
			if err != nil {
				t.Error(err)
				return
			}
			inserted[i] = done[0].Inserted
		})
	}
	all.Wait()
	sum := 0
	for _, n := range inserted {
		sum += n
	}
	read := bankRead(t, db, "", "")
	if sum != len(november) || len(bankLines(t, db)) != len(november) || len(read.Gaps) != 0 {
		t.Errorf("%v lines were added, %d are there; gaps %+v", inserted, len(bankLines(t, db)), read.Gaps)
	}
	if files, err := db.BankFiles(t.Context(), "main"); err != nil || len(files) != 4 {
		t.Errorf("%d files: %v", len(files), err)
	}
}

func bankHole(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	holed := slices.Delete(slices.Clone(november), 2, 4)
	done := imported(t, x, kbFile(t, "2026-11-01 ~ 2026-11-10", true, holed...))
	if len(done.Gaps) != 1 || len(done.Unread) != 0 {
		t.Fatalf("%+v", done)
	}
	gap := done.Gaps[0]
	lines := bankLines(t, db)
	if gap.After != lines[1].ID || gap.Before != lines[2].ID || gap.From != "2026-11-02" || gap.To != "2026-11-05" || gap.Missing != 60_000 ||
		gap.MID != mid || gap.Expected != 6_211_000 || gap.Shown != 6_271_000 {
		t.Errorf("%+v", gap)
	}
	finding := gap.Finding()
	if finding.Subject != "line:"+lines[1].ID || *finding.Amount != 60_000 {
		t.Errorf("%+v", finding)
	}
	read := bankRead(t, db, "2026-11-01", "2026-11-10")
	if diff := cmp.Diff(settle.Days{{From: "2026-11-01", To: "2026-11-01"}, {From: "2026-11-06", To: "2026-11-10"}}, read.Covered["main"]); diff != "" || len(read.Gaps) != 1 {
		t.Errorf("%s %+v", diff, read.Gaps)
	}
	filled := imported(t, x, kbFile(t, "2026-11-03 ~ 2026-11-03", true, november[2:4]...))
	if filled.Inserted != 2 || len(filled.Gaps) != 0 || len(bankRead(t, db, "", "").Gaps) != 0 {
		t.Errorf("%+v", filled)
	}
	if !bankRead(t, db, "", "").Covered["main"].HasAll("2026-11-01", "2026-11-10") {
		t.Error("the days are not covered")
	}
}

// ofxFile is a file without balances.
func ofxFile(t *testing.T, from, to string, days ...string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:UTF-8\nCHARSET:NONE\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n"+
		"<OFX>\n<BANKMSGSRSV1><STMTTRNRS><STMTRS>\n<CURDEF>KRW\n<BANKACCTFROM>\n<BANKID>054\n<ACCTID>00123456001234\n<ACCTTYPE>CHECKING\n</BANKACCTFROM>\n"+
		"<BANKTRANLIST>\n<DTSTART>%s\n<DTEND>%s\n", from, to)
	for _, day := range days {
		fmt.Fprintf(&b, "<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>%s000000[+9:KST]\n<TRNAMT>1000.00\n<FITID>F%s\n<NAME>토스페이먼츠\n</STMTTRN>\n", day, day)
	}
	b.WriteString("</BANKTRANLIST>\n</STMTRS></STMTTRNRS></BANKMSGSRSV1>\n</OFX>\n")
	path := filepath.Join(t.TempDir(), "a.ofx")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Without balances nobody knows whether something is missing on a day that no file
// has shown: it is unread, and not a gap.
func bankUnread(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	imported(t, x, ofxFile(t, "20261101", "20261102", "20261102"))
	apart := imported(t, x, ofxFile(t, "20261105", "20261106", "20261105"))
	want := []passbook.Span{{From: "2026-11-03", To: "2026-11-04"}}
	if diff := cmp.Diff(want, apart.Unread); diff != "" || apart.Checked != 0 || len(apart.Gaps) != 0 {
		t.Errorf("%s %+v", diff, apart)
	}
	before := imported(t, x, ofxFile(t, "20261101", "20261102", "20261102"))
	if diff := cmp.Diff(want, before.Unread); diff != "" || before.Inserted != 0 {
		t.Errorf("the other side: %s %+v", diff, before)
	}
	if between := imported(t, x, ofxFile(t, "20261103", "20261104", "20261104")); len(between.Unread) != 0 {
		t.Errorf("%+v", between)
	}
}

func bankSealed(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	imported(t, x, kbFile(t, "", true, november...))
	for _, table := range []string{"bank_accounts", "bank_files", "bank_lines", "journal"} {
		rows, err := db.RowsForTest(t.Context(), "SELECT * FROM "+table)
		if err != nil || len(rows) == 0 {
			t.Fatal(table, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.Contains(cell, "길동") || strings.Contains(cell, "가나상사") || strings.Contains(cell, "전자금융") || strings.Contains(cell, "001234") {
					t.Errorf("%s shows %s", table, cell)
				}
			}
		}
	}
	lines := bankLines(t, db)
	opened, err := lines[1].Opened(x.Sealer)
	if err != nil || opened.Payer.Reveal() != "홍길동" || opened.Channel.Reveal() != "전자금융" || opened.Memo.Reveal() != "메모" || lines[1].ShownPayer != "홍**" {
		t.Errorf("%v %s", err, lines[1].ShownPayer)
	}
	moved := lines[0]
	moved.Sealed = lines[1].Sealed
	if _, err := moved.Opened(x.Sealer); err == nil {
		t.Error("what was sealed for one line opens for another")
	}
	was := slices.Clone(lines[1].Sealed)
	done, err := db.Reseal(t.Context(), func(sealed, place []byte) ([]byte, error) {
		plain, err := x.Sealer.Open(sealed, place)
		if err != nil {
			return nil, err
		}
		return x.Sealer.Seal(plain, place)
	})
	if err != nil || done.BankLines != len(november) {
		t.Fatal(done, err)
	}
	again := bankLines(t, db)[1]
	if opened, err := again.Opened(x.Sealer); err != nil || opened.Payer.Reveal() != "홍길동" || string(again.Sealed) == string(was) {
		t.Errorf("sealed again: %v", err)
	}
	unasked, err := db.BankLines(t.Context(), app.BankAsked{Account: "main"})
	if err != nil || len(unasked) != len(november) || len(unasked[0].Sealed) != 0 {
		t.Errorf("%d lines: %v", len(unasked), err)
	}
}

func bankWords(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	path := kbFile(t, "", true, november...)
	imported(t, x, path)
	fits := func() (payers []int64) {
		for _, l := range bankLines(t, db) {
			if l.PayerFits {
				payers = append(payers, l.Amount)
			}
		}
		return payers
	}
	if diff := cmp.Diff([]int64{1_250_000, 2_015_500}, fits()); diff != "" {
		t.Error(diff)
	}
	other := mainAccount
	other.Words = []string{"이정산", "김대사"}
	x.Accounts = []app.BankAccount{other}
	imported(t, x, path) // the same bytes: only the words are new
	if diff := cmp.Diff([]int64{30_000, 30_000, 50_000}, fits()); diff != "" {
		t.Error(diff)
	}
	seq, _, err := db.JournalHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(other.Words)
	imported(t, x, path)
	if again, _, err := db.JournalHead(t.Context()); err != nil || again != seq {
		t.Errorf("the same words in another order are judged again: %v", err)
	}
}

func bankMoved(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	imported(t, x, kbFile(t, "", true, november[:2]...))
	taken := app.BankTaken{Account: "main", Currency: pay.KRW, File: app.BankFile{SHA256: "f", By: "lee", At: now},
		Lines: []app.BankLine{{Line: passbook.Line{ID: "l1", At: now, Kind: passbook.In, Amount: 1, Currency: pay.KRW}}}}
	if err := db.SaveBank(t.Context(), taken); !errors.Is(err, app.ErrBankMoved) {
		t.Errorf("an account that was read as empty: %v", err)
	}
	book, err := db.BankBook(t.Context(), "main")
	if err != nil || book.Version != 1 || book.Lines != 2 || book.Currency != pay.KRW {
		t.Fatalf("%+v %v", book, err)
	}
	taken.Was, taken.Lines[0].ID = book, bankLines(t, db)[0].ID
	if err := db.SaveBank(t.Context(), taken); err == nil {
		t.Error("a line stands twice")
	}
	files, err := db.BankFiles(t.Context(), "main")
	if again, _ := db.BankBook(t.Context(), "main"); err != nil || len(files) != 1 || again != book {
		t.Errorf("a part of it was kept: %d files, %+v %v", len(files), again, err)
	}
}

func bankLinesComeBack(t *testing.T, db *store.DB) {
	at := pay.Day("2026-11-03").Start().Add(14*time.Hour + 5*time.Minute + 33*time.Second + 120*time.Millisecond)
	lines := []app.BankLine{
		{Line: passbook.Line{ID: "l1", At: at, Clock: passbook.ToSecond, Kind: passbook.Out, Amount: 39_000, Currency: pay.KRW, Balance: -5, BalanceFrom: passbook.Stated,
			Ref: "F1", Layout: "kb", Reversed: true, Place: passbook.Place{Row: 7}}, Bank: "main", ShownPayer: "홍**", ShownAccount: "110***1234",
			Sealed: []byte{1, 2}, PayerFits: true, FileSHA256: "f"},
		{Line: passbook.Line{ID: "l2", At: pay.Day("2026-11-04").Start(), Kind: passbook.In, Amount: 1, Currency: pay.KRW, Layout: "ofx"}, Bank: "main", Ignored: true,
			FileSHA256: "f"},
	}
	file := app.BankFile{SHA256: "f", Layout: "kb", From: "2026-11-01", To: "2026-11-10", Spans: []passbook.Span{{From: "2026-11-01", To: "2026-11-09"}},
		Untied: []passbook.Untied{{From: "2026-11-10", To: "2026-11-10", Missing: -3}}, Inserted: 2, By: "kim", At: now.UTC()}
	if err := db.SaveBank(t.Context(), app.BankTaken{Account: "main", Currency: pay.KRW, Words: "w", File: file, Lines: lines}); err != nil {
		t.Fatal(err)
	}
	got := bankLines(t, db)
	for i := range got {
		if !got[i].At.Equal(lines[i].At) {
			t.Errorf("%s", got[i].At)
		}
		got[i].At = lines[i].At
		if len(got[i].Sealed) == 0 { // one database gives no bytes, the other nothing
			got[i].Sealed = nil
		}
	}
	if diff := cmp.Diff(lines, got); diff != "" {
		t.Error(diff)
	}
	files, err := db.BankFiles(t.Context(), "main")
	if diff := cmp.Diff([]app.BankFile{file}, files); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if accounts, err := db.BankAccountsOf(t.Context(), "f"); err != nil || !slices.Equal(accounts, []string{"main"}) {
		t.Error(accounts, err)
	}
	read := bankRead(t, db, "2026-11-09", "2026-11-10")
	if len(read.Lines) != 0 || len(read.Gaps) != 1 || read.Gaps[0].Missing != -3 || read.Gaps[0].Finding().Subject != "line:main@2026-11-10" {
		t.Errorf("balances of a file that do not tie: %+v", read)
	}
	if read := bankRead(t, db, "2026-11-04", "2026-11-04"); len(read.Lines) != 1 || !read.Lines[0].Ignored || len(read.Gaps) != 0 {
		t.Errorf("%+v", read)
	}
}

func bankCurrency(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	imported(t, x, kbFile(t, "", true, november[:2]...))
	text, err := os.ReadFile(ofxFile(t, "20261101", "20261102", "20261102"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "usd.ofx")
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "<CURDEF>KRW", "<CURDEF>USD", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Run(t.Context(), []string{path}); err == nil || !strings.Contains(err.Error(), "is in USD, and the lines of account main are in KRW") {
		t.Errorf("%v", err)
	}
	if len(bankLines(t, db)) != 2 {
		t.Error("something of it was taken")
	}
}

func bankList(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	// Two of one minute, of which only the balances tell the order.
	lines := []booked{{"2026.11.02 09:12", "김대사", 10, 110}, {"2026.11.02 09:12", "이정산", 20, 130}, {"2026.11.03 09:12", "이정산", -30, 100}}
	imported(t, x, kbFile(t, "", true, lines[2]))
	imported(t, x, kbFile(t, "", true, lines[1], lines[2]))
	imported(t, x, kbFile(t, "", true, lines...))
	second := app.BankAccount{Name: "a second", Last4: "1234", MIDs: []string{mid}}
	x.Accounts = []app.BankAccount{second}
	imported(t, x, kbFile(t, "", true, booked{"2026.11.01 10:00", "박", 5, 5}))
	list := app.ListBank{Store: db}
	shown := func() (texts []string) {
		listed, err := list.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range listed {
			texts = append(texts, fmt.Sprintf("%s %s %d %d %s %v", l.Bank, l.Day(), l.Signed(), l.Balance, l.State, l.MatchedTo))
		}
		return texts
	}
	want := []string{"a second 2026-11-01 5 5 open []", "main 2026-11-02 10 110 open []", "main 2026-11-02 20 130 open []", "main 2026-11-03 -30 100 open []"}
	if diff := cmp.Diff(want, shown()); diff != "" {
		t.Error(diff)
	}
	id := bankLines(t, db)[0].ID
	list.Matches = func(context.Context) (map[string][]settle.PayoutKey, error) {
		return map[string][]settle.PayoutKey{id: {{MID: mid, Day: "2026-11-02", Currency: pay.KRW}}}, nil
	}
	list.State, list.Accounts, list.To = settle.LineMatched, []string{"main"}, "2026-11-02"
	if got := shown(); len(got) != 1 || !strings.Contains(got[0], "matched [{"+mid) {
		t.Errorf("%v", got)
	}
}

func reporterReadsThePassbook(t *testing.T, r Roles) {
	imported(t, bankDesk(t, r.Executor), kbFile(t, "2026-11-01 ~ 2026-11-10", true, november...))
	read, err := app.ReadBank(t.Context(), r.Reporter, []app.BankAccount{mainAccount}, "", "")
	if err != nil || len(read.Lines) != len(november) || !read.Covered["main"].HasAll("2026-11-01", "2026-11-10") {
		t.Errorf("%+v %v", read, err)
	}
	if lines, err := (app.ListBank{Store: r.Approver}).Run(t.Context()); err != nil || len(lines) != len(november) {
		t.Errorf("%d lines: %v", len(lines), err)
	}
	for _, db := range []*store.DB{r.Reporter, r.Approver} {
		if _, err := db.BankLines(t.Context(), app.BankAsked{Account: "main", Sealed: true}); err == nil {
			t.Error("what is sealed is read")
		}
		if err := db.SaveBank(t.Context(), app.BankTaken{Account: "main", File: app.BankFile{SHA256: "x", By: "lee", At: now}}); err == nil {
			t.Error("a file is taken")
		}
	}
}
