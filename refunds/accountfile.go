package refunds

import (
	"slices"

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
	Name    string          // the path that was read
	SHA256  string          // of the file's bytes, in hex
	Rows    []AccountAsking // without a fault of their own
	Faulty  []AccountAsking // the others, as far as they can be read
	Total   *Total          // none: nothing is summed
	Unknown []string        // titles that mean nothing to daesa
	Unread  []string        // other sheets that people see
	Layout  *table.Layout   // where its columns stand
}

// Fault is what is wrong with a cell of the file, in its place.
func (b AccountBatch) Fault(line int, column, value string, why Said) *table.Fault {
	return placed(b.Layout, b.Name, line, column, value, why)
}

var accountRows = fileKind{
	columns: []string{colOrderID, colPaymentKey, colMID, colBank, colNumber, colHolder},
	needed:  accountColumns,
	rows:    10_000,
	advice:  "write one row for each account",
}

var accountColumns = []string{colBank, colNumber, colHolder}

// ReadAccounts reads an account file, whatever its container, to its end: the
// error is a *table.FileError, or table.Faults with all that is wrong with its
// rows, and never repeats an account or a holder. Beside faults the batch has the
// other rows, so that what their look-ups show can be said in the same go;
// nothing may be taken of it. A payment that stands in one row by its order and in
// another by its key is found only by a look-up.
func ReadAccounts(path string, o FileOptions) (AccountBatch, error) {
	seen := repeats{}
	file, err := readWhole(path, accountRows, o, func(d *fileRow) AccountAsking {
		a := d.accountAsking()
		d.onePerPayment(a, seen)
		return a
	})
	return AccountBatch(file), err
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
	if reason := idReason(orderID, orderIDLongest); reason != fine {
		d.add(colOrderID, orderID, reason)
	}
	if reason := idReason(paymentKey, paymentKeyLongest); reason != fine {
		d.add(colPaymentKey, paymentKey, reason)
	}
	if orderID != "" || paymentKey != "" || d.failed(colOrderID) || d.failed(colPaymentKey) {
		return
	}
	column := colOrderID
	if d.onlyKey {
		column = colPaymentKey
	}
	d.add(column, "", saidNoPayment)
}

// onePerPayment refuses a payment that a line before names too, also when that
// line was refused: which of the two accounts is right is for a person to say.
func (d *fileRow) onePerPayment(a AccountAsking, seen repeats) {
	if d.failed(colMID) {
		return
	}
	other := func(line int) Said {
		return say("%d행에 같은 결제의 계좌가 있습니다. 둘 중 하나만 남기십시오", "line %d gives an account for the same payment; keep one of the two", line)
	}
	d.refuseRepeats(seen, other, other,
		[3]string{colOrderID, a.MID, a.OrderID}, [3]string{colPaymentKey, a.MID, a.PaymentKey})
}
