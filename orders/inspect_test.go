package orders

import (
	"os"
	"slices"
	"strings"
	"testing"

	"daesa/internal/hint"
	"daesa/pay"
)

// TestOneFaultOfAnOrderWithTwoRowsIsCountedOnce: the faults are what a person
// mends, and the rows are what is not taken for them.
func TestOneFaultOfAnOrderWithTwoRowsIsCountedOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rows, want string }{
		"an order of two rows": {"A,결제완료,1000,," + when + "A,배송사고,1000,," + when + "B,결제완료,1,," + when, "1 fault, for which 1 order of 2 rows cannot be taken"},
		"two orders":           {"A,배송사고,1000,," + when + "B,배송사고,1,," + when + "B,배송사고,1,," + when, "3 faults, for which 2 orders of 3 rows cannot be taken"},
	} {
		tally, err := Check(write(t, itemsHead+c.rows), by(t, "cafe24"), 10)
		if got := tally.Refused(); err != nil || got != c.want || tally.Faults != len(tally.First) {
			t.Errorf("%s: %q %v\n%v", name, got, err, tally.First)
		}
	}
}

// TestAFileThatAProfileOfTheProgramFitsIsNotReadByItUnasked: the error names the
// profile, and a person says it.
func TestAFileThatAProfileOfTheProgramFitsIsNotReadByItUnasked(t *testing.T) {
	t.Parallel()
	_, err := OpenFile("../examples/cafe24.csv", one)
	if err == nil || !strings.Contains(err.Error(), "the header lacks amount") || !strings.Contains(hint.Of(err), "--profile cafe24, or orders.profile: cafe24 in daesa.yaml") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
	_, err = OpenFile("../testdata/orders/own.csv", by(t, "cafe24"))
	if err == nil || strings.Contains(hint.Of(err), "fits the profile") || !strings.Contains(hint.Of(err), "daesa orders inspect FILE") {
		t.Errorf("no profile fits: %v, hint %q", err, hint.Of(err))
	}
	if good, bad := read(t, "../examples/cafe24.csv", by(t, "cafe24")); len(good) == 0 || len(bad) > 0 {
		t.Error("the profile that the hint names does not read the file:", bad)
	}
}

// TestTheFourStepsOfTheDocumentNameAProfile, but for the look that finds it.
func TestTheFourStepsOfTheDocumentNameAProfile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/files.md")
	if err != nil {
		t.Fatal(err)
	}
	_, steps, _ := strings.Cut(string(text), "## Four steps\n\n```sh\n")
	steps, _, _ = strings.Cut(steps, "\n```")
	lines := strings.Split(steps, "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "daesa orders inspect") {
		t.Fatal(lines)
	}
	for _, line := range lines[1:] {
		if !strings.Contains(line, "--profile cafe24") {
			t.Errorf("%s: names no profile, and daesa's own is not the file's", line)
		}
	}
}

// doubledHead is of a Cafe24 form in which the shop chose both amounts.
const doubledHead = "주문번호,주문상태,총 결제금액(KRW),총 실결제금액(최초정보),주문일시,결제일시(입금확인일),결제수단\n"

// TestAProfileIsWrittenForAFileWithTwoAmounts: both stand behind the "?", and
// what else the file says is read.
func TestAProfileIsWrittenForAFileWithTwoAmounts(t *testing.T) {
	t.Parallel()
	path := write(t, doubledHead+"A,결제완료,49900,30000,"+when+"B,배송사고,1000,1000,"+when)
	found, err := Inspect(path, Options{})
	if err != nil || found.Unsettled == nil || found.Profile != "" || found.Rows != 2 || found.Orders != 0 {
		t.Fatalf("%+v %v", found, err)
	}
	text := found.NewProfile("form.csv")
	for _, told := range []string{
		"extends: cafe24\n", "  amount: [\"?\"]   # the file has more than one: \"총 결제금액(KRW)\", or \"총 실결제금액(최초정보)\"\n",
		"  paid: [\"결제완료\"]\n", "  \"?\": [\"배송사고\"]\n", "#  1. under columns write for each",
	} {
		if !strings.Contains(text, told) {
			t.Errorf("lacks %s:\n%s", told, text)
		}
	}
	if _, err := profileOf(t, text); err == nil {
		t.Error("an amount that nobody has chosen was taken")
	}
	text = strings.Replace(text, `amount: ["?"]`, `amount: ["총 실결제금액(최초정보)"]`, 1)
	text = strings.Replace(text, `  "?": ["배송사고"]`, "", 1)
	profile, err := profileOf(t, text)
	if err != nil {
		t.Fatal(err)
	}
	file, err := OpenFile(path, Options{DefaultMID: "shop", Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for order, err := range file.Orders() {
		if order.ID == "A" && (err != nil || order.Amount != 30000) {
			t.Errorf("%+v %v", order, err)
		}
	}
}

// TestTheHintOfTwoAmountsIsAProfileThatSettlesIt: its lines, saved as they are.
func TestTheHintOfTwoAmountsIsAProfileThatSettlesIt(t *testing.T) {
	t.Parallel()
	path := write(t, doubledHead+"A,결제완료,49900,30000,"+when)
	_, err := OpenFile(path, by(t, "cafe24"))
	if err == nil || !strings.Contains(err.Error(), "two columns are the amount: 3 (총 결제금액(KRW)) and 4 (총 실결제금액(최초정보))") {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(hint.Of(err), "\n")
	profile, failure := profileOf(t, lines)
	if failure != nil {
		t.Fatalf("%v\n%s", failure, lines)
	}
	good, bad := read(t, path, Options{DefaultMID: "shop", Profile: profile})
	if len(good) != 1 || len(bad) > 0 || good[0].Amount != 49900 || good[0].Method != pay.Card {
		t.Errorf("%+v %v", good, bad)
	}
	if !strings.Contains(lines, "or \"총 실결제금액(최초정보)\"") {
		t.Error("the other one is not told:", lines)
	}
	_, err = OpenFile(write(t, strings.Replace(doubledHead, "총 실결제금액(최초정보)", "총 결제금액(원)", 1)), by(t, "cafe24"))
	if err == nil || !strings.Contains(hint.Of(err), "rename one of the two") {
		t.Errorf("no profile tells two titles apart that are one: %v, hint %q", err, hint.Of(err))
	}
}

// TestAWrittenProfileSaysWhatToDoInWhichOrder: the words of a status column are
// known after it is named, and the profile is then written again.
func TestAWrittenProfileSaysWhatToDoInWhichOrder(t *testing.T) {
	t.Parallel()
	found, err := Inspect("../testdata/orders/own.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := found.NewProfile("own.csv")
	at := -1
	for _, step := range []string{"#  1. under columns write for each \"?\"", "#  2. let the words of the status column be written", "--profile THIS --write-profile NEXT", "#  3. under statuses and methods move", "#  4. look at what comes of it, and import"} {
		next := strings.Index(text, step)
		if next <= at {
			t.Errorf("%s: is not behind the step before it:\n%s", step, text)
		}
		at = next
	}
	path := write(t, "주문번호,진행,결제금액,결제수단,주문일시\nA,다 됨,1000,통장,2026-11-27\n")
	if found, err = Inspect(path, Options{}); err != nil {
		t.Fatal(err)
	}
	named, err := profileOf(t, strings.Replace(found.NewProfile("a.csv"), `status: ["?"]`, "status: [진행]", 1))
	if err != nil {
		t.Fatal("the second step cannot be done after the first: ", err)
	}
	found, err = Inspect(path, Options{Profile: named})
	if text = found.NewProfile("a.csv"); err != nil || !strings.Contains(text, `  "?": ["다 됨"]`) || !strings.Contains(text, `  "?": ["통장"]`) {
		t.Errorf("%v\n%s", err, text)
	}
	found, err = Inspect("../examples/cafe24.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	text = found.NewProfile("cafe24.csv")
	if strings.Contains(text, "NEXT") || strings.Contains(text, "each \"?\" the title") || !strings.Contains(text, "#  1. under statuses and methods move each word") || !strings.Contains(text, "#  2. look at") {
		t.Errorf("steps that there is nothing to do for, or none for 카카오페이:\n%s", text)
	}
}

// TestGuessesOfAShortFileAreOfTheRightKind: words are a status in a file of three
// rows, too, and amounts are no order number.
func TestGuessesOfAShortFileAreOfTheRightKind(t *testing.T) {
	t.Parallel()
	path := write(t, "접수번호,고객결제액,취소분,판매구분,판매일,전표,수량\n"+
		"M-1001,\"12,000\",0,판매,2026-11-27 10:00,20261127001,1\nM-1002,\"30,000\",5000,부분취소,2026-11-27 11:00,20261127002,2\nM-1003,\"8,000\",8000,취소,2026-11-27 12:00,20261127003,3\n")
	found, err := Inspect(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for column, want := range map[string]string{
		orderID: "   # perhaps 접수번호, or 전표", status: "   # perhaps 판매구분", orderedAt: "   # perhaps 판매일",
		amount: "   # perhaps 고객결제액, or 취소분, or 수량, or 전표",
	} {
		if got := found.perhaps(column); got != want {
			t.Errorf("%s: %q, want %q", column, got, want)
		}
	}
}

// TestAProfileThatIsWrittenAgainKeepsWhatItBeganWith: what a profile of the
// program knows beside columns and words, such as that refunds are mixed.
func TestAProfileThatIsWrittenAgainKeepsWhatItBeganWith(t *testing.T) {
	t.Parallel()
	own, err := profileOf(t, "extends: cafe24\n")
	if err != nil {
		t.Fatal(err)
	}
	found, err := Inspect("../examples/cafe24.csv", Options{Profile: own})
	if err != nil || found.Profile != own.Name {
		t.Fatalf("%+v %v", found, err)
	}
	text := found.NewProfile("cafe24.csv")
	again, err := profileOf(t, strings.ReplaceAll(text, `  "?": `, "  easy_pay: "))
	if err != nil || !again.MixedRefunds || !again.EmptyPaidAt {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestAnInspectionTellsWhatToKnowOfAPlatformsFile: of Cafe24, that orders of
// markets count as Toss's unless a profile names them.
func TestAnInspectionTellsWhatToKnowOfAPlatformsFile(t *testing.T) {
	t.Parallel()
	found, err := Inspect(write(t, strings.Replace(itemsHead, "주문상태", "매출경로,주문상태", 1)+"A,쿠팡,결제완료,1000,,"+when), Options{})
	if err != nil || found.Profile != "cafe24" || !slices.Contains(found.Unused, "매출경로") || !strings.Contains(found.Note, "매출경로") {
		t.Errorf("%+v %v", found, err)
	}
}
