package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"daesa/app"
	"daesa/approval"
	"daesa/internal/database"
	"daesa/pay"
	"daesa/refunds"
)

// statementRow is a statement that somebody signed, as the table holds it.
type statementRow struct {
	Hash      string `db:"hash"`
	Deed      string `db:"deed"`
	Body      string `db:"body"`
	Signature string `db:"signature"`
	Principal string `db:"principal"`
	KeyPrint  string `db:"key_print"`
	TakenAt   Time   `db:"taken_at"`
}

// taken is the row as it stands; what it says of itself is not parsed.
func (r statementRow) taken() approval.Taken {
	return approval.Taken{Statement: approval.Statement{Do: approval.Deed(r.Deed)}, Hash: r.Hash, Text: []byte(r.Body), Signature: []byte(r.Signature),
		Principal: r.Principal, Key: r.KeyPrint, At: r.TakenAt.Time}
}

// factStatement is the name under which entries have the statement by which
// something was approved.
const factStatement = "statement"

// takeStatement keeps a statement with its signature, and gives what the journal
// says of it; nothing where none was signed. It is taken once, and only where the
// journal is the one that it was written by.
func (d *DB) takeStatement(ctx context.Context, tx *sqlx.Tx, s *approval.Taken) ([]Entry, error) {
	if s == nil {
		return nil, nil
	}
	hash, err := d.entryHash(ctx, tx, s.Head.Seq)
	if err == nil {
		err = s.Follows(hash)
	}
	if err != nil {
		return nil, err
	}
	row := statementRow{Hash: s.Hash, Deed: string(s.Do), Body: string(s.Text), Signature: string(s.Signature), Principal: s.Principal, KeyPrint: s.Key, TakenAt: at(s.At)}
	added, err := d.db.Exec(ctx, tx, "add_statement", row)
	if err == nil {
		err = s.Once(added == 0)
	}
	if err != nil {
		return nil, err
	}
	sums, err := s.Sums()
	if err != nil {
		return nil, err
	}
	total := map[string]int64{}
	for _, sum := range sums {
		total[string(sum.Currency)] = sum.Amount
	}
	return []Entry{entry(s.At, s.Principal, "", "statement:"+s.Hash, "statement.taken", "", map[string]any{"deed": s.Do, "count": len(s.Lines), "sums": total,
		"until": at(s.Until), "head_seq": s.Head.Seq, "head": s.Head.Hash, "key": s.Key, "signature_sha256": sum256(s.Signature)})}, nil
}

// by adds to an entry the statement by which it came about; nil: by none. A word of
// another moment than its statement proves nothing later: it is not written.
func (e Entry) by(s *approval.Taken) (Entry, error) {
	if s == nil {
		return e, nil
	}
	if !e.At.Equal(at(s.At).Time) {
		return e, fmt.Errorf("the word on %s is of %s, and its statement was taken at %s", e.Subject, pay.FormatTime(e.At.Time), pay.FormatTime(s.At))
	}
	facts, err := decodeFacts(e.Facts)
	if err != nil {
		return e, err
	}
	facts[factStatement] = s.Hash
	e.Facts = mustWrite(facts)
	return e, nil
}

// signedEntry chains an entry to the journal, behind the statement by which it came
// about; nil: by none.
func (d *DB) signedEntry(ctx context.Context, tx *sqlx.Tx, s *approval.Taken, e Entry) (string, error) {
	entries, err := d.takeStatement(ctx, tx, s)
	if err != nil {
		return "", err
	}
	if e, err = e.by(s); err != nil {
		return "", err
	}
	return d.append(ctx, tx, append(entries, e))
}

// Proof gives what stands now about the approval of a request.
func (d *DB) Proof(ctx context.Context, id string) (refunds.Proof, error) {
	return d.proof(ctx, d.db.Pool(), id)
}

func (d *DB) proof(ctx context.Context, on runner, id string) (refunds.Proof, error) {
	var rows []refundRow
	var entries []Entry
	batch := database.NewBatch(d.db, "what proves a refund")
	batch.All(&rows, "refund_by_id", args{"id": id})
	batch.All(&entries, "journal_of", args{"subject": "refund:" + id})
	if err := batch.Run(ctx, on); err != nil {
		return refunds.Proof{}, err
	}
	if len(rows) == 0 {
		return refunds.Proof{}, hinted(fmt.Errorf("refund %s: %w", id, app.ErrUnknownID), "daesa refunds list shows every id")
	}
	p := proofOf(rows[0].request(), entries)
	var err error
	p.Signed, err = d.statementOf(ctx, on, p.Statement)
	return p, err
}

// statementOf is the row of a statement, without its text; one without a hash where
// there is none.
func (d *DB) statementOf(ctx context.Context, on runner, hash string) (approval.Taken, error) {
	var kept statementRow
	if hash == "" {
		return approval.Taken{}, nil
	}
	err := d.db.One(ctx, on, &kept, "statement_row", args{"hash": hash})
	if errors.Is(err, sql.ErrNoRows) {
		return approval.Taken{}, nil
	}
	return kept.taken(), err
}

// TransferProof gives what stands now about the approval of a transfer by hand.
func (d *DB) TransferProof(ctx context.Context, id string) (refunds.TransferProof, error) {
	t, err := d.ManualTransfer(ctx, id)
	if err != nil {
		return refunds.TransferProof{}, err
	}
	var entries []Entry
	if err := d.db.All(ctx, d.db.Pool(), &entries, "journal_of", args{"subject": "transfer:" + id}); err != nil {
		return refunds.TransferProof{}, err
	}
	p := refunds.TransferProof{Transfer: t, Proof: refunds.Proof{Request: refunds.Request{ID: t.RefundID, RequestedBy: t.RequestedBy, ApprovedBy: t.ApprovedBy}}}
	var c checked
	for _, each := range c.tell(entries) {
		if each.Action == "transfer."+string(refunds.ManualApproved) {
			p.Statement, p.By, p.At, p.Seq = each.fact(factStatement), each.Actor, each.At.Time, each.Seq
			p.Uses++
		}
	}
	p.Signed, err = d.statementOf(ctx, d.db.Pool(), p.Statement)
	return p, err
}

// proofOf reads out of a request's entries how it was approved last. An entry that
// was changed, which its own hash shows, approves nothing.
func proofOf(r refunds.Request, entries []Entry) refunds.Proof {
	p := refunds.Proof{Request: r}
	var c checked
	uses := map[string]int{}
	for _, each := range c.tell(entries) {
		state := refunds.State(each.state())
		if each.Action == "refund."+string(refunds.StateApproved) {
			p.Statement, p.By, p.At, p.Seq, p.Void = each.fact(factStatement), each.Actor, each.At.Time, each.Seq, false
			uses[p.Statement]++
		} else if p.Seq > 0 && state.Unapproved() {
			p.Void = true
		}
	}
	p.Uses = uses[p.Statement]
	return p
}

// RefundsNamed gives requests by their ids, in the order of these.
func (d *DB) RefundsNamed(ctx context.Context, ids []string) ([]refunds.Request, error) {
	return d.named(ctx, d.db.Pool(), ids)
}

// StatementText gives the text of a statement as it is kept; "" where there is none.
func (d *DB) StatementText(ctx context.Context, hash string) ([]byte, error) {
	var body string
	err := d.db.One(ctx, d.db.Pool(), &body, "statement_body", args{"hash": hash})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return []byte(body), err
}

// WholeSince refuses a journal whose chain is not whole from an entry on, by an
// *app.BrokenChainError.
func (d *DB) WholeSince(ctx context.Context, seq int64, hash string) error {
	walk, err := d.WalkChain(ctx, app.ChainPoint{Seq: seq, Hash: hash})
	if err == nil && len(walk.Broken) > 0 {
		err = &app.BrokenChainError{Broken: walk.Broken}
	}
	return err
}

// StatementsTaken gives the statements that were taken on some days, with their
// signatures, in that order.
func (d *DB) StatementsTaken(ctx context.Context, first, last pay.Day) ([]approval.Taken, error) {
	return d.statements(ctx, "audit_statements", args{"from": at(first.Start()), "until": at(last.End())})
}

// Statements gives every statement with its signature, in the order in which they
// were taken.
func (d *DB) Statements(ctx context.Context) ([]approval.Taken, error) {
	return d.statements(ctx, "verify_statements", nil)
}

func (d *DB) statements(ctx context.Context, query string, with args) ([]approval.Taken, error) {
	var rows []statementRow
	if err := d.db.All(ctx, d.db.Pool(), &rows, query, with); err != nil {
		return nil, err
	}
	taken := make([]approval.Taken, len(rows))
	for i, row := range rows {
		taken[i] = row.taken()
	}
	return taken, nil
}
