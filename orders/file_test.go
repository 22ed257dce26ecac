package orders

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"daesa/internal/hint"
	"daesa/internal/table"
	"daesa/pay"
)

var update = flag.Bool("update", false, "write the golden files again")

var (
	one     = Options{MIDs: []string{"shop"}, DefaultMID: "shop"}
	several = Options{MIDs: []string{"shop", "outlet"}}
)

func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string, options Options) *File {
	t.Helper()
	file, err := OpenFile(path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	return file
}

// read gives the orders of a file and what is said of each bad row.
func read(t testing.TB, path string, options Options) (good []pay.Order, bad []string) {
	t.Helper()
	for order, err := range open(t, path, options).Orders() {
		var row *BadRow
		switch {
		case err == nil:
			good = append(good, order)
		case errors.As(err, &row):
			bad = append(bad, strings.ReplaceAll(row.Error(), path, "f"))
		default:
			t.Fatal(err)
		}
	}
	return good, bad
}

func at(text string) time.Time {
	t, err := pay.ParseTime(text)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// order is one that a row gives unless the row says otherwise.
func order(change func(*pay.Order)) pay.Order {
	o := pay.Order{
		MID: "shop", ID: "o1", Status: pay.OrderPaid, Amount: 10000, PG: pay.PGToss, Currency: pay.KRW,
		OrderedAt: at("2026-11-21 10:00:00"),
	}
	change(&o)
	return o
}

// TestRows says what each row of a file becomes: an order or a reason.
func TestRows(t *testing.T) {
	const when = "2026-11-21 10:00:00"
	for name, c := range map[string]struct {
		titles, row string
		options     Options
		want        func(*pay.Order)
		bad         string
	}{
		"as little as can be": {row: "o1,paid,10000," + when, want: func(*pay.Order) {}},
		"everything": {
			titles: "order_id,mid,payment_key,method,status,amount,canceled_amount,refunded_elsewhere,tax_free_amount,pg,currency,ordered_at,paid_at,canceled_at,customer_ref",
			row:    "o1,shop,pk,카드,partially_canceled,181.56,80.00,1.5,20,toss,USD,2026-11-21T10:00:00+09:00,2026-11-21T01:00:05.1234567Z,2026-11-22 10:00:00,고객 7",
			want: func(o *pay.Order) {
				o.PaymentKey, o.Method, o.Status, o.Currency = "pk", pay.Card, pay.OrderPartiallyCanceled, pay.USD
				o.Amount, o.CanceledAmount, o.RefundedElsewhere, o.TaxFreeAmount = 18156, 8000, 150, 2000
				o.PaidAt, o.CanceledAt, o.CustomerRef = at("2026-11-21T10:00:05.123456+09:00"), at("2026-11-22 10:00:00"), "고객 7"
			},
		},
		"titles in capitals":                         {titles: "ORDER_ID, Status ,Amount,Ordered_At", row: "o1,paid,10000," + when, want: func(*pay.Order) {}},
		"twenty digits":                              {row: "00045678901234567890,paid,10000," + when, want: func(o *pay.Order) { o.ID = "00045678901234567890" }},
		"an id that breaks Toss's rule":              {row: "주문 1/2 #ㄱ,paid,10000," + when, want: func(o *pay.Order) { o.ID = "주문 1/2 #ㄱ" }},
		"a formula-looking id":                       {row: "=1+1,paid,10000," + when, want: func(o *pay.Order) { o.ID = "=1+1" }},
		"an id of 64 characters":                     {row: strings.Repeat("가", 64) + ",paid,10000," + when, want: func(o *pay.Order) { o.ID = strings.Repeat("가", 64) }},
		"an id of 65 characters":                     {row: strings.Repeat("x", 65) + ",paid,10000," + when, bad: `column "order_id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…": is longer than 64 characters`},
		"an id with a blank behind":                  {row: "o1 ,paid,10000," + when, bad: `column "order_id": "o1 ": begins or ends with a blank`},
		"an id with a tab":                           {row: "o\t1,paid,10000," + when, bad: `column "order_id": "o\t1": contains a control character`},
		"an id over two lines":                       {row: "\"o\n1\",paid,10000," + when, bad: `column "order_id": "o\n1": contains a control character`},
		"no id":                                      {row: ",paid,10000," + when, bad: `column "order_id": is empty`},
		"no status":                                  {row: "o1,,10000," + when, bad: `column "status": is empty`},
		"an unknown status":                          {row: "o1,refunded,10000," + when, bad: `column "status": "refunded": unknown; allowed are pending, paid, partially_canceled, canceled, failed, deleted`},
		"no amount":                                  {row: "o1,paid,," + when, bad: `column "amount": is empty`},
		"an amount of nothing":                       {row: "o1,paid,0," + when, want: func(o *pay.Order) { o.Amount = 0 }},
		"an amount with a zero part":                 {row: "o1,paid,10000.0," + when, want: func(*pay.Order) {}},
		"half a won":                                 {row: "o1,paid,0.5," + when, bad: `column "amount": "0.5": has more than 0 decimal places of KRW`},
		"a negative amount":                          {row: "o1,paid,-1," + when, bad: `column "amount": "-1": an amount cannot be negative`},
		"an amount with an exponent":                 {row: "o1,paid,1e4," + when, bad: `column "amount": "1e4": is not a plain number, such as 10000 or 10,000`},
		"an amount with a unit":                      {row: "o1,paid,10000원," + when, want: func(*pay.Order) {}},
		"a grouped amount":                           {row: `o1,paid,"10,000",` + when, want: func(*pay.Order) {}},
		"an amount with a point as a thousands mark": {row: "o1,paid,50.000," + when, bad: `column "amount": "50.000": has three digits behind a point, which may be a thousands mark: write 10000 or 10,000`},
		"a shortened id":                             {row: "2.02611E+14,paid,10000," + when, bad: `column "order_id": "2.02611E+14": was shortened by a spreadsheet, which has lost digits of it; format the column as text and export it again`},
		"an id with what cannot be seen":             {row: "o\u200b1,paid,10000," + when, bad: `column "order_id": "o\u200b1": contains a character that cannot be seen`},
		"a guarded id":                               {row: `="00123",paid,10000,` + when, want: func(o *pay.Order) { o.ID = "00123" }},
		"a Korean date and time":                     {row: "o1,paid,10000,2026.11.21 10:00", want: func(*pay.Order) {}},
		"a status in capitals":                       {row: "o1,PAID,10000," + when, want: func(*pay.Order) {}},
		"too large an amount":                        {row: "o1,paid,99999999999999999999," + when, bad: `column "amount": "99999999999999999999": is too large`},
		"thousands separators":                       {row: `o1,paid,"1,00",` + when, bad: `column "amount": "1,00": has commas that are not exact groups of three, such as 10,000`},
		"thousands as blanks":                        {row: "o1,paid,1\u00a0000," + when, bad: `column "amount": "1\u00a0000": is not a plain number, such as 10000 or 10,000`},
		"no time":                                    {row: "o1,paid,10000,", bad: `column "ordered_at": is empty`},
		"a bad time":                                 {row: "o1,paid,10000,21.11.2026", bad: `column "ordered_at": "21.11.2026": is not a time: write 2026-11-21T23:59:59+09:00 or 2026-11-21 23:59:59`},
		"a time that never was":                      {row: "o1,paid,10000,0001-01-01T00:00:00Z", bad: `column "ordered_at": "0001-01-01T00:00:00Z": is no time of an order; leave the cell empty where there is none`},
		"all that is wrong at once": {row: "o1,x,y,z", bad: "column \"status\": \"x\": unknown; allowed are pending, paid, partially_canceled, canceled, failed, deleted\n" +
			"f:2: column \"ordered_at\": \"z\": is not a time: write 2026-11-21T23:59:59+09:00 or 2026-11-21 23:59:59\n" +
			"f:2: column \"amount\": \"y\": is not a plain number, such as 10000 or 10,000"},
		"a default currency":                  {titles: "order_id,status,amount,ordered_at,currency,pg,mid", row: "o1,paid,10000," + when + ",,,", want: func(*pay.Order) {}},
		"a currency in small":                 {titles: "order_id,status,amount,ordered_at,currency", row: "o1,paid,1.5," + when + ",usd", want: func(o *pay.Order) { o.Amount, o.Currency = 150, pay.USD }},
		"an unknown currency":                 {titles: "order_id,status,amount,ordered_at,currency", row: "o1,paid,10000," + when + ",EUR", bad: `column "currency": "EUR": unknown; allowed are KRW, USD, JPY, PHP, MUSD`},
		"another company":                     {titles: "order_id,status,amount,ordered_at,pg", row: "o1,paid,10000," + when + ",Inicis", want: func(o *pay.Order) { o.PG = "Inicis" }},
		"Toss by another name":                {titles: "order_id,status,amount,ordered_at,pg", row: "o1,paid,10000," + when + ",Toss Payments", want: func(*pay.Order) {}},
		"Toss in Korean":                      {titles: "order_id,status,amount,ordered_at,pg", row: "o1,paid,10000," + when + ",\u1110\u1169\u1109\u1173\u1111\u1166\u110b\u1175\u1106\u1165\u11ab\u110e\u1173", want: func(*pay.Order) {}},
		"a method in decomposed Hangul":       {titles: "order_id,status,amount,ordered_at,method", row: "o1,paid,10000," + when + ",\u110f\u1161\u1103\u1173", want: func(o *pay.Order) { o.Method = pay.Card }},
		"an unknown method":                   {titles: "order_id,status,amount,ordered_at,method", row: "o1,paid,10000," + when + ",coins", bad: `column "method": "coins": unknown; allowed are card, transfer, virtual_account, phone, gift_certificate, easy_pay, foreign_easy_pay, or Toss's own word`},
		"another merchant":                    {titles: "order_id,status,amount,ordered_at,mid", row: "o1,paid,10000," + when + ",outlet", options: several, want: func(o *pay.Order) { o.MID = "outlet" }},
		"a merchant that is not":              {titles: "order_id,status,amount,ordered_at,mid", row: "o1,paid,10000," + when + ",other", options: several, bad: `column "mid": "other": this merchant is not configured; configured are shop, outlet`},
		"which merchant":                      {titles: "order_id,status,amount,ordered_at,mid", row: "o1,paid,10000," + when + ",", options: several, bad: `column "mid": is empty; several merchants are configured`},
		"more cancelled than paid":            {titles: "order_id,status,amount,ordered_at,canceled_amount", row: "o1,partially_canceled,10000," + when + ",10001", bad: `column "canceled_amount": "10001": the cancelled amount is above the amount 10000`},
		"a partial cancel of nothing":         {titles: "order_id,status,amount,ordered_at,canceled_amount", row: "o1,partially_canceled,10000," + when + ",", bad: `column "canceled_amount": is empty; a partially canceled order needs it`},
		"a partial cancel of zero":            {titles: "order_id,status,amount,ordered_at,canceled_amount", row: "o1,partially_canceled,10000," + when + ",0", bad: `column "canceled_amount": "0": a partially cancelled order needs its cancelled amount`},
		"a partial cancel without the column": {row: "o1,partially_canceled,10000," + when, bad: `column "canceled_amount": is empty; a partially canceled order needs it`},
		"cancelled, never paid":               {titles: "order_id,status,amount,ordered_at,paid_at", row: "o1,canceled,10000," + when + ",", want: func(o *pay.Order) { o.Status = pay.OrderCanceled }},
		"cancelled, no word of paying":        {row: "o1,canceled,10000," + when, want: func(o *pay.Order) { o.Status = pay.OrderCanceled }},
		"cancelled after it was paid": {titles: "order_id,status,amount,ordered_at,paid_at", row: "o1,canceled,10000," + when + "," + when,
			want: func(o *pay.Order) { o.Status, o.PaidAt, o.CanceledAmount = pay.OrderCanceled, o.OrderedAt, 10000 }},
		"cancelled, a part given back elsewhere": {titles: "order_id,status,amount,ordered_at,paid_at,refunded_elsewhere", row: "o1,canceled,10000," + when + "," + when + ",3000",
			want: func(o *pay.Order) {
				o.Status, o.PaidAt, o.CanceledAmount, o.RefundedElsewhere = pay.OrderCanceled, o.OrderedAt, 7000, 3000
			}},
		"cancelled, the shop says how much": {titles: "order_id,status,amount,ordered_at,paid_at,canceled_amount", row: "o1,canceled,10000," + when + "," + when + ",8000",
			want: func(o *pay.Order) { o.Status, o.PaidAt, o.CanceledAmount = pay.OrderCanceled, o.OrderedAt, 8000 }},
		"more given back than paid": {titles: "order_id,status,amount,ordered_at,paid_at,refunded_elsewhere", row: "o1,canceled,10000," + when + "," + when + ",10001",
			bad: `column "refunded_elsewhere": "10001": cancelled and refunded elsewhere are together above the amount 10000`},
		"too few fields": {row: "o1,paid,10000", bad: "has 3 fields, the header has 4"},
	} {
		t.Run(name, func(t *testing.T) {
			titles, options := c.titles, c.options
			if titles == "" {
				titles = "order_id,status,amount,ordered_at"
			}
			if options.MIDs == nil {
				options = one
			}
			good, bad := read(t, write(t, titles+"\n"+c.row+"\n"), options)
			var wantGood []pay.Order
			var wantBad []string
			if c.want != nil {
				wantGood = []pay.Order{order(c.want)}
			} else {
				wantBad = []string{"f:2: " + c.bad}
			}
			if diff := cmp.Diff(wantGood, good); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(wantBad, bad); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDuplicatesNameTheFirst(t *testing.T) {
	const when = ",paid,1,2026-11-21 10:00:00\n"
	titles := "order_id,mid,status,amount,ordered_at\n"
	good, bad := read(t, write(t, titles+"o1,shop"+when+"o1,outlet"+when+"o1,shop"+when+"o2,shop,paid,x,2026-11-21 10:00:00\no2,shop"+when+"O1,shop"+when), several)
	if len(good) != 3 || good[1].MID != "outlet" || good[2].ID != "O1" {
		t.Error(good)
	}
	want := []string{
		`f:4: column "order_id": "o1": the same order already stands in line 2`,
		`f:5: column "amount": "x": is not a plain number, such as 10000 or 10,000`,
		`f:6: column "order_id": "o2": the same order already stands in line 5`,
	}
	if diff := cmp.Diff(want, bad); diff != "" {
		t.Error(diff)
	}
}

func TestHeaderOfOrders(t *testing.T) {
	_, err := OpenFile(write(t, "order_id,amonut\n"), several)
	if err == nil || !strings.Contains(err.Error(), "the header lacks status, amount, ordered_at, mid; it has order_id, amonut") {
		t.Error(err)
	}
	file := open(t, write(t, "order_id,status,amount,ordered_at,Paid_At,memo\n"), one)
	if want := ColumnOrderID | ColumnStatus | ColumnAmount | ColumnOrderedAt | ColumnPaidAt; file.Columns() != want {
		t.Error(file.Columns().Names())
	}
	if diff := cmp.Diff([]string{"memo"}, file.Unknown()); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(AllColumns.Names(), columnNames) {
		t.Error(AllColumns.Names())
	}
}

// TestFixtures reads the files of testdata/orders and compares what is said of
// them with their golden files.
func TestFixtures(t *testing.T) {
	paths, err := Files("../testdata/orders/*.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, dropped := range paths {
		path := dropped.Path
		if name := filepath.Base(path); name == "own.csv" || slices.Contains(slices.Collect(maps.Values(platformFiles)), name) {
			continue // they are read by profiles: TestThePlatformsFilesAreRead
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			var got strings.Builder
			file, err := OpenFile(path, several)
			if err != nil {
				fmt.Fprintln(&got, err)
			} else {
				defer file.Close()
				fmt.Fprintf(&got, "columns %s\nunknown %q\n", strings.Join(file.Columns().Names(), " "), file.Unknown())
				for order, err := range file.Orders() {
					if err != nil {
						fmt.Fprintln(&got, "BAD", err)
						continue
					}
					fmt.Fprintf(&got, "%s %q %s %s amount=%d canceled=%d elsewhere=%d held=%d %s %s paid=%v\n", order.MID, order.ID, order.Status, order.Currency,
						order.Amount, order.CanceledAmount, order.RefundedElsewhere, order.Held(), order.PG, pay.FormatTime(order.OrderedAt), !order.PaidAt.IsZero())
				}
			}
			golden := strings.TrimSuffix(path, ".csv") + ".golden"
			text := strings.ReplaceAll(got.String(), "../testdata/orders/", "")
			if *update {
				if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden) //nolint:gosec // a fixture
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), text); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAWorkbookReadsLikeItsCSV has the same orders as people keep them in Excel.
func TestAWorkbookReadsLikeItsCSV(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.xlsx")
	book := excelize.NewFile()
	day := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	rows := [][]any{
		{"order_id", "status", "amount", "ordered_at", "paid_at"},
		{"00045678901234567890", "paid", 10000, day, "2026-11-21 10:00:00"},
		{20261121000123, "canceled", 10000.0, "2026-11-21T10:00:00+09:00", day},
		{12345678901234567890.0, "paid", 10000, day, nil},
		{"o4", "paid", "1,00", day, nil},
		{"o5", "paid", 5, 46347.5, nil},
	}
	for i, row := range rows {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SetCellFormula("Sheet1", "C6", "2+3"); err != nil {
		t.Fatal(err)
	}
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	good, bad := read(t, path, one)
	want := []pay.Order{
		order(func(o *pay.Order) { o.ID, o.PaidAt = "00045678901234567890", o.OrderedAt }),
		order(func(o *pay.Order) {
			o.ID, o.PaidAt, o.Status, o.CanceledAmount = "20261121000123", o.OrderedAt, pay.OrderCanceled, 10000
		}),
	}
	if diff := cmp.Diff(want, good); diff != "" {
		t.Error(diff)
	}
	wantBad := []string{
		`f:4: column "order_id" (A4): "12345678901234500000": Excel has rounded this number; format the column as text and enter it again`,
		`f:5: column "amount" (C5): "1,00": has commas that are not exact groups of three, such as 10,000`,
		"f:6: column \"ordered_at\" (D6): \"46347.5\": is not a time: write 2026-11-21T23:59:59+09:00 or 2026-11-21 23:59:59\n" +
			`f:6: column "amount" (C6): "5": contains a formula; paste it as a value`,
	}
	if diff := cmp.Diff(wantBad, bad); diff != "" {
		t.Error(diff)
	}
}

func TestFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"b.csv", "a.csv", "c.txt", "e.csv"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "d.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	older := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	newer := older.Add(time.Hour)
	for name, changed := range map[string]time.Time{"a.csv": newer, "b.csv": newer, "e.csv": older} {
		if err := os.Chtimes(filepath.Join(folder, name), changed, changed); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Files(filepath.Join(folder, "*.csv"))
	var names []string
	for _, file := range got {
		names = append(names, filepath.Base(file.Path))
	}
	if diff := cmp.Diff([]string{"e.csv", "a.csv", "b.csv"}, names); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := Files(filepath.Join(folder, "*.xlsx")); !errors.Is(err, ErrNoFile) {
		t.Error(err)
	}
	if _, err := Files("["); err == nil || errors.Is(err, ErrNoFile) {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	path := write(t, "order_id,status,amount,ordered_at\no1,paid,1,2026-11-21 10:00:00\no2,x,y,2026-11-21 10:00:00\no3,z,1,2026-11-21 10:00:00\n")
	tally, err := Check(path, one, 2)
	if tally.Good != 1 || tally.Rows != 2 || tally.Faults != 3 || len(tally.First) != 2 || err != nil {
		t.Error(tally, err)
	}
	var fault *table.Fault
	if !errors.As(error(tally.First), &fault) || fault.Line != 3 || fault.Column != "status" {
		t.Error(fault)
	}
}

// TestMerge: what a file lacks stays, what it leaves empty is cleared.
func TestMerge(t *testing.T) {
	stored := order(func(o *pay.Order) { o.PaymentKey, o.PaidAt, o.CustomerRef = "pk", at("2026-11-21 10:01:00"), "c" })
	base := ColumnOrderID | ColumnStatus | ColumnAmount | ColumnOrderedAt
	canceled := func(o *pay.Order) { o.Status = pay.OrderCanceled }
	partly := func(o *pay.Order) { o.Status, o.CanceledAmount = pay.OrderPartiallyCanceled, 3000 }
	for name, c := range map[string]struct {
		columns     Columns
		stored, row pay.Order
		want        func(*pay.Order)
	}{
		"lacked columns stay":       {base, stored, order(func(o *pay.Order) { o.Amount = 5 }), func(o *pay.Order) { o.Amount = 5 }},
		"an empty cell clears":      {base | ColumnPaymentKey, stored, order(func(*pay.Order) {}), func(o *pay.Order) { o.PaymentKey = "" }},
		"cancelled later":           {base, stored, order(canceled), func(o *pay.Order) { canceled(o); o.CanceledAmount = 10000 }},
		"cancelled, less elsewhere": {base | ColumnRefundedElsewhere, stored, order(func(o *pay.Order) { canceled(o); o.RefundedElsewhere = 1000 }), func(o *pay.Order) { canceled(o); o.CanceledAmount, o.RefundedElsewhere = 9000, 1000 }},
		"an amount once said stays": {base, change(stored, canceled, func(o *pay.Order) { o.CanceledAmount = 8000 }), order(canceled), func(o *pay.Order) { canceled(o); o.CanceledAmount = 8000 }},
		"from a part to the whole":  {base, change(stored, partly), order(canceled), func(o *pay.Order) { canceled(o); o.CanceledAmount = 10000 }},
		"the file says how much":    {base | ColumnCanceledAmount, stored, order(func(o *pay.Order) { canceled(o); o.CanceledAmount = 1 }), func(o *pay.Order) { canceled(o); o.CanceledAmount = 1 }},
		"a part without the column": {base, change(stored, partly), order(func(*pay.Order) {}), func(o *pay.Order) { o.CanceledAmount = 3000 }},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(change(stored, c.want), c.columns.Merge(c.stored, c.row)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func change(o pay.Order, changes ...func(*pay.Order)) pay.Order {
	for _, apply := range changes {
		apply(&o)
	}
	return o
}

// cells is a record of a map.
type cells map[string]string

func (c cells) Get(column string) (string, bool) { value, has := c[column]; return value, has }

func (c cells) Refused(string) (value, reason string, refused bool) { return "", "", false }

// sound wants of any order that is taken what the rest of the program relies on.
func sound(t interface{ Fatalf(string, ...any) }, o pay.Order) {
	if column, err := o.Check(); err != nil {
		t.Fatalf("%s: %v", column, err)
	}
	if o.MID == "" || o.ID != strings.TrimSpace(o.ID) || len([]rune(o.ID)) > 64 || !slices.Contains(pay.OrderStatuses, o.Status) || o.PG == "" || !slices.Contains(currencies, o.Currency) {
		t.Fatalf("%+v", o)
	}
	if o.OrderedAt.Location() != time.UTC || o.OrderedAt.Nanosecond()%1000 != 0 || o.Held() < 0 {
		t.Fatalf("%+v", o)
	}
}

// TestWrittenOrdersReadBack writes any order that holds and wants it back.
func TestWrittenOrdersReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom(currencies).Draw(t, "currency")
		amount := rapid.Int64Range(1, 1<<50).Draw(t, "amount")
		canceled := rapid.Int64Range(0, amount).Draw(t, "canceled")
		when := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "when")).UTC()
		want := pay.Order{
			MID: "shop", ID: rapid.StringMatching(`[!-~가-힣]{1,20}( [!-~]{1,20})?`).Draw(t, "id"), Method: pay.Card, Status: pay.OrderCanceled,
			Amount: amount, CanceledAmount: canceled, PG: pay.PGToss, Currency: currency, OrderedAt: when, PaidAt: when,
		}
		row := cells{
			orderID: want.ID, method: "CARD", status: "canceled", amountColumn: currency.Format(amount), canceledAmount: currency.Format(canceled),
			"currency": string(currency), orderedAt: pay.FormatTime(when), paidAt: pay.FormatTime(when),
		}
		got, findings := newDecoder(one, "line").decode(2, row)
		if len(findings) > 0 {
			t.Fatalf("%+v", findings)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		sound(t, got)
	})
}

const amountColumn = amount

func FuzzOrderRow(f *testing.F) {
	f.Add("o1", "shop", "카드", "paid", "10000", "", "", "toss", "KRW", "2026-11-21 10:00:00", "")
	f.Add("=1+1", "", "card", "canceled", "1.50", "", "0.5", "", "USD", "2026-11-21T10:00:00+09:00", "2026-11-21T10:00:00Z")
	f.Add(" o", "x", "?", "Paid", "1,000", "-1", "9223372036854775807", "\x00", "krw", "0000-00-00", "9999-12-31 23:59:59")
	f.Fuzz(func(t *testing.T, id, merchant, how, word, sum, back, elsewhere, company, money, ordered, paid string) {
		row := cells{
			orderID: id, mid: merchant, method: how, status: word, amount: sum, canceledAmount: back,
			refundedElsewhere: elsewhere, pg: company, currency: money, orderedAt: ordered, paidAt: paid,
		}
		decoder := newDecoder(one, "line")
		order, findings := decoder.decode(2, row)
		if len(findings) > 0 {
			for _, each := range findings {
				if each.column == "" || each.reason == "" {
					t.Fatalf("%+v", each)
				}
			}
			return
		}
		sound(t, order)
		if _, findings := decoder.decode(3, row); len(findings) != 1 || findings[0].column != orderID {
			t.Fatalf("the same row again: %+v", findings)
		}
	})
}

// BenchmarkOrders reads files to orders, duplicates watched.
func BenchmarkOrders(b *testing.B) {
	const rows = 100_000
	var content strings.Builder
	content.WriteString("order_id,payment_key,method,status,amount,ordered_at,paid_at,customer_ref\n")
	for i := range rows {
		fmt.Fprintf(&content, "2026112100%010d,tgen_%d,카드,paid,%d,2026-11-21 10:00:00,2026-11-21 10:01:00,c%d\n", i, i, i%100000, i)
	}
	path := write(b, content.String())
	for b.Loop() {
		tally, err := Check(path, one, 1)
		if tally.Good != rows || tally.Bad() || err != nil {
			b.Fatal(tally, err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// A workbook that is larger than it may be is refused with the setting that says
// how large that is.
func TestALargeWorkbookNamesTheSetting(t *testing.T) {
	t.Parallel()
	book := excelize.NewFile()
	path := filepath.Join(t.TempDir(), "orders.xlsx")
	if err := errors.Join(book.SetSheetRow("Sheet1", "A1", &[]string{"order_id", "status", "amount", "ordered_at"}), book.SaveAs(path), book.Close()); err != nil {
		t.Fatal(err)
	}
	_, err := OpenFile(path, Options{DefaultMID: "shop", Unpacked: 3_000})
	if err == nil || !strings.Contains(err.Error(), "3000 bytes") || !strings.Contains(hint.Of(err), "orders.max_unpacked_bytes") {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
}
