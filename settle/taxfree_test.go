package settle

import "testing"

// TestTheTaxFreePartIsTheLookUpsElseTheOrdersElseUnread: never a guess, and never 0
// where nobody has said it.
func TestTheTaxFreePartIsTheLookUpsElseTheOrdersElseUnread(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	for name, test := range map[string]struct {
		known TaxKnown
		want  *int64
	}{
		"nobody has said it":                {TaxKnown{Amount: 30_000}, nil},
		"the look-up":                       {TaxKnown{Amount: 30_000, Approved: n(30_000), Paid: n(10_000)}, n(10_000)},
		"the look-up says 0":                {TaxKnown{Amount: 30_000, Approved: n(30_000), Paid: n(0)}, n(0)},
		"the look-up goes before the order": {TaxKnown{Amount: 30_000, Approved: n(30_000), Paid: n(0), Order: n(30_000), OrderFree: n(10_000)}, n(0)},
		"a payment that an older program looked up: the order": {TaxKnown{Amount: 30_000, Approved: n(30_000), Order: n(30_000), OrderFree: n(10_000)}, n(10_000)},
		"the order":                                                 {TaxKnown{Amount: 30_000, Order: n(30_000), OrderFree: n(10_000)}, n(10_000)},
		"an order whose source says 0":                              {TaxKnown{Amount: 30_000, Order: n(30_000), OrderFree: n(0), Told: true}, n(0)},
		"an order whose source lacks the column":                    {TaxKnown{Amount: 30_000, Order: n(30_000), OrderFree: n(0)}, nil},
		"an order of another amount, mixed":                         {TaxKnown{Amount: 30_000, Order: n(40_000), OrderFree: n(10_000)}, nil},
		"an order of another amount, all taxable":                   {TaxKnown{Amount: 30_000, Order: n(40_000), OrderFree: n(0), Told: true}, n(0)},
		"an order of another amount, all free":                      {TaxKnown{Amount: 30_000, Order: n(40_000), OrderFree: n(40_000)}, n(30_000)},
		"a cancel as its look-up says":                              {TaxKnown{Amount: -5_000, Approved: n(30_000), Paid: n(10_000), Cancel: n(1_000)}, n(1_000)},
		"a whole cancel of a looked-up payment":                     {TaxKnown{Amount: -30_000, Approved: n(30_000), Paid: n(10_000)}, n(10_000)},
		"a part of a mixed payment, cancelled after its look-up":    {TaxKnown{Amount: -5_000, Approved: n(30_000), Paid: n(10_000)}, nil},
		"the same with an order, which cannot know it either":       {TaxKnown{Amount: -5_000, Approved: n(30_000), Paid: n(10_000), Order: n(30_000), OrderFree: n(10_000)}, nil},
		"a part of a taxable payment":                               {TaxKnown{Amount: -5_000, Approved: n(30_000), Paid: n(0)}, n(0)},
		"a part of a payment that is all free":                      {TaxKnown{Amount: -5_000, Approved: n(30_000), Paid: n(30_000)}, n(5_000)},
		"a whole cancel of a mixed order":                           {TaxKnown{Amount: -30_000, Order: n(30_000), OrderFree: n(10_000)}, n(10_000)},
		"a part of a mixed order":                                   {TaxKnown{Amount: -5_000, Order: n(30_000), OrderFree: n(10_000)}, nil},
		"a look-up that says more than was paid: not to be trusted": {TaxKnown{Amount: 30_000, Approved: n(30_000), Paid: n(40_000)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.known.TaxFree()
			if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
				t.Errorf("got %v, want %v", say(got), say(test.want))
			}
		})
	}
}

func say(n *int64) any {
	if n == nil {
		return "unread"
	}
	return *n
}
