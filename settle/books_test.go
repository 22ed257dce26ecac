package settle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
	"pgregory.net/rapid"
)

func chart() settle.Chart {
	return settle.Chart{Receivable: "108 외상매출금", Bank: "103 보통예금", Fee: "831 수수료비용", FeeVAT: "135 부가세대급금",
		Sales: "401 상품매출", SalesReturn: "402 매출환입", SalesFree: "403 면세매출", SalesVAT: "255 부가세예수금", Suspense: "257 가수금",
		OtherIncome: "930 잡이익", Partner: "00102 토스페이먼츠(주)"}
}

func journalOf(entries []settle.Entry) string {
	var lines []string
	for _, e := range entries {
		lines = append(lines, fmt.Sprint(e.Voucher, "/", e.Line, " ", e.Side, " ", e.Code, " ", e.Account, " ", e.Amount, " ", e.Text, " ", e.Evidence))
	}
	return strings.Join(lines, "\n")
}

// TestTheVouchersOfASale: 11,000 won with VAT, a fee of 300 and 30, and what the
// bank got.
func TestTheVouchersOfASale(t *testing.T) {
	t.Parallel()
	j := settle.Journal{Month: "2026-05", Currency: pay.KRW,
		Sales:    []settle.SalesOf{{Day: "2026-05-19", Method: pay.Card, Gross: 11_000, VAT: 1_000}},
		Fees:     []settle.FeesOf{{Day: "2026-05-19", Fee: 300, FeeVAT: 30}},
		Deposits: []settle.Deposit{{Line: deposit("l1 2026-05-21 10670"), Kind: settle.DepositPayout}},
	}
	want := strings.Join([]string{
		"20260519-0001/1 차변 108 외상매출금 11000 매출 card ", "20260519-0001/2 대변 401 상품매출 10000 매출 card ",
		"20260519-0001/3 대변 255 부가세예수금 1000 매출 card 부가세 ",
		"20260519-0002/1 차변 831 수수료비용 300 PG수수료 세금계산서", "20260519-0002/2 차변 135 부가세대급금 30 PG수수료 부가세 세금계산서",
		"20260519-0002/3 대변 108 외상매출금 330 PG수수료 차감 ",
		"20260521-0001/1 차변 103 보통예금 10670 정산금 입금 ", "20260521-0001/2 대변 108 외상매출금 10670 정산금 입금 ",
	}, "\n")
	if got := journalOf(settle.Vouchers(j, chart())); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	own := chart()
	own.Sales = ""
	if got := journalOf(settle.Vouchers(j, own)); strings.Contains(got, "매출 card") {
		t.Errorf("a shop that books its sales itself gets\n%s", got)
	}
}

// TestTheVouchersOfOtherDays: cancels, deposits that are no payout, and what
// happened in a month that was locked.
func TestTheVouchersOfOtherDays(t *testing.T) {
	t.Parallel()
	line := deposit("l1 2026-05-21 402113")
	for _, test := range []struct {
		name string
		j    settle.Journal
		want []string
	}{
		{"a cancel of a part without tax", settle.Journal{Sales: []settle.SalesOf{{Day: "2026-05-20", Method: pay.Card, Cancel: true, Gross: 16_000, TaxFree: 5_000, VAT: 1_000}}},
			[]string{"대변 108 16000", "차변 402 10000", "차변 403 5000", "차변 255 1000"}},
		{"a fee that goes back", settle.Journal{Fees: []settle.FeesOf{{Day: "2026-05-20", Fee: -2_045, FeeVAT: -205}}},
			[]string{"대변 831 2045", "대변 135 205", "차변 108 2250"}},
		{"a deposit that nobody explained", settle.Journal{Deposits: []settle.Deposit{{Line: line, Kind: settle.DepositOpen}}},
			[]string{"차변 103 402113", "대변 257 402113"}},
		{"one that was 가수금 in a locked month, and is a payout", settle.Journal{Month: "2026-06", Deposits: []settle.Deposit{{Line: line, Kind: settle.DepositCleared, Prior: true}}},
			[]string{"차변 257 402113", "대변 108 402113"}},
		{"one that was a payout in a locked month, and is none", settle.Journal{Deposits: []settle.Deposit{{Line: line, Kind: settle.DepositUndone}}},
			[]string{"차변 108 402113", "대변 257 402113"}},
		{"a rebate", settle.Journal{Deposits: []settle.Deposit{{Line: line, Kind: settle.DepositRebate, Supply: 365_557, VAT: 36_556}}},
			[]string{"차변 103 402113", "대변 831 365557", "대변 135 36556"}},
		{"a rebate of less than came", settle.Journal{Deposits: []settle.Deposit{{Line: line, Kind: settle.DepositRebate, Supply: 365_557, VAT: 36_555}}},
			[]string{"차변 103 402113", "대변 831 365557", "대변 135 36555", "대변 257 1"}},
		{"other income", settle.Journal{Deposits: []settle.Deposit{{Line: line, Kind: settle.DepositOther}}}, []string{"차변 103 402113", "대변 930 402113"}},
		{"a shortage that was accepted", settle.Journal{Adjustments: []settle.Adjustment{{Day: "2026-05-25", Subject: "payout:2026-05-21:KRW", Amount: -600}}},
			[]string{"대변 108 600", "차변 930 600"}},
		{"nothing", settle.Journal{Fees: []settle.FeesOf{{Day: "2026-05-20"}}}, nil},
	} {
		var got []string
		for _, e := range settle.Vouchers(test.j, chart()) {
			got = append(got, fmt.Sprint(e.Side, " ", e.Code, " ", e.Amount))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	prior := settle.Vouchers(settle.Journal{Month: "2026-06", Fees: []settle.FeesOf{{Day: "2026-05-30", Fee: 100, FeeVAT: 4, Prior: true}}}, chart())
	if len(prior) != 3 || prior[0].Day != "2026-06-01" || !strings.Contains(prior[0].Text, "2026-05-30") {
		t.Errorf("what was recorded after the lock stands as\n%s", journalOf(prior))
	}
}

// TestTheReceivableOfTheVouchersMovesAsTheMonthDoes, and every voucher is even:
// debits are credits.
func TestTheReceivableOfTheVouchersMovesAsTheMonthDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Custom(func(t *rapid.T) pay.Day { return pay.Day("2026-04-20").Add(rapid.IntRange(0, 40).Draw(t, "day")) })
		money := rapid.Int64Range(1, 1_000_000)
		late := rapid.Bool()
		j := settle.Journal{Month: "2026-05", Currency: pay.KRW}
		var roll settle.Roll
		for range rapid.IntRange(0, 5).Draw(t, "sales") {
			s := settle.SalesOf{Day: day.Draw(t, "day"), Method: pay.Card, Cancel: rapid.Bool().Draw(t, "cancel"), Gross: money.Draw(t, "gross"), Prior: late.Draw(t, "prior")}
			s.TaxFree = rapid.Int64Range(0, s.Gross).Draw(t, "free")
			s.VAT = (s.Gross - s.TaxFree) / 11
			j.Sales = append(j.Sales, s)
			if s.Cancel {
				roll.Cancels += s.Gross
			} else {
				roll.Approvals += s.Gross
			}
		}
		for range rapid.IntRange(0, 5).Draw(t, "fees") {
			f := settle.FeesOf{Day: day.Draw(t, "day"), Fee: rapid.Int64Range(-5_000, 5_000).Draw(t, "fee"), FeeVAT: rapid.Int64Range(-500, 500).Draw(t, "vat"), Prior: late.Draw(t, "prior")}
			j.Fees = append(j.Fees, f)
			roll.Fees, roll.FeeVAT = roll.Fees+f.Fee, roll.FeeVAT+f.FeeVAT
		}
		for i := range rapid.IntRange(0, 5).Draw(t, "deposits") {
			d := settle.Deposit{Line: deposit(fmt.Sprintf("l%d %s %d", i, day.Draw(t, "day"), money.Draw(t, "money"))), Prior: late.Draw(t, "prior"),
				Kind: rapid.SampledFrom([]settle.DepositKind{settle.DepositPayout, settle.DepositCleared, settle.DepositUndone, settle.DepositOpen, settle.DepositRebate, settle.DepositOther}).Draw(t, "kind")}
			d.Supply = rapid.Int64Range(0, d.Line.Amount).Draw(t, "supply")
			d.VAT = d.Supply / 10
			j.Deposits = append(j.Deposits, d)
			switch d.Kind {
			case settle.DepositPayout, settle.DepositCleared:
				roll.Payouts += d.Line.Amount
			case settle.DepositUndone:
				roll.Payouts -= d.Line.Amount
			default: // the receivable is not in it
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "adjustments") {
			a := settle.Adjustment{Day: day.Draw(t, "day"), Subject: "s", Amount: rapid.Int64Range(-5_000, 5_000).Draw(t, "amount")}
			j.Adjustments = append(j.Adjustments, a)
			roll.Adjustments += a.Amount
		}
		c := chart()
		entries := settle.Vouchers(j, c)
		if got := settle.MovementOf(entries, c.Receivable); got != roll.Net() {
			t.Fatalf("the receivable moves by %d, the month by %d", got, roll.Net())
		}
		sums := map[string]int64{}
		for i, e := range entries {
			if e.Amount <= 0 || i > 0 && entries[i-1].Day > e.Day {
				t.Fatalf("%+v", e)
			}
			if e.Side == settle.Credit {
				e.Amount = -e.Amount
			}
			sums[e.Voucher] += e.Amount
		}
		for voucher, sum := range sums {
			if sum != 0 {
				t.Fatalf("%s is off by %d", voucher, sum)
			}
		}
		c.Sales = ""
		if got, want := settle.MovementOf(settle.Vouchers(j, c), c.Receivable), roll.Net()-roll.Approvals+roll.Cancels; got != want {
			t.Fatalf("without sales the receivable moves by %d, not %d", got, want)
		}
	})
}

// TestTheFeeInvoice: the supply exactly, the VAT within a won a row, by the basis
// that the invoice goes by.
func TestTheFeeInvoice(t *testing.T) {
	t.Parallel()
	rows := []settle.Row{
		with(toss1(), func(r *settle.Row) { r.SoldDate, r.PaidOutDate = "2026-11-02", "2026-11-04" }), // all in November
		with(toss1(), func(r *settle.Row) {
			r.ApprovedAt, r.SoldDate, r.PaidOutDate = seoul("2026-11-30 10:00:00"), "2026-12-06", "2026-12-08"
		}), // weekly, over the end
		with(toss1(), func(r *settle.Row) {
			r.ApprovedAt, r.SoldDate, r.PaidOutDate = seoul("2026-10-31 10:00:00"), "2026-10-31", "2026-11-03"
		}), // paid in November
		with(toss2(), func(r *settle.Row) {}),                                              // a cancel
		with(toss1(), func(r *settle.Row) { r.Withdrawn = true }),                          // none
		with(toss1(), func(r *settle.Row) { r.InterestFee, r.PayOutAmount = 100, 63_009 }), // an interest fee beside
	}
	sum := func(basis settle.Basis) settle.InvoiceBridge {
		fees := settle.NewFees("2026-11", basis)
		for _, r := range rows {
			fees.Add(r)
		}
		return fees.Bridge()
	}
	sold, paid := sum(settle.BasisSold), sum(settle.BasisPaid)
	if got, want := fmt.Sprint(sold), "{{4 2123 203} {1 -1356 -136} {0 0 0} {3 767 67}}"; got != want {
		t.Errorf("by sold date %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(paid), "{{4 2123 203} {1 -1356 -136} {1 1356 136} {4 2123 203}}"; got != want {
		t.Errorf("by paid date %s, want %s", got, want)
	}
	for _, b := range []settle.InvoiceBridge{sold, paid} {
		if b.Transacted.Supply+b.Later.Supply+b.Earlier.Supply != b.Invoiced.Supply || b.Transacted.VAT+b.Later.VAT+b.Earlier.VAT != b.Invoiced.VAT {
			t.Errorf("the bridge does not lead across: %+v", b)
		}
	}
	for _, test := range []struct {
		supply, vat int64
		want        string
	}{
		{767, 67, ""}, {767, 70, ""}, {767, 64, ""},
		{767, 71, "fee_invoice_mismatch month:2026-11:KRW 834 838 4 0"}, {767, 63, "fee_invoice_mismatch month:2026-11:KRW 834 830 -4 0"},
		{768, 67, "fee_invoice_mismatch month:2026-11:KRW 834 835 1 0"}, {766, 68, "fee_invoice_mismatch month:2026-11:KRW 834 834 0 0"},
	} {
		var got string
		if f := (settle.Invoice{Month: "2026-11", MIDs: []string{"n", "m"}, Currency: pay.KRW, Supply: test.supply, VAT: test.vat, Issued: "2026-12-01"}).Compare(sold); f != nil {
			got = told([]reconcile.Finding{*f})
			if f.MID != "m,n" {
				t.Errorf("it is of %s", f.MID)
			}
		}
		if got != test.want {
			t.Errorf("%d and %d: %q, want %q", test.supply, test.vat, got, test.want)
		}
	}
}

// TestTheReferenceForVAT by evidence, each with and without tax.
func TestTheReferenceForVAT(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	free := func(n int64) *int64 { return &n }
	var vat settle.VAT
	add := func(method, behind pay.Method, amount int64, taxFree *int64, receipt *bool) {
		vat.Add(settle.Sale{Transaction: settle.Transaction{MID: "m", PaymentKey: "p" + string(method), Method: method, Amount: amount, At: seoul("2026-05-19 10:00:00")},
			Behind: behind, TaxFree: taxFree, Receipt: receipt})
	}
	add(pay.Card, "", 11_000, free(0), nil)
	add(pay.Card, "", -1_100, free(0), nil)
	add(pay.Card, "", 16_000, free(5_000), nil) // both kinds
	add(pay.EasyPay, pay.Card, 2_200, free(0), nil)
	add(pay.EasyPay, "", 3_300, free(0), &no)
	add(pay.Transfer, "", 100_000, free(0), &yes)
	add(pay.Transfer, "", 100_000, free(100_000), &no)     // must have one, and has none
	add(pay.VirtualAccount, "", 99_999, free(99_999), &no) // little enough
	add(pay.VirtualAccount, "", 150_000, free(0), nil)     // not looked up: not named
	add(pay.Phone, "", 110, free(0), nil)
	add(pay.GiftCertificate, "", 220, free(0), &yes)
	add(pay.Card, "", 777, nil, nil) // its parts were not read
	add(pay.Card, "", -7, nil, nil)
	table := vat.Table()
	var got []string
	for _, r := range table.Rows {
		got = append(got, fmt.Sprint(r.Evidence, " ", r.Free, " ", r.Count, ": ", r.Approvals, "-", r.Cancels, "=", r.Net, " ", r.Supply, "+", r.VAT))
	}
	want := []string{
		"신용카드 false 4: 24200-1100=23100 21000+2100", "신용카드 true 1: 5000-0=5000 5000+0",
		"현금영수증 false 2: 100220-0=100220 91109+9111", "현금영수증 true 0: 0-0=0 0+0",
		"직불·선불전자지급수단 false 1: 3300-0=3300 3000+300", "직불·선불전자지급수단 true 0: 0-0=0 0+0",
		"기타 false 2: 150110-0=150110 136464+13646", "기타 true 2: 199999-0=199999 199999+0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if table.Unread != 2 || table.UnreadApprovals != 777 || table.UnreadCancels != 7 {
		t.Errorf("unread: %d, %d, %d", table.Unread, table.UnreadApprovals, table.UnreadCancels)
	}
	if table.Receipts != 5 || table.LookedUp != 4 {
		t.Errorf("%d of %d cash receipts were looked up", table.LookedUp, table.Receipts)
	}
	if len(table.Nameless) != 1 || table.Nameless[0].Method != pay.Transfer || table.Nameless[0].Amount != 100_000 {
		t.Errorf("without a cash receipt: %+v", table.Nameless)
	}
	var own settle.VAT
	given := int64(999)
	own.Add(settle.Sale{Transaction: settle.Transaction{Method: pay.Card, Amount: 11_000}, TaxFree: free(0), VAT: &given})
	if row := own.Table().Rows[0]; row.VAT != 999 || row.Supply != 10_001 {
		t.Errorf("Toss's own VAT is not taken: %+v", row)
	}
}

// TestTheNeutralTable has each column of the table, and debits and credits apart
// where somebody names them.
func TestTheNeutralTable(t *testing.T) {
	t.Parallel()
	entries := settle.Vouchers(settle.Journal{Month: "2026-05", Currency: pay.USD, Fees: []settle.FeesOf{{Day: "2026-05-19", Fee: 18_156, FeeVAT: 0}}}, chart())
	for i, want := range []string{
		"2026-05-19|20260519-0001|1|차변|831|수수료비용|00102|토스페이먼츠(주)|181.56|PG수수료|세금계산서||181.56|",
		"2026-05-19|20260519-0001|2|대변|108|외상매출금|00102|토스페이먼츠(주)|181.56|PG수수료 차감||||181.56",
	} {
		var cells []string
		for _, column := range slices.Concat(settle.VoucherColumns, []string{settle.ColumnDebit, settle.ColumnCredit}) {
			cell, ok := entries[i].Cell(column)
			if !ok {
				t.Errorf("there is no column %s", column)
			}
			cells = append(cells, cell)
		}
		if got := strings.Join(cells, "|"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if _, ok := entries[0].Cell("비고"); ok {
		t.Error("a column of nobody has a cell")
	}
}

// TestAPeriodOfTheReturn is a month or a quarter.
func TestAPeriodOfTheReturn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-05": "2026-05 2026-05 true", "2026-Q1": "2026-01 2026-03 true", "2026-Q4": "2026-10 2026-12 true",
		"2026-Q0": "  false", "2026-Q5": "  false", "2026-Q": "  false", "2026-Q11": "  false", "Q1": "  false", "x-Q1": "  false", "2026": "  false",
	} {
		from, to, ok := settle.ParsePeriod(text)
		if got := fmt.Sprint(from, " ", to, " ", ok); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
