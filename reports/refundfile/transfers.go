package refundfile

import (
	"fmt"
	"io"
	"time"

	"daesa/internal/xlsx"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/book"
)

// transferColumns are those of a bulk transfer at the bank, as Korean banks call
// them. People move them into the form of their bank.
var transferColumns = []struct {
	title string
	width int
	text  bool // as text: Excel drops a leading zero, and digits behind the fifteenth
}{
	{"은행코드", 10, true}, {"계좌번호", 24, true}, {"금액", 14, false}, {"예금주", 24, true}, {"받는분통장표시", 18, true}, {"내통장표시", 14, true},
}

// BulkTransfer is a file for the bank: what people transfer at once.
type BulkTransfer struct {
	Transfers []refunds.Payable // each with its account, in won
	Shown     string            // in the passbook of who gets the money
	Now       time.Time
}

// SaveBulk writes the file, whole or not at all (mode 0600): account numbers stand
// in it in clear.
func SaveBulk(path string, bulk BulkTransfer) error {
	return xlsx.Save(path, "", func(w io.Writer) error {
		b := book.NewBook(book.Korean, book.About{Title: "수기이체", At: bulk.Now})
		if err := bulk.draw(b); err != nil {
			return err
		}
		return b.Write(w)
	})
}

func (bulk BulkTransfer) draw(b *book.Book) error {
	sheet := &xlsx.Sheet{Name: b.Title}
	titles := b.Styled(func(s *book.Style) { s.Bold, s.Color, s.Fill, s.Below = true, book.Navy, book.Head, book.Navy })
	text, amount := b.Styled(func(s *book.Style) { s.Box = book.Hair }), b.Styled(func(s *book.Style) { s.Box, s.Format, s.Align = book.Hair, "#,##0", "right" })
	var header []xlsx.Cell
	for i, c := range transferColumns {
		if c.text {
			sheet.Texts(i + 1)
		}
		sheet.Widths = append(sheet.Widths, c.width)
		header = append(header, xlsx.Text(titles, c.title))
	}
	sheet.Add(20, header...)
	sheet.Keep(1)
	for _, t := range bulk.Transfers {
		bank, ok := pay.FindBank(t.Account.Bank)
		if !ok {
			return fmt.Errorf("transfer %s: its account is at a bank without a code", t.RefundID)
		}
		sheet.Add(17, xlsx.Text(text, bank.Code3), xlsx.Text(text, t.Account.Number.Reveal()), xlsx.Int(amount, t.Amount),
			xlsx.Text(text, t.Account.Holder.Reveal()), xlsx.Text(text, bulk.Shown), xlsx.Text(text, t.Mark()))
	}
	b.Add(sheet)
	return nil
}
