package refunds

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"daesa/internal/table"
	"daesa/pay"
)

// AccountAsking is one row of an account file: a refund account that a customer
// gave in another way, before any look-up.
type AccountAsking struct {
	MID        string
	OrderID    string // "" where PaymentKey says which payment
	PaymentKey string
	Account    pay.RefundAccount
	Line       int // of the file
}

// AccountBatch is a whole account file.
type AccountBatch struct {
	Name    string // the path that was read
	SHA256  string // of the file's bytes, in hex
	Rows    []AccountAsking
	Unknown []string // titles that mean nothing to daesa
}

var accountRows = fileKind{
	columns: []string{colOrderID, colPaymentKey, colMID, colBank, colNumber, colHolder},
	needed:  accountColumns,
	rows:    10_000,
	advice:  "write one row for each account",
}

var accountColumns = []string{colBank, colNumber, colHolder}

// ReadAccounts reads an account file, CSV or XLSX, whole or not at all: the
// error is a *table.FileError, or table.Faults with all that is wrong with its
// rows, and never repeats an account or a holder. A payment that stands in one
// row by its order and in another by its key is found only by a look-up.
func ReadAccounts(path string, o FileOptions) (AccountBatch, error) {
	seen := repeats{}
	file, err := readWhole(path, accountRows, o, func(d *fileRow) AccountAsking {
		a := d.accountAsking()
		d.onePerPayment(a, seen)
		return a
	})
	if err != nil {
		return AccountBatch{}, err
	}
	return AccountBatch(file), nil
}

func (d *fileRow) accountAsking() AccountAsking {
	a := AccountAsking{MID: d.mid(), OrderID: d.raw(colOrderID), PaymentKey: d.raw(colPaymentKey), Line: d.row.Line}
	d.checkPayment(a.OrderID, a.PaymentKey)
	if account := d.account(); account != nil {
		a.Account = *account
	} else if !slices.ContainsFunc(accountColumns, d.failed) {
		for _, column := range accountColumns {
			d.add(column, "", emptyReason(""))
		}
	}
	return a
}

func (d *fileRow) checkPayment(orderID, paymentKey string) {
	if reason := idReason(orderID, orderIDLongest); reason != "" {
		d.add(colOrderID, orderID, reason)
	}
	if reason := idReason(paymentKey, paymentKeyLongest); reason != "" {
		d.add(colPaymentKey, paymentKey, reason)
	}
	if orderID != "" || paymentKey != "" || d.failed(colOrderID) || d.failed(colPaymentKey) {
		return
	}
	column := colOrderID
	if d.onlyKey {
		column = colPaymentKey
	}
	d.add(column, "", "is empty; order_id or payment_key says which payment")
}

// onePerPayment refuses a payment that a line before names too, also when that
// line was refused: which of the two accounts is right is for a person to say.
func (d *fileRow) onePerPayment(a AccountAsking, seen repeats) {
	if d.failed(colMID) {
		return
	}
	d.refuseRepeats(seen, "line %d gives an account for the same payment; keep one of the two",
		[3]string{colOrderID, a.MID, a.OrderID}, [3]string{colPaymentKey, a.MID, a.PaymentKey})
}

// refuseRepeats says once that a line before has one of these keys, each a
// column, a merchant and a value, and remembers the others.
func (d *fileRow) refuseRepeats(seen repeats, reason string, keys ...[3]string) {
	repeated := false
	for _, key := range keys {
		column, value := key[0], key[2]
		if value == "" || d.failed(column) {
			continue
		}
		first, twice := seen[key]
		switch {
		case !twice:
			seen[key] = d.row.Line
		case !repeated:
			repeated = true
			d.add(column, value, fmt.Sprintf(reason, first))
		}
	}
}

// fileKind is what distinguishes one kind of file from another.
type fileKind struct {
	columns []string // all that it may have
	needed  []string // without those that say which payment
	rows    int      // at most
	advice  string   // where it has none
}

// wholeFile is a file that was read to its end.
type wholeFile[R any] struct {
	Name    string
	SHA256  string
	Rows    []R
	Unknown []string
}

// readWhole reads a file of rows that name payments. The error is a
// *table.FileError, or table.Faults with all that is wrong with the rows: then
// Rows are the others.
func readWhole[R any](path string, kind fileKind, o FileOptions, decode func(*fileRow) R) (wholeFile[R], error) {
	sum, err := digest(path)
	if err != nil {
		return wholeFile[R]{}, err
	}
	reader, err := table.Open(path, table.Options{Limits: table.Limits{FileBytes: fileBytes, Rows: kind.rows}})
	if err != nil {
		return wholeFile[R]{}, err
	}
	defer reader.Close()
	if err := kind.checkHeader(reader, o); err != nil {
		return wholeFile[R]{}, err
	}
	if hidden := reader.Hidden(); len(hidden) > 0 {
		return wholeFile[R]{}, &table.FileError{File: path, Reason: "Excel hides the columns " + strings.Join(hidden, ", ") + ": whoever checked the file did not see them",
			Advice: "show them or delete them, look at them, and save the file again"}
	}
	rows, err := decodeRows(reader, kind, o, decode)
	var faults table.Faults
	if err != nil && !errors.As(err, &faults) {
		return wholeFile[R]{}, err
	}
	// What was hashed must be what was read, since the hash names the batch.
	if again, err := digest(path); err != nil || again != sum {
		return wholeFile[R]{}, errors.Join(&table.FileError{File: path, Reason: "changed while it was read", Advice: "read it again when it is complete"}, err)
	}
	return wholeFile[R]{Name: path, SHA256: sum, Rows: rows, Unknown: reader.Unknown(kind.columns...)}, err
}

// checkHeader does not use Reader.Require, which repeats the first row: in a
// file without a header that is somebody's account.
func (k fileKind) checkHeader(reader *table.Reader, o FileOptions) error {
	needed := slices.Clone(k.needed)
	if o.DefaultMID == "" {
		needed = append(needed, colMID)
	}
	missing := slices.DeleteFunc(needed, reader.Has)
	if !reader.Has(colOrderID) && !reader.Has(colPaymentKey) {
		missing = append(missing, "order_id or payment_key")
	}
	if len(missing) == 0 {
		return nil
	}
	failure := &table.FileError{
		File:   reader.Name(),
		Reason: "the header lacks " + strings.Join(missing, ", "),
		Advice: "the first row names the columns: " + strings.Join(k.columns, ", "),
	}
	if header := reader.Header(); len(header) == 1 && strings.ContainsAny(header[0], ";\t|") {
		failure.Advice = "separate the columns with commas"
	}
	return failure
}

func decodeRows[R any](reader *table.Reader, kind fileKind, o FileOptions, decode func(*fileRow) R) ([]R, error) {
	var rows []R // without a fault of their own
	var faults table.Faults
	for row, err := range reader.Rows() {
		var fault *table.Fault
		switch {
		case errors.As(err, &fault):
			faults = append(faults, fault)
			continue
		case err != nil:
			return nil, err
		}
		d := &fileRow{row: row, options: o, onlyKey: !reader.Has(colOrderID)}
		decoded := decode(d)
		if row.Hidden {
			d.faults = append(d.faults, row.NewFault("", "", "Excel hides this row (a filter does, too): whoever checked the file did not see it; show it or delete it"))
		}
		faults = append(faults, d.faults...)
		if len(d.faults) == 0 {
			rows = append(rows, decoded)
		}
	}
	switch {
	case len(faults) > 0:
		return rows, faults
	case len(rows) == 0:
		return nil, &table.FileError{File: reader.Name(), Reason: "has no rows under its header", Advice: kind.advice}
	}
	return rows, nil
}
