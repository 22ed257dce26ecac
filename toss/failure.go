package toss

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	json "github.com/go-json-experiment/json/v1"

	"daesa/pay"
)

// Where the codes of the table below are documented.
const (
	// cancelTable is the table of the cancel call: only the HTML page has it.
	cancelTable = "https://docs.tosspayments.com/reference/error-codes#결제-취소"
	globalTable = "https://docs.tosspayments.com/reference/error-codes"
	idemPage    = "https://docs.tosspayments.com/reference/using-api/authorization"
	lookUpTable = "https://docs.tosspayments.com/reference/error-codes#결제-조회"
	pagingSeen  = "https://techchat.tosspayments.com/m/1377493933021728779"
)

// codeTable says what Toss's codes mean for the caller. The HTTP status does
// not tell: PROVIDER_ERROR is a 400 that says try again, and some 500s move
// money. Codes that are not here are pay.FailureUnclassed.
var codeTable = []struct {
	kind   pay.FailureKind
	source string
	codes  []string
}{
	{pay.FailureDone, cancelTable, []string{"ALREADY_CANCELED_PAYMENT", "ALREADY_REFUND_PAYMENT"}},
	{pay.FailureDone, globalTable, []string{"ALREADY_REFUNDING_PAYMENT"}},
	// Above the rest, and "nothing left" after partial cancels (measured).
	{pay.FailureGuard, cancelTable, []string{"NOT_MATCHES_REFUNDABLE_AMOUNT", "NOT_CANCELABLE_AMOUNT"}},
	{pay.FailureAccount, cancelTable, []string{
		"INVALID_REFUND_ACCOUNT_INFO", "INVALID_REFUND_ACCOUNT_NUMBER", "INVALID_BANK", "FORBIDDEN_BANK_REFUND_REQUEST",
	}},
	{pay.FailureAccount, globalTable, []string{"NOT_ALLOWED_REFUND_BANK", "ACCOUNT_OWNER_CHECK_FAILED", "ALREADY_CLOSE_ACCOUNT"}},
	{pay.FailureDeadline, cancelTable, []string{"EXCEED_MAX_REFUND_DUE"}},
	{pay.FailureTransient, cancelTable, []string{
		"PROVIDER_ERROR", "FORBIDDEN_CONSECUTIVE_REQUEST", "NOT_AVAILABLE_BANK",
		"FAILED_INTERNAL_SYSTEM_PROCESSING", "FAILED_REFUND_PROCESS", "FAILED_METHOD_HANDLING_CANCEL",
		"FAILED_PARTIAL_REFUND", "COMMON_ERROR", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
	}},
	{pay.FailureTransient, globalTable, []string{
		"FAILED_DB_PROCESSING", "UNKNOWN_ERROR", "UNKNOWN_PAYMENT_ERROR", "MAINTAINED_METHOD",
	}},
	{pay.FailureInFlight, idemPage, []string{"IDEMPOTENT_REQUEST_PROCESSING"}},
	// The code of a 429 is not documented; this is the sandbox's guess.
	{pay.FailureThrottled, globalTable, []string{"TOO_MANY_REQUESTS"}},
	{pay.FailureKey, cancelTable, []string{"UNAUTHORIZED_KEY", "INCORRECT_BASIC_AUTH_FORMAT"}},
	{pay.FailureKey, globalTable, []string{"INVALID_API_KEY", "INVALID_CLIENT_KEY", "NOT_FOUND_MERCHANT"}},
	// Only these prove that a payment does not exist. A gateway in between says
	// NOT_FOUND of a path that it does not know, so that code proves nothing.
	{pay.FailureNotFound, lookUpTable, []string{"NOT_FOUND_PAYMENT"}},
	{pay.FailureUnclassed, lookUpTable, []string{"NOT_FOUND"}},
	// What is malformed as a key names no payment either.
	{pay.FailureNotFound, globalTable, []string{"INVALID_PAYMENT_KEY"}},
	{pay.FailurePaging, globalTable, []string{"INVALID_PAGING_KEY"}},
	{pay.FailurePaging, pagingSeen, []string{"INVALID_TRANSACTION_KEY"}},
	{pay.FailureRefused, cancelTable, []string{
		"EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT", "INVALID_REQUEST", "REFUND_REJECTED", "FORBIDDEN_REQUEST",
		"NOT_CANCELABLE_PAYMENT", "NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", "NOT_ALLOWED_PARTIAL_REFUND",
		"NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", "EXCEED_CANCEL_LIMIT",
	}},
	{pay.FailureRefused, idemPage, []string{"INVALID_IDEMPOTENCY_KEY"}},
	{pay.FailureRefused, globalTable, []string{
		"INVALID_REFUND_AMOUNT", "EXCEED_MAX_REFUND_AMOUNT", "NOT_SUPPORTED_REFUND", "API_VERSION_UPDATE_NEEDED",
		"BELOW_ZERO_AMOUNT", "DUPLICATED_ORDER_ID", "EXCEED_MAX_QUERY_LIMIT", "EXCEED_MAX_DUE_DATE",
		"EXCEED_MAX_VALID_HOURS", "INVALID_DATE", "INVALID_ISO_DATE_FORMAT", "INVALID_REQUIRED_PARAM",
		"INVALID_CURRENCY", "INVALID_TEST_CODE", "NOT_SUPPORTED_METHOD", "NOT_SUPPORTED_PROCESS",
		"EXCEEDS_TRANSFER_AMOUNT_MAXIMUM", "NOT_ENOUGH_AMOUNT", "NOT_FOUND_METHOD", "NOT_FOUND_BILLING",
		"PAYOUT_NOT_FOUND", "NOT_MATCHES_CUSTOMER_KEY",
	}},
	// They may tell of a first call that did run: nobody has seen them on a cancel.
	{pay.FailureUnclassed, globalTable, []string{"DUPLICATED_REQUEST", "ALREADY_COMPLETED_PAYMENT"}},
}

var kinds = func() map[string]pay.FailureKind {
	out := map[string]pay.FailureKind{}
	for _, row := range codeTable {
		for _, code := range row.codes {
			out[code] = row.kind
		}
	}
	return out
}()

// kindOf classes an answer by its code. The status decides only where the code
// is unknown and the status alone is clear: a gateway that throttles, a key
// that is not accepted.
func kindOf(status int, code string) pay.FailureKind {
	if kind, ok := kinds[code]; ok {
		return kind
	}
	switch status {
	case http.StatusUnauthorized:
		return pay.FailureKey
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return pay.FailureThrottled
	}
	return pay.FailureUnclassed
}

// wireError is both forms of an error: v1's {code, message, data} and the
// envelope of v2 {version, traceId, error: {code, message}}
// (https://docs.tosspayments.com/reference/using-api/req-res).
type wireError struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	TraceID string     `json:"traceId"`
	Error   *wireError `json:"error"`
}

// decodeError reads an error body; ok is false where it is none of Toss's.
func decodeError(body []byte) (code, message, trace string, ok bool) {
	var e wireError
	if json.Unmarshal(body, &e) != nil {
		return "", "", "", false
	}
	trace = e.TraceID
	if e.Code == "" && e.Error != nil {
		e = *e.Error
	}
	return e.Code, e.Message, trace, e.Code != ""
}

// errNoAnswer is wrapped by failures of answers that Toss cannot have meant.
var errNoAnswer = errors.New("no answer of the API")

// refusal is the failure of an answer that is not 200.
func (c *Client) refusal(q *call, a answer) *pay.Failure {
	f := &pay.Failure{API: q.name, About: q.about, HTTPStatus: a.status, TraceID: a.trace, RetryAfter: a.retryAfter}
	code, message, trace, ok := decodeError(a.body)
	secrets := c.secrets(q)
	switch {
	case a.status < 400:
		f.Kind = q.unreadable()
		f.Err = fmt.Errorf("%w (redirects are never followed)", errNoAnswer)
		f.Piece = c.piece(q, a.body)
	case ok:
		f.Kind = kindOf(a.status, code)
		f.Code, f.Message = clean(code, codeMaximum, secrets...), clean(message, messageMaximum, secrets...)
		if f.TraceID == "" {
			f.TraceID = clean(trace, traceMaximum, secrets...)
		}
	case a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable:
		f.Kind = pay.FailureThrottled
		f.Piece = c.piece(q, a.body)
	default:
		f.Kind = q.unreadable()
		f.Err = errNoAnswer
		f.Piece = c.piece(q, a.body)
	}
	return f
}

// clean makes foreign text fit for errors and logs: secrets are cut out,
// control and other invisible characters are escaped, and it is clipped to
// most runes.
func clean(text string, most int, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "REDACTED")
		}
	}
	var b strings.Builder
	count := 0
	for i, r := range text {
		if count++; count > most {
			b.WriteString("…")
			break
		}
		switch {
		case r == utf8.RuneError || (!unicode.IsGraphic(r) && r < 0x10000):
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 && r == utf8.RuneError {
				fmt.Fprintf(&b, `\x%02x`, text[i])
				continue
			}
			fmt.Fprintf(&b, `\u%04x`, r)
		case !unicode.IsGraphic(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
