package refunds

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"daesa/pay"
)

const (
	first  = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	second = "bbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// mixed is a payment of 30,000 won of which 10,000 are tax-free.
func mixed(change ...func(*pay.Payment)) pay.Payment {
	return *payment(append([]func(*pay.Payment){func(p *pay.Payment) {
		p.TotalAmount, p.BalanceAmount, p.TaxFreeAmount = 30_000, 30_000, 10_000
	}}, change...)...)
}

// took adds a cancel with its tax-free part.
func took(amount, taxFree int64, reason string, status pay.CancelStatus) func(*pay.Payment) {
	return func(p *pay.Payment) {
		canceled(amount, reason, status)(p)
		p.Cancels[len(p.Cancels)-1].TaxFreeAmount = taxFree
		if status == pay.CancelDone {
			p.TaxFreeAmount -= taxFree
			return
		}
		p.BalanceAmount += amount // nothing has moved yet, or ever
		p.Status = pay.Done
	}
}

func taken(id string, state State, amount, taxFree int64) Known {
	return Known{Taken: []Taken{{ID: id, State: state, Parts: Parts{amount, taxFree}}}}
}

func given(id string, amount, taxFree int64) Known {
	return Known{Given: []Given{{id, Parts{amount, taxFree}}}}
}

func TestRoom(t *testing.T) {
	t.Parallel()
	none := func(State) bool { return false }
	tests := []struct {
		name   string
		p      pay.Payment
		known  Known
		counts func(State) bool
		want   Left
	}{
		{"all of it, with its parts", mixed(), Known{}, State.Counts, Left{30_000, 10_000, 20_000}},
		{"less what Toss has cancelled", mixed(took(12_000, 2000, "상담", pay.CancelDone)), Known{}, State.Counts, Left{18_000, 8000, 10_000}},
		{"less an open request, with its parts", mixed(), taken(first, StateRequested, 15_000, 0), State.Counts, Left{15_000, 10_000, 5000}},
		{"an approved one counts as well", mixed(), taken(first, StateApproved, 15_000, 5000), State.Counts, Left{15_000, 5000, 10_000}},
		{"one that ended counts no more", mixed(), taken(first, StateRejected, 15_000, 0), State.Counts, Left{30_000, 10_000, 20_000}},
		{"one that Toss shows by our reference counts once", mixed(took(15_000, 0, pay.WithMarker("변심", first), pay.CancelDone)), taken(first, StateUnknown, 15_000, 0), State.Counts, Left{15_000, 10_000, 5000}},
		{"one that has a claim on a cancel counts once", mixed(took(15_000, 0, "상담원", pay.CancelDone)),
			Known{Taken: []Taken{{ID: first, State: StateSucceeded, Parts: Parts{15_000, 0}}}, Claimed: map[string]string{"tx원": first}}, State.Counts, Left{15_000, 10_000, 5000}},
		{"one that succeeded and that this look does not show yet counts", mixed(), taken(first, StateSucceeded, 15_000, 0), State.Counts, Left{15_000, 10_000, 5000}},
		{"a cancel that was aborted came to nothing", mixed(took(15_000, 0, pay.WithMarker("변심", first), pay.CancelAborted)), taken(first, StateHeld, 15_000, 0), State.Counts, Left{15_000, 10_000, 5000}},
		{"one in progress is as good as done", mixed(took(15_000, 0, pay.WithMarker("변심", first), pay.CancelInProgress)), taken(first, StateAccepted, 15_000, 0), State.Counts, Left{15_000, 10_000, 5000}},
		{"and so is another's", mixed(took(15_000, 5000, "상담", pay.CancelInProgress)), Known{}, State.Counts, Left{15_000, 5000, 10_000}},
		{"who is not ahead takes nothing", mixed(), taken(first, StateRequested, 15_000, 0), none, Left{30_000, 10_000, 20_000}},
		{"nor does anybody before a send", mixed(), taken(first, StateApproved, 15_000, 0), nil, Left{30_000, 10_000, 20_000}},
		{"a transfer by hand takes its parts", mixed(), given(first, 15_000, 5000), nil, Left{15_000, 5000, 10_000}},
		{"one whose payout failed has lowered the balance already", mixed(took(15_000, 5000, pay.WithMarker("변심", first), pay.CancelDone)), given(first, 15_000, 5000), nil, Left{15_000, 5000, 10_000}},
		{"of a break's transfer nobody says the parts", mixed(), given("", 15_000, 0), nil, Left{15_000, 10_000, 20_000}},
		{"what the shop gave back elsewhere", mixed(), Known{Order: &pay.Order{RefundedElsewhere: 12_000}}, nil, Left{18_000, 10_000, 20_000}},
		{"never below nothing", mixed(), given("", 40_000, 0), nil, Left{0, 10_000, 20_000}},
		{"a part that ran over leaves the other", mixed(), Known{Taken: []Taken{{ID: first, State: StateApproved, Parts: Parts{15_000, 0}}, {ID: second, State: StateApproved, Parts: Parts{10_000, 0}}}}, State.Counts, Left{5000, 10_000, 0}},
		{"a tax-free part above the balance is the balance", mixed(func(p *pay.Payment) { p.BalanceAmount, p.Status = 5000, pay.PartialCanceled }), Known{}, nil, Left{5000, 5000, 0}},
		{"a virtual account before its deposit", mixed(func(p *pay.Payment) { p.Status, p.ApprovedAt = pay.WaitingForDeposit, time.Time{} }), Known{}, nil, Left{30_000, 10_000, 20_000}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Room(test.p, test.known, test.counts); got != test.want {
				t.Errorf("left %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestMisfit(t *testing.T) {
	t.Parallel()
	left := Left{Amount: 15_000, TaxFree: 10_000, Taxable: 5000}
	tests := []struct {
		want Parts
		why  string
	}{
		{Parts{15_000, 10_000}, ""}, {Parts{5000, 0}, ""}, {Parts{10_000, 10_000}, ""}, {Parts{1, 1}, ""},
		{Parts{15_001, 10_000}, WhyAboveBalance}, {Parts{5001, 0}, WhyTaxPart}, {Parts{10_001, 10_001}, WhyTaxPart},
		{Parts{10_000, 0}, WhyTaxPart}, {Parts{100, 101}, WhyTaxPart}, {Parts{100, -1}, WhyTaxPart},
	}
	for _, test := range tests {
		if why := left.Misfit(test.want); why != test.why {
			t.Errorf("%+v of %+v: %q, want %q", test.want, left, why, test.why)
		}
	}
}

func TestTheTaxFreePartIsForcedOnlyWhereOneFits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		left        Left
		amount      int64
		least, most int64
	}{
		{Left{30_000, 10_000, 20_000}, 30_000, 10_000, 10_000}, // all of it
		{Left{30_000, 10_000, 20_000}, 12_000, 0, 10_000},
		{Left{30_000, 10_000, 20_000}, 25_000, 5000, 10_000},
		{Left{30_000, 0, 30_000}, 12_000, 0, 0},           // nothing is tax-free
		{Left{30_000, 30_000, 0}, 12_000, 12_000, 12_000}, // everything is
		{Left{10_000, 10_000, 20_000}, 10_000, 0, 10_000}, // nobody says which part went back elsewhere
	}
	for _, test := range tests {
		if least, most := test.left.TaxFreeOf(test.amount); least != test.least || most != test.most {
			t.Errorf("%d of %+v: %d to %d, want %d to %d", test.amount, test.left, least, most, test.least, test.most)
		}
	}
}

// TestWhatFitsKeepsEveryPartAboveNothing takes requests that fit one after the
// other, in any order of asking and sending: Toss's own arithmetic holds.
func TestWhatFitsKeepsEveryPartAboveNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	for range 2000 {
		total := 1 + r.Int64N(40)
		p := mixed(func(p *pay.Payment) {
			p.TotalAmount, p.BalanceAmount, p.TaxFreeAmount = total, total, r.Int64N(total+1)
		})
		known := Known{Claimed: map[string]string{}}
		for i := range 12 {
			id := strings.Repeat(string(rune('a'+i)), 26)
			want := Parts{Amount: 1 + r.Int64N(12)}
			want.TaxFree = r.Int64N(want.Amount + 1)
			if Room(p, known, State.Counts).Misfit(want) == "" {
				known.Taken = append(known.Taken, Taken{ID: id, State: StateApproved, Parts: want})
			}
			if len(known.Taken) > 0 && r.IntN(2) == 0 { // one of them is sent
				sent := &known.Taken[r.IntN(len(known.Taken))]
				if sent.State == StateApproved {
					if why := Room(p, known, nil).Misfit(sent.Parts); why != "" {
						t.Fatalf("what fitted when it was asked does not when it is sent: %s, %+v of %+v", why, sent, p)
					}
					took(sent.Amount, sent.TaxFree, pay.WithMarker("변심", sent.ID), pay.CancelDone)(&p)
					sent.State = StateSucceeded
				}
			}
			if p.TaxFreeAmount < 0 || p.TaxFreeAmount > p.BalanceAmount {
				t.Fatalf("balance %d, tax-free %d", p.BalanceAmount, p.TaxFreeAmount)
			}
		}
	}
}

func TestOtherPerson(t *testing.T) {
	t.Parallel()
	for by, other := range map[string]bool{"lee": true, "kim": false, "KIM": false, "Kim ": false, "": false, " ": false, "kim2": true,
		"ｋｉｍ": false, "кim": false, "kim민수": false, "김민수": true} {
		if got := OtherPerson("kim", by); got != other {
			t.Errorf("kim and %q: %v", by, got)
		}
	}
}

// TestNamesAreComparedInOnePlace keeps the four-eyes rule single: who compares
// a requester otherwise has made a second one.
func TestNamesAreComparedInOnePlace(t *testing.T) {
	t.Parallel()
	compares := regexp.MustCompile(`EqualFold\([^)]*RequestedBy|RequestedBy\s*[!=]=\s*[\w.]+|[\w.]+\s*[!=]=\s*\w+\.RequestedBy`)
	for _, pattern := range []string{"*.go", "../store/*.go", "../app/*.go", "../cmd/daesa/*.go", "../jobs/*.go", "../reports/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range compares.FindAllString(string(content), -1) {
				if !strings.Contains(found, "NightActor") { // a night is no person
					t.Errorf("%s compares names by itself: %s", file, found)
				}
			}
		}
	}
}

func TestApprove(t *testing.T) {
	t.Parallel()
	enough, short, wrongPart := Left{10_000, 0, 10_000}, Left{2999, 0, 2999}, Left{10_000, 9000, 1000}
	tests := []struct {
		name string
		r    Request
		by   string
		left *Left
		ok   bool
	}{
		{"another person", request(StateRequested), "lee", &enough, true},
		{"where Toss's parts are not known", request(StateRequested), "lee", nil, true},
		{"who asked", request(StateRequested), "kim", &enough, false},
		{"who asked, written otherwise", request(StateRequested), " KIM", &enough, false},
		{"nobody", request(StateRequested), "", &enough, false},
		{"it is approved already", request(StateApproved), "lee", &enough, false},
		{"it waits for its account", request(StateNeedsAccount), "lee", &enough, false},
		{"others are ahead of it", request(StateRequested), "lee", &short, false},
		{"others took the part", request(StateRequested), "lee", &wrongPart, false},
		{"a look-up has shown that it never fits", request(StateRequested, func(r *Request) { r.ErrorCode = WhyAboveBalance }), "lee", &enough, false},
		{"nor does its part", request(StateRequested, func(r *Request) { r.ErrorCode = WhyTaxPart }), "lee", &enough, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.r.Approval, test.r.ApprovedBy = "", ""
			got, err := test.r.Approve(test.by, test.left, at)
			if (err == nil) != test.ok {
				t.Fatalf("approved: %v", err)
			}
			var hint interface{ Hint() string }
			if err != nil && (!errors.As(err, &hint) || hint.Hint() == "" || got.Approval != "" || got.State != test.r.State) {
				t.Errorf("refused as %+v by %v", got, err)
			}
			if err == nil && (got.State != StateApproved || got.ApprovedBy != test.by || !got.ApprovedAt.Equal(at) || got.Approval != ApprovalHash(got)) {
				t.Errorf("approved as %+v", got)
			}
		})
	}
}

func TestWhatWasSentIsNeitherRejectedNorWithdrawn(t *testing.T) {
	t.Parallel()
	for _, state := range States {
		_, rejected := request(state).Reject()
		_, withdrawn := request(state).Withdraw()
		if waits := state == StateRequested || state == StateNeedsAccount; (rejected == nil) != waits {
			t.Errorf("%s rejected: %v", state, rejected)
		}
		if (withdrawn == nil) != state.Unsent() {
			t.Errorf("%s withdrawn: %v", state, withdrawn)
		}
		if (rejected == nil || withdrawn == nil) && !MayMove(state, StateRejected) {
			t.Errorf("no rule leads from %s to rejected", state)
		}
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	account := StoredAccount{Print: "new", ApproveAbove: 3000}
	person := func(r *Request) { r.ApprovedBy = "lee" }
	tests := []struct {
		name string
		r    Request
		to   State // "": it changes nothing
	}{
		{"what waited needs the word that it needed before", request(StateNeedsAccount, func(r *Request) { r.Amount = 3001 }), StateRequested},
		{"a small one needs none", request(StateNeedsAccount), StateApproved},
		{"nor does one that was approved at once", request(StateApproved, virtual), StateApproved},
		{"a person's word was on the other account", request(StateApproved, virtual, person), StateRequested},
		{"who waits for a word goes on waiting", request(StateRequested, virtual), StateRequested},
		{"one that equals another needs a word", request(StateNeedsAccount, func(r *Request) { r.SameAs = "x" }), StateRequested},
		{"a card asks for no account", request(StateApproved), ""},
		{"what was sent keeps its own", request(StateUnknown, virtual), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := test.r.Release(account)
			if ok != (test.to != "") {
				t.Fatalf("released as %+v, %v", got, ok)
			}
			if ok && (got.State != test.to || got.AccountFingerprint != "new" || got.ApprovedBy != "" || (got.Approval == "") != (test.to == StateRequested)) {
				t.Errorf("released as %+v", got)
			}
		})
	}
}

func TestATransferByHandAndTossAreTogetherNeverMoreThanWasPaid(t *testing.T) {
	t.Parallel()
	transfer := func(amount, taxFree int64) ManualTransfer {
		return ManualTransfer{RefundID: own, MID: "m", PaymentKey: "k", OrderID: "o", Amount: amount, TaxFree: taxFree, Currency: pay.KRW}
	}
	failedPayout := mixed(account(pay.RefundFailed), took(15_000, 0, ours, pay.CancelDone))
	tests := []struct {
		name    string
		t       ManualTransfer
		p       pay.Payment
		known   Known
		another bool
		ok      bool
	}{
		{"nothing else was asked", transfer(30_000, 10_000), mixed(), Known{}, false, true},
		{"exactly what is left beside a request", transfer(15_000, 5000), mixed(), taken(first, StateApproved, 15_000, 5000), true, true},
		{"one won more", transfer(15_001, 5000), mixed(), taken(first, StateApproved, 15_000, 5000), false, false},
		{"the same amount was asked of Toss", transfer(15_000, 5000), mixed(), taken(first, StateApproved, 15_000, 5000), false, false},
		{"more of the taxable part than is left", transfer(10_000, 0), mixed(), taken(first, StateApproved, 15_000, 0), false, false},
		{"the rest of the taxable part", transfer(5000, 0), mixed(), taken(first, StateApproved, 15_000, 0), false, true},
		{"beside another transfer", transfer(15_000, 0), mixed(), given(first, 15_001, 0), false, false},
		{"Toss was cancelled meanwhile", transfer(30_000, 10_000), mixed(took(1, 0, "상담", pay.CancelDone)), Known{}, false, false},
		{"its payout failed: Toss has the cancel", transfer(15_000, 0), failedPayout, Known{}, false, true},
		{"its payout failed, and everything else is asked for", transfer(15_000, 0), failedPayout, taken(first, StateApproved, 15_000, 10_000), true, true},
		{"it was paid out after all", transfer(15_000, 0), mixed(account(pay.RefundCompleted), took(15_000, 0, ours, pay.CancelDone)), Known{}, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := test.t.MayGo(test.p, test.known, test.another); (err == nil) != test.ok {
				t.Errorf("the transfer may go: %v", err)
			}
		})
	}
}

// A won more than is left is above the balance; that no part bears it either is
// not what people must be told.
func TestATransferByHandOneWonAboveIsAboveTheBalance(t *testing.T) {
	t.Parallel()
	left := Left{Amount: 10_000, TaxFree: 4000, Taxable: 6000}
	for amount, want := range map[int64]string{10_000: "", 10_001: WhyAboveBalance, 9_999: ""} {
		if got := left.Misfit(Parts{Amount: amount, TaxFree: 4000}); got != want {
			t.Errorf("%d of 10,000: %q, want %q", amount, got, want)
		}
	}
	if got := left.Misfit(Parts{Amount: 6001}); got != WhyTaxPart {
		t.Errorf("within the balance, above its taxable part: %q", got)
	}
}

// TestAFailedPayoutThatWasTransferredLowersTheBalanceOnce: the cancel has taken
// the money from the balance, and the transfer is that same money.
func TestAFailedPayoutThatWasTransferredLowersTheBalanceOnce(t *testing.T) {
	t.Parallel()
	p := mixed(account(pay.RefundFailed), took(15_000, 5000, pay.WithMarker("변심", first), pay.CancelDone))
	known := given(first, 15_000, 5000)
	known.AccountFingerprint = "print"
	rest := request(StateApproved, virtual, func(r *Request) { r.Amount, r.TaxFreeAmount = 15_000, 5000 })
	if why := Obstacle(rest, p, known, at); why != "" {
		t.Errorf("the other half cannot be sent: %s", why)
	}
	order := pay.Order{Status: pay.OrderCanceled, PaidAt: at, Amount: 30_000, CanceledAmount: 30_000, Currency: pay.KRW}
	known.Order = &order
	if owed := Owed(p, known); owed != 15_000 {
		t.Errorf("%d are still owed, want 15,000", owed)
	}
}

func TestAnEqualRequestOfThirtyDaysIsLookedAtTwice(t *testing.T) {
	t.Parallel()
	r := request(StateApproved, func(r *Request) { r.RequestedAt = at })
	with := func(ago time.Duration, state State, amount int64) Taken {
		return Taken{ID: first, State: state, Parts: Parts{Amount: amount}, At: at.Add(-ago)}
	}
	for name, test := range map[string]struct {
		other Taken
		same  bool
	}{
		"the same amount":           {with(time.Hour, StateSucceeded, 3000), true},
		"another amount":            {with(time.Hour, StateSucceeded, 3001), false},
		"thirty days ago":           {with(30*24*time.Hour, StateSucceeded, 3000), false},
		"a second less":             {with(30*24*time.Hour-time.Second, StateSucceeded, 3000), true},
		"one that a person refused": {with(time.Hour, StateRejected, 3000), true},
	} {
		got := r.Beside(Known{Taken: []Taken{test.other}})
		if (got.SameAs == first) != test.same || (got.State == StateRequested) != test.same || (got.Approval == "") != test.same {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestAnApprovalCoversWhereTheMoneyComesFromHowMuchAndWhereItGoes: with any of
// these changed it is another wish, which nobody has approved.
func TestAnApprovalCoversWhereTheMoneyComesFromHowMuchAndWhereItGoes(t *testing.T) {
	t.Parallel()
	approved := request(StateApproved, virtual)
	for what, change := range map[string]func(*Request){
		"the request":       func(r *Request) { r.ID = "another" },
		"the merchant":      func(r *Request) { r.MID = "another" },
		"the payment":       func(r *Request) { r.PaymentKey = "another" },
		"the amount":        func(r *Request) { r.Amount++ },
		"the tax-free part": func(r *Request) { r.TaxFreeAmount++ },
		"the currency":      func(r *Request) { r.Currency = pay.USD },
		"the account":       func(r *Request) { r.AccountFingerprint = "another" },
		"the reason":        func(r *Request) { r.Reason = "다른 사유" },
	} {
		changed := approved
		change(&changed)
		if ApprovalHash(changed) == approved.Approval {
			t.Errorf("the approval covers another value of %s", what)
		}
	}
}

func TestANewRequestFitsBesideAllThatWasAskedFor(t *testing.T) {
	t.Parallel()
	asks := func(amount, taxFree int64) Request {
		return request(StateRequested, func(r *Request) { r.Amount, r.TaxFreeAmount = amount, taxFree })
	}
	for _, state := range States {
		counts := state.Open() || state == StateAccepted || state == StateSucceeded
		for parts, left := range map[Parts]bool{{15_000, 5000}: true, {15_001, 5000}: !counts, {10_000, 6000}: !counts, {11_000, 0}: !counts} {
			err := asks(parts.Amount, parts.TaxFree).Fits(mixed(), taken(first, state, 15_000, 5000))
			if (err == nil) != left {
				t.Errorf("%+v beside half of it that is %s: %v", parts, state, err)
			}
		}
	}
	past := asks(40_000, 0)
	past.State = StateExpired
	if err := past.Fits(mixed(), Known{}); err != nil {
		t.Errorf("what is expired asks Toss for nothing: %v", err)
	}
}

// TestOneRefIsOneWish: who asks again with a ref asks for the same, or is told
// what it stands for.
func TestOneRefIsOneWish(t *testing.T) {
	t.Parallel()
	had := request(StateSucceeded, func(r *Request) { r.TaxFreeAmount = 1000 })
	if err := had.SameAsking(request(StateRequested, func(r *Request) { r.TaxFreeAmount, r.RequestedBy, r.Reason = 1000, "lee", "다른 사유" })); err != nil {
		t.Errorf("the same wish: %v", err)
	}
	for what, change := range map[string]func(*Request){
		"payment":       func(r *Request) { r.PaymentKey = "another" },
		"amount":        func(r *Request) { r.Amount++ },
		"tax-free part": func(r *Request) { r.TaxFreeAmount-- },
		"currency":      func(r *Request) { r.Currency = pay.USD },
	} {
		asked := had
		change(&asked)
		var other *RefError
		if err := had.SameAsking(asked); !errors.As(err, &other) {
			t.Errorf("with another %s it is the same wish: %v", what, err)
		}
	}
}
