package refunds

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// fileKind is what distinguishes one kind of file from another.
type fileKind struct {
	columns []string // all that it may have
	needed  []string // without those that say which payment
	rows    int      // at most
	advice  string   // where it has none
	totals  bool     // its last row may be the sum of the others
}

// titles are the names of each column, as people write them.
var titles = map[string][]string{
	colOrderID:    {colOrderID, "주문번호"},
	colPaymentKey: {colPaymentKey, "결제키"},
	colMID:        {colMID, "상점아이디"},
	colAmount:     {colAmount, "금액", "환불금액", "취소금액"},
	colTaxFree:    {colTaxFree, "면세금액"},
	colReason:     {colReason, "사유", "환불사유", "취소사유"},
	colBank:       {colBank, "은행"},
	colNumber:     {colNumber, "계좌번호"},
	colHolder:     {colHolder, "예금주", "예금주명"},
	colRef:        {colRef, "참조번호"},
}

// ResultTitles are the titles of the column that daesa writes beside each row of
// a file that it gives back, by language. In a file that is brought again it is
// passed over.
var ResultTitles = map[Language]string{Korean: "daesa 확인 결과", English: "daesa says"}

// GuideSheets are the sheets of an empty refund file that explain it, by language.
// Nothing is read of them.
var GuideSheets = map[Language]string{Korean: "작성 안내", English: "Guide"}

// asideColumns are those that a file of refused rows has besides the columns of
// its rows.
var asideColumns = []string{"file", "line", "refused"}

// headerWithin is in how many rows the header is looked for.
const headerWithin = 30

func (k fileKind) options(o FileOptions) table.Options {
	names := map[string]string{}
	for _, column := range k.columns {
		for _, title := range titles[column] {
			names[table.Title(title)] = column
		}
	}
	return table.Options{
		Limits: table.Limits{FileBytes: fileBytes, Rows: k.rows}, Sheet: o.Sheet, Password: o.Password, Own: asideColumns, Columns: names, HeaderWithin: headerWithin,
		IsHeader: func(has func(string) bool) bool { return len(k.lacking(has, o)) == 0 },
	}
}

// lacking are the columns without which the file says nothing.
func (k fileKind) lacking(has func(column string) bool, o FileOptions) []string {
	needed := slices.Clone(k.needed)
	if o.DefaultMID == "" {
		needed = append(needed, colMID)
	}
	missing := slices.DeleteFunc(needed, has)
	if !has(colOrderID) && !has(colPaymentKey) {
		missing = append(missing, "order_id or payment_key")
	}
	return missing
}

// checkHeader does not use Reader.Require, which repeats the first row: in a
// file without a header that is somebody's account.
func (k fileKind) checkHeader(reader *table.Reader, o FileOptions) error {
	missing := k.lacking(reader.Has, o)
	if len(missing) == 0 {
		return nil
	}
	named := make([]string, len(k.columns))
	for i, column := range k.columns {
		named[i] = column + " (" + strings.Join(titles[column][1:], ", ") + ")"
	}
	failure := reader.Refuse(0, "the header lacks "+strings.Join(missing, ", "),
		fmt.Sprintf("one of the first %d rows names the columns: %s", headerWithin, strings.Join(named, ", ")))
	if header := reader.Header(); len(header) == 1 && strings.ContainsAny(header[0], ";\t|") {
		failure.Advice = "separate the columns with commas"
	}
	return failure
}

// wholeFile is a file that was read to its end.
type wholeFile[R any] struct {
	Name    string
	SHA256  string
	Rows    []R // without a fault
	Faulty  []R // the others, as far as they can be read
	Total   *Total
	Unknown []string
	Unread  []string
	Layout  *table.Layout
}

// readWhole reads a file of rows that name payments. The error is a
// *table.FileError, or table.Faults with all that is wrong with the rows.
func readWhole[R any](path string, kind fileKind, o FileOptions, decode func(*fileRow) R) (wholeFile[R], error) {
	sum, err := digest(path)
	if err != nil {
		return wholeFile[R]{}, err
	}
	reader, err := table.Open(path, kind.options(o))
	if err != nil {
		return wholeFile[R]{}, err
	}
	defer reader.Close()
	if err := kind.checkHeader(reader, o); err != nil {
		return wholeFile[R]{}, err
	}
	if hidden := reader.Hidden(); len(hidden) > 0 {
		return wholeFile[R]{}, reader.Refuse(0, "Excel hides the columns "+strings.Join(hidden, ", ")+": whoever checked the file did not see them",
			"show them or delete them, look at them, and save the file again")
	}
	file, err := decodeRows(reader, kind, o, decode)
	var faults table.Faults
	if err != nil && !errors.As(err, &faults) {
		return wholeFile[R]{}, err
	}
	// What was hashed must be what was read, since the hash names the batch.
	if again, err := digest(path); err != nil || again != sum {
		return wholeFile[R]{}, errors.Join(&table.FileError{File: path, Reason: "changed while it was read", Advice: "read it again when it is complete"}, err)
	}
	file.Name, file.SHA256, file.Layout = path, sum, &reader.Layout
	file.Unread = slices.DeleteFunc(slices.Clone(reader.About().Unread), func(sheet string) bool {
		return sheet == GuideSheets[Korean] || sheet == GuideSheets[English]
	})
	known := append(slices.Clone(kind.columns), strings.ToLower(ResultTitles[Korean]), strings.ToLower(ResultTitles[English]))
	file.Unknown = reader.Unknown(known...)
	return file, err
}

func decodeRows[R any](reader *table.Reader, kind fileKind, o FileOptions, decode func(*fileRow) R) (wholeFile[R], error) {
	var file wholeFile[R]
	var rows []*fileRow
	var decoded []R
	add := func(d *fileRow, r R) {
		rows, decoded = append(rows, d), append(decoded, r)
	}
	var nothing R
	for row, err := range reader.Rows() {
		var fault *table.Fault
		d := &fileRow{row: row, options: o, onlyKey: !reader.Has(colOrderID)}
		if file.Total != nil {
			early := &fileRow{row: row, lost: true}
			early.faults = table.Faults{withKorean(reader.NewFault(file.Total.Line, "", "", ""), saidEarlyTotal)}
			add(early, nothing)
			file.Total = nil
		}
		switch {
		case errors.As(err, &fault):
			d.faults, d.lost = table.Faults{fault}, true
			add(d, nothing)
			continue
		case err != nil:
			return wholeFile[R]{}, err
		case kind.totals && isTotal(row) && row.Hidden:
			d.lost = true
			d.whole(saidHiddenRow)
			add(d, nothing)
			continue
		case kind.totals && isTotal(row):
			file.Total = newTotal(row)
			continue
		}
		d.filled = row.Filled()
		r := decode(d)
		if row.Hidden {
			d.whole(saidHiddenRow)
		}
		add(d, r)
	}
	var faults table.Faults
	for i, d := range rows {
		if covered := reader.Covered(d.row.Line, d.filled); len(covered) > 0 {
			d.whole(saidCovered(strings.Join(covered, ", ")))
		}
		faults = append(faults, d.faults...)
		switch {
		case len(d.faults) == 0:
			file.Rows = append(file.Rows, decoded[i])
		case !d.lost:
			file.Faulty = append(file.Faulty, decoded[i])
		}
	}
	switch {
	case len(faults) > 0:
		slices.SortStableFunc(faults, func(a, b *table.Fault) int { return a.Line - b.Line })
		return file, faults
	case len(rows) == 0:
		return wholeFile[R]{}, reader.Refuse(0, "has no rows under its header", kind.advice)
	}
	return file, nil
}

// saidCovered is said of a row with values under a merged cell.
func saidCovered(columns string) Said {
	return Said{"병합된 셀에 가려진 값이 있어(" + columns + ") 파일을 확인한 사람이 보지 못했습니다. 병합을 풀고 확인하십시오",
		"a merged cell lies over " + columns + ": whoever checked the file did not see what stands there; unmerge the cells and look"}
}

var (
	saidHiddenRow  = say("엑셀에서 숨겨진(필터 포함) 행이라 파일을 확인한 사람이 보지 못했습니다. 표시하거나 삭제하십시오", "Excel hides this row (a filter does, too): whoever checked the file did not see it; show it or delete it")
	saidEarlyTotal = say("합계 행인데 마지막 행이 아닙니다", "begins as a total does, and is not the last row")
)

// withKorean puts a sentence into a fault in both languages.
func withKorean(fault *table.Fault, why Said) *table.Fault {
	fault.Reason, fault.Korean = why.English, why.Korean
	return fault
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

// fileRow decodes one row and collects everything that is wrong with it. Its
// cells are valid until the next row is read, its faults may be added to longer.
type fileRow struct {
	row     table.Row
	options FileOptions
	onlyKey bool // the file has no column order_id
	lost    bool // nothing of it can be read
	filled  []int
	faults  table.Faults
}

// add says what is wrong with a cell, once. An account's number and its holder
// are never repeated, nor a number that stands under bank by mistake.
func (d *fileRow) add(column, value string, why Said) {
	digits := len(value) - len(strings.Map(dropDigit, value))
	if column == colNumber || column == colHolder || column == colBank && digits > plainDigits {
		value = ""
	}
	if !d.failed(column) {
		d.faults = append(d.faults, withKorean(d.row.NewFault(column, value, ""), why))
	}
}

// whole says what is wrong with the row as a whole.
func (d *fileRow) whole(why Said) {
	d.faults = append(d.faults, withKorean(d.row.NewFault("", "", ""), why))
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
		d.add(column, fault.Value, translated(fault.Reason))
		return ""
	}
	value, _ := d.row.Get(column)
	return value
}

func (d *fileRow) text(column string) string { return strings.TrimSpace(d.raw(column)) }

// word is a text that a person wrote, composed.
func (d *fileRow) word(column string) string { return written.NFC(d.text(column)) }

func (d *fileRow) mid() string {
	name := d.text(colMID)
	if main := d.options.MainMIDs[name]; main != "" {
		return main
	}
	if name == "" && !d.failed(colMID) {
		name = d.options.DefaultMID
	}
	if name == "" {
		d.add(colMID, "", say("비어 있습니다. 상점이 여러 곳 설정되어 있습니다", "is empty; several merchants are configured"))
	} else if known := d.options.MIDs; len(known) > 0 && !slices.Contains(known, name) {
		d.add(colMID, name, say("설정에 없는 상점아이디입니다. 설정된 상점아이디: %s", "this merchant is not configured; configured are %s", strings.Join(known, ", ")))
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
			d.add(column, texts[i], translated(fault.Reason))
		}
	}
	if !good {
		return nil
	}
	return &account
}

// repeats remembers the first row of each ref, and of each payment that is named
// without one.
type repeats map[[3]string]*fileRow

// refuseRepeats refuses a row that names what a row before names, and that one
// too, also where one of them is refused anyway: which of the two is right is for
// a person to say. keys are each a column, a merchant and a value; again says it
// of this row, of the line of the other, and before of the other.
func (d *fileRow) refuseRepeats(seen repeats, again, before func(line int) Said, keys ...[3]string) {
	repeated := false
	for _, key := range keys {
		column, value := key[0], key[2]
		if value == "" || d.failed(column) {
			continue
		}
		first, twice := seen[key]
		switch {
		case !twice:
			seen[key] = d
		case !repeated:
			repeated = true
			d.add(column, value, again(first.row.Line))
			first.add(column, value, before(d.row.Line))
		}
	}
}

// NewAside prepares a file for the rows of a batch that were refused.
func NewAside(path string, batch Batch) (*table.Aside, error) {
	return table.NewAside(path, asideColumns, batch.Layout)
}

// RowsOf reads the rows of a batch again, as they stand in its file. misshapen: a
// row's cells may stand under the wrong titles.
func RowsOf(batch Batch, o FileOptions, each func(row table.Row, misshapen bool) error) error {
	reader, err := table.Open(batch.Name, refundRows.options(o))
	if err != nil {
		return err
	}
	defer reader.Close()
	for row, err := range reader.Rows() {
		var fault *table.Fault
		misshapen := errors.As(err, &fault)
		if err != nil && !misshapen {
			return err
		}
		if err := each(row, misshapen); err != nil {
			return err
		}
	}
	if again, err := digest(batch.Name); err != nil || again != batch.SHA256 {
		return errors.Join(&table.FileError{File: batch.Name, Reason: "changed while it was read", Advice: "read it again when it is complete"}, err)
	}
	return nil
}
