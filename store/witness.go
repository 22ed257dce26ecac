package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/jmoiron/sqlx/reflectx"

	"daesa/internal/database"
	"daesa/reconcile"
	"daesa/refunds"
)

// The journal does not only say what happened: each entry about a request keeps
// what the request's row said then, so that a row that was changed by other hands
// shows. The columns are of three kinds.
var (
	// refundRequest are written once. The first entry of a request and each of its
	// approvals have them.
	refundRequest = []string{"mid", "order_id", "payment_key", "method", "amount", "tax_free_amount", "currency", "reason", "ref", "batch", "break_id",
		"requested_by", "requested_at"}
	// refundStands change with an entry, and with nothing else.
	refundStands = []string{"state", "approval", "approved_by", "approved_at", "attempts", "idempotency_key", "transaction_key", "finished_at"}
	// refundWorks change without one: leases, times, and what a look-up shows anew.
	// An approval covers the account.
	refundWorks = []string{"version", "lease_owner", "lease_until", "next_at", "sent_at", "looked_at", "cancel_by", "error_code", "error_message",
		"account_print", "planned_foreign", "same_as", "in_progress", "strangers"}
	// transferRow are all columns of a transfer by hand.
	transferRow = []string{"mid", "payment_key", "order_id", "amount", "currency", "why", "state", "requested_by", "due_at", "approved_by", "approved_at",
		"done_by", "done_at", "reference", "note"}
	// attemptRowSum are the columns of an attempt over which its sum goes: all but the
	// bytes, which have their hash, and what sealing them again changes.
	attemptRowSum = []string{"n", "idempotency_key", "sealed", "guard", "secret_print", "first_sent", "last_sent", "sends", "unanswered", "answers",
		"answered_at", "kind", "http_status", "code", "message", "trace_id", "answer"}
)

// The names under which entries have them.
const (
	factRequest  = "request"
	factStands   = "stands"
	factAttempts = "attempts"
	factTransfer = "transfer"
	factSent     = "transferred"
	factProcess  = "process" // of every entry: login and host
)

// columnText is a column of a row as text, "" for what is absent or nothing.
func columnText(row any, column string) string {
	fields := mapper.TraversalsByName(reflect.TypeOf(row), []string{column})
	if len(fields) == 0 || len(fields[0]) == 0 {
		panic("store: no column " + column)
	}
	switch v := reflect.ValueOf(row).FieldByIndex(fields[0]).Interface().(type) {
	case Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(database.TimeLayout)
	case string:
		return v
	default:
		if text := fmt.Sprint(v); text != "0" {
			return text
		}
		return ""
	}
}

// mapper knows the columns of the rows' types.
var mapper = reflectx.NewMapperFunc("db", sqlx.NameMapper)

// columnFacts are columns of a row as facts; what is absent or nothing is left out.
func columnFacts(row any, columns []string) map[string]string {
	facts := map[string]string{}
	for _, column := range columns {
		if text := columnText(row, column); text != "" {
			facts[column] = text
		}
	}
	return facts
}

// attemptsSum is a hash over all attempts of a request.
func attemptsSum(rows []attemptRow) string {
	sum := sha256.New()
	for _, row := range rows {
		columns := attemptRowSum
		if row.Sealed == 0 {
			columns = append(columns[:len(columns):len(columns)], "body_sha256")
		}
		for _, column := range columns {
			text := columnText(row, column)
			fmt.Fprintf(sum, "%d:%s\n", len(text), text)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// witness adds to entries what the rows that they are about say at this moment,
// when all of a transaction but its journal is written. Of several entries about
// one row the last one has it.
func (d *DB) witness(ctx context.Context, tx *sqlx.Tx, entries []Entry) ([]Entry, error) {
	return d.witnessBy(ctx, tx, entries, nil)
}

// seenRefund are the rows of a request that were read already.
type seenRefund struct {
	id       string
	rows     []refundRow
	attempts []attemptRow
}

func (s *seenRefund) read(batch *database.Batch) {
	batch.All(&s.rows, "refund_by_id", args{"id": s.id})
	batch.All(&s.attempts, "attempts_shown", args{"id": s.id})
}

// witnessBy is witness where the rows of one request were read in the same
// transaction, after the last change of them; nil: of none.
func (d *DB) witnessBy(ctx context.Context, tx *sqlx.Tx, entries []Entry, read *seenRefund) ([]Entry, error) {
	if d.older {
		return entries, nil
	}
	seen := map[string]bool{}
	out := slices.Clone(entries)
	for i := len(out) - 1; i >= 0; i-- {
		kind, id, _ := strings.Cut(out[i].Subject, ":")
		if kind != "refund" && kind != "transfer" && out[i].Action != "break.resolved" {
			continue
		}
		facts, err := decodeFacts(out[i].Facts)
		if err != nil {
			return nil, err
		}
		last := !seen[out[i].Subject]
		seen[out[i].Subject] = true
		switch kind {
		case "refund":
			err = d.witnessRefund(ctx, tx, id, read, out[i].Action, last, facts)
		case "transfer":
			err = d.witnessTransfer(ctx, tx, id, facts)
		case "break":
			err = d.witnessBreak(ctx, tx, id, out[i].At, facts)
		}
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(facts)
		if err != nil {
			return nil, err
		}
		out[i].Facts = string(text)
	}
	return out, nil
}

func decodeFacts(text string) (map[string]any, error) {
	facts := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&facts); err != nil {
		return nil, fmt.Errorf("database: facts of the journal cannot be read: %w", err)
	}
	return facts, nil
}

func (d *DB) witnessRefund(ctx context.Context, tx *sqlx.Tx, id string, seen *seenRefund, action string, last bool, facts map[string]any) error {
	if seen == nil || seen.id != id {
		seen = &seenRefund{id: id}
		batch := database.NewBatch(d.db, "read a refund")
		seen.read(batch)
		if err := batch.Run(ctx, tx); err != nil {
			return err
		}
	}
	if len(seen.rows) != 1 {
		return fmt.Errorf("database: refund %s is not there", id)
	}
	row := seen.rows[0]
	if _, moved := facts["from"]; !moved || action == "refund."+string(refunds.StateApproved) {
		facts[factRequest] = columnFacts(row, refundRequest)
	}
	if !last {
		return nil
	}
	facts[factStands] = columnFacts(row, refundStands)
	if row.Attempts > 0 {
		facts[factAttempts] = attemptsSum(seen.attempts)
	}
	if !refunds.State(row.State).ByHand() {
		return nil
	}
	return d.witnessTransfer(ctx, tx, id, facts)
}

func (d *DB) witnessTransfer(ctx context.Context, tx *sqlx.Tx, id string, facts map[string]any) error {
	var row handRow
	err := d.db.One(ctx, tx, &row, "hand_of", args{"id": id})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	facts[factTransfer] = columnFacts(row, transferRow)
	return err
}

// witnessBreak: money of a break that a person gave back by bank transfer.
func (d *DB) witnessBreak(ctx context.Context, tx *sqlx.Tx, id string, when Time, facts map[string]any) error {
	if facts["as"] != string(reconcile.RefundedByTransfer) {
		return nil
	}
	var row givenRow
	err := d.db.One(ctx, tx, &row, "transfer_of_break", args{"break_id": id, "at": at(when.Time)})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	facts[factSent] = columnFacts(row, givenColumns)
	return err
}

// givenRow is money that a person gave back by bank transfer because of a break.
type givenRow struct {
	BreakID    string `db:"break_id"`
	MID        string `db:"mid"`
	PaymentKey string `db:"payment_key"`
	Amount     int64  `db:"amount"`
	At         Time   `db:"at"`
	Actor      string `db:"actor"`
}

var givenColumns = []string{"mid", "payment_key", "amount", "at", "actor"}

// factsOf reads a set of columns out of an entry's facts; nil where it has none.
func factsOf(facts map[string]any, name string) map[string]string {
	set, ok := facts[name].(map[string]any)
	if !ok {
		return nil
	}
	columns := make(map[string]string, len(set))
	for column, value := range set {
		columns[column] = fmt.Sprint(value)
	}
	return columns
}

// differing are the columns of a row that are not what facts say.
func differing(row any, columns []string, facts map[string]string) (names []string) {
	for _, column := range columns {
		if columnText(row, column) != facts[column] {
			names = append(names, column)
		}
	}
	return names
}

// sameMoment compares a time of a row with that of an entry.
func sameMoment(a, b Time) bool {
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}
