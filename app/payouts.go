package app

import (
	"slices"

	"daesa/jobs"
	"daesa/pay"
	"daesa/settle"
)

// PayoutsBetween are the payouts of some merchants on some days, in the order of
// merchant, currency and day.
func PayoutsBetween(held jobs.Held, mids []string, from, to pay.Day) []settle.Payout {
	list := slices.DeleteFunc(slices.Clone(held.Payouts), func(p settle.Payout) bool {
		return p.Day < from || p.Day > to || !slices.Contains(mids, p.MID)
	})
	slices.SortFunc(list, func(a, b settle.Payout) int { return a.PayoutKey.Compare(b.PayoutKey) })
	return list
}
