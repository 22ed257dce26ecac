package refunds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// The columns of a refund file.
const (
	colOrderID    = "order_id"
	colPaymentKey = "payment_key"
	colMID        = "mid"
	colAmount     = "amount"
	colTaxFree    = "tax_free_amount"
	colReason     = "reason"
	colBank       = "bank"
	colNumber     = "account_number"
	colHolder     = "holder_name"
	colRef        = "ref"
)

var fileColumns = []string{
	colOrderID, colPaymentKey, colMID, colAmount, colTaxFree, colReason, colBank, colNumber, colHolder, colRef,
}

// Bounds of what is asked. Toss's 200 characters of a reason are UTF-16 units,
// counted as carefully as can be; fifty of them are kept for our reference.
const (
	fileBytes         = 64 << 20
	fileRows          = 100_000 // each is looked up: at Toss's pace most of a day
	accountBytes      = 64 << 10
	orderIDLongest    = 64
	paymentKeyLongest = 200
	reasonLongest     = 150
	refLongest        = 100
	amountLongest     = 24
	plainDigits       = 4 // a bank's text with more digits may be an account number
)

// reservedRefs begin the references that daesa makes itself.
var reservedRefs = []string{"auto:", "full:", decidedRef}

// Asking is one row of a refund file, or one `refunds add`: what a person asks
// for, before any look-up.
type Asking struct {
	MID        string
	OrderID    string
	PaymentKey string
	All        bool   // all that is left
	Amount     string // positive, in the currency's own notation, as people write it (pay.PlainAmount); "" when All
	TaxFree    string // "" when not given
	Reason     string
	Account    *pay.RefundAccount // nil when none is given
	Ref        string
	Line       int // of the file; 0 for none
}

// Batch is a whole refund file.
type Batch struct {
	Name    string   // the path that was read
	SHA256  string   // of the file's bytes, in hex
	Rows    []Asking // without a fault of their own
	Faulty  []Asking // the others, as far as they can be read
	Total   *Total   // of the file; nil: it has none
	Unknown []string // titles that mean nothing to daesa
	Unread  []string // other sheets that people see
	Layout  *table.Layout
}

// Fault is what is wrong with a cell of the file, in its place.
func (b Batch) Fault(line int, column, value string, why Said) *table.Fault {
	return placed(b.Layout, b.Name, line, column, value, why)
}

// placed is a fault in its place; layout may be nil, for rows that were not read
// from a file.
func placed(layout *table.Layout, name string, line int, column, value string, why Said) *table.Fault {
	if layout == nil {
		return withKorean(&table.Fault{File: name, Line: line, Column: column, Value: value}, why)
	}
	fault := withKorean(layout.NewFault(line, column, value, ""), why)
	fault.Column = column
	return fault
}

// FileOptions are what a refund file must know of the configuration.
type FileOptions struct {
	MIDs       []string          // a row of another merchant is refused; empty: every one is taken
	MainMIDs   map[string]string // for each of the also_mids the mid that stands for it
	DefaultMID string            // empty: the file needs the column mid, with a value in each row
	Sheet      string            // of a workbook; "": the first one that people see
	Password   string            // of an encrypted workbook
}

// wrong is what is wrong with one value of an asking.
type wrong struct {
	column, value string
	reason        Said
}

// Check says whether everything in a is as it must be, by itself; else which
// column is wrong, and why. The error never repeats an account or a holder.
func (a Asking) Check() (column string, err error) {
	if found := a.wrongs(); len(found) > 0 {
		return found[0].column, errors.New(found[0].reason.English)
	}
	return "", nil
}

func (a Asking) wrongs() []wrong {
	var found []wrong
	add := func(column, value string, reason Said) {
		if reason != fine {
			found = append(found, wrong{column, value, reason})
		}
	}
	add(colMID, a.MID, emptyReason(a.MID))
	if a.OrderID == "" && a.PaymentKey == "" {
		add(colOrderID, "", saidNoPayment)
	}
	add(colOrderID, a.OrderID, idReason(a.OrderID, orderIDLongest))
	add(colPaymentKey, a.PaymentKey, idReason(a.PaymentKey, paymentKeyLongest))
	switch {
	case a.All && a.Amount != "":
		add(colAmount, a.Amount, say("전액과 금액을 함께 적을 수 없습니다", "stands beside all; ask for one of the two"))
	case !a.All && a.Amount == "":
		add(colAmount, "", say("비어 있습니다. 금액을 적거나, 남은 금액 모두면 전액이라고 적으십시오", "is empty; write a number, or all (전액) for all that is left"))
	case !a.All:
		add(colAmount, a.Amount, amountReason(a.Amount, true))
	}
	if a.TaxFree != "" {
		add(colTaxFree, a.TaxFree, amountReason(a.TaxFree, false))
	}
	add(colReason, a.Reason, customerReason(a.Reason))
	if a.Ref != "" {
		add(colRef, a.Ref, refReason(a.Ref))
	}
	if a.Account != nil {
		column, reason := accountReason(*a.Account)
		add(column, "", reason)
	}
	return found
}

// fine says nothing: a value is as it must be.
var fine Said

var saidNoPayment = say("비어 있습니다. 주문번호나 결제키가 있어야 어느 결제인지 알 수 있습니다", "is empty; order_id or payment_key says which payment")

func emptyReason(value string) Said {
	if value == "" {
		return translated("is empty")
	}
	return fine
}

// idReason is of a text that must match another system's byte for byte, so that
// nothing is cut off.
func idReason(value string, longest int) Said {
	switch {
	case value != strings.TrimSpace(value):
		return translated("begins or ends with a blank")
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return say("제어 문자가 들어 있습니다", "contains a control character")
	case strings.ContainsFunc(value, pay.Invisible):
		return say("보이지 않는 문자가 들어 있습니다", "contains a character that cannot be seen")
	case pay.ShortenedID(value):
		return say("엑셀이 숫자를 줄여 자릿수를 잃었습니다. 열을 텍스트 서식으로 바꾸고 다시 입력하십시오",
			"was shortened by a spreadsheet, which has lost digits of it; format the column as text and enter it again")
	case utf8.RuneCountInString(value) > longest:
		return say("%d자를 넘습니다", "is longer than %d characters", longest)
	}
	return fine
}

// amountReason knows no currency yet: how many decimal places there may be is
// said after the look-up.
func amountReason(value string, positive bool) Said {
	plain, _, reason := pay.PlainAmount(value)
	switch {
	case reason != "":
		return translated(reason)
	case strings.HasPrefix(plain, "-"):
		return say("음수입니다. 환불할 금액을 부호 없이 적으십시오", "is negative; write what goes back, without a sign")
	case len(plain) > amountLongest:
		return say("금액이 너무 큽니다", "is too large")
	case positive && strings.Trim(plain, "0.") == "":
		return say("0입니다. 환불할 금액이나 전액을 적으십시오", "is zero; write what goes back, or all (전액)")
	}
	return fine
}

func customerReason(value string) Said {
	switch {
	case strings.TrimSpace(value) == "":
		return translated("is empty")
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return say("줄바꿈이나 제어 문자가 들어 있습니다", "contains a line break or another control character")
	case len(utf16.Encode([]rune(value))) > reasonLongest:
		return say("%d자를 넘습니다", "is longer than %d characters; the rest of Toss's 200 is our reference", reasonLongest)
	case strings.Contains(value, "#rf:"):
		return say("#rf:는 daesa의 참조 표시라 쓸 수 없습니다", "contains #rf:, which begins our own reference")
	}
	return fine
}

func refReason(value string) Said {
	for _, reserved := range reservedRefs {
		if strings.HasPrefix(value, reserved) {
			return say("%s로 시작하는 참조번호는 daesa가 씁니다", "begins with %s, which is kept for daesa's own requests", reserved)
		}
	}
	return idReason(value, refLongest)
}

// accountReason takes an account only as pay.NewRefundAccount gives it.
func accountReason(a pay.RefundAccount) (column string, reason Said) {
	normal, err := pay.NewRefundAccount(a.Bank, a.Number.Reveal(), a.Holder.Reveal())
	var fault *pay.AccountError
	switch {
	case errors.As(err, &fault):
		return fault.Field, translated(fault.Reason)
	case normal.Bank != a.Bank:
		return colBank, translated("is not the bank's two-character code")
	case normal.Number != a.Number:
		return colNumber, translated("has blanks or hyphens")
	case normal.Holder != a.Holder:
		return colHolder, translated("begins or ends with a blank")
	}
	return "", fine
}

var refundRows = fileKind{
	columns: fileColumns,
	needed:  []string{colAmount, colReason},
	rows:    fileRows,
	advice:  "write one row for each refund",
	totals:  true,
}

// ReadFile reads a refund file, whatever its container, to its end: the error is a
// *table.FileError, or table.Faults with all that is wrong with its rows. Beside
// faults the batch has the rows without one, so that what their look-ups show
// can be said in the same go; nothing may be taken of it.
func ReadFile(path string, o FileOptions) (Batch, error) {
	seen := repeats{}
	file, err := readWhole(path, refundRows, o, func(d *fileRow) Asking {
		a := d.asking()
		d.once(a, seen)
		return a
	})
	return Batch(file), err
}

// AllOf says whether an amount means all that is left.
func AllOf(amount string) bool {
	amount = strings.TrimSpace(amount)
	return strings.EqualFold(amount, "all") || written.NFC(amount) == "전액"
}

func (d *fileRow) asking() Asking {
	a := Asking{
		MID: d.mid(), OrderID: d.raw(colOrderID), PaymentKey: d.raw(colPaymentKey),
		Amount: d.word(colAmount), TaxFree: d.word(colTaxFree), Reason: d.word(colReason),
		Account: d.account(), Ref: d.raw(colRef), Line: d.row.Line,
	}
	if AllOf(a.Amount) {
		a.All, a.Amount = true, ""
	}
	for _, each := range a.wrongs() {
		if each.column == colOrderID && each.value == "" && (d.onlyKey || d.failed(colPaymentKey)) {
			each.column = colPaymentKey
		}
		d.add(each.column, each.value, each.reason)
	}
	return a
}

// once refuses what another line asks for too.
func (d *fileRow) once(a Asking, seen repeats) {
	if d.failed(colMID) || d.failed(colRef) {
		return
	}
	if a.Ref != "" {
		d.refuseRepeats(seen, func(line int) Said {
			return say("%d행과 참조번호가 같습니다", "the same ref already stands in line %d", line)
		}, func(line int) Said {
			return say("%d행과 참조번호가 같습니다", "the same ref stands in line %d, too", line)
		}, [3]string{colRef, a.MID, a.Ref})
		return
	}
	other := func(line int) Said {
		return say("%d행이 같은 결제의 환불을 요청하고 둘 다 참조번호가 없습니다. 각각 참조번호를 적거나 한 번만 요청하십시오",
			"line %d asks for the same payment, and neither has a ref; give each its own ref, or ask once", line)
	}
	d.refuseRepeats(seen, other, other, [3]string{colOrderID, a.MID, a.OrderID}, [3]string{colPaymentKey, a.MID, a.PaymentKey})
}

// ReadAccount reads a refund account as JSON {bank, account_number,
// holder_name}, each once and nothing else. No error repeats what stands there,
// not even a key.
func ReadAccount(r io.Reader) (pay.RefundAccount, error) {
	refuse := func(reason string) (pay.RefundAccount, error) {
		return pay.RefundAccount{}, errors.New("the refund account must be JSON {bank, account_number, holder_name}: " + reason)
	}
	content, err := io.ReadAll(io.LimitReader(r, accountBytes+1))
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	switch {
	case err != nil:
		return pay.RefundAccount{}, fmt.Errorf("read the refund account: %w", err)
	case len(content) > accountBytes:
		return refuse("it is larger than 64 KB")
	case !utf8.Valid(content):
		return refuse("it is not UTF-8")
	case !json.Valid(content):
		return refuse("it is not JSON, or not one value only")
	}
	values, reason := accountFields(json.NewDecoder(bytes.NewReader(content)))
	if reason != "" {
		return refuse(reason)
	}
	account, err := pay.NewRefundAccount(written.NFC(values[colBank]), values[colNumber], written.NFC(values[colHolder]))
	if err != nil {
		return pay.RefundAccount{}, fmt.Errorf("the refund account: %w", err)
	}
	return account, nil
}

// accountFields goes by tokens, because encoding/json would take other
// spellings of a key, and the last one of several. The content is valid JSON.
func accountFields(decoder *json.Decoder) (values map[string]string, reason string) {
	allowed := []string{colBank, colNumber, colHolder}
	values = map[string]string{}
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, "it is not an object"
	}
	for decoder.More() {
		token, err := decoder.Token()
		key, ok := token.(string)
		if err != nil || !ok || !slices.Contains(allowed, key) {
			return nil, "it has another key"
		}
		if _, twice := values[key]; twice {
			return nil, key + " stands twice"
		}
		token, err = decoder.Token()
		value, ok := token.(string)
		if err != nil || !ok {
			return nil, key + " is not a text in quotation marks"
		}
		values[key] = value
	}
	for _, key := range allowed {
		if _, has := values[key]; !has {
			return nil, key + " is missing"
		}
	}
	return values, ""
}
