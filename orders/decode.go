package orders

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"daesa/internal/written"
	"daesa/pay"
)

// Longest texts, in characters. Toss documents 64 for orderId, 200 for
// paymentKey and 300 for customerKey, and sends order ids that break its own
// rule on characters, so that only blanks and control characters are refused.
const (
	orderIDLongest     = 64
	paymentKeyLongest  = 200
	pgLongest          = 64
	customerRefLongest = 300
)

// Options are what a source must know of the configuration.
type Options struct {
	// MIDs are the configured merchants; a row of another one is refused.
	// Empty: every merchant is taken.
	MIDs []string
	// MainMIDs gives for each further MID of a merchant (also_mids) the one under
	// which its orders are kept.
	MainMIDs map[string]string
	// DefaultMID is the only merchant. Empty where there are several: the
	// source then needs the column mid, with a value in each row.
	DefaultMID string
	// Profile says how a file is read; nil: by daesa's own columns.
	Profile *Profile
	// Sheet is that of a workbook; "": the first one that people see.
	Sheet string
	// Password opens an encrypted workbook.
	Password string
	// Unpacked is how many bytes a sheet may unpack to; 0: 1,000,000,000.
	Unpacked int64
}

const defaultUnpacked = 1_000_000_000

func (o Options) profile() (*Profile, error) {
	if o.Profile != nil {
		return o.Profile, nil
	}
	return ownColumns()
}

// Print is by what it is known that files were read in the same way.
func (o Options) Print() string {
	print := ""
	if profile, err := o.profile(); err == nil {
		print = profile.print
	}
	return strings.Join([]string{o.DefaultMID, o.Sheet, print}, " ")
}

func (o Options) required() []string {
	if o.DefaultMID == "" {
		return append(slices.Clone(required), mid)
	}
	return required
}

// record is a row of any source. Get gives a cell's text, and false for a
// column that the source lacks; Refused says why a cell cannot be taken.
type record interface {
	Get(column string) (value string, present bool)
	Refused(column string) (value, reason string, refused bool)
}

// finding is what is wrong with one cell.
type finding struct{ column, value, reason string }

// decoder turns records into orders. It remembers the keys of one source.
type decoder struct {
	options Options
	profile *Profile // nil: a query, which has the columns of the contract
	unit    string   // line or row
	seen    seenOrders
	key     []byte           // of the order that is looked at
	methods map[string]int64 // words that the profile does not know, with the orders that have them
	apart   bool             // the source gives no key twice

	statusWords map[string]statusWord // by the cell's text
	methodWords map[string]methodWord

	noPaidAt bool // the source has no column paid_at
}

func newDecoder(options Options, unit string) *decoder {
	return &decoder{options: options, profile: options.Profile, unit: unit, methods: map[string]int64{},
		statusWords: map[string]statusWord{}, methodWords: map[string]methodWord{}}
}

// statusWord and methodWord are what a cell's text means by the profile. A file
// has few of them, each in very many rows.
type (
	statusWord struct {
		meaning          pay.OrderStatus
		known, neverPaid bool
	}
	methodWord struct {
		meaning string
		known   bool
	}
)

// wordsRemembered bounds what is kept of a file of which every word is another.
const wordsRemembered = 1000

// status is what a status word means.
func (d *decoder) status(text string) statusWord {
	word, before := d.statusWords[text]
	if before {
		return word
	}
	if d.profile == nil {
		word.meaning = pay.OrderStatus(strings.ToLower(written.NFC(strings.TrimSpace(text))))
		word.known = slices.Contains(pay.OrderStatuses, word.meaning)
	} else {
		word.meaning, word.known = d.profile.status(text)
		word.neverPaid = d.profile.NeverPaid[written.Bare(text)]
	}
	if len(d.statusWords) < wordsRemembered {
		d.statusWords[strings.Clone(text)] = word
	}
	return word
}

// method is what a method's word means by the profile.
func (d *decoder) method(text string) (meaning string, known bool) {
	word, before := d.methodWords[text]
	if !before {
		word.meaning, word.known = d.profile.method(text)
		if len(d.methodWords) < wordsRemembered {
			d.methodWords[strings.Clone(text)] = word
		}
	}
	return word.meaning, word.known
}

// decode gives the order of a record, or everything that is wrong with it.
func (d *decoder) decode(line int, r record) (pay.Order, []finding) {
	f := &fields{record: r, profile: d.profile, decoder: d}
	o := pay.Order{
		MID:         d.mid(f),
		ID:          f.number(),
		PaymentKey:  f.id(paymentKey, paymentKeyLongest),
		Status:      f.status(),
		PG:          f.pg(),
		Currency:    f.currency(),
		OrderedAt:   f.time(orderedAt),
		PaidAt:      f.time(paidAt),
		CanceledAt:  f.time(canceledAt),
		CustomerRef: f.id(customerRef, customerRefLongest),
	}
	unknown := f.paidBy(&o)
	f.require(orderID)
	f.require(orderedAt)
	if o.Currency != "" {
		f.amounts(&o)
	}
	if o.MID != "" && o.ID != "" && !d.apart {
		d.once(line, o, f)
	}
	d.interpret(&o, f)
	if len(f.findings) == 0 {
		if column, err := o.Check(); err != nil {
			f.add(column, f.text(column), err.Error())
		}
	}
	if unknown != "" && len(f.findings) == 0 {
		d.methods[unknown]++
	}
	return o, f.findings
}

// interpret says of an order what its file cannot say: whether one that is
// cancelled had been paid, and how much of what was given back went through
// Toss.
func (d *decoder) interpret(o *pay.Order, f *fields) {
	p := d.profile
	if p == nil || p.plain {
		return
	}
	canceled := o.Status == pay.OrderCanceled
	if canceled && o.PaidAt.IsZero() && d.status(f.text(status)).neverPaid {
		return
	}
	o.PaidUnknown = canceled && o.PaidAt.IsZero() && (p.EmptyPaidAt || d.noPaidAt)
	if p.MixedRefunds && (canceled || o.Status == pay.OrderPartiallyCanceled || o.CanceledAmount > 0) {
		o.MixedRefunds = true
		o.CanceledAmount = min(o.CanceledAmount, max(0, o.Amount-o.RefundedElsewhere)) // points may make it more
	}
}

// once refuses a key that this source already had, also when that row was
// refused: which of the two is right is for a person to say.
func (d *decoder) once(line int, o pay.Order, f *fields) {
	d.key = append(append(append(d.key[:0], o.MID...), 0), o.ID...)
	if first, twice := d.seen.put(d.key, line); twice {
		f.add(orderID, o.ID, fmt.Sprintf("the same order already stands in %s %d", d.unit, first))
	}
}

func (d *decoder) mid(f *fields) string {
	name := f.text(mid)
	if main := d.options.MainMIDs[name]; main != "" {
		name = main
	}
	switch {
	case f.failed(mid):
		return ""
	case name == "" && d.options.DefaultMID == "":
		f.add(mid, "", "is empty; several merchants are configured")
		return ""
	case name == "":
		return d.options.DefaultMID
	case len(d.options.MIDs) > 0 && !slices.Contains(d.options.MIDs, name):
		f.add(mid, name, "this merchant is not configured; configured are "+strings.Join(d.options.MIDs, ", "))
		return ""
	}
	return name
}

// fields reads one record and collects what is wrong with it.
type fields struct {
	record   record
	profile  *Profile
	decoder  *decoder
	findings []finding
}

func (f *fields) add(column, value, reason string) {
	f.findings = append(f.findings, finding{column, value, reason})
}

func (f *fields) failed(column string) bool {
	return slices.ContainsFunc(f.findings, func(each finding) bool { return each.column == column })
}

// raw is a cell as it stands; "" where the column or the cell is missing.
func (f *fields) raw(column string) string {
	if value, reason, refused := f.record.Refused(column); refused {
		if !f.failed(column) {
			f.add(column, value, reason)
		}
		return ""
	}
	value, _ := f.record.Get(column)
	return value
}

// text is a cell without the blanks around it.
func (f *fields) text(column string) string { return strings.TrimSpace(f.raw(column)) }

func (f *fields) require(column string) {
	if f.text(column) == "" && !f.failed(column) {
		f.add(column, "", "is empty")
	}
}

// id is a text that must match another system's byte for byte, so that nothing
// is cut off.
func (f *fields) id(column string, longest int) string {
	value := f.raw(column)
	reason := ""
	switch {
	case value == "":
		return ""
	case value != strings.TrimSpace(value):
		reason = "begins or ends with a blank"
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		reason = "contains a control character"
	case strings.ContainsFunc(value, pay.Invisible):
		reason = "contains a character that cannot be seen"
	case pay.ShortenedID(value):
		reason = "was shortened by a spreadsheet, which has lost digits of it; format the column as text and export it again"
	case utf8.RuneCountInString(value) > longest:
		reason = fmt.Sprintf("is longer than %d characters", longest)
	default:
		return value
	}
	f.add(column, value, reason)
	return ""
}

var methodsAllowed = "card, transfer, virtual_account, phone, gift_certificate, easy_pay, foreign_easy_pay, or Toss's own word"

// number is the number that Toss was sent, made of the shop's.
func (f *fields) number() string {
	id := f.id(orderID, orderIDLongest)
	if f.profile == nil || id == "" {
		return id
	}
	number, fits := f.profile.number(id)
	switch {
	case !fits:
		f.add(orderID, id, "does not fit order_number of the profile")
		return ""
	case number == "" || utf8.RuneCountInString(number) > orderIDLongest:
		f.add(orderID, id, fmt.Sprintf("becomes %q by order_number of the profile, which is no number that Toss was sent", number))
		return ""
	}
	return number
}

// paidBy reads the method, which may say that another company was paid. A word
// that a profile does not know is no fault: the order has no method then.
func (f *fields) paidBy(o *pay.Order) (unknown string) {
	value := f.text(method)
	if f.profile == nil || f.profile.plain {
		value = written.NFC(value)
		m, ok := pay.ParseMethod(value)
		if !ok {
			f.add(method, value, "unknown; allowed are "+methodsAllowed)
		}
		o.Method = m
		return ""
	}
	if value == "" {
		return ""
	}
	meaning, known := f.decoder.method(value)
	switch {
	case !known:
		return written.NFC(value)
	case meaning == otherPG:
		if o.PG == pay.PGToss {
			o.PG = written.NFC(value)
		}
	case meaning != noMethod:
		o.Method = pay.Method(meaning)
	}
	return ""
}

func (f *fields) status() pay.OrderStatus {
	value := f.text(status)
	f.require(status)
	word := f.decoder.status(value)
	if !word.known && !f.failed(status) {
		reason := "unknown; allowed are " + list(pay.OrderStatuses)
		if f.profile != nil && !f.profile.plain {
			reason = "unknown; say under statuses of a profile what it means"
		}
		f.add(status, written.NFC(value), reason)
	}
	return word.meaning
}

var currencies = []pay.Currency{pay.KRW, pay.USD, pay.JPY, pay.PHP, pay.MUSD}

func (f *fields) currency() pay.Currency {
	value := f.text(currency)
	code := pay.Currency(strings.ToUpper(value))
	switch {
	case f.failed(currency):
		return ""
	case value == "":
		return pay.KRW
	case !slices.Contains(currencies, code):
		f.add(currency, value, "unknown; allowed are "+list(currencies))
		return ""
	}
	return code
}

// pg is the payment company's word as it is written, which people know again,
// or toss for any of Toss's own names.
func (f *fields) pg() string {
	value := f.id(pg, pgLongest)
	word := written.NFC(value)
	if f.profile != nil && len(f.profile.PGs) > 0 && word != "" {
		company, known := f.profile.pgOf(word)
		if !known {
			f.add(pg, value, "unknown; say under pgs of a profile whether it is Toss")
		}
		return company
	}
	if word == "" || slices.Contains(tossNames, strings.ToLower(word)) {
		return pay.PGToss
	}
	return word
}

// tossNames are the names of Toss Payments, in lower case.
var tossNames = []string{pay.PGToss, "tosspayments", "toss payments", "토스", "토스페이먼츠"}

func (f *fields) time(column string) time.Time {
	value := f.text(column)
	if value == "" {
		return time.Time{}
	}
	at, err := pay.ReadTime(value)
	switch {
	case err != nil:
		f.add(column, value, reasonOnly(err))
	case at.Year() < 1970 || at.Year() > 9999:
		f.add(column, value, "is no time of an order; leave the cell empty where there is none")
		return time.Time{}
	}
	return at.UTC().Truncate(time.Microsecond)
}

// amounts needs the currency and the times of o.
func (f *fields) amounts(o *pay.Order) {
	f.require(amount)
	o.Amount, _ = f.amount(amount, o.Currency)
	o.RefundedElsewhere, _ = f.amount(refundedElsewhere, o.Currency)
	o.TaxFreeAmount, _ = f.amount(taxFreeAmount, o.Currency)
	canceled, given := f.amount(canceledAmount, o.Currency)
	switch {
	case given:
		o.CanceledAmount = canceled
	case o.Status == pay.OrderPartiallyCanceled && !f.failed(canceledAmount):
		f.add(canceledAmount, "", "is empty; a partially canceled order needs it")
	default:
		o.CanceledAmount = impliedCancel(*o)
	}
}

// mostUnits is the largest amount of an order that is taken, in the smallest
// unit: above it the sum of a day's orders would no longer fit into 64 bits.
const mostUnits = 10_000_000_000_000_000

func (f *fields) amount(column string, of pay.Currency) (units int64, given bool) {
	value := f.text(column)
	if value == "" {
		return 0, false
	}
	units, err := of.ParseWritten(value)
	if err != nil {
		f.add(column, value, reasonOnly(err))
		return 0, false
	}
	if units > mostUnits {
		f.add(column, value, "is too large for an order")
		return 0, false
	}
	return units, true
}

// reasonOnly is an error of pay without the value that it quotes in front of
// its reason, because a fault already shows the value.
func reasonOnly(err error) string {
	text := err.Error()
	if end := strings.LastIndex(text, `" `); end >= 0 {
		return text[end+2:]
	}
	return text
}

func list[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}
