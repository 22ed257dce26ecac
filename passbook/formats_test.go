package passbook

import (
	"fmt"
	"strings"
	"testing"
)

// brief is a line in few words.
func brief(l Line) string {
	text := fmt.Sprintf("%s %s %d %s/%s", l.Day(), l.Kind, l.Amount, l.Payer.Reveal(), l.Ref)
	if l.Reversed {
		text += " reversed"
	}
	if l.Pending {
		text += " pending"
	}
	return text
}

// taken reads a text that must be sound, and gives its lines in few words.
func taken(t *testing.T, content string) (Statement, string) {
	t.Helper()
	s, err := Read(fileOf(t, "a.txt", content), Options{Now: imported})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range append(s.Lines, s.Pending...) {
		lines = append(lines, brief(l))
	}
	return s, strings.Join(lines, "\n")
}

func TestMT940(t *testing.T) {
	s, got := taken(t, "{1:F01BANKKRSEAXXX0000000000}{2:I940X}{4:\r\n:20:A\r\n:25:001234\r\n:28C:1/1\r\n:60F:C251231KRW1000,\r\n"+
		":61:2512310102RC200,NTRFNONREF//B1\r\nsupplement\r\n:86:/NAME/GANA CO/REMI/RENT/\r\n"+
		":61:260102RDW50,00NTRFMINE\r\n:86:plain\r\ntext\r\n:62F:C260102KRW850,\r\n-}{5:}\r\n"+
		":20:B\r\n:25:001234\r\n:60F:C260102KRW850,\r\n:61:260103C150,FMSC\r\n:62F:C260103KRW1000,\r\n-\r\n")
	want := "2026-01-02 out 200 GANA CO/B1 reversed\n2026-01-02 in 50 plain text/MINE reversed\n2026-01-03 in 150 /"
	if got != want || s.From != "2026-01-01" || s.To != "2026-01-03" || s.Lines[2].Balance != 1000 || s.Lines[0].Memo != "RENT" {
		t.Errorf("%s\n%s %s %+v", got, s.From, s.To, s.Lines)
	}
	s, _ = taken(t, ":20:A\n:60F:C251231KRW1000,\n:61:260102C200,NTRFX\n:62F:C260102KRW1500,\n:20:B\n:60F:C260105KRW1500,\n:62F:C260106KRW1500,\n")
	if check := s.Check(); len(check.Untied) != 1 || check.Untied[0] != (Untied{"2025-12-31", "2026-01-02", 300}) || s.From != "" || s.Lines[0].HasBalance() {
		t.Errorf("lines are missing: %+v", s)
	}
	s, _ = taken(t, ":20:A\n:60F:C251231KRW1000,\n:61:260102C200,NTRFX\n:62F:C260102KRW1200,\n:20:B\n:60F:C260105KRW1500,\n:62F:C260106KRW1500,\n")
	if check := s.Check(); len(check.Untied) != 1 || check.Untied[0] != (Untied{"2026-01-02", "2026-01-05", 300}) {
		t.Errorf("a statement between two is missing: %+v", s)
	}
	_, got = taken(t, "BANKKRSE\n940\n:20:A\n:25:1\n:60F:C251231KRW1000,\n:61:260102C200,NTRFX\n:86:A\n:61:260102C0,NTRFX\n:86:nothing\n:62F:C260102KRW1200,\n:86:of the account\n")
	if got != "2026-01-02 in 200 A/X" {
		t.Errorf("texts of other fields are not the line's: %s", got)
	}
	for _, c := range []struct{ content, want string }{
		{":20:A\n:60F:C251231KRW1,000,\n:61:260102C1.000NTRFX\n:61:261302C5,NTRFX\n:61:nonsense\n:62F:C260102KRW5,123\n", `F:2: column ":60F:": is no amount as SWIFT writes it, with one comma as the decimal mark
F:3: column ":61:": is no amount as SWIFT writes it, with one comma as the decimal mark
F:4: column ":61:": is no day of the calendar
F:5: column ":61:": is no statement line, such as 2611031103C1000,NTRFNONREF
F:6: column ":62F:": has three digits behind its comma, which would then be a thousands mark`},
		{":20:A\n:61:260102C5,NTRFX\n", `F:2: column ":61:": stands before the opening balance (:60F:), which says the currency`},
		{":20:A\n:25:x\n", "F: is an MT940 file without an opening balance (:60F:)"},
		{":20:A\n:60F:C251231KRW1000,\n:61:260102C5,50NTRFX\n:62F:C260102USD5,\n", "F:3: column \":61:\": has decimals, and won have none\nF:4: column \":62F:\": is in USD, the balance before it is in KRW"},
		{":20:A\n:25:00001111\n:60F:C251231KRW1000,\n:20:B\n:25:00002222\n", "F:5: has statements of several accounts"},
	} {
		if got := refused(t, fileOf(t, "a.txt", c.content), Options{}); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

// camtOf is a statement of some entries.
func camtOf(entries string) string {
	return `<?xml version="1.0" encoding="euc-kr"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Acct><Id><IBAN>KR001234</IBAN></Id><Ccy>KRW</Ccy></Acct>` +
		entries + `</Stmt></BkToCstmrStmt></Document>`
}

const camtBooked = `<Sts><Cd>BOOK</Cd></Sts>`

func TestCAMT(t *testing.T) {
	_, got := taken(t, camtOf(
		`<Ntry><Amt Ccy="KRW">500.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>`+camtBooked+`<BookgDt><DtTm>2026-11-02T16:30:00Z</DtTm></BookgDt><AcctSvcrRef>R1</AcctSvcrRef></Ntry>`+
			`<Ntry><Amt Ccy="KRW">70</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2026-11-04</Dt></BookgDt><AddtlNtryInf>soon</AddtlNtryInf></Ntry>`+
			`<Ntry><Amt Ccy="KRW">300</Amt><CdtDbtInd>CRDT</CdtDbtInd>`+camtBooked+`<BookgDt><Dt>2026-11-04</Dt></BookgDt><AcctSvcrRef>R2</AcctSvcrRef><AddtlNtryInf>batch</AddtlNtryInf><NtryDtls>`+
			`<TxDtls><Amt Ccy="KRW">400</Amt><RltdPties><Dbtr><Pty><Nm>가</Nm></Pty></Dbtr></RltdPties></TxDtls>`+
			`<TxDtls><Refs><AcctSvcrRef>R3</AcctSvcrRef></Refs><Amt Ccy="KRW">100</Amt><CdtDbtInd>DBIT</CdtDbtInd><RltdPties><Cdtr><Nm>나</Nm></Cdtr></RltdPties></TxDtls></NtryDtls></Ntry>`+
			`<Ntry><Amt Ccy="KRW">9</Amt><CdtDbtInd>CRDT</CdtDbtInd>`+camtBooked+`<ValDt><Dt>2026-11-05+09:00</Dt></ValDt><NtryDtls><TxDtls/><TxDtls/></NtryDtls><AddtlNtryInf>no parts</AddtlNtryInf></Ntry>`))
	want := `2026-11-03 out 500 /R1 reversed
2026-11-04 in 400 가/R2/1
2026-11-04 out 100 나/R3
2026-11-05 in 9 no parts/
2026-11-04 in 70 soon/ pending`
	if got != want {
		t.Errorf("%s", got)
	}
	for _, c := range []struct{ content, want string }{
		{camtOf(`<Ntry><Amt Ccy="KRW">1,000</Amt><CdtDbtInd>X</CdtDbtInd><Sts>Y</Sts><BookgDt><Dt>2026-11-31</Dt></BookgDt></Ntry>`), `F:1: column "BookgDt": "2026-11-31": is no day of the calendar
F:1: column "Amt": "1,000": is no amount as XML writes it, such as 1000.00
F:1: column "CdtDbtInd": is neither CRDT nor DBIT
F:1: column "Sts": is none of BOOK, PDNG, FUTR, INFO`},
		{camtOf(`<Ntry><Amt Ccy="USD">1</Amt></Ntry>`), `F:1: column "Ccy": is not KRW, the currency of the account`},
		{camtOf(`<Ntry><Amt Ccy="KRW">3</Amt><CdtDbtInd>CRDT</CdtDbtInd>` + camtBooked + `<BookgDt><Dt>2026-11-04</Dt></BookgDt><NtryDtls><TxDtls><Amt Ccy="KRW">1</Amt></TxDtls><TxDtls><Amt Ccy="KRW">1</Amt></TxDtls></NtryDtls></Ntry>`),
			`F:1: column "TxDtls": sum up to 2, the entry is 3`},
		{camtOf(`<Ntry><Amt>`), "F:1: is damaged or cut off here"},
		{`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.02"><BkToCstmrAcctRpt/></Document>`, "F: is a report within the day (camt.052 or camt.054), and no statement"},
		{`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"></Document>`, "F: is a camt.053 file without an account's currency, an entry or a balance"},
	} {
		if got := refused(t, fileOf(t, "a.txt", c.content), Options{}); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

func ofxOf(lines string) string {
	return "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><STMTRS><CURDEF>KRW<BANKACCTFROM><ACCTID>0001234</BANKACCTFROM><BANKTRANLIST>" + lines + "</BANKTRANLIST></STMTRS></OFX>"
}

func TestOFX(t *testing.T) {
	s, got := taken(t, ofxOf("<STMTTRN><DTPOSTED>20261103000000[+9:KST]<TRNAMT>-5,00<FITID>F1<NAME>A &amp; B<BANKACCTTO><ACCTID>999</BANKACCTTO></STMTTRN>\n"+
		"<stmttrn><trntype>CREDIT</trntype><dtposted>20261104153000.000[0:GMT]</dtposted><trnamt>1000.00</trnamt><memo>가</memo></stmttrn>"+
		"<STMTTRN><DTPOSTED>20261105<TRNAMT>+7<NAME>x"+"</STMTTRN>"))
	if got != "2026-11-03 out 5 A & B/F1\n2026-11-04 in 1000 가/\n2026-11-05 in 7 x/" || s.Lines[0].Account != "999" || s.Lines[1].At.Hour() != 15 {
		t.Errorf("%s %+v", got, s.Lines)
	}
	for _, c := range []struct{ content, want string }{
		{ofxOf("<STMTTRN><DTPOSTED>2026<TRNAMT>1,234</STMTTRN>\n<STMTTRN><DTPOSTED>20261103<TRNAMT>1,234.50</STMTTRN><STMTTRN><DTPOSTED>20261103<TRNAMT></STMTTRN>"),
			`F:4: column "DTPOSTED": "2026": is no date and time that a bank writes, such as 2026-11-03 14:05:33
F:4: column "TRNAMT": "1,234": has a comma before three digits, which may be a decimal or a thousands mark
F:5: column "TRNAMT": "1,234.50": has several points and commas; OFX writes amounts without thousands marks
F:5: column "TRNAMT": is empty`},
		{strings.TrimSuffix(ofxOf(""), "</OFX>"), "F: is cut off: it does not end with </OFX>"},
		{"<OFX></OFX>", "F: is an OFX file without a bank statement (STMTRS)"},
	} {
		if got := refused(t, fileOf(t, "a.txt", c.content), Options{}); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

func TestJSON(t *testing.T) {
	_, got := taken(t, `[{"x":{"res_list":[{"tran_date":"20261103","tran_time":"140533","inout_type":"출금","tran_amt":500,"after_balance_amt":null,"print_content":"가"}]}},{"res_list":[]}]`)
	if got != "2026-11-03 out 500 가/" {
		t.Error(got)
	}
	for _, c := range []struct{ content, want string }{
		{`{"a": 1}`, "F: is JSON, and has no list of a collector that is known"},
		{"{\n\"res_list\": [\n", "F:2: is no JSON that can be read to its end"},
		{"{\"res_list\": [], \"res_list\": []}", "F:1: has a key twice in one object"},
		{strings.Repeat("[", 40), "F:1: has more than 32 levels"},
		{"{\"res_list\": [\n{\"tran_date\":\"20261103\",\"inout_type\":\"?\",\"tran_amt\":\"1.5\",\"print_content\":{}},\n{\"tran_date\":\"20261103\",\"inout_type\":\"입금\",\"tran_amt\":1e3,\"print_content\":\"x\"}]}",
			`F:2: column "tran_amt": "1.5": has decimals, and won have none
F:2: column "print_content": is no text and no number
F:3: column "tran_amt": "1e3": was shortened by a spreadsheet, which has lost digits of it; fetch the file from the bank again`},
	} {
		if got := refused(t, fileOf(t, "a.txt", c.content), Options{}); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}
