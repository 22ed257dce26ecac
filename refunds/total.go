package refunds

import (
	"slices"
	"strings"

	"daesa/internal/table"
	"daesa/internal/written"
	"daesa/pay"
)

// Total is the last row of a file, where it is the sum of the others.
type Total struct {
	Line  int
	Value string // of the amount, as it stands; "" where there is none
	empty bool   // a formula without a result
}

// totalWords begin a row that is a total.
var totalWords = []string{"합계", "총계", "소계", "총합계"}

// isTotal says whether a row begins as a total does, and names no payment: a
// reason may begin with such a word, too.
func isTotal(row table.Row) bool {
	first := row.First()
	if bare := written.Bare(first); !slices.ContainsFunc(totalWords, func(word string) bool { return strings.HasPrefix(bare, word) }) {
		return false
	}
	names := func(column string) bool {
		value, _ := row.Get(column)
		value = strings.TrimSpace(value)
		return value != "" && value != first
	}
	return !names(colOrderID) && !names(colPaymentKey)
}

// newTotal takes a total that a formula reckons by its stored result: it is only
// compared.
func newTotal(row table.Row) *Total {
	value, formula := row.Result(colAmount)
	value = strings.TrimSpace(written.NFC(value))
	return &Total{Line: row.Line, Value: value, empty: formula && value == ""}
}

// CheckTotal compares the total of a file with the amounts of its rows, each in
// its currency's own notation; nil: it is their sum, or the file has none.
// unknown rows have an amount that nobody can read: then it is not compared, and
// compared is false.
func (b Batch) CheckTotal(amounts []string, unknown int) (fault *table.Fault, compared bool) {
	if b.Total == nil || b.Total.Value == "" && !b.Total.empty {
		return nil, true
	}
	refuse := func(why Said) (*table.Fault, bool) {
		return b.Fault(b.Total.Line, colAmount, b.Total.Value, why), true
	}
	told, ok := hundredths(b.Total.Value)
	if b.Total.empty {
		return refuse(say("계산되지 않은 수식입니다. 엑셀에서 열어 저장하십시오", "is a formula that was never reckoned; open the file in Excel and save it"))
	}
	if !ok {
		return refuse(say("합계를 숫자로 읽을 수 없습니다", "is no sum that can be read"))
	}
	var sum int64
	for _, amount := range amounts {
		units, ok := hundredths(amount)
		if !ok {
			unknown++
		}
		sum += units
	}
	if unknown > 0 {
		return nil, false
	}
	if sum != told {
		text := strings.TrimSuffix(pay.USD.Format(sum), ".00")
		return refuse(say("행의 합은 %s이라 합계와 다릅니다", "is not the sum of the rows, which is %s", text))
	}
	return nil, true
}

// hundredths reads an amount of any currency.
func hundredths(text string) (int64, bool) {
	plain, _, reason := pay.PlainAmount(text)
	if reason != "" {
		return 0, false
	}
	units, err := pay.USD.ParseAmount(plain)
	return units, err == nil
}
