package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"daesa/app"
	"daesa/config"
	"daesa/pay"
)

// encryptedStatement is a workbook of 토스뱅크, which encrypts every one.
func encryptedStatement(t *testing.T, password string) string {
	t.Helper()
	book := excelize.NewFile()
	for i, row := range [][]any{
		{"거래 일시", "적요", "거래 유형", "거래 기관", "계좌번호", "거래 금액", "거래 후 잔액", "메모"},
		{"2026.11.03 14:05:33", "김대사", "이체", "국민은행", "123456-01-000001", "30,000", "6,241,000", ""},
		{"2026.11.02 09:12:05", "토스페이먼츠", "이체", "국민은행", "123456-01-000002", "1,250,000", "6,211,000", ""},
	} {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		fine(t, err)
		fine(t, book.SetSheetRow("Sheet1", cell, &row))
	}
	path := filepath.Join(t.TempDir(), "toss.xlsx")
	fine(t, book.SaveAs(path, excelize.Options{Password: password}))
	return path
}

// An encrypted file opens with its word alone, and whether it is right or wrong
// no output repeats it.
func TestTheWordOfAnEncryptedStatementIsNeverShown(t *testing.T) {
	alone(t)
	t.Parallel()
	dir := t.TempDir()
	text := strings.Replace(string(config.Template(config.TemplateValues{})), "  accounts: []", "  accounts: [{name: main}]", 1)
	fine(t, os.WriteFile(filepath.Join(dir, "daesa.yaml"), []byte(text), 0o600))
	fine(t, app.WriteKey(filepath.Join(dir, "account.key")))
	path := encryptedStatement(t, "hunter2-right")
	now := pay.Day("2026-11-12").Start().Add(9 * time.Hour)
	for _, test := range []struct {
		word string
		code int
		says string
	}{
		{"hunter2-wrong", codeFailed, "cannot be decrypted"},
		{"", codeUsage, "BANK_WORD: this environment variable is not set"},
		{"hunter2-right", codeDone, `"inserted": 2`},
	} {
		env := map[string]string{}
		if test.word != "" {
			env["BANK_WORD"] = test.word
		}
		done := callAt(t, func() time.Time { return now }, env, "bank", "import", path, "--password-env", "BANK_WORD", "--json",
			"--config", filepath.Join(dir, "daesa.yaml"), "--log-level", "debug")
		code, all := done.code, done.stdout+done.stderr
		if code != test.code || !strings.Contains(all, test.says) {
			t.Errorf("ended with %d, expected %d and %q:\n%s", code, test.code, test.says, all)
		}
		if strings.Contains(all, "hunter2") || strings.Contains(all, "김대사") {
			t.Errorf("shown:\n%s", all)
		}
	}
}
