package refunds

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"daesa/pay"
)

// Said is a sentence in both languages: Korean for the people whose file it
// is about, English for logs and programs.
type Said struct{ Korean, English string }

// say makes a sentence; both languages take the same values in the same order.
func say(korean, english string, values ...any) Said {
	if len(values) > 0 {
		return Said{fmt.Sprintf(korean, values...), fmt.Sprintf(english, values...)}
	}
	return Said{korean, english}
}

// In gives the sentence in a language; English where nobody said it in Korean.
func (s Said) In(lang Language) string {
	if lang == English || s.Korean == "" {
		return s.English
	}
	return s.Korean
}

// won writes an amount as Koreans write it: 29,000원, USD 181.56.
func won(c pay.Currency, units int64) string {
	whole, fraction, point := strings.Cut(c.Format(units), ".")
	digits := strings.TrimPrefix(whole, "-")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if strings.HasPrefix(whole, "-") {
		digits = "-" + digits
	}
	if point {
		digits += "." + fraction
	}
	if c == pay.KRW {
		return digits + "원"
	}
	return string(c) + " " + digits
}

// ColumnTitle is the name of a column of a refund file in a language.
func ColumnTitle(lang Language, column string) string {
	if names := titles[column]; lang != English && len(names) > 1 {
		return names[1]
	}
	return column
}

// together joins sentences.
func together(all []Said) Said {
	var korean, english []string
	for _, each := range all {
		korean, english = append(korean, each.In(Korean)), append(english, each.English)
	}
	return Said{strings.Join(korean, ". "), strings.Join(english, "; ")}
}

// And joins two sentences; what says nothing is left out.
func (s Said) And(other Said) Said {
	switch {
	case s == Said{}:
		return other
	case other == Said{}:
		return s
	}
	return together([]Said{s, other})
}

// SaidEqual says that a request equals another of its order, and how it is
// approved then.
func SaidEqual(id string) Said {
	return say("같은 주문에 금액이 같은 요청(%s)이 30일 안에 있어 일괄 결재되지 않습니다. 확인 후 ID로 따로 결재하십시오", "equals request %s of the same order within thirty days: it is approved by its id alone, not by batch", id)
}

// SamePayment refuses a row that names the same payment as another row, one by
// the payment key and one by the order.
func SamePayment(a Asking, other int) *AskError {
	column := colOrderID
	if a.PaymentKey != "" {
		column = colPaymentKey
	}
	return refuse(column, "", say("%d행과 같은 결제입니다. 결제 한 건을 참조번호 없이 두 번 환불할 수 없습니다", "names the same payment as line %d; without a ref a payment is refunded once", other))
}

// translated finds the Korean of a sentence that a room below says in English
// alone: of a cell that cannot be taken, an amount, an account.
func translated(english string) Said {
	return Said{korean[english], english}
}

// korean is the catalogue of those sentences. A test reads the rooms below and
// finds what is missing here.
var korean = map[string]string{
	// cells
	"contains a formula; paste it as a value": "수식이 들어 있습니다. 값으로 붙여 넣으십시오",
	"is an error of the sheet":                "엑셀 오류 값입니다",
	"is not a number":                         "숫자가 아닙니다",
	"Excel has rounded this number; format the column as text and enter it again":                                     "엑셀이 15자리를 넘는 숫자를 반올림했습니다. 열을 텍스트 서식으로 바꾸고 다시 입력하십시오",
	"is a number that Excel shows with other characters in it; format the column as text and enter it as it is shown": "엑셀에서 다른 문자가 함께 표시되는 숫자입니다. 열을 텍스트 서식으로 바꾸고 보이는 그대로 입력하십시오",
	"is not a date that Excel can show":                                   "엑셀이 표시할 수 없는 날짜입니다",
	"is a time without a date":                                            "날짜 없이 시각만 있습니다",
	"is 1900-02-29, a day that never was":                                 "존재하지 않는 날짜(1900-02-29)입니다",
	"contains a NUL byte":                                                 "NUL 문자가 들어 있습니다",
	"has a character that was lost or cut in half when the file was made": "파일을 만들 때 깨지거나 잘린 글자가 있습니다",
	// amounts
	"is not a plain number, such as 10000 or 10,000":                                        "숫자가 아닙니다. 10000 또는 10,000과 같이 적으십시오",
	"has commas that are not exact groups of three, such as 10,000":                         "쉼표가 세 자리마다 있지 않습니다. 10,000과 같이 적으십시오",
	"has three digits behind a point, which may be a thousands mark: write 10000 or 10,000": "소수점 뒤가 세 자리라 천 단위 구분일 수 있습니다. 10000 또는 10,000과 같이 적으십시오",
	"has more than two decimal places":                                                      "소수점 아래가 두 자리를 넘습니다",
	// accounts
	"is empty": "비어 있습니다",
	"is no bank that Toss knows; write its code, such as 06 or 004, or its name, such as 국민": "토스가 아는 은행이 아닙니다. 은행 코드(06, 004 등)나 이름(국민 등)을 적으십시오",
	"has something else than digits, blanks and hyphens":                                     "숫자, 공백, 하이픈이 아닌 문자가 있습니다",
	"has no digits":           "숫자가 없습니다",
	"has more than 20 digits": "20자리를 넘습니다",
	"has a control character, or one that cannot be seen":        "제어 문자나 보이지 않는 문자가 있습니다",
	"is longer than 60 characters":                               "60자를 넘습니다",
	"is not the bank's two-character code":                       "은행의 두 자리 코드가 아닙니다",
	"has blanks or hyphens":                                      "공백이나 하이픈이 있습니다",
	"begins or ends with a blank":                                "앞이나 뒤에 공백이 있습니다",
	"is empty; bank, account_number and holder_name go together": "비어 있습니다. 은행, 계좌번호, 예금주는 함께 적어야 합니다",
}

// noSuchPayment is the answer 404 of a look-up, in words.
func noSuchPayment(byKey bool) Said {
	if byKey {
		return say("토스에 이 결제키의 결제가 없습니다", "Toss has no payment with this payment key (토스에 이 결제키의 결제가 없습니다)")
	}
	return say("토스에 이 주문번호의 결제가 없습니다", "Toss has no payment with this order number (토스에 이 주문번호의 결제가 없습니다)")
}

// Refusal says of an asking that was refused which column a person should look
// at, and why.
func Refusal(a Asking, err error) (column string, why Said) {
	var asked *AskError
	var ref *RefError
	var failure *pay.Failure
	column = colOrderID
	if a.PaymentKey != "" {
		column = colPaymentKey
	}
	switch {
	case errors.As(err, &asked):
		return asked.Column, asked.Said()
	case errors.As(err, &ref):
		return colRef, Said{fmt.Sprintf("참조번호 %q로 이미 다른 환불이 요청되었습니다. 참조번호 하나는 환불 한 건입니다", ref.Had.Ref), ref.Error()}
	case errors.As(err, &failure) && failure.Kind == pay.FailureNotFound:
		return column, noSuchPayment(a.PaymentKey != "")
	case errors.As(err, &failure) && failure.Code != "":
		return column, Said{"토스가 조회를 거절했습니다: " + Explain(Korean, failure.Code, failure.Message, time.Time{}).Cause, err.Error()}
	}
	return column, Said{"", err.Error()}
}
