package app

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/table"
	"daesa/pay"
	"daesa/refunds"
)

const refundHead = "주문번호,환불금액,면세금액,사유,은행,계좌번호,예금주,참조번호\n"

var fileOptions = refunds.FileOptions{MIDs: []string{mid}, DefaultMID: mid}

// planned reads a refund file and plans it.
func (d *counter) planned(t *testing.T, rows string) (RefundFile, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "환불.csv")
	if err := os.WriteFile(path, []byte(refundHead+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	batch, err := refunds.ReadFile(path, fileOptions)
	var faults table.Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatal(err)
	}
	work, err := d.asker().PlanBatch(t.Context(), batch, faults)
	if err != nil {
		t.Fatal(err)
	}
	return work.File(t.Context())
}

// faultsOf are the faults in short.
func faultsOf(f RefundFile) (lines []string) {
	for _, fault := range f.Faults {
		lines = append(lines, fmt.Sprintf("%d %s: %s", fault.Line, fault.Column, fault.Reason))
	}
	return lines
}

// TestTenFaultsAreSaidInOneRound: what can be seen in the file and what the
// look-ups show, each with its line, so that nobody mends a file three times.
func TestTenFaultsAreSaidInOneRound(t *testing.T) {
	t.Parallel()
	gone := paid("F", 5000, 0)
	gone.Status, gone.BalanceAmount = pay.Canceled, 0
	d := newCounter(paid("A", 10_000, 0), paid("B", 10_000, 0), paid("C", 10_000, 4000), paid("E", 2_000_000, 0), gone, paid("G", 10_000, 0), paid("H", 10_000, 0))
	file, err := d.planned(t, strings.Join([]string{
		`A,"4,000",,변심,,,,r1`,   // 2: good
		`B,10.000,,변심,,,,r2`,    // 3: ten, or ten thousand
		`B,3000,,,,,,r3`,        // 4: no reason
		`C,3000,,변심,,,,r4`,      // 5: which part is tax-free
		`D,1000,,변심,,,,r5`,      // 6: no such payment
		`E,전액,,변심,,,,`,          // 7: above the limit for one
		`F,전액,,변심,,,,`,          // 8: nothing left
		`A,7000,,변심,,,,r6`,      // 9: more than is left beside the first row
		`G,1000,,변심,,,,r7`,      // 10: the same ref
		`G,2000,,변심,,,,r7`,      // 11
		`H,10000,,변심,국민,12x,김,`, // 12: no account number
		`X,5000,,,,,,r8`,        // 13: no reason, and no such payment
	}, "\n")+"\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"3 amount: has three digits behind a point, which may be a thousands mark: write 10000 or 10,000",
		"4 reason: is empty",
		"5 tax_free_amount: 4000 KRW tax-free and 6000 taxable can still be given back of this payment: say how much of this part is tax-free, between 0 and 3000",
		"6 order_id: Toss has no payment with this order number (토스에 이 주문번호의 결제가 없습니다)",
		"7 amount: 2000000 KRW is above refunds.max_single, which is 1000000",
		"8 amount: nothing of this payment is left to give back: it was cancelled, asked for or given back already",
		"9 amount: 6000 KRW can still be given back of this payment",
		"10 ref: the same ref stands in line 11, too",
		"11 ref: the same ref already stands in line 10",
		"12 account_number: has something else than digits, blanks and hyphens",
		"13 reason: is empty",
		"13 order_id: Toss has no payment with this order number (토스에 이 주문번호의 결제가 없습니다)",
	}
	if diff := cmp.Diff(want, faultsOf(file)); diff != "" {
		t.Error(diff)
	}
	for _, fault := range file.Faults {
		if !strings.ContainsFunc(fault.Korean, func(r rune) bool { return r >= '가' && r <= '힣' }) {
			t.Errorf("%q is not said in Korean", fault.Reason)
		}
	}
	if fault := file.Faults[3]; fault.Korean != "토스에 이 주문번호의 결제가 없습니다" || fault.Title != "주문번호" || fault.Value != "D" {
		t.Errorf("%+v", fault)
	}
	if taken := file.Taken(); len(taken) != 1 || taken[0].Request.Amount != 4000 {
		t.Errorf("%+v", taken)
	}
	if got := slices.Sorted(maps.Keys(file.Refused())); len(got) != 11 {
		t.Error(got)
	}
}

// TestRefusedRowsGoAside with what is wrong with each; mended they are read again,
// and what was taken is not asked for a second time.
func TestRefusedRowsGoAside(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0), paid("B", 10_000, 0), paid("-C", 10_000, 0))
	file, err := d.planned(t, "A,4000,,변심,,,,r1\nB,\"10,00\",,변심,,,,r2\n-C,99999,,변심,,,,r3\nB,1,,변심\n")
	if err != nil {
		t.Fatal(err)
	}
	into := filepath.Join(t.TempDir(), "남은 행.csv")
	aside, err := file.SetAside(into, fileOptions)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := aside.Commit(); err != nil || rows != 3 {
		t.Fatal(rows, err)
	}
	info, err := os.Stat(into)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	content, err := os.ReadFile(into)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 4 || !strings.HasPrefix(strings.Join(rows[0], ","), strings.TrimSuffix(refundHead, "\n")+",file,line,refused") {
		t.Fatal(rows, err)
	}
	if rows[1][1] != "10,00" || rows[1][9] != "3" || rows[2][0] != "'-C" || rows[3][0] != "" || !strings.Contains(rows[3][10], "has 4 fields") {
		t.Errorf("%q", rows)
	}
	mended := strings.NewReplacer(`"10,00"`, `"1,000"`, "99999", "9999").Replace(strings.Join(strings.SplitAfter(string(content), "\n")[:3], ""))
	if err := os.WriteFile(into, []byte(mended), 0o600); err != nil {
		t.Fatal(err)
	}
	batch, err := refunds.ReadFile(into, fileOptions)
	if err != nil || len(batch.Rows) != 2 || batch.Rows[1].OrderID != "-C" || len(batch.Unknown) > 0 {
		t.Errorf("%+v %v", batch, err)
	}
}

// TestAFileThatWasChangedIsNotSetAside: its lines may be others by now.
func TestAFileThatWasChangedIsNotSetAside(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	file, err := d.planned(t, "A,\"4,00\",,변심,,,,r1\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file.Batch.Name, []byte(refundHead+"B,1,,변심,,,,r1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	into := filepath.Join(t.TempDir(), "aside.csv")
	if _, err := file.SetAside(into, fileOptions); err == nil || !strings.Contains(err.Error(), "changed while it was read") {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(into), "*")); len(left) > 0 || err != nil {
		t.Error(left, err)
	}
}

// TestATotalCountsWhatAllMeans: 전액 is a number once it was looked up, and a total
// that does not tie keeps the whole file out.
func TestATotalCountsWhatAllMeans(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0), paid("B", 5000, 0))
	for rows, want := range map[string]string{
		"A,전액,,변심,,,,\nB,2000,,변심,,,,r1\n합계,12000,,,,,,\n":    "",
		"A,전액,,변심,,,,\nB,2000,,변심,,,,r1\n합계,11000,,,,,,\n":    "4 amount: is not the sum of the rows, which is 12000",
		"A,전액,,변심,,,,\nB,9999,,변심,,,,r1\n합계,19999,,,,,,\n":    "3 amount: 5000 KRW can still be given back of this payment",
		"A,전액,,변심,,,,\nB,2000,,,,,,r1\n합계,\"12,000\",,,,,,\n": "3 reason: is empty",
		"none,전액,,변심,,,,\nB,2000,,변심,,,,r1\n합계,1,,,,,,\n":     "2 order_id: Toss has no payment with this order number (토스에 이 주문번호의 결제가 없습니다)",
		"A,1.000,,변심,,,,r0\nB,2000,,변심,,,,r1\n합계,1,,,,,,\n":   "2 amount: has three digits behind a point, which may be a thousands mark: write 10000 or 10,000",
		"A,1,,변심\nB,2000,,변심,,,,r1\n합계,2001,,,,,,\n":          "2 : has 4 fields, the header has 8",
	} {
		file, err := d.planned(t, rows)
		if err != nil {
			t.Fatal(err)
		}
		unread := strings.Contains(rows, "none") || strings.Contains(rows, "1.000") || strings.Contains(rows, "A,1,,변심\n")
		if got := strings.Join(faultsOf(file), "; "); got != want || file.TotalWrong != strings.Contains(want, "sum of the rows") || file.TotalUnread != unread {
			t.Errorf("%q: %s, %v %v", rows, got, file.TotalWrong, file.TotalUnread)
		}
	}
}

// TestARowThatIsRefusedAnywayIsLookedUpOnce, and nothing of it is planned for the
// rows behind it.
func TestARowThatIsRefusedAnywayIsLookedUpOnce(t *testing.T) {
	t.Parallel()
	d := newCounter(paid("A", 10_000, 0))
	file, err := d.planned(t, "A,9000,,,,,,r1\nA,8000,,변심,,,,r2\n2.02611E+14,1,,변심,,,,r3\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"2 reason: is empty", "4 order_id: was shortened by a spreadsheet, which has lost digits of it; format the column as text and enter it again"}; !slices.Equal(faultsOf(file), want) {
		t.Error(faultsOf(file))
	}
	if !slices.Equal(d.asked, []string{"A"}) || len(file.Taken()) != 1 {
		t.Error(d.asked, file.Taken())
	}
}
