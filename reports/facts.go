package reports

import (
	"math"
	"strconv"
	"strings"

	"daesa/reconcile"
)

// factDigits are the significant digits that every program keeps of a number
// when it saves a workbook.
const factDigits = 15

// fact is what a cell says, in a form that outlives a save by another program:
// nothing, a text, or a number to fifteen digits, a moment to the second.
func (c cell) fact() string {
	switch c.kind {
	case cellText:
		return c.value
	case cellNumber:
		return numberFact(c.value)
	default:
		return ""
	}
}

func numberFact(decimal string) string {
	value, err := strconv.ParseFloat(decimal, 64)
	if err != nil {
		return decimal
	}
	return strconv.FormatFloat(onItsSecond(value), 'g', factDigits, 64)
}

// onItsSecond puts a moment back to how it was drawn. Programs that read a date
// as one write it with other last digits. What lies further from a second than
// a hundredth, and what is no date of our time, stays as it is; sums of money
// with two places are such seconds themselves, and stay, too.
func onItsSecond(value float64) float64 {
	const earliest, latest = 30_000, 80_000 // 1982 to 2119
	if value < earliest || value > latest {
		return value
	}
	second := math.Round(value * secondsOfDay)
	if math.Abs(value*secondsOfDay-second) > 0.01 {
		return value
	}
	drawn, err := strconv.ParseFloat(secondOf(int64(second)), 64)
	if err != nil {
		return value
	}
	return drawn
}

// rowCheck names the run and the facts of a row: a row that comes back is known
// by it, and one of another workbook, or of an older drawing of the same night,
// as well. It proves nothing against somebody who means to deceive: what is
// compared is what the database has.
func rowCheck(runID string, columns []column, cells []cell) string {
	facts := make([]string, 0, len(columns))
	for i, c := range columns {
		if c.isFact() {
			facts = append(facts, cells[i].fact())
		}
	}
	return checkOf(runID, facts)
}

func checkOf(runID string, facts []string) string {
	return runID + "-" + reconcile.ShortHash(strings.Join(facts, "\x00"))[:8]
}

// isFact says whether a column is the program's word rather than a person's.
func (c column) isFact() bool { return !c.people && c.name != columnRowCheck }
