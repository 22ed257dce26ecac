package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/refunds"
	sqlfiles "daesa/sql"
)

// sealedBatch is how many sealed texts one transaction writes.
const sealedBatch = 100

// Reseal walks everything that is sealed. again seals a text again for its
// place, and gives nil for one that may stay as it is. What changes meanwhile is
// left alone: it is sealed by the newest key already.
func (d *DB) Reseal(ctx context.Context, again func(sealed, place []byte) ([]byte, error)) (app.Resealed, error) {
	var done app.Resealed
	var last accountRow
	for {
		var rows []accountRow
		if err := d.db.All(ctx, d.db.Pool(), &rows, "sealed_accounts", args{"mid": last.MID, "payment_key": last.PaymentKey, "limit": sealedBatch}); err != nil {
			return done, err
		}
		if len(rows) == 0 {
			break
		}
		last = rows[len(rows)-1]
		if err := d.counting(ctx, &done.Accounts, func(tx *sqlx.Tx) (int, error) { return d.resealAccounts(ctx, tx, rows, again) }); err != nil {
			return done, err
		}
	}
	var attempt attemptRow
	for {
		var rows []attemptRow
		if err := d.db.All(ctx, d.db.Pool(), &rows, "sealed_attempts", args{"refund_id": attempt.RefundID, "n": attempt.N, "limit": sealedBatch}); err != nil {
			return done, err
		}
		if len(rows) == 0 {
			break
		}
		attempt = rows[len(rows)-1]
		if err := d.counting(ctx, &done.Attempts, func(tx *sqlx.Tx) (int, error) { return d.resealAttempts(ctx, tx, rows, again) }); err != nil {
			return done, err
		}
	}
	err := d.resealBank(ctx, &done.BankLines, again)
	return done, err
}

// counting runs f in a transaction and adds what it counted, once it is kept.
func (d *DB) counting(ctx context.Context, sum *int, f func(tx *sqlx.Tx) (int, error)) error {
	var counted int
	err := d.db.Write(ctx, func(tx *sqlx.Tx) (err error) {
		counted, err = f(tx)
		return err
	})
	if err == nil {
		*sum += counted
	}
	return err
}

func (d *DB) resealAccounts(ctx context.Context, tx *sqlx.Tx, rows []accountRow, again func(sealed, place []byte) ([]byte, error)) (done int, err error) {
	for _, r := range rows {
		sealed, err := again(r.Sealed, refunds.AccountPlace(r.MID, r.OrderID, r.Print))
		if err != nil {
			return 0, hinted(err, "the account of order "+r.OrderID+" cannot be opened: restore the key file that sealed it, and rotate again")
		}
		if sealed == nil {
			continue
		}
		changed, err := d.db.Exec(ctx, tx, "reseal_account", args{"sealed": sealed, "mid": r.MID, "payment_key": r.PaymentKey, "print": r.Print})
		if err != nil {
			return 0, err
		}
		done += int(changed)
	}
	return done, nil
}

func (d *DB) resealAttempts(ctx context.Context, tx *sqlx.Tx, rows []attemptRow, again func(sealed, place []byte) ([]byte, error)) (done int, err error) {
	for _, r := range rows {
		sealed, err := again(r.Body, refunds.BodyPlace(r.Key))
		if err != nil {
			return 0, hinted(err, "the bytes of refund "+r.RefundID+" cannot be opened: restore the key file that sealed them, and rotate again")
		}
		if sealed == nil {
			continue
		}
		sum := sha256.Sum256(sealed)
		changed, err := d.db.Exec(ctx, tx, "reseal_attempt", args{"body": sealed, "body_sha256": hex.EncodeToString(sum[:]),
			"refund_id": r.RefundID, "n": r.N, "was": r.BodySHA256})
		if err != nil {
			return 0, err
		}
		done += int(changed)
	}
	return done, nil
}

// Rekeyed writes into the journal that the key was rotated.
func (d *DB) Rekeyed(ctx context.Context, done app.Resealed, primary uint32, retired []uint32, actor string, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.append(ctx, tx, []Entry{entry(now, actor, "", "accounts", "accounts.rekeyed", "", map[string]any{
			"accounts": done.Accounts, "attempts": done.Attempts, "bank_lines": done.BankLines, "key": primary, "retired": retired})})
		return err
	})
}

// Revealed writes into the journal who is about to see an account, and why.
func (d *DB) Revealed(ctx context.Context, a refunds.StoredAccount, actor, reason string, now time.Time) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		_, err := d.append(ctx, tx, []Entry{entry(now, actor, "", "account:"+a.Print, "account.revealed", reason, map[string]any{
			"mid": a.MID, "order_id": a.OrderID, "payment_key": a.PaymentKey})})
		return err
	})
}

// SaveAccounts stores sealed accounts that people gave, all or none. The same
// account again changes nothing; requests that waited for one go on.
func (d *DB) SaveAccounts(ctx context.Context, accounts []refunds.StoredAccount) error {
	return d.db.Write(ctx, func(tx *sqlx.Tx) error {
		var entries []Entry
		for _, a := range accounts {
			more, err := d.saveAccount(ctx, tx, a)
			if err != nil {
				return err
			}
			entries = append(entries, more...)
			if _, err := d.db.Exec(ctx, tx, "watch_given", args{"mid": a.MID, "payment_key": a.PaymentKey, "state": string(refunds.CaptureGiven), "why": ""}); err != nil {
				return err
			}
		}
		if len(entries) == 0 {
			return nil
		}
		_, err := d.append(ctx, tx, entries)
		return err
	})
}

// Purge destroys the accounts of a merchant that have done their work: whose
// refunds had all ended by refunded, and those that came before unused and were
// never needed. What is shown of them stays.
func (d *DB) Purge(ctx context.Context, mid string, refunded, unused time.Time, actor string, now time.Time) (int, error) {
	conn, release, err := d.db.Pin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = release() }()
	if d.Dialect() == sqlfiles.SQLite { // what is freed must not linger in the file
		if _, err := conn.ExecContext(ctx, "PRAGMA secure_delete = ON"); err != nil {
			return 0, d.db.Explain("purge", err)
		}
	}
	purged := 0
	err = d.db.WriteOn(ctx, conn, func(tx *sqlx.Tx) error {
		purged, err = d.purge(ctx, tx, args{"mid": mid, "refunded": at(refunded), "unused": at(unused)}, actor, now)
		return err
	})
	if err == nil && d.Dialect() == sqlfiles.SQLite {
		if _, err := conn.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			return purged, d.db.Explain("purge", err)
		}
	}
	return purged, err
}

func (d *DB) purge(ctx context.Context, tx *sqlx.Tx, which args, actor string, now time.Time) (int, error) {
	var rows []accountRow
	if err := d.db.All(ctx, tx, &rows, "purgeable_accounts", which); err != nil {
		return 0, err
	}
	var entries []Entry
	for _, r := range rows {
		payment := args{"nothing": []byte{}, "now": at(now), "mid": r.MID, "payment_key": r.PaymentKey}
		if err := d.change(ctx, tx, "purge_account", payment, "the account"); err != nil {
			return 0, err
		}
		if _, err := d.db.Exec(ctx, tx, "purge_attempts", payment); err != nil {
			return 0, err
		}
		entries = append(entries, entry(now, actor, "", "account:"+r.Print, "account.purged", "", map[string]any{
			"mid": r.MID, "order_id": r.OrderID, "payment_key": r.PaymentKey}))
	}
	if len(entries) == 0 {
		return 0, nil
	}
	_, err := d.append(ctx, tx, entries)
	return len(entries), err
}
