package settle

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"daesa/pay"
	"daesa/reconcile"
)

// RateUnit is the denominator of a Rate: 2.1 % is 21,000,000 of 1,000,000,000.
const RateUnit = 1_000_000_000

// Rate is a share of an amount, in parts of RateUnit.
type Rate int64

// ParseRate reads "2.1%"; ok is false for anything else, also for more than
// seven decimals, and above 100 %.
func ParseRate(text string) (rate Rate, ok bool) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	whole, fraction, point := strings.Cut(strings.TrimSpace(number), ".")
	const decimals = 7
	if !percent || whole == "" || len(whole) > 3 || point && fraction == "" || len(fraction) > decimals {
		return 0, false
	}
	units, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", decimals-len(fraction)), 10, 63)
	if err != nil || units > RateUnit {
		return 0, false
	}
	return Rate(units), true
}

// String writes a rate as ParseRate reads it.
func (r Rate) String() string {
	digits := strconv.FormatInt(int64(r), 10)
	for len(digits) < 8 {
		digits = "0" + digits
	}
	whole, fraction := digits[:len(digits)-7], strings.TrimRight(digits[len(digits)-7:], "0")
	if fraction != "" {
		whole += "." + fraction
	}
	return whole + "%"
}

// of is floor(amount x rate) of an amount that is not negative.
func (r Rate) of(amount int64) int64 {
	hi, lo := bits.Mul64(uint64(amount), uint64(r))
	if hi >= RateUnit {
		return 0 // an amount beyond 10^18 is none that Toss settles
	}
	quotient, _ := bits.Div64(hi, lo, RateUnit)
	return int64(quotient)
}

// Fee is one configured rule: which rows it is of, and what Toss should take,
// without VAT. What is "" counts for every row.
type Fee struct {
	MID      string
	Method   pay.Method
	CardType string
	Issuer   string
	Provider string
	Rate     Rate
	Fixed    int64   // in the smallest unit, for each row
	From     pay.Day // of the approval; "": always
}

// exact is how exactly a rule names a row, the issuer or provider the most.
func (f Fee) exact() int {
	weight := 0
	for i, given := range []bool{f.MID != "", f.Method != "", f.CardType != "", f.Provider != "", f.Issuer != ""} {
		if given {
			weight += 100 + 1<<i
		}
	}
	return weight
}

func (f Fee) matches(r Row) bool {
	fits := func(rule, row string) bool { return rule == "" || strings.EqualFold(rule, row) }
	return fits(f.MID, r.MID) && fits(string(f.Method), string(r.Method)) && fits(f.CardType, r.CardType) &&
		fits(f.Issuer, r.Issuer) && fits(f.Provider, r.Provider) && f.From <= pay.DayOf(r.ApprovedAt)
}

// Tariff is what was agreed with Toss.
type Tariff []Fee

// Of is the rule that counts for a row: the most exact one, of these the newest,
// of these the last. ok is false where no rule is of it.
func (t Tariff) Of(r Row) (fee Fee, ok bool) {
	for _, rule := range t {
		if rule.matches(r) && (!ok || cmp.Or(cmp.Compare(rule.exact(), fee.exact()), cmp.Compare(rule.From, fee.From)) >= 0) {
			fee, ok = rule, true
		}
	}
	return fee, ok
}

// feeTolerance is by how much a fee may be off, in the smallest unit: how Toss
// rounds is not documented.
const feeTolerance = 1

// Unexpected is a row whose fee is not what was agreed.
type Unexpected struct {
	Row
	Expected int64 // without VAT; of a cancel not above 0
	Charged  int64 // the same without what Toss says is for something else
	fixed    int64
	slack    int64
}

// Judge says whether a row's fee is another than agreed; ok is false where it
// is as agreed, or nothing was. Of a fee that is as agreed, too, u says what was
// expected and charged.
//
// The fee of a cancel goes back by the rate of its approval. Of a transfer and a
// virtual account it may stay with Toss, and a fixed fee may stay for every
// method: these are agreed, too.
func (t Tariff) Judge(r Row) (u Unexpected, ok bool) {
	r = r.inCents()
	fee, agreed := t.Of(r)
	if !agreed || r.Amount == 0 {
		return u, false
	}
	u = Unexpected{Row: r, fixed: fee.Fixed, slack: feeTolerance}
	beside, any := supplyBeside(r.Fees)
	u.Charged = r.SupplyAmount - beside
	if any {
		u.slack++ // the VAT of the parts is rounded once more
	}
	size := fee.Rate.of(max(r.Amount, -r.Amount))
	u.Expected = size + fee.Fixed
	if !r.Cancel() {
		return u, !u.near(u.Expected)
	}
	u.Expected = -u.Expected
	keeps := r.Method == pay.Transfer || r.Method == pay.VirtualAccount
	switch {
	case u.near(u.Expected):
	case u.near(-size):
		u.Expected = -size
	case keeps && u.near(0):
		u.Expected = 0
	default:
		return u, true
	}
	return u, false
}

func (u Unexpected) near(expected int64) bool {
	return max(u.Charged-expected, expected-u.Charged) <= u.slack
}

// base is Toss's word for the fee by rate; the others are borne for other things.
const base = "BASE"

// supplyBeside is the supply value of the parts of a fee that no rate is of. The
// parts of a row are with VAT.
func supplyBeside(fees []pay.Fee) (supply int64, any bool) {
	for _, fee := range fees {
		if fee.Type != base && fee.Amount != 0 {
			size := (max(fee.Amount, -fee.Amount)*20 + 11) / 22 // rounded
			if fee.Amount < 0 {
				size = -size
			}
			supply, any = supply+size, true
		}
	}
	return supply, any
}

// rates are all rates by which the row's fee would be as charged, within the
// tolerance; both ends are included. ok is false where no rate is.
func (u Unexpected) rates() (r band, ok bool) {
	amount, charged := u.Amount, u.Charged
	if u.Cancel() {
		amount, charged = -amount, -charged
	}
	low, high := charged-u.fixed-u.slack, charged-u.fixed+u.slack+1
	if amount <= 0 || high <= 0 {
		return band{}, false
	}
	r = band{Rate(ceilDiv(max(low, 0), amount)), Rate(ceilDiv(high, amount) - 1)}
	return r, r.low <= r.high && r.low <= RateUnit
}

// ceilDiv is the smallest whole number not below part x RateUnit / amount.
func ceilDiv(part, amount int64) int64 {
	hi, lo := bits.Mul64(uint64(part), RateUnit)
	if hi >= uint64(amount) {
		return RateUnit + 1
	}
	quotient, rest := bits.Div64(hi, lo, uint64(amount))
	if rest > 0 {
		quotient++
	}
	return int64(min(quotient, RateUnit+1))
}

// band is a stretch of rates, both ends included.
type band struct{ low, high Rate }

func (b band) with(other band) (band, bool) {
	b = band{max(b.low, other.low), min(b.high, other.high)}
	return b, b.low <= b.high
}

// plainest is the rate of the band that is written with the fewest digits.
func (b band) plainest() Rate {
	for step := Rate(RateUnit); step > 1; step /= 10 {
		if rate := (b.low + step - 1) / step * step; rate <= b.high {
			return rate
		}
	}
	return b.low
}

// singly is the break of one row that no other row's rate explains.
func (u Unexpected) singly() reconcile.Finding {
	f := ofRow(u.Row)
	f.Kind = reconcile.FeeUnexpected
	return withFees(f, u.Expected, u.Charged)
}

func withFees(f reconcile.Finding, expected, charged int64) reconcile.Finding {
	difference, none := charged-expected, int64(0)
	f.LocalAmount, f.ProviderAmount, f.Amount, f.Share = &expected, &charged, &difference, &none
	return f
}

// FeeGroup is many rows whose fees one other rate explains.
type FeeGroup struct {
	MID      string
	Method   pay.Method
	CardType string
	Currency pay.Currency
	From     pay.Day // of the first row's transaction
	Rate     Rate    // the plainest that explains them all
	Rows     int64
	Expected int64
	Charged  int64
	rates    band
}

// finding is the break of the groups that begin on one day: more than one where
// the rates of several issuers changed together.
func finding(groups []FeeGroup) reconcile.Finding {
	g := groups[0]
	var rates []string
	var expected, charged int64
	for _, each := range groups {
		expected += each.Expected
		charged += each.Charged
		rates = append(rates, each.Rate.String())
	}
	slices.Sort(rates)
	return withFees(reconcile.Finding{
		MID: g.MID, Subject: SubjectOfFee(g.Method, g.CardType, g.From), Kind: reconcile.FeeUnexpected, Currency: g.Currency, Method: g.Method,
		LocalStatus: "agreed", ProviderStatus: strings.Join(rates, ","), MovedAt: g.From.Start(),
	}, expected, charged)
}
