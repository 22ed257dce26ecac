package refundfile

import (
	"io"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

// formColumn is a column of an empty refund file.
type formColumn struct {
	title book.Label
	must  book.Label
	means book.Label
	width int
	text  bool // as text: Excel keeps fifteen digits of a number
}

var formColumns = []formColumn{
	{book.Label{"주문번호", "order_id"}, book.Label{"주문번호나 결제키 중 하나", "one of order_id and payment_key"},
		book.Label{"토스에 보낸 주문번호(orderId)", "the number that was sent to Toss as orderId"}, 24, true},
	{book.Label{"결제키", "payment_key"}, book.Label{"주문번호나 결제키 중 하나", "one of order_id and payment_key"},
		book.Label{"토스의 paymentKey. 한 주문에 결제가 여러 건이면 필요합니다", "Toss's paymentKey; needed where one order has several payments"}, 30, true},
	{book.Label{"환불금액", "amount"}, book.Label{"필수", "yes"},
		book.Label{"환불할 금액. 69,000이나 69000원처럼 적습니다. 남은 금액 모두면 전액", "what goes back: 69,000 or 69000; all: everything that is left"}, 14, false},
	{book.Label{"면세금액", "tax_free_amount"}, book.Label{"면세가 섞인 결제의 부분 환불", "for a part of a payment with a tax-free part"},
		book.Label{"환불금액 중 면세금액", "how much of the amount is tax-free"}, 14, false},
	{book.Label{"환불사유", "reason"}, book.Label{"필수", "yes"},
		book.Label{"고객에게 보일 수 있는 사유, 150자까지", "what the customer may see; at most 150 characters"}, 30, true},
	{book.Label{"은행", "bank"}, book.Label{"환불계좌가 등록되지 않은 가상계좌 결제", "for a deposited virtual account without a captured account"},
		book.Label{"목록에서 고르거나 은행 코드", "choose one, or write the bank's code"}, 14, true},
	{book.Label{"계좌번호", "account_number"}, book.Label{"은행과 함께", "with the bank"}, book.Label{"고객의 환불계좌", "the customer's account"}, 22, true},
	{book.Label{"예금주", "holder_name"}, book.Label{"은행과 함께", "with the bank"}, book.Label{"계좌의 예금주", "whose account it is"}, 14, true},
	{book.Label{"참조번호", "ref"}, book.Label{"부분 환불에 필수", "for a partial refund"},
		book.Label{"쇼핑몰이 정하는 요청별 고유값. 참조번호 하나는 환불 한 건이며, 같은 파일을 다시 올려도 두 번 환불되지 않습니다",
			"the shop's own id of this request; one ref makes one refund, ever, however often the file is brought"}, 20, true},
	{book.Label{"상점아이디", "mid"}, book.Label{"상점이 여러 곳일 때 필수", "with several merchants"}, book.Label{"토스의 상점아이디(MID)", "Toss's merchant id"}, 18, true},
}

// formRows are how many rows of an empty file are drawn.
const formRows = 500

// SaveForm writes an empty refund file: its columns, their meaning and
// drop-downs, in Korean or English.
func SaveForm(path, name string, now time.Time) error {
	l, err := book.LanguageOf(name)
	if err != nil {
		return err
	}
	return xlsx.Save(path, "", func(w io.Writer) error {
		b := book.NewBook(l, book.About{Title: l.Of(book.Label{"환불 요청", "Refunds"}), At: now})
		drawForm(b)
		return b.Write(w)
	})
}

// drawForm draws the sheet that people fill in, and the one that explains it.
func drawForm(b *book.Book) {
	sheet, guide := &xlsx.Sheet{Name: b.Title}, &xlsx.Sheet{Name: refunds.GuideSheets[refunds.Language(b.Lang)], Widths: []int{24, 34, 100}}
	titles := b.Styled(func(s *book.Style) { s.Bold, s.Color, s.Fill, s.Below = true, book.Navy, book.Head, book.Navy })
	texts, amounts := b.Styled(func(s *book.Style) { s.Box = book.Hair }), b.Styled(func(s *book.Style) { s.Box, s.Format, s.Align = book.Hair, "#,##0", "right" })
	banks := drawGuide(b, guide, titles)
	var header, row []xlsx.Cell
	for i, c := range formColumns {
		style := texts
		if c.text {
			sheet.Texts(i + 1)
		} else {
			style = amounts
		}
		sheet.Widths = append(sheet.Widths, c.width)
		header, row = append(header, xlsx.Text(titles, b.Lang.Of(c.title))), append(row, xlsx.Blank(style))
		offer := xlsx.Offer{Area: xlsx.Span(i+1, 2, i+1, formRows+1), Title: b.Lang.Of(c.title), Text: b.Lang.Of(c.must) + "\n" + b.Lang.Of(c.means)}
		switch c.title.En() {
		case "amount":
			offer.Values = []string{b.Say("전액", "all")}
		case "bank":
			offer.From = banks.Column(1)
		}
		sheet.Offer(offer)
	}
	sheet.Add(20, header...)
	sheet.Keep(1)
	for range formRows {
		sheet.Add(17, row...)
	}
	b.Add(sheet)
	b.Add(guide)
}

// drawGuide explains the columns, and lists the banks; it gives where they stand.
func drawGuide(b *book.Book, s *xlsx.Sheet, titles xlsx.StyleID) xlsx.Area {
	text := b.Styled(func(s *book.Style) { s.Below = book.Hair })
	add := func(style xlsx.StyleID, cells ...string) {
		var row []xlsx.Cell
		for _, cell := range cells {
			row = append(row, xlsx.Text(style, cell))
		}
		s.Add(18, row...)
	}
	add(titles, b.Say("열", "Column"), b.Say("필수", "Must"), b.Say("내용", "Meaning"))
	for _, c := range formColumns {
		add(text, b.Lang.Of(c.title), b.Lang.Of(c.must), b.Lang.Of(c.means))
	}
	add(text, b.Say("합계", "Total"), "", b.Say("마지막 행을 합계, 총계, 소계로 시작하면 행의 합과 맞는지 확인합니다. 숨긴 행이나 열이 있으면 받지 않습니다",
		"a last row that begins with 합계, 총계 or 소계 is compared with the sum; hidden rows and columns are refused"))
	s.Add(10)
	add(titles, b.Say("은행", "Bank"), b.Say("코드", "Code"))
	banks := xlsx.Area{Sheet: s.Name, First: s.Last() + 1}
	for _, bank := range pay.Banks() {
		name := bank.Korean
		if b.Lang == book.English {
			name = bank.English
		}
		add(text, name, bank.Code)
	}
	banks.Last = s.Last()
	return banks
}
