package orders

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding/korean"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/pay"
)

// by are the options of one profile.
func by(t testing.TB, name string) Options {
	t.Helper()
	profile, err := LoadProfile(name)
	if err != nil {
		t.Fatal(err)
	}
	return Options{DefaultMID: "shop", Profile: profile}
}

// told writes what was read of a file, one order on each line.
func told(path string, options Options) string {
	var text strings.Builder
	file, err := OpenFile(path, options)
	if err != nil {
		return err.Error() + "\n"
	}
	defer file.Close()
	fmt.Fprintln(&text, "columns", strings.Join(file.Columns().Names(), " "))
	for order, err := range file.Orders() {
		if err != nil {
			fmt.Fprintln(&text, "BAD", err)
			continue
		}
		marks := ""
		if order.MixedRefunds {
			marks += " mixed"
		}
		if order.PaidUnknown {
			marks += " paid?"
		}
		paid := "-"
		if !order.PaidAt.IsZero() {
			paid = pay.FormatTime(order.PaidAt)
		}
		fmt.Fprintf(&text, "%s %s %s amount=%d canceled=%d elsewhere=%d held=%d method=%s pg=%s ordered=%s paid=%s%s\n", order.ID, order.Status, order.Currency,
			order.Amount, order.CanceledAmount, order.RefundedElsewhere, order.Held(), order.Method, order.PG, pay.FormatTime(order.OrderedAt), paid, marks)
	}
	for _, word := range slices.Sorted(func(yield func(string) bool) {
		for word := range file.UnknownMethods() {
			if !yield(word) {
				return
			}
		}
	}) {
		fmt.Fprintln(&text, "no method for", word, file.UnknownMethods()[word])
	}
	return text.String()
}

// platformFiles are files as each platform makes them, by what is known of them.
var platformFiles = map[string]string{
	"cafe24": "cafe24.csv", "godomall": "godomall.xls", "imweb": "imweb.xlsx", "sixshop": "sixshop.xlsx",
	"makeshop": "makeshop.csv", "shopify": "shopify.csv", "smartstore": "smartstore.xlsx",
}

// TestThePlatformsFilesAreRead, each by its profile, and each is recognised.
func TestThePlatformsFilesAreRead(t *testing.T) {
	for _, name := range Profiles() {
		path := filepath.Join("../testdata/orders", platformFiles[name])
		if name == DefaultProfile {
			path = "../testdata/orders/everything.csv"
		}
		t.Run(name, func(t *testing.T) {
			options := by(t, name)
			options.Password = "1234"
			if name == DefaultProfile {
				options.DefaultMID = ""
			}
			got := strings.ReplaceAll(told(path, options), "../testdata/orders/", "")
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden) //nolint:gosec // a fixture
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
			found, err := Inspect(path, Options{Password: "1234"})
			if fits := map[string]string{"makeshop": DefaultProfile}[name]; err != nil || found.Profile != cmp.Or(fits, name) {
				t.Errorf("inspect: %q %+v %v", found.Profile, found.Candidates, err)
			}
		})
	}
}

// TestAProfileReadsTheSameOrdersWhateverTheFile: the same rows as CSV in two
// encodings and as tabs.
func TestAProfileReadsTheSameOrdersWhateverTheFile(t *testing.T) {
	content, err := os.ReadFile("../testdata/orders/cafe24.csv")
	if err != nil {
		t.Fatal(err)
	}
	options := by(t, "cafe24")
	want := told(write(t, string(content)), options)
	decoded, err := korean.EUCKR.NewDecoder().String(string(content))
	if err != nil || !strings.Contains(want, "20261127-0000011 paid KRW amount=49900") {
		t.Fatal(err, want)
	}
	if got := told(write(t, "\ufeff"+decoded), options); got != want {
		t.Error(gocmp.Diff(want, got))
	}
}

// items are rows for each item of orders, in a file of a shop.
const itemsHead = "주문번호,주문상태,총 결제금액,실제 환불금액,주문일시,결제일시(입금확인일),결제수단\n"

const when = "2026-11-27 10:00:00,2026-11-27 10:00:30,카드\n"

// TestRowsOfOneOrderBecomeOne lists how, and what is refused.
func TestRowsOfOneOrderBecomeOne(t *testing.T) {
	for name, c := range map[string]struct{ rows, want string }{
		"the same on each row":     {"A,결제완료,\"49,900\",0," + when + "A,배송중,49900,0," + when, "A paid amount=49900 canceled=0"},
		"only on the first":        {"A,결제완료,49900,," + when + "A,배송중,0,," + when + "A,배송중,,," + when, "A paid amount=49900 canceled=0"},
		"only on the last":         {"A,결제완료,0,," + when + "A,배송중,49900,," + when, "A paid amount=49900 canceled=0"},
		"a part is cancelled":      {"A,취소완료,30000,12000," + when + "A,배송중,30000,12000," + when, "A partially_canceled amount=30000 canceled=12000"},
		"the refund is no sum":     {"A,취소완료,30000,12000," + when + "A,반품완료,30000,12000," + when + "A,배송중,30000,0," + when, "A partially_canceled amount=30000 canceled=12000"},
		"all is cancelled":         {"A,취소완료,30000,0," + when + "A,반품완료,30000,0," + when, "A canceled amount=30000 canceled=30000"},
		"points make it more":      {"A,취소완료,30000,31000," + when, "A canceled amount=30000 canceled=30000"},
		"rows apart":               {"A,결제완료,1000,," + when + "B,결제완료,2000,," + when + "A,배송중,1000,," + when, "A paid amount=1000 canceled=0; B paid amount=2000 canceled=0"},
		"cancelled before payment": {"A,입금전취소,1000,,2026-11-27 10:00:00,,가상계좌\nA,입금전,1000,,2026-11-27 10:00:00,,가상계좌\n", "A pending amount=1000 canceled=0"},
		"a totals row":             {"A,결제완료,1000,," + when + "총계,,1000,,,,\n", "A paid amount=1000 canceled=0"},

		"half cancelled without an amount": {"A,취소완료,30000,0," + when + "A,배송중,30000,," + when, `BAD f:2: column "실제 환불금액": is empty; a partially canceled order needs it`},
		"an amount that differs":           {"A,결제완료,30000,0," + when + "A,배송중,31000,," + when, `BAD f:3: column "총 결제금액": "31000": differs within the order: "30000" in line 2`},
		"a method that differs":            {"A,결제완료,30000,0," + when + "A,배송중,30000,,2026-11-27 10:00:00,,계좌이체\n", `BAD f:3: column "결제수단": "계좌이체": differs within the order: "카드" in line 2`},
		"an unknown status":                {"A,결제완료,30000,0," + when + "A,배송사고,30000,," + when, `BAD f:3: column "주문상태": "배송사고": unknown; say under statuses of a profile what it means`},
		"words that do not go together":    {"A,결제완료,30000,0," + when + "A,입금전,30000,," + when, `BAD f:2: column "주문상태": the words of its rows do not go together: 결제완료 (line 2), 입금전 (line 3)`},
		"no status at all":                 {"A,,30000,0," + when, `BAD f:2: column "주문상태": is empty`},
		"a bad amount in one row":          {"A,결제완료,30000,0," + when + "A,배송중,\"3,00\",," + when, `BAD f:3: column "총 결제금액": "3,00": differs within the order: "30000" in line 2`},
		"a header that stands twice":       {"A,결제완료,30000,0," + when + itemsHead, `A paid amount=30000 canceled=0; BAD f:3: column "주문상태": "주문상태": unknown; say under statuses of a profile what it means`},
		"a row of no order":                {"A,결제완료,30000,0," + when + ",배송중,1,," + when, `BAD f:3: cannot be told to which order it belongs: column "주문번호": is empty`},
		"a row of another shape":           {"A,결제완료,30000,0," + when + "A,배송중\n", `BAD f:3: cannot be told to which order it belongs: has 2 fields, the header has 7`},
		"a shortened number":               {"2.02611E+14,결제완료,30000,0," + when, `BAD f:2: column "주문번호": "2.02611E+14": was shortened by a spreadsheet, which has lost digits of it; format the column as text and export it again`},
		"a thousands point":                {"A,결제완료,30.000,0," + when, `BAD f:2: column "총 결제금액": "30.000": has three digits behind a point, which may be a thousands mark: write 10000 or 10,000`},
	} {
		path := write(t, itemsHead+c.rows)
		file, err := OpenFile(path, by(t, "cafe24"))
		if err != nil {
			t.Fatal(name, err)
		}
		var got []string
		for order, err := range file.Orders() {
			if err != nil {
				got = append(got, strings.ReplaceAll("BAD "+err.Error(), path, "f"))
				continue
			}
			got = append(got, fmt.Sprintf("%s %s amount=%d canceled=%d", order.ID, order.Status, order.Amount, order.CanceledAmount))
		}
		_ = file.Close()
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: %s\nwant %s", name, text, c.want)
		}
	}
}

// TestAnOrderWhoseRowsAreTooFarApartIsRefused: nobody can say that an order is
// complete before the file ends.
func TestAnOrderWhoseRowsAreTooFarApartIsRefused(t *testing.T) {
	var rows strings.Builder
	for i := range openOrders + 1 {
		fmt.Fprintf(&rows, "O%d,결제완료,1000,,%s", i, when)
	}
	_, err := Check(write(t, itemsHead+rows.String()+"O0,배송중,1000,,"+when), by(t, "cafe24"), 10)
	var failure *table.FileError
	if !errors.As(err, &failure) || !strings.Contains(err.Error(), "order O0 stands here and in line 2") || !strings.Contains(failure.Hint(), "sort") {
		t.Error(err)
	}
	if _, err := Check(write(t, itemsHead+rows.String()+"O1,배송중,1000,,"+when), by(t, "cafe24"), 10); err != nil {
		t.Error("the last one within reach:", err)
	}
}

// profileOf loads a profile of a text.
func profileOf(t testing.TB, text string) (*Profile, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "p.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadProfile(path)
}

// TestAProfileOfOnesOwn extends another one: the names of a column are replaced,
// words are added.
func TestAProfileOfOnesOwn(t *testing.T) {
	profile, err := profileOf(t, `
extends: cafe24
columns: {amount: [받은 돈]}
statuses: {paid: [출고 완료]}
methods: {easy_pay: [카카오페이]}
order_number: {match: '^(\d{8})-(\d+)$', to: 'shop-$1$2'}
skip_rows: [계]
`)
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "주문번호,주문상태,받은 돈,결제수단,주문일시\n20261127-0000011,출고완료,100,카카오페이,2026-11-27\n20261127-0000012,배송중,100,카드,2026-11-27\nX1,배송중,100,카드,2026-11-27\n계,,300,,\n")
	file, err := OpenFile(path, Options{DefaultMID: "shop", Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var got []string
	for order, err := range file.Orders() {
		if err != nil {
			got = append(got, strings.ReplaceAll(err.Error(), path, "f"))
			continue
		}
		got = append(got, order.ID+" "+string(order.Method))
	}
	want := []string{"shop-202611270000011 easy_pay", "shop-202611270000012 card", `f:4: column "주문번호": "X1": does not fit order_number of the profile`}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := OpenFile(write(t, "주문번호,주문상태,총 결제금액,주문일시\n"), Options{DefaultMID: "shop", Profile: profile}); err == nil || !strings.Contains(err.Error(), "lacks amount") {
		t.Error("the extended names still count:", err)
	}
}

// TestATotalIsNoOrderAndAnOrderIsNoTotal: what begins like a total is one only
// where no order number stands beside it.
func TestATotalIsNoOrderAndAnOrderIsNoTotal(t *testing.T) {
	head := "상품명,주문번호,주문상태,결제금액,주문일시\n"
	path := write(t, head+"소계탕 2인분,A-1,결제완료,1000,2026-11-27\n총계란 30구,A-2,결제완료,2000,2026-11-27\n합계 2건,,,3000,\n")
	good, bad := read(t, path, by(t, DefaultProfile))
	if len(good) != 2 || len(bad) > 0 || good[1].ID != "A-2" {
		t.Errorf("%+v %v", good, bad)
	}
	good, bad = read(t, write(t, "주문번호,주문상태,결제금액,주문일시\nA-1,결제완료,1000,2026-11-27\n합계: 1건,,1000,\n"), by(t, DefaultProfile))
	if len(good) != 1 || len(bad) > 0 {
		t.Errorf("%+v %v", good, bad)
	}
}

// TestWhatWasCancelledBeforeAnybodyPaidIsNoRefund: money that comes later is a
// person's to decide on, although the file says of no cancelled order whether it
// was paid.
func TestWhatWasCancelledBeforeAnybodyPaidIsNoRefund(t *testing.T) {
	for status, paidUnknown := range map[string]bool{"입금전취소": false, "입금전 취소 - 자동": false, "취소완료": true} {
		good, bad := read(t, write(t, itemsHead+"A,"+status+",1000,0,2026-11-27 10:00:00,,가상계좌\nA,"+status+",1000,0,2026-11-27 10:00:00,,가상계좌\n"), by(t, "cafe24"))
		if len(good) != 1 || len(bad) > 0 || good[0].Status != pay.OrderCanceled || good[0].PaidUnknown != paidUnknown || good[0].MixedRefunds != paidUnknown {
			t.Errorf("%s: %+v %v", status, good, bad)
		}
	}
	good, _ := read(t, write(t, itemsHead+"A,입금전취소,1000,0,2026-11-27 10:00:00,,가상계좌\nA,취소완료,1000,0,2026-11-27 10:00:00,,가상계좌\n"), by(t, "cafe24"))
	if len(good) != 1 || !good[0].PaidUnknown {
		t.Errorf("one of its rows may have been paid: %+v", good)
	}
	good, _ = read(t, write(t, itemsHead+"A,입금전취소,1000,0,2026-11-27 10:00:00,,가상계좌\n"+
		"A,취소완료,1000,0,2026-11-27 10:00:00,,가상계좌\nA,입금전취소,1000,0,2026-11-27 10:00:00,,가상계좌\n"), by(t, "cafe24"))
	if len(good) != 1 || !good[0].PaidUnknown {
		t.Errorf("the second of its rows may have been paid: %+v", good)
	}
	good, _ = read(t, write(t, "주문 번호,주문 상태,주문 일시,결제1 - 결제 수단,결제1 - 결제 금액,결제1 - 결제 일시,결제1 - 환불 금액\nA,처리 안 함,2026-11-27 10:00:00,카드,1000,,0\n"), by(t, "sixshop"))
	if len(good) != 1 || good[0].Status != pay.OrderCanceled || good[0].PaidUnknown {
		t.Errorf("%+v", good)
	}
}

// TestTwoPaymentsOfOneOrder: the one through Toss counts; of two through Toss
// nobody knows which is meant.
func TestTwoPaymentsOfOneOrder(t *testing.T) {
	const head = "주문 번호,주문 상태,주문 일시,결제1 - 결제 수단,결제1 - 결제 금액,결제1 - 결제 일시,결제1 - 환불 금액,결제2 - 결제 수단,결제2 - 결제 금액,결제2 - 결제 일시,결제2 - 환불 금액\n"
	const when = "2026-11-27 10:00:00"
	good, bad := read(t, write(t, head+"A,결제 완료,"+when+",적립금,3000,"+when+",0,카드(토스),7000,"+when+",2000\nB,결제 완료,"+when+",무통장 입금,3000,"+when+",0,,,,\n"), by(t, "sixshop"))
	if len(good) != 2 || len(bad) > 0 || good[0].Amount != 7000 || good[0].CanceledAmount != 2000 || good[0].Method != pay.Card || good[0].PG != pay.PGToss || good[1].PG != "무통장 입금" || good[1].Amount != 3000 {
		t.Errorf("%+v %v", good, bad)
	}
	_, bad = read(t, write(t, head+"A,결제 완료,"+when+",카드,3000,"+when+",0,카드(토스),7000,"+when+",0\n"), by(t, "sixshop"))
	if len(bad) != 1 || !strings.Contains(bad[0], "is a second payment of the order through Toss") {
		t.Error(bad)
	}
}

// TestAProfileSaysWhichCompaniesAreToss: a platform's list has orders of markets
// in it, and names its own shop in its own words.
func TestAProfileSaysWhichCompaniesAreToss(t *testing.T) {
	profile, err := profileOf(t, "extends: cafe24\ncolumns: {pg: [주문경로]}\npgs: {toss: [PC쇼핑몰, 모바일웹], other_pg: [네이버 페이, 쿠팡]}\n")
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "주문번호,주문상태,총 결제금액,주문일시,주문경로\nA,배송중,1000,2026-11-27,PC 쇼핑몰\nB,배송중,1000,2026-11-27,쿠팡\nC,배송중,1000,2026-11-27,당근\nD,배송중,1000,2026-11-27,\n")
	good, bad := read(t, path, Options{DefaultMID: "shop", Profile: profile})
	if len(good) != 3 || good[0].PG != pay.PGToss || good[1].PG != "쿠팡" || good[2].PG != pay.PGToss || len(bad) != 1 || !strings.Contains(bad[0], `"당근": unknown; say under pgs`) {
		t.Errorf("%+v %v", good, bad)
	}
	found, err := Inspect(path, Options{Profile: profile})
	if want := map[string]string{"PC 쇼핑몰": "toss", "쿠팡": "other_pg", "당근": ""}; err != nil || !gocmp.Equal(found.PGs, want) {
		t.Errorf("%+v %v", found.PGs, err)
	}
}

// TestWooCommercesExportIsRefusedWithItsReason: its sums are not what Toss was
// asked for.
func TestWooCommercesExportIsRefusedWithItsReason(t *testing.T) {
	_, err := OpenFile(write(t, "Date,Order #,N. Revenue (formatted),Status\n2026-11-27,1,\"₩ 1,000\",completed\n"), by(t, DefaultProfile))
	if err == nil || !strings.Contains(err.Error(), "leaves out shipping and tax") || !strings.Contains(hint.Of(err), "orders.source: query") {
		t.Error(err)
	}
}

// TestNoFileIsTakenForOneThatNobodyHasSeen: makeshop's columns are daesa's own
// Korean ones, so that a file with them is daesa's until a person names makeshop.
func TestNoFileIsTakenForOneThatNobodyHasSeen(t *testing.T) {
	found, err := Inspect("../testdata/orders/makeshop.csv", Options{})
	if err != nil || found.Profile != DefaultProfile || found.Candidates[1].Profile != "makeshop" || len(found.Candidates[1].Found) != len(found.Candidates[0].Found) {
		t.Errorf("%q %+v %v", found.Profile, found.Candidates, err)
	}
	for _, name := range Profiles() {
		profile := by(t, name).Profile
		if profile.Unseen != (name == "makeshop") || profile.About().Note == "" {
			t.Errorf("%s: %v %q", name, profile.Unseen, profile.Note)
		}
	}
}

// TestFaultsOfAProfile: all of them at once, each with its line.
func TestFaultsOfAProfile(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "is no YAML with keys",
		"- a":                               "is no YAML with keys",
		"rows: both\nwhat: 1":               "p.yaml:1: rows: is one of item, order|p.yaml:2: what: is no key of a profile",
		"extends: [a]":                      "p.yaml:1: extends: is no name of a profile",
		"extends: nowhere.yaml":             "no such file",
		"header_within: 0":                  "header_within: is a number of rows from 1 to 1000",
		"columns: {amout: [x], amount: []}": "p.yaml:1: columns.amout: is no column of an order",
		"columns: {amount: [{a: b}]}":       "columns.amount: is no text",
		"columns: {order_id: [\"?\"]}":      "columns.order_id: is not said yet",
		"fold: {amount: add, method: sum}":  "fold.amount: is one of same, sum, first, max|fold.method: is one of same, first",
		"statuses: {\"?\": [a]}":            "statuses.?: is no status: pending, paid, partially_canceled, canceled, failed, deleted; move each word",
		"statuses: {paid: [a], canceled: [\" a\"]}": "statuses: means both paid and canceled",
		"methods: {cards: [a]}":                     "methods.cards: is no method",
		"methods: {카드: [a]}":                        "methods.카드: is no method",
		"order_number: {match: '(', to: x}":         "order_number: needs match",
		"order_number: {match: a}":                  "order_number: needs match",
		"order_number: {match: a, to: b, x: c}":     "order_number.x: is no key",
		"payments: [{amount: [a]}]":                 "payments: needs method and amount",
		"mixed_refunds: yes please":                 "mixed_refunds: is one of true, false",
		"pgs: {tosspay: [a]}":                       "pgs.tosspay: is one of toss, other_pg",
		"unseen: maybe":                             "unseen: is one of true, false",
		"extends: cafe24\nnever_paid: [배송중]":        `never_paid: "배송중" does not mean canceled`,
		"rows: item\nrows: order":                   "rows: stands twice",
		"columns: {order_id: [a]}":                  "lacks columns for status, amount, ordered_at",
		"columns: {order_id: [번 호], status: [번호], amount: [c], ordered_at: [d]}": `"번호" names both order_id and status`,
	} {
		_, err := profileOf(t, text)
		for _, part := range strings.Split(want, "|") {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v, want %s", text, err, part)
			}
		}
	}
	if _, err := profileOf(t, "rows: both\nwhat: 1"); len(hint.RowsOf(err)) != 2 || hint.RowsOf(err)[1].Line != 2 {
		t.Errorf("%+v", hint.RowsOf(err))
	}
	loop := filepath.Join(t.TempDir(), "loop.yaml")
	if err := os.WriteFile(loop, []byte("extends: loop.yaml\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadProfile(loop); err == nil || !strings.Contains(err.Error(), "extend one another") {
		t.Error(err)
	}
}

// TestMethodWords: one method, beside which points and coupons say nothing.
func TestMethodWords(t *testing.T) {
	profile := by(t, "cafe24").Profile
	for word, want := range map[string]string{
		"카드": "card", "신용카드": "card", "신용 카드": "card", "가상계좌": "virtual_account", "신용카드,적립금": "card", "적립금+쿠폰": noMethod, "적립금": noMethod,
		"무통장입금": otherPG, "네이버페이,적립금": otherPG, "카드/신용카드": "card", "카드,무통장입금": "", "카카오페이": "", "카드,카카오페이": "", "": "", ",": "",
	} {
		if got, known := profile.method(word); got != want || known != (want != "") {
			t.Errorf("%q: %q %v", word, got, known)
		}
	}
}

// TestAProfileThatInspectWroteIsFinishedByHand: what it does not know stands as
// "?", and no profile with one is taken.
func TestAProfileThatInspectWroteIsFinishedByHand(t *testing.T) {
	found, err := Inspect("../testdata/orders/own.csv", Options{})
	if err != nil || found.Profile != "" || found.About.HeaderRow != 3 || !slices.Equal(found.Unused, []string{"접수번호", "진행", "받을 돈", "지불", "접수시각", "비고"}) {
		t.Fatalf("%+v %v", found, err)
	}
	text := found.NewProfile("own.csv")
	for _, told := range []string{`status: ["?"]   # perhaps 진행, or 지불`, `order_id: ["?"]   # perhaps 접수번호`, `ordered_at: ["?"]   # perhaps 접수시각`, `#   진행: "다 됨", "돌려줌", "아직"`, "#   접수번호: texts, such as a-9999", "#   받을 돈: amounts or numbers, such as 99,999"} {
		if !strings.Contains(text, told) {
			t.Errorf("lacks %s:\n%s", told, text)
		}
	}
	if strings.Contains(text, "색이") {
		t.Error("what may be a customer's is told:", text)
	}
	if _, err := profileOf(t, text); err == nil || !strings.Contains(err.Error(), "is not said yet") {
		t.Errorf("%v\n%s", err, text)
	}
	for column, title := range map[string]string{orderID: "접수번호", status: "진행", amount: "받을 돈", orderedAt: "접수시각"} {
		text = strings.Replace(text, column+": [\"?\"]", column+": ["+title+"]", 1)
	}
	text = strings.Replace(text, "skip_rows: [합계,", "skip_rows: [계,", 1)
	profile, err := profileOf(t, strings.Replace(text, "columns:", "columns:\n  method: [지불]", 1))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	found, err = Inspect("../testdata/orders/own.csv", Options{Profile: profile})
	want := map[string]string{"다 됨": "", "돌려줌": "", "아직": ""}
	if err != nil || !gocmp.Equal(found.Statuses, want) || !gocmp.Equal(found.Methods, map[string]string{"카드결제": "", "통장": ""}) || found.Rows != 7 || found.Orders != 0 {
		t.Fatalf("%+v %v", found, err)
	}
	// what it writes now has the words, too; a person moves each to its meaning
	text = found.NewProfile("own.csv")
	text = strings.Replace(text, "  \"?\": [\"다 됨\", \"돌려줌\", \"아직\"]", "  paid: [다 됨]\n  canceled: [돌려줌]\n  pending: [아직]", 1)
	text = strings.Replace(text, "  \"?\": [\"카드결제\", \"통장\"]", "  card: [카드결제]\n  other_pg: [통장]", 1)
	text = strings.Replace(text, "skip_rows: [합계,", "skip_rows: [계,", 1)
	profile, err = profileOf(t, text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	good, bad := read(t, "../testdata/orders/own.csv", Options{DefaultMID: "shop", Profile: profile})
	if len(good) != 7 || len(bad) > 0 || good[0].ID != "가-0001" || good[0].Method != pay.Card || good[1].Status != pay.OrderCanceled || !good[1].PaidUnknown || good[2].PG != "통장" {
		t.Errorf("%+v %v", good, bad)
	}
}

// FuzzProfile wants an error or a profile that reads any file without a panic.
func FuzzProfile(f *testing.F) {
	for _, name := range Profiles() {
		text, err := builtIn.ReadFile("profiles/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "주문번호,주문상태,결제금액,주문일시\n1,결제완료,1,2026-11-27\n")
	}
	f.Add("extends: cafe24\nstatuses: {paid: [\"?\"]}", "a\n")
	f.Fuzz(func(t *testing.T, text, content string) {
		var profile *Profile
		err := profiles().Parse("p", []byte(text), true, func(declared *table.Declared, root *yaml.Node, _ bool) {
			profile = readProfile(declared, root, nil)
		}, nil)
		if err != nil || profile.complete() != nil {
			return
		}
		path := filepath.Join(t.TempDir(), "o.csv")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := OpenFile(path, Options{DefaultMID: "shop", Profile: profile})
		if err != nil {
			return
		}
		defer file.Close()
		for order, err := range file.Orders() {
			if err == nil {
				if column, wrong := order.Check(); wrong != nil {
					t.Fatalf("%s: %v", column, wrong)
				}
			}
		}
	})
}

// TestTheDocumentNamesEveryKeyOfAProfile, and the profile that it shows is one.
func TestTheDocumentNamesEveryKeyOfAProfile(t *testing.T) {
	text, err := os.ReadFile("../docs/files.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if _, err := profileOf(t, example); err != nil {
		t.Error(err)
	}
	for _, key := range profileKeys {
		if key != "unseen" && !strings.Contains(example, key+":") {
			t.Errorf("docs/files.md shows no %s", key)
		}
	}
	for _, name := range Profiles() {
		if !strings.Contains(string(text), "`"+name+"`") && !strings.Contains(string(text), "### "+name+" — ") {
			t.Errorf("docs/files.md says nothing of %s", name)
		}
	}
	own := by(t, DefaultProfile).Profile
	for column, titles := range own.Columns {
		for _, title := range titles {
			if !strings.Contains(string(text), strings.TrimSuffix(title, "(MID)")) {
				t.Errorf("docs/files.md lacks %s of %s", title, column)
			}
		}
	}
}
