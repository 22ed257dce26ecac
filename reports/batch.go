package reports

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

// Batch is an ad-hoc batch of refunds as it stood at Now: all that its workbook
// says.
type Batch struct {
	ID          string
	File        string // the name of the imported file; "": not known
	By          string // who imported it
	At          time.Time
	Now         time.Time
	JournalHead string
	FileRows    int // of the file; more than Requests where some were asked for before. 0: not known
	Requests    []refunds.Request
	Sent        map[string]time.Time       // the newest send, by refund id
	Arrivals    map[string]refunds.Arrival // when the money arrives, by refund id
	Accounts    map[string]string          // refund accounts, masked, by refund id
	Refused     []BatchRefusal             // that were not imported
	// Signed: only a signature approves. Statements are those about its requests, as
	// they were handed in; the last may be one that waits for its signature.
	Signed     bool
	Statements []Statement
}

// BatchRefusal is a row of a refund file that was not taken.
type BatchRefusal struct {
	Line    int // of the file
	OrderID string
	Amount  string // as the file has it; "" where it cannot be read
	Reason  string // of the request
	Column  string
	Why     string
}

// Result reports whether the workbook shows results rather than a plan: something
// of the batch was sent, or nothing of it is open any more.
func (b Batch) Result() bool {
	open := false
	for _, r := range b.Requests {
		if r.Attempts > 0 || !r.State.Unsent() && r.State != refunds.StateExpired && r.State != refunds.StateRejected {
			return true
		}
		open = open || r.State.Open()
	}
	return !open
}

// BatchFileName is the name of a batch's workbook: daesa-batch-BATCH-plan.xlsx,
// and daesa-batch-BATCH-result.xlsx once Result says so.
func BatchFileName(b Batch) string {
	part := "-plan"
	if b.Result() {
		part = "-result"
	}
	const extension = ".xlsx"
	// FileName makes any name safe; it puts "batch" where a night has its date.
	return strings.TrimSuffix(FileName("batch", b.ID), extension) + part + extension
}

// WriteBatch draws the workbook of a batch: before anything was sent its plan,
// afterwards its result. The same batch gives the same bytes. It fails on a
// batch without requests, on a state that it has no word for, on sums that
// overflow, and on an unknown language.
func WriteBatch(w io.Writer, batch Batch, opts Options) error {
	b, err := newBatchBook(batch, opts)
	if err == nil {
		b.draw()
		err = b.Write(w)
	}
	if err != nil {
		return fmt.Errorf("workbook of batch %s: %w", xlsx.Clean(batch.ID), err)
	}
	return nil
}

// SaveBatch writes the workbook to a file whole or not at all (mode 0600). The
// folder is made (0700) where it is missing.
func SaveBatch(path string, batch Batch, opts Options) error {
	return xlsx.Save(path, opts.Password, func(w io.Writer) error { return WriteBatch(w, batch, opts) })
}

// batchBook is the workbook of a batch while it is drawn.
type batchBook struct {
	*book.Book
	batch  Batch
	result bool
	rows   []RefundRow // what needs a person first
	listed []book.Column[*batchLine]
	areas  []xlsx.Area // where the rows of the list stand
}

func newBatchBook(batch Batch, opts Options) (*batchBook, error) {
	l, err := book.LanguageOf(opts.Language)
	if err != nil {
		return nil, err
	}
	if len(batch.Requests) == 0 {
		return nil, errors.New("there are no requests in it")
	}
	b := &batchBook{batch: batch, result: batch.Result()}
	merchants, sums := map[string]bool{}, map[pay.Currency]int64{}
	for _, r := range batch.Requests {
		if !r.State.Valid() {
			return nil, fmt.Errorf("refund %s has the state %q, for which there is no word", xlsx.Clean(r.ID), r.State)
		}
		total, err := pay.Add(sums[r.Currency], r.Amount)
		if err != nil {
			return nil, err
		}
		sums[r.Currency], merchants[r.MID] = total, true
		b.rows = append(b.rows, RefundRow{r})
	}
	slices.SortFunc(b.rows, needFirst)
	currencies := slices.SortedFunc(maps.Keys(sums), byCurrency)
	title := book.Label{"환불 계획", "Refund plan"}
	if b.result {
		title = book.Label{"환불 결과", "Refund result"}
	}
	of := l.Of(book.Label{"일괄번호 ", "Batch "}) + batch.ID
	b.Book = book.NewBook(l, book.About{Title: l.Of(title), Of: of, At: batch.Now, Currencies: currencies, Several: len(merchants) > 1})
	return b, nil
}

func (b *batchBook) draw() {
	s := b.Add(&xlsx.Sheet{Name: b.Lang.Of(book.SheetSummary), Tab: book.Navy, Widths: []int{2, 30, 13, 20, 3, 24, 13, 20, 20}})
	b.drawRows()
	b.drawStatements()
	page := &batchPage{batchBook: b, s: s}
	page.draw()
}

// day reckons with deadlines as a night does.
func (b *batchBook) day() *night { return &night{now: b.batch.Now} }

// pile is a number of requests of one currency, and their sum.
type pile struct{ count, money int64 }

func (b *batchBook) pile(c pay.Currency, chosen func(r *RefundRow) bool) pile {
	var p pile
	for i := range b.rows {
		if r := &b.rows[i]; r.Currency == c && chosen(r) {
			p.count++
			p.money += r.Amount
		}
	}
	return p
}

// in chooses requests by their state.
func in(states ...refunds.State) func(r *RefundRow) bool {
	return func(r *RefundRow) bool { return slices.Contains(states, r.State) }
}

// counted is the number of chosen requests, over all currencies.
func (b *batchBook) counted(chosen func(r *RefundRow) bool) int64 {
	var n int64
	for _, c := range b.Currencies {
		n += b.pile(c, chosen).count
	}
	return n
}

// spelled writes the sum of the chosen requests, each currency apart.
func (b *batchBook) spelled(chosen func(r *RefundRow) bool) string {
	var parts []string
	for i, c := range b.Currencies {
		if p := b.pile(c, chosen); p.count > 0 || i == 0 && len(b.Currencies) == 1 {
			parts = append(parts, book.Spell(c, p.money))
		}
	}
	return strings.Join(parts, " · ")
}

// live is a formula that counts the matching rows of a currency, or sums them.
func (b *batchBook) live(c pay.Currency, sum bool, matches ...book.Match) string {
	if len(b.Currencies) > 1 {
		matches = append(slices.Clone(matches), book.Match{Column: book.ColumnCurrency, Labels: []string{book.Code(c)}})
	}
	var terms []string
	for _, rows := range b.areas {
		area := func(name book.Label) string { return rows.Column(book.Position(b.listed, name)) }
		criteria := []string{""}
		for _, m := range matches {
			var longer []string
			for _, text := range m.Labels {
				for _, before := range criteria {
					longer = append(longer, before+`,`+area(m.Column)+`,"`+text+`"`)
				}
			}
			criteria = longer
		}
		for _, one := range criteria {
			switch {
			case one == "" && sum:
				terms = append(terms, "SUM("+area(book.ColumnAmount)+")")
			case one == "":
				terms = append(terms, "COUNTA("+area(columnRefundID)+")")
			case sum:
				terms = append(terms, "SUMIFS("+area(book.ColumnAmount)+one+")")
			default:
				terms = append(terms, "COUNTIFS("+one[1:]+")")
			}
		}
	}
	formula := strings.Join(terms, "+")
	if sum {
		return book.Rounded(c, formula)
	}
	return formula
}

// stateLabels are the labels that the list has for some states.
func (b *batchBook) stateLabels(states ...refunds.State) []string {
	var labels []string
	for _, state := range states {
		labels = append(labels, b.Lang.Refund(state, pay.MethodUnknown))
		if state == refunds.StateSucceeded {
			labels = append(labels, b.Lang.Of(book.PaidOut))
		}
	}
	return labels
}

// sheetBatchRows is the list of a batch.
var sheetBatchRows = book.Label{"내역", "Rows"}

// The columns that only a batch has.
var (
	columnMeaning  = book.Label{"처리 안내", "What it means and what to do"}
	columnReason   = book.Label{"환불 사유", "Reason"}
	columnSent     = book.Label{"전송일시", "Sent at"}
	columnFinished = book.Label{"완료일시", "Finished at"}
	columnArrival  = book.Label{"고객 입금예정일", "Money arrives"}
	columnFault    = book.Label{"토스 오류", "Toss error"}
)

// batchLine is a row of the list of a batch; its tag says where it stands.
type batchLine = book.Line[*batchBook, RefundRow]

// batchColumns are the columns of the list; those from the requester on are on the
// screen only.
var batchColumns = []book.Column[*batchLine]{
	{Name: columnState, Width: 18, Left: true, Cell: func(l *batchLine) xlsx.Cell { return xlsx.Text(l.Tag, l.Book.Lang.Refund(l.Row.State, l.Row.Method)) }},
	{Name: book.ColumnMID, Width: 14, ID: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Row.MID) }},
	{Name: columnOrder, Width: 20, ID: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Row.OrderID) }},
	{Name: columnMethod, Width: 12, Cell: func(l *batchLine) xlsx.Cell { return l.Centred(l.Book.method(l.Row.Method)) }},
	{Name: book.ColumnCurrency, Width: 7, Cell: func(l *batchLine) xlsx.Cell { return l.Centred(book.Code(l.Row.Currency)) }},
	{Name: book.ColumnAmount, Width: 13, Right: true, Cell: func(l *batchLine) xlsx.Cell { return l.Amount(l.Row.Currency, l.Row.Amount) }},
	{Name: columnDaysLeft, Width: 9, Cell: func(l *batchLine) xlsx.Cell {
		if !l.Row.State.Unsent() {
			return xlsx.Blank(l.Center)
		}
		return l.DaysTo(l.Row.CancelBy, l.Book.day().until)
	}},
	{Name: columnCancelBy, Width: 16, Cell: func(l *batchLine) xlsx.Cell { return l.At(l.Row.CancelBy) }},
	{Name: columnReason, Width: 18, Left: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Row.Reason) }},
	{Name: columnMeaning, Width: 50, Left: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Book.meaning(l.Row)) }},
	{Name: book.Label{"결재자", "Approved by"}, Width: 11, Left: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Row.ApprovedBy) }},
	{Name: columnSent, Width: 16, Cell: func(l *batchLine) xlsx.Cell { return l.At(l.Book.batch.Sent[l.Row.ID]) }},
	{Name: columnFinished, Width: 16, Cell: func(l *batchLine) xlsx.Cell { return l.At(l.Row.FinishedAt) }},
	{Name: columnArrival, Width: 24, Left: true, Cell: func(l *batchLine) xlsx.Cell {
		return l.Says(l.Book.batch.Arrivals[l.Row.ID].Say(refunds.Language(l.Book.Lang)))
	}},
	{Name: book.Label{"요청자", "Requested by"}, Width: 12, Left: true, Details: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Book.Person(l.Row.RequestedBy)) }},
	{Name: book.Label{"환불계좌", "Refund account"}, Width: 22, Left: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Book.account(l.Row)) }},
	{Name: columnKey, Width: 30, ID: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Row.PaymentKey) }},
	{Name: columnFault, Width: 28, Left: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(fault(l.Row)) }},
	{Name: book.Label{"참조번호", "Ref"}, Width: 24, ID: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Row.Ref) }},
	{Name: columnRefundID, Width: 30, ID: true, Cell: func(l *batchLine) xlsx.Cell { return l.Says(l.Row.ID) }},
}

// resultColumns are there only when something was sent.
var resultColumns = []book.Label{columnSent, columnFinished, columnArrival, columnFault}

// method names a payment method; an unknown one is shown as it came.
func (b *batchBook) method(m pay.Method) string {
	if m == pay.MethodUnknown {
		return b.Say("미상", "unknown")
	}
	return b.Lang.Method(m)
}

// meaning says why a request stands where it stands, and what to do.
func (b *batchBook) meaning(r *RefundRow) string {
	switch {
	case r.ErrorCode != "":
		return refunds.Explain(refunds.Language(b.Lang), r.ErrorCode, r.ErrorMessage, r.CancelBy).String()
	case r.State == refunds.StateRequested && r.SameAs != "":
		return b.Lang.Fill(book.Label{"최근 30일 이내 결제·금액이 같은 요청({1})이 있습니다. 두 건을 비교해 건별로 결재하십시오.",
			"Equals another request of the last thirty days ({1}). Look at both; it is approved by its id."}, r.SameAs)
	default:
		return b.Lang.Of(stateMeanings[r.State])
	}
}

// fault is the provider's code with its message. A reason of daesa's own is no
// fault; the sentence beside it explains it.
func fault(r *RefundRow) string {
	switch {
	case refunds.OwnReason(r.ErrorCode):
		return ""
	case r.ErrorMessage == "":
		return r.ErrorCode
	default:
		return r.ErrorCode + ": " + r.ErrorMessage
	}
}

// account shows that a refund account exists, without any digit of it.
func (b *batchBook) account(r *RefundRow) string {
	masked, known := b.batch.Accounts[r.ID]
	switch {
	case known:
		return strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return '*'
			}
			return c
		}, masked)
	case r.State == refunds.StateNeedsAccount:
		return b.Say("미등록", "absent")
	default:
		return ""
	}
}

// drawRows lays out one row for each request, and below them the rows of the
// file that were not taken.
func (b *batchBook) drawRows() {
	b.listed = slices.DeleteFunc(book.Shown(b.Book, batchColumns), func(c book.Column[*batchLine]) bool { return !b.result && slices.Contains(resultColumns, c.Name) })
	tags, p := stateTags(b.Book), b.Paint(book.RowStyle)
	l := book.Listing[*batchLine]{
		Name: sheetBatchRows, Tab: book.Green, Columns: b.listed, Fixed: book.Position(b.listed, columnOrder),
		Title:    b.Title + " · " + b.Lang.Of(sheetBatchRows),
		Subtitle: b.Say("확인이 필요한 건 우선, 취소기한이 임박한 순 · 요청별 1행", "What needs a person first, then the nearest deadline · one row for each request"),
		Segments: []book.Segment[*batchLine]{{To: len(b.rows), Height: tallEnough(b.rows, nil), Row: func(i int, _ []xlsx.Cell) *batchLine {
			return &batchLine{Palette: p, Book: b, Row: &b.rows[i], Tag: tags[b.rows[i].State]}
		}}},
		Rows: len(b.rows), Sums: book.Amounts(func(i int) (pay.Currency, int64) { return b.rows[i].Currency, b.rows[i].Amount }),
	}
	if len(b.batch.Refused) > 0 {
		l.Segments = append(l.Segments, b.refusedRows(p, tags[refunds.StateRefused]))
	}
	b.areas = book.Place(b.Book, l)
}

// refusedRows stand in the columns of the list as the file has them, their amount
// as a text, so that no sum counts it.
func (b *batchBook) refusedRows(p book.Palette, tag xlsx.StyleID) book.Segment[*batchLine] {
	order, meaning := book.Position(b.listed, columnOrder), book.Position(b.listed, columnMeaning)
	amount, reason := book.Position(b.listed, book.ColumnAmount), book.Position(b.listed, columnReason)
	return book.Segment[*batchLine]{To: len(b.batch.Refused), Height: book.ListRow,
		Lead: book.LeadRows(b.Book, b.Say("파일에서 제외된 행", "Rows of the file that were not taken"), b.listed),
		Cells: func(i int, cells []xlsx.Cell) {
			r := b.batch.Refused[i]
			for n := range cells {
				cells[n] = xlsx.Blank(p.Text)
			}
			cells[0] = xlsx.Text(tag, b.Say("제외", "Not taken"))
			cells[order-1] = p.Says(r.OrderID)
			cells[amount-1] = xlsx.Text(p.Unknown, r.Amount)
			cells[reason-1] = p.Says(r.Reason)
			cells[meaning-1] = p.Says(b.Lang.Fill(book.Label{"{1}행 {2}: {3}", "line {1}, {2}: {3}"}, b.Number(int64(r.Line)), r.Column, r.Why))
		}}
}

// stateMeanings say what happens next to a request without an error.
var stateMeanings = map[refunds.State]book.Label{
	refunds.StateRequested:    {"요청자가 아닌 담당자의 결재를 기다립니다.", "Waits for the word of another person than the one who asked."},
	refunds.StateApproved:     {"다음 환불 실행 시 토스로 전송합니다.", "Is sent by the next refund run."},
	refunds.StateNeedsAccount: {"입금된 가상계좌로, 고객의 환불계좌 등록이 필요합니다.", "A deposited virtual account: ask the customer for a refund account."},
	refunds.StateSending:      {"전송 중입니다. 다음 환불 실행 시 결과를 확인합니다.", "Is being sent; the next run settles it."},
	refunds.StateRetry:        {"토스에 전송되지 않은 것이 확인되어 다음 환불 실행 시 다시 전송합니다.", "Proved not to have reached Toss; the next run sends it again."},
	refunds.StateUnknown:      {"전송했으나 결과가 확인되지 않았습니다. 다음 환불 실행 시 토스에서 조회합니다.", "Sent, and nobody knows what came of it; the next run asks Toss."},
	refunds.StateHeld:         {"토스 상점관리자에서 결과를 확인한 뒤 담당자가 확정해야 합니다.", "A person must look at Toss and decide."},
	refunds.StateAccepted:     {"토스에 접수되어 송금을 기다립니다.", "Toss took it on; the payout is on its way."},
	refunds.StateExpired:      {"취소기한이 경과해 토스로 취소할 수 없습니다. 수기이체로 환불합니다.", "Past its deadline: it is given back by a transfer by hand."},
}
