package reconcile

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daesa/pay"
)

func listGap(day string, why error) Gap {
	return NewGap(SideProvider, Part{Kind: PartList, Name: day}, why, ReasonOther)
}

// TestGapsOfOneCauseAreOne: a wrong key on a fresh database is said once, with a
// count and with what to do, not once for each of 183 days.
func TestGapsOfOneCauseAreOne(t *testing.T) {
	t.Parallel()
	key := func(day string) error {
		return &pay.Failure{Kind: pay.FailureKey, API: "GET /v1/transactions", About: day, HTTPStatus: 401, Code: "UNAUTHORIZED_KEY", Message: "..."}
	}
	var gaps []Gap
	for i := range 180 { // met in any order
		gaps = append(gaps, listGap(fmt.Sprintf("2026-05-%03d", i), &Unread{Reason: ReasonNotAsked}))
	}
	for _, day := range []string{"2026-11-21", "2026-11-20", "2026-11-19"} {
		gaps = append(gaps, listGap(day, key(day)))
	}
	groups := GroupGaps(gaps)
	if len(groups) != 1 || len(groups[0].Parts) != 183 || groups[0].First.What != "transactions of 2026-11-21" || !groups[0].First.KeyRefused() {
		t.Fatalf("%d groups: %+v", len(groups), groups)
	}
	line := groups[0].String()
	if !strings.HasPrefix(line, "provider: 183 parts (transactions of 2026-11-21, transactions of 2026-11-20 and 181 more): toss: GET /v1/transactions (2026-11-21): 401 UNAUTHORIZED_KEY") {
		t.Errorf("it says %s", line)
	}
	if !strings.Contains(groups[0].Hint(), "secret key") {
		t.Errorf("its hint is %q", groups[0].Hint())
	}
}

func TestGapsOfOtherCausesStandApart(t *testing.T) {
	t.Parallel()
	failure := func(kind pay.FailureKind, code string) error {
		return &pay.Failure{Kind: kind, API: "GET /x", Code: code}
	}
	gaps := []Gap{
		listGap("a", failure(pay.FailureNoAnswer, "")), listGap("b", failure(pay.FailureThrottled, "TOO_MANY_REQUESTS")), listGap("c", failure(pay.FailureNoAnswer, "")),
		NewGap(SideShop, Part{Kind: PartShopDay, Name: "2026-11-21"}, &Unread{Reason: ReasonNoOrders}, ReasonOther),
		NewGap(SideShop, Part{Kind: PartFile, Name: "a.csv"}, errors.New("is empty"), ReasonFile),
		NewGap(SideShop, Part{Kind: PartFile, Name: "b.csv"}, errors.New("is empty"), ReasonFile),
		{Side: SideProvider, What: "old", Why: "of a snapshot without its type"}, {Side: SideProvider, What: "old too", Why: "of a snapshot without its type"},
		NewGap(SideShop, Part{Kind: PartQuery}, &Unread{Reason: ReasonNotAsked}, ReasonOther),
	}
	var got []string
	for _, g := range GroupGaps(gaps) {
		got = append(got, fmt.Sprintf("%s x%d", strings.Join(g.Parts, "+"), len(g.Parts)))
	}
	want := []string{"transactions of a+transactions of c x2", "transactions of b x1", "orders of 2026-11-21 x1", "a.csv x1", "b.csv x1", "old x1", "old too x1", "orders.query x1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(GroupGaps(nil)) != 0 {
		t.Error("groups of nothing")
	}
}
