package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"daesa/internal/racing"
	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

// plannedBatch is a batch of which nothing was sent.
func plannedBatch() Batch {
	asked := seoul("2026-11-21 10:00:00")
	request := func(order string, method pay.Method, amount int64, cancelBy time.Time) refunds.Request {
		return refunds.Request{ID: refunds.RequestID("tosspayments", order), MID: "tosspayments", OrderID: order, PaymentKey: "tgen_20261121" + order, Method: method,
			Amount: amount, Currency: pay.KRW, Reason: "고객 변심", Ref: "cs-" + order, Batch: "xcgnymqt5f", State: refunds.StateRequested, CancelBy: cancelBy,
			RequestedBy: "kim", RequestedAt: asked}
	}
	b := Batch{ID: "xcgnymqt5f", File: "11월 21일 환불.csv", By: "kim", At: asked, Now: seoul("2026-11-21 10:00:05"), FileRows: 9,
		JournalHead: "9f2c4e1b7a6d5c3f0e9d8c7b6a594837261504f3e2d1c0bfae9d8c7b6a594837",
		Requests: []refunds.Request{
			request("20261118-0001", pay.Card, 45_000, time.Time{}),
			request("20261118-0002", pay.Transfer, 30_000, seoul("2027-05-17 09:00:00")),
			request("20261103-0003", pay.Phone, 27_500, seoul("2026-11-30 23:59:59")),
			request("20261119-0004", pay.VirtualAccount, 64_000, seoul("2027-11-19 09:10:00")),
			request("20261119-0005", pay.VirtualAccount, 82_000, seoul("2027-11-19 11:30:00")),
			request("20261118-0006", pay.EasyPay, 45_000, time.Time{}),
			request("20261002-0007", pay.Phone, 12_000, seoul("2026-10-31 23:59:59")),
			request("20261120-0008", pay.Card, 9_900, time.Time{}),
		},
		Accounts: map[string]string{refunds.RequestID("tosspayments", "20261119-0005"): "신한 110*****789 김*스"},
	}
	r := b.Requests
	r[3].State, r[3].ErrorCode = refunds.StateNeedsAccount, refunds.WhyNeedsAccount
	r[5].SameAs = r[0].ID
	r[6].State, r[6].ErrorCode, r[6].FinishedAt = refunds.StateExpired, refunds.WhyDeadline, asked
	r[7].State = refunds.StateApproved
	return b
}

// finishedBatch is the same batch after runs, with one request in every state.
func finishedBatch() Batch {
	b := plannedBatch()
	b.Now, b.Sent, b.Arrivals = seoul("2026-11-21 15:00:00"), map[string]time.Time{}, map[string]refunds.Arrival{}
	for i, order := range []string{"20261120-0009", "20261120-0010", "20261120-0011", "20261120-0012"} {
		r := b.Requests[0]
		r.ID, r.OrderID, r.PaymentKey, r.Ref, r.Amount = refunds.RequestID(r.MID, order), order, "tgen_"+order, "cs-"+order, int64(10_000*(i+1))
		b.Requests = append(b.Requests, r)
	}
	states := []refunds.State{refunds.StateSucceeded, refunds.StateSucceeded, refunds.StateUnknown, refunds.StateNeedsAccount, refunds.StateAccepted, refunds.StateRequested,
		refunds.StateExpired, refunds.StateRefused, refunds.StateHeld, refunds.StateRejected, refunds.StateRetry, refunds.StateSending}
	codes := map[refunds.State]string{refunds.StateUnknown: refunds.WhyNoAnswer, refunds.StateRefused: "NOT_CANCELABLE_PAYMENT", refunds.StateHeld: refunds.WhyNoReference}
	for i, state := range states {
		r := &b.Requests[i]
		r.State = state
		if code := codes[state]; code != "" {
			r.ErrorCode = code
		}
		if !state.Unsent() && state != refunds.StateExpired && state != refunds.StateRejected || state == refunds.StateRetry {
			r.Attempts, r.ApprovedBy, r.ApprovedAt = 1, "lee", seoul("2026-11-21 11:00:00")
			b.Sent[r.ID] = seoul("2026-11-21 14:10:00").Add(time.Duration(i) * time.Second)
		}
		if state == refunds.StateSucceeded || state == refunds.StateAccepted {
			b.Arrivals[r.ID] = refunds.ArrivalOf(pay.Payment{Method: r.Method, TotalAmount: r.Amount, ApprovedAt: r.RequestedAt}, r.Amount, b.Sent[r.ID])
		}
		if !state.Open() && state != refunds.StateAccepted {
			r.FinishedAt = seoul("2026-11-21 14:11:00")
		}
	}
	return b
}

// dollarBatch holds won and dollars of two merchants.
func dollarBatch(b Batch) Batch {
	b.Requests = slices.Clone(b.Requests)
	for i, units := range []int64{18_156, 10, 20} {
		b.Requests = append(b.Requests, refunds.Request{ID: fmt.Sprintf("usd%d", i), MID: "shop-b", OrderID: fmt.Sprintf("USD-%d", i), PaymentKey: "pp_1", Method: pay.ForeignEasyPay,
			Amount: units, Currency: pay.USD, Reason: "returned", Ref: fmt.Sprintf("u-%d", i), Batch: b.ID, State: refunds.StateRequested, CancelBy: seoul("2026-11-25 12:00:00"),
			RequestedBy: "kim", RequestedAt: b.At})
	}
	b.FileRows = 0
	return b
}

func withRefused(b Batch) Batch {
	b.Refused = []BatchRefusal{{Line: 7, OrderID: "20261121-0099", Column: "amount", Why: "45000 KRW can still be given back of this payment"}}
	return b
}

func batches() map[string]Batch {
	alone := plannedBatch()
	alone.Requests = alone.Requests[:1]
	return map[string]Batch{"plan": plannedBatch(), "result": finishedBatch(), "dollars plan": dollarBatch(plannedBatch()),
		"dollars result": dollarBatch(finishedBatch()), "one": alone, "refused rows": withRefused(plannedBatch())}
}

func drawnBatch(t testing.TB, b Batch, opts Options) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := WriteBatch(&buffer, b, opts); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestGoldenBatches(t *testing.T) {
	for _, test := range []struct {
		name  string
		batch Batch
		opts  Options
	}{
		{"batch-plan-ko", withRefused(plannedBatch()), Options{}},
		{"batch-result-ko", finishedBatch(), Options{Language: "ko"}},
		{"batch-dollars-en", dollarBatch(plannedBatch()), Options{Language: "en"}},
		{"batch-signed-ko", signedBatch(t, dollarBatch(plannedBatch())), Options{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := dump(t, drawnBatch(t, test.batch, test.opts))
			path := filepath.Join("..", "testdata", "reports", test.name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("the workbook differs from %s (run with -update, and read the change):\n%s", path, diff)
			}
		})
	}
}

func TestBatchFormulasSayWhatTheyShow(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	for name, batch := range batches() {
		for _, l := range []string{"ko", "en"} {
			f := opened(t, drawnBatch(t, batch, Options{Language: l}))
			formulas := 0
			for _, sheet := range f.GetSheetList() {
				for _, c := range cellsOf(t, f, sheet) {
					if c.formula == "" {
						continue
					}
					formulas++
					again, err := f.CalcCellValue(sheet, c.ref, excelize.Options{RawCellValue: true})
					if err != nil || number(again) != number(c.raw) {
						t.Errorf("%s %s: %s!%s =%s is %s, but %q was written (%v)", name, l, sheet, c.ref, c.formula, again, c.raw, err)
					}
				}
			}
			if formulas < 12 {
				t.Errorf("%s: only %d formulas", name, formulas)
			}
		}
	}
}

// TestBatchTies: what was asked for is in exactly one state, one method and one
// row of the approval, and the live difference shows where a row is missing.
func TestBatchTies(t *testing.T) {
	for name, batch := range batches() {
		b, err := newBatchBook(batch, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := b.Add(&xlsx.Sheet{Name: "요약", Widths: make([]int, batchLast)})
		b.drawRows()
		page := &batchPage{batchBook: b, s: s}
		for _, c := range b.Currencies {
			planned := b.pile(c, func(*RefundRow) bool { return true })
			var states, words pile
			for _, state := range slices.Concat(batchEnds, batchOpen) {
				one := b.pile(c, in(state))
				states.count, states.money = states.count+one.count, states.money+one.money
			}
			for _, row := range page.approvals(c)[1:] {
				words.count += wholeNumber(t, row[1].Value())
				units, err := c.ParseAmount(row[2].Value())
				if err != nil {
					t.Fatal(err)
				}
				words.money += units
			}
			if states != planned || words != planned {
				t.Errorf("%s %s: asked for %+v, by state %+v, by approval %+v", name, c, planned, states, words)
			}
		}
	}
	f := opened(t, drawnBatch(t, finishedBatch(), Options{}))
	check := "C" + strconv.Itoa(rowWith(t, f, "요약", batchLeft, "차이(0원이어야 함)"))
	order := columnAt(t, f, "내역", columnState)
	if err := f.SetCellStr("내역", xlsx.At(order, headRows+1), "?"); err != nil {
		t.Fatal(err)
	}
	if got, err := f.CalcCellValue("요약", check); err != nil || number(got) == "0" {
		t.Errorf("a row without a state leaves the difference at %q (%v)", got, err)
	}
}

func wholeNumber(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestBatchSaysWhatToDo: whole commands, with the count and the sum that an
// approval of the batch checks.
func TestBatchSaysWhatToDo(t *testing.T) {
	tooMuch := plannedBatch()
	tooMuch.Requests[0].ErrorCode = refunds.WhyAboveBalance
	approved := plannedBatch()
	for i := range approved.Requests {
		approved.Requests[i].State, approved.Requests[i].ErrorCode = refunds.StateSucceeded, ""
	}
	for name, test := range map[string]struct {
		batch Batch
		want  []string
		never []string
	}{
		"a plan": {plannedBatch(), []string{"daesa refunds approve --batch xcgnymqt5f --expect-count 4 --expect-amount 184500 --by <이름>",
			"daesa refunds approve " + plannedBatch().Requests[5].ID + " --by <이름>", "daesa accounts import <계좌파일>", "daesa refunds transfers list",
			"daesa refunds run --dry-run", "daesa report batch xcgnymqt5f", "파일의 9건 중 1건은", "● 결재 대기 5건"}, []string{"refunds resolve"}},
		"a result": {finishedBatch(), []string{"daesa refunds resolve " + finishedBatch().Requests[8].ID + " --as <executed|not-executed>", "결과 미확인 1건",
			"daesa refunds list --batch xcgnymqt5f --state refused", "● 결과 확인 필요 2건"}, []string{"expect-count"}},
		"two currencies":             {dollarBatch(plannedBatch()), []string{"daesa refunds approve usd0 usd2 usd1 --by <이름>"}, []string{"expect-count"}},
		"one that asks for too much": {tooMuch, []string{"daesa refunds withdraw " + tooMuch.Requests[0].ID, "--expect-count 3 --expect-amount 139500"}, nil},
		"all done":                   {approved, []string{"후속 조치 없음 ✓", "● 전 건 처리 완료 ✓", "전송 대기 없음 ✓"}, []string{"refunds run", "approve"}},
	} {
		text := dump(t, drawnBatch(t, test.batch, Options{}))
		for _, want := range test.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: nothing says %q", name, want)
			}
		}
		for _, never := range test.never {
			if strings.Contains(text, never) {
				t.Errorf("%s: it says %q", name, never)
			}
		}
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{"xcgnymqt5f": "xcgnymqt5f", "": "''", "a b": "'a b'", "$(rm)": "'$(rm)'", "it's": `'it'\''s'`, "a\nb": "'a b'"} {
		if got := shellWord(in); got != want {
			t.Errorf("%q became %s, expected %s", in, got, want)
		}
	}
}

func TestBatchIsAPlanUntilSomethingWasSent(t *testing.T) {
	one := func(state refunds.State, attempts int) Batch {
		return Batch{ID: "b1", Requests: []refunds.Request{{State: state, Attempts: attempts}, {State: refunds.StateRequested}}}
	}
	for state, want := range map[refunds.State]bool{refunds.StateRequested: false, refunds.StateApproved: false, refunds.StateNeedsAccount: false, refunds.StateExpired: false,
		refunds.StateRejected: false, refunds.StateSending: true, refunds.StateUnknown: true, refunds.StateHeld: true, refunds.StateAccepted: true, refunds.StateSucceeded: true, refunds.StateRefused: true} {
		if got := one(state, 0).Result(); got != want {
			t.Errorf("%s: %v", state, got)
		}
	}
	if !one(refunds.StateRetry, 1).Result() {
		t.Error("what was tried is no plan any more")
	}
	if ended := (Batch{Requests: []refunds.Request{{State: refunds.StateRejected}, {State: refunds.StateExpired}}}); !ended.Result() {
		t.Error("a batch of which nothing is open has a result")
	}
	if got := BatchFileName(one(refunds.StateRequested, 0)); got != "daesa-batch-b1-plan.xlsx" {
		t.Error(got)
	}
	if got := BatchFileName(one(refunds.StateSucceeded, 1)); got != "daesa-batch-b1-result.xlsx" {
		t.Error(got)
	}
	hostile := one(refunds.StateRequested, 0)
	hostile.ID = "../../x"
	if got := BatchFileName(hostile); strings.ContainsAny(got, `/\`) || strings.Contains(got, "..") {
		t.Error(got)
	}
}

func TestSameBatchSameBytes(t *testing.T) {
	for name, batch := range batches() {
		first := drawnBatch(t, batch, Options{})
		stored, err := json.Marshal(batch)
		if err != nil {
			t.Fatal(err)
		}
		var again Batch
		if err := json.Unmarshal(stored, &again); err != nil {
			t.Fatal(err)
		}
		slices.Reverse(again.Requests)
		for range 5 {
			if !bytes.Equal(first, drawnBatch(t, again, Options{})) {
				t.Fatalf("%s: the same batch, stored and in another order, gives other bytes", name)
			}
		}
	}
}

func TestRefusedBatches(t *testing.T) {
	none, strange, large := plannedBatch(), plannedBatch(), plannedBatch()
	none.Requests = nil
	strange.Requests[0].State = "lost"
	large.Requests[0].Amount = 1<<63 - 1
	for name, test := range map[string]struct {
		batch    Batch
		language string
		want     string
	}{
		"no requests":     {none, "", "no requests"},
		"a strange state": {strange, "", `the state "lost"`},
		"too much money":  {large, "", "xcgnymqt5f"},
		"French":          {plannedBatch(), "fr", "neither ko nor en"},
	} {
		if err := WriteBatch(io.Discard, test.batch, Options{Language: test.language}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := WriteBatch(&brokenWriter{5_000}, plannedBatch(), Options{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("a full disk: %v", err)
	}
}

// spoiledBatch has a text from outside in every place for one.
func spoiledBatch(value string) Batch {
	b := withRefused(finishedBatch())
	b.ID, b.File, b.By, b.JournalHead = value, value, value, value
	for _, i := range []int{0, 5} {
		r := &b.Requests[i]
		id := fmt.Sprint(value, i)
		b.Sent[id], b.Arrivals[id], b.Accounts[id] = b.Sent[r.ID], b.Arrivals[r.ID], value
		r.ID, r.OrderID, r.PaymentKey, r.Reason, r.Ref, r.Batch, r.SameAs = id, value, value, value, value, value, value
		r.ErrorCode, r.ErrorMessage, r.RequestedBy, r.ApprovedBy, r.Method = value, value, value, value, pay.Method(value)
	}
	b.Refused[0] = BatchRefusal{Line: 2, OrderID: value, Column: value, Why: value}
	return b
}

func TestNoTextOfABatchBecomesAFormula(t *testing.T) {
	racing.Skip(t, "workbooks, one after the other")
	harmless := formulasOf(t, drawnBatch(t, spoiledBatch("harmless"), Options{}))
	for i, value := range hostile {
		content := drawnBatch(t, spoiledBatch(value), Options{})
		if got := formulasOf(t, content); !slices.Equal(harmless, got) {
			t.Errorf("hostile %d changed the formulas", i)
		}
		f := opened(t, content)
		key := columnAt(t, f, "내역", columnKey)
		want, found := xlsx.Inert(xlsx.Clean(value)), false
		for row := headRows + 1; row <= headRows+len(spoiledBatch(value).Requests); row++ {
			found = found || rawAt(t, f, "내역", key, row) == want
		}
		if !found {
			t.Errorf("hostile %d %.30q is not read back", i, value)
		}
	}
}

// TestNoDigitOfAnAccount: a mask that shows too much is made to show nothing.
func TestNoDigitOfAnAccount(t *testing.T) {
	batch := plannedBatch()
	for id := range batch.Accounts {
		batch.Accounts[id] = "신한 110-123-456789"
	}
	f := opened(t, drawnBatch(t, batch, Options{}))
	column := columnAt(t, f, "내역", book.Label{"환불계좌", ""})
	row := rowWith(t, f, "내역", columnAt(t, f, "내역", columnOrder), "20261119-0005")
	if got := rawAt(t, f, "내역", column, row); got != "신한 ***-***-******" {
		t.Errorf("the account is shown as %q", got)
	}
	row = rowWith(t, f, "내역", columnAt(t, f, "내역", columnOrder), "20261119-0004")
	if got := rawAt(t, f, "내역", column, row); got != "미등록" {
		t.Errorf("an absent account is shown as %q", got)
	}
}

func TestPagesOfABatch(t *testing.T) {
	f := opened(t, drawnBatch(t, finishedBatch(), Options{}))
	if got := f.GetSheetList(); !slices.Equal(got, []string{"요약", "내역"}) {
		t.Errorf("sheets %v", got)
	}
	for _, sheet := range f.GetSheetList() {
		layout, _ := f.GetPageLayout(sheet)
		footer, _ := f.GetHeaderFooter(sheet)
		if *layout.Orientation != "landscape" || *layout.Size != 9 || *layout.FitToWidth != 1 || !strings.Contains(footer.OddFooter, "&P / &N") {
			t.Errorf("%s is not printed on A4 landscape, fit to width, with page numbers", sheet)
		}
		for _, c := range cellsOf(t, f, sheet) {
			id, _ := f.GetCellStyle(sheet, c.ref)
			if style, err := f.GetStyle(id); err != nil || style.Font == nil || style.Font.Family != book.Font {
				t.Fatalf("%s!%s is not in %s", sheet, c.ref, book.Font)
			}
		}
	}
	panes, _ := f.GetPanes("내역")
	if !panes.Freeze || panes.YSplit != headRows {
		t.Errorf("the header of the rows is not frozen: %+v", panes)
	}
}

func TestBatchBeyondASheetGoesOn(t *testing.T) {
	before := book.MostRows
	book.MostRows = headRows + 5
	t.Cleanup(func() { book.MostRows = before })
	f := opened(t, drawnBatch(t, finishedBatch(), Options{}))
	if got := f.GetSheetList(); !slices.Equal(got, []string{"요약", "내역", "내역 2", "내역 3"}) {
		t.Errorf("sheets %v", got)
	}
	row := rowWith(t, f, "요약", batchLeft, "요청")
	for _, column := range []int{3, 4} {
		again, err := f.CalcCellValue("요약", xlsx.At(column, row), excelize.Options{RawCellValue: true})
		if want := rawAt(t, f, "요약", column, row); err != nil || again != want {
			t.Errorf("over three sheets %s is %s, but %s was written (%v)", xlsx.At(column, row), again, want, err)
		}
	}
}

func TestSaveBatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reports", BatchFileName(plannedBatch()))
	if err := SaveBatch(path, plannedBatch(), Options{}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, drawnBatch(t, plannedBatch(), Options{})) {
		t.Errorf("SaveBatch wrote something else than WriteBatch (%v)", err)
	}
	sealed := path + ".sealed.xlsx"
	if err := SaveBatch(sealed, plannedBatch(), Options{Password: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	if _, err := excelize.OpenFile(sealed); err == nil {
		t.Error("a workbook with a password opens without it")
	}
	if err := SaveBatch(filepath.Join(path, "below"), plannedBatch(), Options{}); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a folder that is a file: %v", err)
	}
}
