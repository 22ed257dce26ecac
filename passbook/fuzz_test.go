package passbook

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"daesa/internal/table"
)

// sound wants of whatever was read that nothing in it can do harm: amounts in
// their bounds, lines in order, and each known again.
func sound(t *testing.T, s Statement, err error) {
	t.Helper()
	var faults table.Faults
	var file *table.FileError
	switch {
	case errors.As(err, &faults):
		for _, fault := range faults {
			if fault.Reason == "" || fault.Column == rolePayer && fault.Value != "" || fault.Column == roleAccount && fault.Value != "" {
				t.Fatalf("%+v", fault)
			}
		}
		return
	case errors.As(err, &file):
		if file.Reason == "" || file.File == "" {
			t.Fatalf("%+v", file)
		}
		return
	case err != nil:
		t.Fatal(err)
	}
	for i, l := range s.Lines {
		if l.Amount <= 0 || l.Amount > mostAmount || l.Kind != In && l.Kind != Out || l.Currency == "" || l.Layout == "" || l.Place.Row < 1 ||
			l.At.Year() < 1989 || l.At.Year() > 2100 || i > 0 && l.Day() < s.Lines[i-1].Day() {
			t.Fatalf("%+v", l)
		}
	}
	stored := Merge("a", nil, s)
	if again := Merge("a", stored.Inserted, s); len(again.Inserted) > 0 || again.Unchanged != len(s.Lines) {
		t.Fatalf("%d new the second time", len(again.Inserted))
	}
	s.Covers(imported)
	Covered(stored.Inserted, nil)
}

// fuzzText fuzzes the reader of a format. Its seeds are short: the fuzzer spends its
// time on making long ones shorter.
func fuzzText(f *testing.F, read func(path, text string, o Options) (Statement, error), seeds ...string) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := read("f", text, Options{Now: imported})
		if err == nil {
			s, err = s.settled("f", Options{Now: imported})
		}
		sound(t, s, err)
	})
}

func FuzzMT940(f *testing.F) {
	fuzzText(f, readMT940, "{4:\n:20:A\n:25:001234\n:60F:C251231KRW1000,\n:61:260102RD5,50NTRFX//Y\nz\n:86:/NAME/x/\n:62M:D260102KRW1,\n-}",
		":20:A\n:60F:C251231KRW1000,\n:61:2601020103CW5,NTRFNONREF\n:86:166?00T?20P?31110?32X\n:62F:C260102KRW1005,\n")
}

func FuzzCAMT(f *testing.F) {
	fuzzText(f, readCAMT,
		camtOf(`<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="KRW">1</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-11-01</Dt></Dt></Bal>`),
		camtOf(`<Ntry><Amt Ccy="KRW">3</Amt><CdtDbtInd>CRDT</CdtDbtInd>`+camtBooked+`<BookgDt><Dt>2026-11-04</Dt></BookgDt><NtryDtls><TxDtls><Amt>1</Amt></TxDtls><TxDtls><Amt>2</Amt></TxDtls></NtryDtls></Ntry>`))
}

func FuzzOFX(f *testing.F) {
	fuzzText(f, readOFX, ofxOf("<STMTTRN><DTPOSTED>20261103000000[+9:KST]<TRNAMT>-5,00<FITID>F1<NAME>A</STMTTRN>"),
		ofxOf("<stmttrn><dtposted>20261104</dtposted><trnamt>1000.00</trnamt></stmttrn>"))
}

func FuzzJSON(f *testing.F) {
	fuzzText(f, readJSON, `{"res_list":[{"tran_date":"20261103","tran_time":"1405","inout_type":"출금","tran_amt":500,"after_balance_amt":"7","print_content":"x"}]}`,
		`{"data":{"resAccount":"0001234","commStartDate":"20261101","commEndDate":"20261130","resTrHistoryList":[{"resAccountTrDate":"20261103","resAccountIn":"1,000","resAccountOut":"0","resAfterTranBalance":"1","resAccountDesc3":"x"}]}}`,
		`{"list":[{"tid":"1","trdt":"20261103140533","accIn":"5","accOut":"0","balance":"5","remark1":"x"}]}`)
}

// FuzzFile reads any bytes as whatever they are: tables of every layout too.
func FuzzFile(f *testing.F) {
	files, err := filepath.Glob(banks + "*[vs]")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte(kbHeader + "2026.11.03 10:00:00,이체,가,,-5,0,1.5E+6,,\n합계,,,,1,2,,,\n"))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := os.CreateTemp(folder, "*")
		if err != nil {
			t.Fatal(err)
		}
		path := file.Name()
		defer os.Remove(path)
		if _, err := file.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		s, err := Read(path, Options{Now: imported})
		sound(t, s, err)
	})
}

// FuzzLayout wants an error, or a layout that reads any file without a panic.
func FuzzLayout(f *testing.F) {
	for _, name := range Layouts() {
		text, err := builtIn.ReadFile("layouts/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), kbHeader+"2026.11.03 10:00:00,이체,가,,0,5,5,,\n")
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text, content string) {
		path := filepath.Join(folder, "l.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		layout, err := LoadLayout(path)
		if err != nil {
			return
		}
		file := filepath.Join(folder, "f.csv")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := Read(file, Options{Now: imported, Layout: layout}); err == nil {
			sound(t, s, nil)
		}
	})
}
