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

// fuzzText fuzzes the reader of a format by the files of testdata/bank.
func fuzzText(f *testing.F, read func(path, text string, o Options) (Statement, error), seeds ...string) {
	for _, name := range seeds {
		content, err := os.ReadFile(banks + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(content))
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
	f.Add("{4:\n:20:A\n:25:001234\n:60F:C251231KRW1000,\n:61:260102RD5,50NTRFX//Y\nz\n:86:/NAME/x/\n:62M:D260102KRW1,\n-}")
	fuzzText(f, readMT940, "mt940.sta")
}

func FuzzCAMT(f *testing.F) { fuzzText(f, readCAMT, "camt053-02.xml", "camt053-08.xml") }

func FuzzOFX(f *testing.F) { fuzzText(f, readOFX, "ofx1.ofx", "ofx2.ofx") }

func FuzzJSON(f *testing.F) { fuzzText(f, readJSON, "codef.json", "openbanking.json", "popbill.json") }

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
