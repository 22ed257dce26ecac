package passbook

import (
	"cmp"
	"regexp"
	"strings"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// preface is what the rows above a header say.
type preface struct {
	last4    string
	from, to pay.Day
}

const prefaceDate = `\d{4} ?[-./년]? ?\d{1,2} ?[-./월]? ?\d{1,2} ?[.일]?`

var (
	periodForm = regexp.MustCompile(`(` + prefaceDate + `)(?: ?\d{1,2}:\d{2}(?::\d{2})?)? ?[~∼〜-] ?(` + prefaceDate + `)`)
	numberForm = regexp.MustCompile(`[0-9*xX](?:-?[0-9*xX]){6,}`)
)

// Words that begin what says the account's own number.
var ownWords = []string{"계좌번호", "조회계좌", "계좌"}

// prefaceOf reads the rows above the header: the account's last four digits, and
// the period. The first of each counts.
func prefaceOf(rows []table.HeadRow, header int) preface {
	var p preface
	for _, row := range rows {
		if row.Line >= header {
			break
		}
		for i, cell := range row.Cells {
			if p.last4 == "" && beginsWith(table.Title(written.NFKC(cell)), ownWords) {
				p.last4 = cmp.Or(last4Of(cell), last4Of(nextFilled(row.Cells[i+1:])))
			}
		}
		if p.from == "" {
			p.from, p.to = periodOf(strings.Join(row.Cells, " "))
		}
	}
	return p
}

func nextFilled(cells []string) string {
	for _, cell := range cells {
		if cell != "" {
			return cell
		}
	}
	return ""
}

func beginsWith(text string, words []string) bool {
	for _, word := range words {
		if strings.HasPrefix(text, word) {
			return true
		}
	}
	return false
}

// last4Of finds an account number and gives its last four digits; "" where they
// are hidden.
func last4Of(text string) string {
	number := numberForm.FindString(written.OneLine(written.NFKC(text)))
	number = strings.ReplaceAll(number, "-", "")
	if len(number) < 7 || strings.Trim(number[len(number)-4:], "0123456789") != "" {
		return ""
	}
	return number[len(number)-4:]
}

// periodOf finds two days with a ~ between them. An account number before them may
// look like two, too, and is none.
func periodOf(text string) (from, to pay.Day) {
	for _, found := range periodForm.FindAllStringSubmatch(written.OneLine(written.NFKC(text)), -1) {
		first, wrong := momentOf(found[1])
		last, alsoWrong := momentOf(found[2])
		if wrong == "" && alsoWrong == "" && !last.day.Before(first.day) {
			return pay.DayOf(first.day), pay.DayOf(last.day)
		}
	}
	return "", ""
}
