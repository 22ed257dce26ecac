package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"daesa/internal/hint"
	"daesa/internal/written"
	"daesa/refunds"
)

// AccountLine is a refund account, masked, or a payment whose account is waited
// for or was missed.
type AccountLine struct {
	MID, OrderID, PaymentKey          string
	Bank, AccountMasked, HolderMasked string    // empty where there is no account
	CapturedAt                        time.Time // zero where there is none
	Source                            string
	PurgedAt                          time.Time // when the account was destroyed; zero: it was not
	ExpiresAt                         time.Time // when Toss stops showing it; zero where it was not seen at Toss
	State                             string    // a refunds.CaptureState
	Why                               string    // why it was missed
}

// Accounts gives the refund accounts that are kept.
type Accounts interface {
	// Accounts lists accounts, masked, and payments without; of one merchant or one
	// order where it is named.
	Accounts(ctx context.Context, mid, orderID string) ([]AccountLine, error)
	// Account gives the sealed account of a payment; nil: none is kept.
	Account(ctx context.Context, mid, paymentKey string) (*refunds.StoredAccount, error)
}

// AccountLines is `accounts list`: the accounts in one state; "": in any.
func AccountLines(ctx context.Context, accounts Accounts, mid, order string, state refunds.CaptureState) ([]AccountLine, error) {
	all, err := accounts.Accounts(ctx, mid, order)
	if err != nil {
		return nil, err
	}
	lines := []AccountLine{}
	for _, line := range all {
		if state == "" || line.State == string(state) {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// RevealStore keeps who has seen an account.
type RevealStore interface {
	Accounts
	Revealed(ctx context.Context, account refunds.StoredAccount, actor, reason string, now time.Time) error
}

// RevealAccount is `accounts reveal`: one account in clear, once the journal has
// who saw it and why.
type RevealAccount struct {
	Store    RevealStore
	Sealer   refunds.Sealer
	MID      string // "": of any merchant
	Order    string
	Reason   string
	By       string
	Now      time.Time
	Terminal io.Writer // where it is shown, unless Out is set
	Out      string    // a new file that its owner alone may read
}

// revealedAccount is what is written: the form that `refunds add --account-file`
// reads.
type revealedAccount struct {
	Bank   string `json:"bank"`
	Number string `json:"account_number"`
	Holder string `json:"holder_name"`
}

// Run reveals the account. Of a file that could not be kept in the journal
// nothing is left.
func (x RevealAccount) Run(ctx context.Context) error {
	account, err := x.find(ctx)
	if err != nil {
		return err
	}
	opened, err := refunds.OpenAccount(x.Sealer, account.Sealed, refunds.AccountPlace(account.MID, account.OrderID, account.Print))
	if err != nil {
		return hint.Errorf("the key file must be the one that sealed it; a copy may be needed", "the account of order %s: %w", written.Shown(x.Order), err)
	}
	text, err := json.MarshalIndent(revealedAccount{opened.Bank, opened.Number.Reveal(), opened.Holder.Reveal()}, "", "  ")
	if err != nil {
		return errors.New("the account cannot be written as JSON")
	}
	text = append(text, '\n')
	reveal := func() error { return x.Store.Revealed(ctx, *account, x.By, x.Reason, x.Now) }
	if x.Out != "" {
		return x.writeFile(text, reveal)
	}
	if err := reveal(); err != nil { // the word is kept before anything is seen
		return err
	}
	_, err = x.Terminal.Write(text)
	return err
}

// writeFile makes the file before the journal is written, so that no word is kept
// about a file that cannot be made.
func (x RevealAccount) writeFile(text []byte, reveal func() error) error {
	file, err := os.OpenFile(x.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return hint.Errorf("name a file that is not there yet, in a folder of yours", "accounts reveal: %w", err)
	}
	if err := reveal(); err != nil {
		return errors.Join(err, file.Close(), os.Remove(x.Out))
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// find gives the one account of the order.
func (x RevealAccount) find(ctx context.Context) (*refunds.StoredAccount, error) {
	lines, err := x.Store.Accounts(ctx, x.MID, x.Order)
	if err != nil {
		return nil, err
	}
	var found *refunds.StoredAccount
	for _, line := range lines {
		account, err := x.Store.Account(ctx, line.MID, line.PaymentKey)
		switch {
		case err != nil:
			return nil, err
		case account == nil:
			continue
		case found != nil:
			return nil, hint.Errorf("say which merchant by --mid; daesa accounts list --order ID shows them", "order %s has several refund accounts", written.Shown(x.Order))
		}
		found = account
	}
	if found == nil {
		return nil, unknown("daesa accounts list shows which orders have one; one whose time was over is destroyed", "no refund account of order %s is kept", written.Shown(x.Order))
	}
	return found, nil
}

// PurgeStore destroys accounts.
type PurgeStore interface {
	// Purge destroys those whose payment's last refund ended before refunded, and
	// those that nothing has used and that were stored before unused.
	Purge(ctx context.Context, mid string, refunded, unused time.Time, actor string, now time.Time) (int, error)
}

// PurgeAccounts is `accounts purge`.
type PurgeAccounts struct {
	Store     PurgeStore
	Merchants []PurgedMerchant
	KeepDays  int // after the last refund
	By        string
	Now       time.Time
}

// PurgedMerchant is a merchant with its virtual_account_cancel_days.
type PurgedMerchant struct {
	MID        string
	CancelDays int
}

// depositMost is how long after its issue a virtual account can be paid into
// (dueDate, at most 90 days): from then its cancel deadline counts.
const depositMost = 90 * 24 * time.Hour

// Run destroys the accounts whose time is over, and gives how many.
func (x PurgeAccounts) Run(ctx context.Context) (int, error) {
	purged, keep := 0, time.Duration(x.KeepDays)*24*time.Hour
	for _, m := range x.Merchants {
		unused := x.Now.Add(-keep - depositMost - time.Duration(m.CancelDays)*24*time.Hour)
		n, err := x.Store.Purge(ctx, m.MID, x.Now.Add(-keep), unused, x.By, x.Now)
		if err != nil {
			return purged, err
		}
		purged += n
	}
	return purged, nil
}
