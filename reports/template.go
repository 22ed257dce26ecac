package reports

import (
	"io"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
)

// formColumn is a column of an empty refund file.
type formColumn struct {
	title label
	must  label
	means label
	width int
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

// formRows are how many rows of an empty file are drawn.
const formRows = 500

// SaveRefundForm writes an empty refund file: its columns, their meaning and
// drop-downs, in Korean or English.
func SaveRefundForm(path, name string, now time.Time) error {
	l, err := languageOf(name)
	if err != nil {
		return err
	}
	return xlsx.Save(path, "", func(w io.Writer) error {
		b := newBook(l, about{title: l.of(label{"환불 요청", "Refunds"}), at: now})
		drawForm(b)
		return b.Write(w)
	})
}

// drawForm draws the sheet that people fill in, and the one that explains it.
func drawForm(b *book) {
	sheet, guide := &xlsx.Sheet{Name: b.title}, &xlsx.Sheet{Name: refunds.GuideSheets[refunds.Language(b.lang)], Widths: []int{24, 34, 100}}
	titles := b.styled(func(s *style) { s.Bold, s.Color, s.Fill, s.Below = true, navy, head, navy })
	texts, amounts := b.styled(func(s *style) { s.Box = hair }), b.styled(func(s *style) { s.Box, s.Format, s.Align = hair, "#,##0", "right" })
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
		header, row = append(header, xlsx.Text(titles, b.lang.of(c.title))), append(row, xlsx.Blank(style))
		offer := xlsx.Offer{Area: xlsx.Span(i+1, 2, i+1, formRows+1), Title: b.lang.of(c.title), Text: b.lang.of(c.must) + "\n" + b.lang.of(c.means)}
		switch c.title.en() {
		case "amount":
			offer.Values = []string{b.say("전액", "all")}
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
func drawGuide(b *book, s *xlsx.Sheet, titles xlsx.StyleID) xlsx.Area {
	text := b.styled(func(s *style) { s.Below = hair })
	add := func(style xlsx.StyleID, cells ...string) {
		var row []xlsx.Cell
		for _, cell := range cells {
			row = append(row, xlsx.Text(style, cell))
		}
		s.Add(18, row...)
	}
	add(titles, b.say("열", "Column"), b.say("필수", "Must"), b.say("내용", "Meaning"))
	for _, c := range formColumns {
		add(text, b.lang.of(c.title), b.lang.of(c.must), b.lang.of(c.means))
	}
	add(text, b.say("합계", "Total"), "", b.say("마지막 행을 합계, 총계, 소계로 시작하면 행의 합과 맞는지 확인합니다. 숨긴 행이나 열이 있으면 받지 않습니다",
		"a last row that begins with 합계, 총계 or 소계 is compared with the sum; hidden rows and columns are refused"))
	s.Add(10)
	add(titles, b.say("은행", "Bank"), b.say("코드", "Code"))
	banks := xlsx.Area{Sheet: s.Name, First: s.Last() + 1}
	for _, bank := range pay.Banks() {
		name := bank.Korean
		if b.lang == english {
			name = bank.English
		}
		add(text, name, bank.Code)
	}
	banks.Last = s.Last()
	return banks
}
