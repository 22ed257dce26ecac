package closing

import (
	"cmp"
	"context"
	"slices"

	"daesa/pay"
	"daesa/reports/monthbook"
	"daesa/settle"
)

// feeKey is what the rows of one line of fees have in common.
type feeKey struct {
	of       ofLedger
	part     monthbook.FeePart
	method   pay.Method
	cardType string
	issuer   string
	provider string
	agreed   bool
	rule     settle.Fee
}

func (k feeKey) compare(o feeKey) int {
	return cmp.Or(cmp.Compare(k.of.mid, o.of.mid), cmp.Compare(k.of.currency, o.of.currency), cmp.Compare(k.method, o.method), cmp.Compare(k.part, o.part),
		cmp.Compare(k.cardType, o.cardType), cmp.Compare(k.issuer, o.issuer), cmp.Compare(k.provider, o.provider), cmp.Compare(k.rule.From, o.rule.From),
		cmp.Compare(k.rule.Rate, o.rule.Rate), cmp.Compare(k.rule.Fixed, o.rule.Fixed))
}

// feeSums sums the rows of a month: what is held grows with rules, never with rows.
type feeSums struct {
	tariff settle.Tariff
	lines  map[feeKey]*monthbook.Fee
	groups settle.FeeGroups
}

// line is that of a key.
func (f *feeSums) line(k feeKey) *monthbook.Fee {
	line := f.lines[k]
	if line == nil {
		line = &monthbook.Fee{Part: k.part, MID: k.of.mid, Currency: k.of.currency, Method: k.method, CardType: k.cardType, Issuer: k.issuer, Provider: k.provider}
		if k.agreed {
			line.Agreed, line.Expected = &k.rule, new(int64)
		}
		f.lines[k] = line
	}
	return line
}

// add takes one row. What Toss takes beside the fee that a rule is of has a line of
// its own, so that a difference is one from the rule.
func (f *feeSums) add(r settle.Row) {
	rule, agreed := f.tariff.Of(r)
	judged, odd := f.tariff.Judge(r)
	amount, fee, vat := r.Amount, r.FeeOf(), r.VAT
	currency := pay.Normal(r.Currency, &amount, &fee, &vat)
	k := feeKey{of: ofLedger{r.MID, currency}, method: r.Method, agreed: agreed, rule: rule}
	switch r.Method {
	case pay.Card:
		k.cardType = r.CardType
	case pay.EasyPay:
		k.provider = r.Provider
	default:
	}
	if rule.Issuer != "" {
		k.issuer = r.Issuer
	}
	line := f.line(k)
	line.Rows, line.Amount, line.FeeVAT = line.Rows+1, line.Amount+amount, line.FeeVAT+vat
	if agreed && r.Amount != 0 {
		*line.Expected += judged.Expected
		if beside := fee - judged.Charged; beside != 0 {
			f.line(feeKey{of: k.of, part: monthbook.FeeBeside, method: k.method}).Fee += beside
			fee = judged.Charged
		}
	}
	line.Fee += fee
	if odd {
		f.groups.Add(judged)
	}
}

// fees sums the fees of the rows of the month by rule, and reads these rows once: for
// their hash and for the invoice, too.
func (d *drawer) fees(ctx context.Context) error {
	sums := feeSums{tariff: d.Drawing.Tariff, lines: map[feeKey]*monthbook.Fee{}}
	invoiced := map[ofLedger]*settle.Fees{}
	bill := func(r settle.Row) {
		of := ofLedger{r.MID, r.PayoutKey().Currency}
		if invoiced[of] == nil {
			invoiced[of] = settle.NewFees(d.m.Month, d.Drawing.Basis)
		}
		invoiced[of].Add(r)
	}
	for _, mid := range d.MIDs {
		if err := d.Drawing.Pages.RowsOf(ctx, mid, d.m.Month, d.m.Month, func(r settle.Row) {
			d.hash.Add(r)
			sums.add(r)
			bill(r)
		}); err != nil {
			return err
		}
		if err := d.Drawing.Pages.RowsBilled(ctx, mid, d.m.Month, d.Drawing.Basis, bill); err != nil {
			return err
		}
	}
	d.correctFees(&sums)
	keys := make([]feeKey, 0, len(sums.lines))
	for k := range sums.lines {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, feeKey.compare)
	for _, k := range keys {
		d.out.Fees = append(d.out.Fees, *sums.lines[k])
	}
	d.out.FeeGroups = sums.groups.Groups()
	bridges := map[ofLedger]settle.InvoiceBridge{}
	for of, f := range invoiced {
		bridges[of] = f.Bridge()
	}
	return d.invoices(ctx, bridges)
}

// correctFees adds, for each method, what the roll-forward has beside the rows of the
// month's transactions: fees of earlier months that came, or changed, after these were
// locked.
func (d *drawer) correctFees(sums *feeSums) {
	type sum struct{ fee, vat int64 }
	rows := map[feeKey]sum{}
	for k, line := range sums.lines {
		of := feeKey{of: k.of, method: k.method}
		rows[of] = sum{rows[of].fee + line.Fee, rows[of].vat + line.FeeVAT}
	}
	for _, l := range d.m.Ledgers {
		for _, roll := range l.ByMethod {
			k := feeKey{of: ofLedger{l.MID, l.Currency}, method: roll.Method}
			has := rows[k]
			if roll.Fees == has.fee && roll.FeeVAT == has.vat {
				continue
			}
			k.part = monthbook.FeeCorrected
			line := sums.line(k)
			line.Fee, line.FeeVAT = roll.Fees-has.fee, roll.FeeVAT-has.vat
		}
	}
}
