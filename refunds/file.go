package refunds

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
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
	Name    string // the path that was read
	SHA256  string // of the file's bytes, in hex
	Rows    []Asking
	Unknown []string // titles that mean nothing to daesa
}

// FileOptions are what a refund file must know of the configuration.
type FileOptions struct {
	MIDs       []string          // a row of another merchant is refused; empty: every one is taken
	MainMIDs   map[string]string // for each of the also_mids the mid that stands for it
	DefaultMID string            // empty: the file needs the column mid, with a value in each row
}

// wrong is what is wrong with one value of an asking.
type wrong struct{ column, value, reason string }

// Check says whether everything in a is as it must be, by itself; else which
// column is wrong, and why. The error never repeats an account or a holder.
func (a Asking) Check() (column string, err error) {
	if found := a.wrongs(); len(found) > 0 {
		return found[0].column, errors.New(found[0].reason)
	}
	return "", nil
}

func (a Asking) wrongs() []wrong {
	var found []wrong
	add := func(column, value, reason string) {
		if reason != "" {
			found = append(found, wrong{column, value, reason})
		}
	}
	add(colMID, a.MID, emptyReason(a.MID))
	if a.OrderID == "" && a.PaymentKey == "" {
		add(colOrderID, "", "is empty; order_id or payment_key says which payment")
	}
	add(colOrderID, a.OrderID, idReason(a.OrderID, orderIDLongest))
	add(colPaymentKey, a.PaymentKey, idReason(a.PaymentKey, paymentKeyLongest))
	switch {
	case a.All && a.Amount != "":
		add(colAmount, a.Amount, "stands beside all; ask for one of the two")
	case !a.All && a.Amount == "":
		add(colAmount, "", "is empty; write a number, or all (전액) for all that is left")
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

func emptyReason(value string) string {
	if value == "" {
		return "is empty"
	}
	return ""
}

// idReason is of a text that must match another system's byte for byte, so that
// nothing is cut off.
func idReason(value string, longest int) string {
	switch {
	case value != strings.TrimSpace(value):
		return "begins or ends with a blank"
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return "contains a control character"
	case strings.ContainsFunc(value, pay.Invisible):
		return "contains a character that cannot be seen"
	case pay.ShortenedID(value):
		return "was shortened by a spreadsheet, which has lost digits of it; format the column as text and enter it again"
	case utf8.RuneCountInString(value) > longest:
		return fmt.Sprintf("is longer than %d characters", longest)
	}
	return ""
}

// amountReason knows no currency yet: how many decimal places there may be is
// said after the look-up.
func amountReason(value string, positive bool) string {
	plain, _, reason := pay.PlainAmount(value)
	switch {
	case reason != "":
		return reason
	case strings.HasPrefix(plain, "-"):
		return "is negative; write what goes back, without a sign"
	case len(plain) > amountLongest:
		return "is too large"
	case positive && strings.Trim(plain, "0.") == "":
		return "is zero; write what goes back, or all (전액)"
	}
	return ""
}

func customerReason(value string) string {
	switch {
	case strings.TrimSpace(value) == "":
		return "is empty"
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return "contains a line break or another control character"
	case len(utf16.Encode([]rune(value))) > reasonLongest:
		return fmt.Sprintf("is longer than %d characters; the rest of Toss's 200 is our reference", reasonLongest)
	case strings.Contains(value, "#rf:"):
		return "contains #rf:, which begins our own reference"
	}
	return ""
}

func refReason(value string) string {
	for _, reserved := range reservedRefs {
		if strings.HasPrefix(value, reserved) {
			return fmt.Sprintf("begins with %s, which is kept for daesa's own requests", reserved)
		}
	}
	return idReason(value, refLongest)
}

// accountReason takes an account only as pay.NewRefundAccount gives it.
func accountReason(a pay.RefundAccount) (column, reason string) {
	normal, err := pay.NewRefundAccount(a.Bank, a.Number.Reveal(), a.Holder.Reveal())
	var fault *pay.AccountError
	switch {
	case errors.As(err, &fault):
		return fault.Field, fault.Reason
	case normal.Bank != a.Bank:
		return colBank, "is not the bank's two-character code"
	case normal.Number != a.Number:
		return colNumber, "has blanks or hyphens"
	case normal.Holder != a.Holder:
		return colHolder, "begins or ends with a blank"
	}
	return "", ""
}

var refundRows = fileKind{
	columns: fileColumns,
	needed:  []string{colAmount, colReason},
	rows:    fileRows,
	advice:  "write one row for each refund",
}

// ReadFile reads a refund file, CSV or XLSX, to its end: the error is a
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

// digest hashes a file. A pipe could be read only once, and is refused.
func digest(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	refuse := func(reason, advice string) (string, error) {
		return "", &table.FileError{File: path, Reason: reason, Advice: advice}
	}
	switch {
	case info.IsDir():
		return refuse("is a folder, not a file", "")
	case !info.Mode().IsRegular():
		return refuse("is not a regular file", "save it as a file first")
	}
	file, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	read, err := io.Copy(hash, io.LimitReader(file, fileBytes+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", path, err)
	case read > fileBytes:
		return refuse("is larger than 64 MB", "split the file")
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// fileRow decodes one row and collects everything that is wrong with it.
type fileRow struct {
	row     table.Row
	options FileOptions
	onlyKey bool // the file has no column order_id
	faults  table.Faults
}

// add says what is wrong with a cell, once. An account's number and its holder
// are never repeated, nor a number that stands under bank by mistake.
func (d *fileRow) add(column, value, reason string) {
	digits := len(value) - len(strings.Map(dropDigit, value))
	if column == colNumber || column == colHolder || column == colBank && digits > plainDigits {
		value = ""
	}
	if !d.failed(column) {
		d.faults = append(d.faults, d.row.NewFault(column, value, reason))
	}
}

// dropDigit counts a digit of any script as at least one byte.
func dropDigit(r rune) rune {
	if unicode.IsDigit(r) {
		return -1
	}
	return r
}

func (d *fileRow) failed(column string) bool {
	return slices.ContainsFunc(d.faults, func(fault *table.Fault) bool { return fault.Column == column })
}

// raw is a cell as it stands; "" where the column or the cell is missing.
func (d *fileRow) raw(column string) string {
	if fault := d.row.Fault(column); fault != nil {
		d.add(column, fault.Value, fault.Reason)
		return ""
	}
	value, _ := d.row.Get(column)
	return value
}

func (d *fileRow) text(column string) string { return strings.TrimSpace(d.raw(column)) }

// word is a text that a person wrote, composed.
func (d *fileRow) word(column string) string { return written.NFC(d.text(column)) }

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

func (d *fileRow) mid() string {
	name := d.text(colMID)
	if main := d.options.MainMIDs[name]; main != "" {
		return main
	}
	if name == "" && !d.failed(colMID) {
		name = d.options.DefaultMID
	}
	if name == "" {
		d.add(colMID, "", "is empty; several merchants are configured")
	} else if known := d.options.MIDs; len(known) > 0 && !slices.Contains(known, name) {
		d.add(colMID, name, "this merchant is not configured; configured are "+strings.Join(known, ", "))
	}
	return name
}

// account gives the row's account, nil where it has none or a bad one.
func (d *fileRow) account() *pay.RefundAccount {
	columns := []string{colBank, colNumber, colHolder}
	texts := make([]string, len(columns))
	given := false
	for i, column := range columns {
		texts[i] = written.NFC(d.raw(column))
		given = given || strings.TrimSpace(texts[i]) != "" || d.failed(column)
	}
	if !given {
		return nil
	}
	var account pay.RefundAccount
	errs := make([]error, len(columns))
	account.Bank, errs[0] = pay.ParseBank(texts[0])
	account.Number, errs[1] = pay.ParseAccountNumber(texts[1])
	account.Holder, errs[2] = pay.ParseHolder(texts[2])
	good := true
	for i, column := range columns {
		if fault := new(pay.AccountError); errors.As(errs[i], &fault) {
			good = false
			if strings.TrimSpace(texts[i]) == "" {
				fault.Reason = "is empty; bank, account_number and holder_name go together"
			}
			d.add(column, texts[i], fault.Reason)
		}
	}
	if !good {
		return nil
	}
	return &account
}

// repeats remembers the first line of each ref, and of each payment that is
// asked for without one.
type repeats map[[3]string]int

// once refuses what a line before asks for too, also when that line was
// refused: which of the two is right is for a person to say.
func (d *fileRow) once(a Asking, seen repeats) {
	if d.failed(colMID) || d.failed(colRef) {
		return
	}
	keys := [][3]string{{colRef, a.MID, a.Ref}}
	reason := "the same ref already stands in line %d"
	if a.Ref == "" {
		keys = [][3]string{{colOrderID, a.MID, a.OrderID}, {colPaymentKey, a.MID, a.PaymentKey}}
		reason = "line %d asks for the same payment, and neither has a ref; give each its own ref, or ask once"
	}
	d.refuseRepeats(seen, reason, keys...)
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
