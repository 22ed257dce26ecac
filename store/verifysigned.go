package store

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"daesa/approval"
	"daesa/refunds"
)

// accounts compares each refund account with how the journal says that it was
// stored last. Who may audit may not read what is sealed: that opens only in its own
// place.
func (v *verification) accounts(ctx context.Context, sums *journalSums) error {
	var rows []accountRow
	if err := v.d.db.All(ctx, v.tx, &rows, "verify_accounts", nil); err != nil {
		return err
	}
	v.found.Accounts = len(rows)
	for _, row := range rows {
		key := accountKey{row.MID, row.PaymentKey}
		last, said := sums.accounts[key]
		delete(sums.accounts, key)
		if !said {
			v.alter("account:"+row.PaymentKey, "the journal knows nothing of it")
			continue
		}
		shown := last.fact(factShown) == "" || last.fact(factShown) == row.shown() // entries of older versions do not have it
		v.alter("account:"+row.PaymentKey, unlike(map[string]bool{"print": last.Subject == "account:"+row.Print, "order_id": last.fact("order_id") == row.OrderID,
			"source": last.Reason == row.Source, "actor": last.Actor == row.Actor, "at": sameMoment(last.At, row.At), "purged_at": sameMoment(sums.purged[key], row.PurgedAt),
			"bank": shown, "account_masked": shown, "holder_masked": shown})...)
	}
	for key := range sums.accounts {
		v.alter("account:"+key.paymentKey, "it is not there")
	}
	return nil
}

// statements compares each statement that somebody signed with the entry by which it
// was taken. Whether the signature is good is nothing that the store knows.
func (v *verification) statements(ctx context.Context, sums *journalSums) error {
	var rows []statementRow
	if err := v.d.db.All(ctx, v.tx, &rows, "verify_statements", nil); err != nil {
		return err
	}
	v.found.Statements = len(rows)
	for _, row := range rows {
		taken, said := sums.statements[row.Hash]
		delete(sums.statements, row.Hash)
		if !said {
			v.alter("statement:"+row.Hash, "the journal knows nothing of it")
			continue
		}
		v.alter("statement:"+row.Hash, unlike(map[string]bool{"body": approval.Hash([]byte(row.Body)) == row.Hash, "deed": taken.fact("deed") == row.Deed,
			"signature": taken.fact("signature_sha256") == sum256([]byte(row.Signature)), "principal": taken.Actor == row.Principal,
			"key_print": taken.fact("key") == row.KeyPrint, "taken_at": sameMoment(taken.At, row.TakenAt)})...)
	}
	for hash := range sums.statements {
		v.alter("statement:"+hash, "it is not there")
	}
	return nil
}

// unlike are the names of what is not alike, in their order.
func unlike(same map[string]bool) (names []string) {
	for name, alike := range same {
		if !alike {
			names = append(names, name)
		}
	}
	return slices.Sorted(slices.Values(names))
}

// EachProof calls visit with what stands about the approval of every request that
// was approved once, or may be sent, all in one snapshot of the database.
func (d *DB) EachProof(ctx context.Context, visit func(refunds.Proof) error) error {
	return d.snapshotted(ctx, func(tx *sqlx.Tx) error {
		for after := ""; ; {
			var ids []string
			if err := d.db.All(ctx, tx, &ids, "refunds_to_prove", args{"after": after, "limit": verifyPage}); err != nil {
				return err
			}
			for _, id := range ids {
				p, err := d.proof(ctx, tx, id)
				if err != nil {
					return err
				}
				if err := visit(p); err != nil {
					return err
				}
			}
			if len(ids) < verifyPage {
				return nil
			}
			after = ids[len(ids)-1]
		}
	})
}
