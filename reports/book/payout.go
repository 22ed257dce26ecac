package book

import (
	"strings"

	"daesa/settle"
)

// PassbookLine is a passbook line as a workbook shows it. Its payer is masked where
// it comes from: here nothing is taken away any more.
type PassbookLine struct {
	settle.PlacedLine
	Payer string
}

// PassbookLines are lines by their id.
type PassbookLines map[string]*PassbookLine

// LinesByID are the lines by their id.
func LinesByID(lines []PassbookLine) PassbookLines {
	byID := PassbookLines{}
	for i := range lines {
		byID[lines[i].ID] = &lines[i]
	}
	return byID
}

// DueOf is what should come of a payout: nothing of one that is carried on.
func DueOf(p *settle.Payout) int64 { return p.Expected - p.Carried }

// BroughtTo is what earlier days carried to a payout.
func BroughtTo(p *settle.Payout) int64 { return p.Expected - (p.Amount - p.Fee - p.FeeVAT) }

// Judged says whether it can be said that something of a payout differs: not of
// what may still come, nor of what was not read.
func Judged(p *settle.Payout) bool {
	return p.State != settle.Scheduled && p.State != settle.Due && p.State != settle.Unread
}

// mostLines is how many passbook lines a cell names.
const mostLines = 3

// LineTexts are passbook lines in words: day, payer, amount.
func (b *Book) LineTexts(lines PassbookLines, ids []string) string {
	var texts []string
	for _, id := range ids[:min(len(ids), mostLines)] {
		l := lines[id]
		if l == nil {
			texts = append(texts, id)
			continue
		}
		text := strings.TrimPrefix(string(l.Day), string(l.Day)[:min(5, len(l.Day))]) + " " + l.Payer + " " + Spell(l.Currency, l.Amount)
		if len(l.MatchedTo) > 1 {
			text += b.Lang.Fill(Label{" (지급 {1}건 합산)", " (of {1} payouts)"}, b.Number(int64(len(l.MatchedTo))))
		}
		texts = append(texts, text)
	}
	if more := len(ids) - mostLines; more > 0 {
		texts = append(texts, b.Lang.Fill(Label{"외 {1}건", "{1} more"}, b.Number(int64(more))))
	}
	return strings.Join(texts, " · ")
}

// PayoutRemark is why a payout is not matched, and which lines may be it.
func (b *Book) PayoutRemark(p *settle.Payout, lines PassbookLines) string {
	var parts []string
	switch {
	case p.State == settle.Carried:
		parts = append(parts, b.Say("다음 지급에서 상계", "set off against the next payout"))
	case p.Why != "" && p.State != settle.Scheduled:
		parts = append(parts, LookUp(b.Lang, WhyLabels, p.Why))
	}
	if len(p.Suggested) > 0 {
		parts = append(parts, b.Say("후보: ", "perhaps: ")+b.LineTexts(lines, p.Suggested))
	}
	return strings.Join(parts, " · ")
}
