package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/refunds"
)

// accountRow is a refund account as the table holds it: sealed.
type accountRow struct {
	MID           string `db:"mid"`
	PaymentKey    string `db:"payment_key"`
	OrderID       string `db:"order_id"`
	Print         string `db:"print"`
	Bank          string `db:"bank"`
	AccountMasked string `db:"account_masked"`
	HolderMasked  string `db:"holder_masked"`
	Sealed        []byte `db:"sealed"`
	Source        string `db:"source"`
	At            Time   `db:"at"`
	Actor         string `db:"actor"`
	PurgedAt      Time   `db:"purged_at"`
}

func (r accountRow) account() *refunds.StoredAccount {
	return &refunds.StoredAccount{
		MID: r.MID, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Print: r.Print, Bank: r.Bank,
		AccountMasked: r.AccountMasked, HolderMasked: r.HolderMasked, Sealed: r.Sealed, Source: r.Source, At: r.At.Time, Actor: r.Actor,
	}
}

// account reads the account of a payment; an empty row where there is none, or
// none any more.
func (d *DB) account(ctx context.Context, on runner, mid, paymentKey string) (accountRow, error) {
	var row accountRow
	err := d.db.One(ctx, on, &row, "account_of", args{"mid": mid, "payment_key": paymentKey})
	if errors.Is(err, sql.ErrNoRows) {
		return accountRow{}, nil
	}
	if !row.PurgedAt.IsZero() {
		return accountRow{}, err
	}
	return row, err
}

// Account gives the sealed refund account of a payment; nil where none is known.
func (d *DB) Account(ctx context.Context, mid, paymentKey string) (*refunds.StoredAccount, error) {
	row, err := d.account(ctx, d.db.Pool(), mid, paymentKey)
	if err != nil || row.Print == "" {
		return nil, err
	}
	return row.account(), nil
}

// SealedAccount gives one account that is sealed; nil: none is kept.
func (d *DB) SealedAccount(ctx context.Context) (*refunds.StoredAccount, error) {
	var rows []accountRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, "sealed_accounts", args{"mid": "", "payment_key": "", "limit": 1}); err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0].account(), nil
}

// saveAccount stores a sealed account. What waited for one, and what was
// approved for another, waits for a person's word on this one.
func (d *DB) saveAccount(ctx context.Context, tx *sqlx.Tx, a refunds.StoredAccount) ([]Entry, error) {
	if _, err := d.db.Exec(ctx, tx, "upsert_account", newAccountRow(a)); err != nil {
		return nil, err
	}
	return d.accountCame(ctx, tx, a)
}

func newAccountRow(a refunds.StoredAccount) accountRow {
	return accountRow{
		MID: a.MID, PaymentKey: a.PaymentKey, OrderID: a.OrderID, Print: a.Print, Bank: a.Bank, AccountMasked: a.AccountMasked,
		HolderMasked: a.HolderMasked, Sealed: a.Sealed, Source: a.Source, At: at(a.At), Actor: a.Actor,
	}
}

// factShown is the name under which an entry has what people are shown of an account.
const factShown = "shown_sha256"

// shown is a hash of what people are shown of an account: whoever signs for it has seen
// nothing else of it.
func (r accountRow) shown() string {
	return sum256(fmt.Appendf(nil, "%q %q %q", r.Bank, r.AccountMasked, r.HolderMasked))
}

// accountCame turns the requests of a payment to an account that was stored. One
// that asks for no account, since nothing was deposited, is left as it is.
func (d *DB) accountCame(ctx context.Context, tx *sqlx.Tx, a refunds.StoredAccount) ([]Entry, error) {
	entries := []Entry{entry(a.At, a.Actor, "", "account:"+a.Print, "account.stored", a.Source,
		map[string]any{"mid": a.MID, "order_id": a.OrderID, "payment_key": a.PaymentKey, factShown: newAccountRow(a).shown()})}
	var rows []refundRow
	if err := d.db.All(ctx, tx, &rows, "without_this_account", args{"mid": a.MID, "payment_key": a.PaymentKey}); err != nil {
		return nil, err
	}
	for _, row := range rows {
		m := moving{request: row.request(), actor: a.Actor, now: a.At}
		for _, turned := range m.request.Released(a) {
			turned.Version = m.request.Version
			if _, err := d.turnTo(ctx, tx, m, turned.Request, ""); err != nil { // no break hears of it: it goes on
				return nil, err
			}
			if m.request.State != turned.State {
				entries = append(entries, moved(m.request, turned.State, a.At, a.Actor, turned.Why))
			}
			m.request = turned.Request
			m.request.Version++
		}
	}
	return entries, nil
}

// moved is the journal's row about a change of state.
func moved(r refunds.Request, to refunds.State, now time.Time, actor, why string) Entry {
	return entry(now, actor, "", "refund:"+r.ID, "refund."+string(to), why, map[string]any{
		"from": r.State, "mid": r.MID, "order_id": r.OrderID, "amount": r.Amount, "currency": r.Currency})
}
