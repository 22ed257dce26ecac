package reports

import (
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
)

// formColumn is a column of an empty refund file.
type formColumn struct {
	title label
	must  label
	means label
	width float64
	text  bool // as text: Excel keeps fifteen digits of a number
}

var formColumns = []formColumn{
	{label{"주문번호", "order_id"}, label{"주문번호나 결제키 중 하나", "one of order_id and payment_key"},
		label{"토스에 보낸 주문번호(orderId)", "the number that was sent to Toss as orderId"}, 24, true},
	{label{"결제키", "payment_key"}, label{"주문번호나 결제키 중 하나", "one of order_id and payment_key"},
		label{"토스의 paymentKey. 한 주문에 결제가 여러 건이면 필요합니다", "Toss's paymentKey; needed where one order has several payments"}, 30, true},
	{label{"환불금액", "amount"}, label{"필수", "yes"},
		label{"환불할 금액. 69,000이나 69000원처럼 적습니다. 남은 금액 모두면 전액", "what goes back: 69,000 or 69000; all: everything that is left"}, 14, false},
	{label{"면세금액", "tax_free_amount"}, label{"면세가 섞인 결제의 부분 환불", "for a part of a payment with a tax-free part"},
		label{"환불금액 중 면세금액", "how much of the amount is tax-free"}, 14, false},
	{label{"환불사유", "reason"}, label{"필수", "yes"},
		label{"고객에게 보일 수 있는 사유, 150자까지", "what the customer may see; at most 150 characters"}, 30, true},
	{label{"은행", "bank"}, label{"환불계좌가 등록되지 않은 가상계좌 결제", "for a deposited virtual account without a captured account"},
		label{"목록에서 고르거나 은행 코드", "choose one, or write the bank's code"}, 14, true},
	{label{"계좌번호", "account_number"}, label{"은행과 함께", "with the bank"}, label{"고객의 환불계좌", "the customer's account"}, 22, true},
	{label{"예금주", "holder_name"}, label{"은행과 함께", "with the bank"}, label{"계좌의 예금주", "whose account it is"}, 14, true},
	{label{"참조번호", "ref"}, label{"부분 환불에 필수", "for a partial refund"},
		label{"쇼핑몰이 정하는 요청별 고유값. 참조번호 하나는 환불 한 건이며, 같은 파일을 다시 올려도 두 번 환불되지 않습니다",
			"the shop's own id of this request; one ref makes one refund, ever, however often the file is brought"}, 20, true},
	{label{"상점아이디", "mid"}, label{"상점이 여러 곳일 때 필수", "with several merchants"}, label{"토스의 상점아이디(MID)", "Toss's merchant id"}, 18, true},
}

// formRows are how many rows have drop-downs.
const formRows = 1000

// SaveRefundForm writes an empty refund file: its columns, their meaning and
// drop-downs, in Korean or English. It replaces no file.
func SaveRefundForm(path, language string) error {
	l := korean
	if language == string(english) {
		l = english
	}
	return xlsx.Save(path, "", func(w io.Writer) error { return writeForm(w, l) })
}

func writeForm(w io.Writer, l language) error {
	file := excelize.NewFile()
	defer file.Close()
	guide := refunds.GuideSheets[refunds.Language(l)]
	sheet := l.of(label{"환불 요청", "Refunds"})
	_, err := file.NewSheet(guide)
	if err := errors.Join(err, file.SetSheetName("Sheet1", sheet)); err != nil {
		return err
	}
	f := &refundForm{file: file, lang: l, sheet: sheet, guide: guide}
	f.drawRows()
	f.drawGuide()
	if f.err != nil {
		return f.err
	}
	return file.Write(w)
}

// refundForm is an empty refund file while it is drawn.
type refundForm struct {
	file         *excelize.File
	lang         language
	sheet, guide string
	err          error
}

func (f *refundForm) do(errs ...error) { f.err = errors.Join(append(errs, f.err)...) }

func (f *refundForm) style(s style) int {
	id, err := f.file.NewStyle(s.Excelize(font))
	f.do(err)
	return id
}

func (f *refundForm) drawRows() {
	title := f.style(plain.With(func(s *style) { s.Bold, s.Color, s.Fill, s.Below = true, navy, head, navy }))
	text := f.style(plain)
	number := f.style(plain.With(func(s *style) { s.Format, s.Align = "#,##0", "right" }))
	for i, c := range formColumns {
		letter := xlsx.ColumnName(i + 1)
		style := number
		if c.text {
			style = text
		}
		f.do(f.file.SetColStyle(f.sheet, letter, style), f.file.SetColWidth(f.sheet, letter, letter, c.width),
			f.file.SetCellStr(f.sheet, letter+"1", f.lang.of(c.title)), f.file.SetCellStyle(f.sheet, letter+"1", letter+"1", title))
		f.prompt(letter, c)
	}
	f.do(f.file.SetPanes(f.sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
}

// prompt says what stands in a column, and offers what can be chosen. Whatever
// else is written is judged when the file is imported.
func (f *refundForm) prompt(letter string, c formColumn) {
	rule := excelize.NewDataValidation(true)
	rule.SetSqref(fmt.Sprintf("%s2:%s%d", letter, letter, formRows+1))
	title := f.lang.of(c.title)
	rule.SetInput(title, f.lang.of(c.must)+"\n"+f.lang.of(c.means))
	switch c.title.en {
	case "amount":
		f.do(rule.SetDropList([]string{f.lang.of(label{"전액", "all"})}))
	case "bank":
		rule.SetSqrefDropList(xlsx.Area{Sheet: f.guide, First: f.banksFrom(), Last: f.banksFrom() + len(pay.Banks()) - 1}.Column(1))
	default:
		rule.Type = "none"
	}
	rule.ShowErrorMessage = false
	f.do(f.file.AddDataValidation(f.sheet, rule))
}

// banksFrom is the row of the guide where the banks begin.
func (f *refundForm) banksFrom() int { return len(formColumns) + 5 }

func (f *refundForm) drawGuide() {
	wrap := f.style(plain.With(func(s *style) { s.Wrap, s.Top = true, true }))
	title := f.style(plain.With(func(s *style) { s.Bold, s.Color, s.Fill, s.Below = true, navy, head, navy }))
	put := func(row int, style int, cells ...string) {
		for i, text := range cells {
			cell := fmt.Sprintf("%s%d", xlsx.ColumnName(i+1), row)
			f.do(f.file.SetCellStr(f.guide, cell, text), f.file.SetCellStyle(f.guide, cell, cell, style))
		}
	}
	put(1, title, f.lang.of(label{"열", "Column"}), f.lang.of(label{"필수", "Must"}), f.lang.of(label{"내용", "Meaning"}))
	for i, c := range formColumns {
		put(i+2, wrap, f.lang.of(c.title), f.lang.of(c.must), f.lang.of(c.means))
	}
	put(len(formColumns)+2, wrap, f.lang.of(label{"합계", "Total"}), "", f.lang.of(label{
		"마지막 행을 합계, 총계, 소계로 시작하면 행의 합과 맞는지 확인합니다. 숨긴 행이나 열이 있으면 받지 않습니다",
		"a last row that begins with 합계, 총계 or 소계 is compared with the sum; hidden rows and columns are refused"}))
	put(f.banksFrom()-1, title, f.lang.of(label{"은행", "Bank"}), f.lang.of(label{"코드", "Code"}))
	for i, bank := range pay.Banks() {
		name := bank.Korean
		if f.lang == english {
			name = bank.English
		}
		put(f.banksFrom()+i, wrap, name, bank.Code)
	}
	f.do(f.file.SetColWidth(f.guide, "A", "A", 24), f.file.SetColWidth(f.guide, "B", "B", 34), f.file.SetColWidth(f.guide, "C", "C", 80))
}
