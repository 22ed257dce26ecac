package toss

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	json "github.com/go-json-experiment/json/v1"

	"daesa/pay"
)

// Toss's limits of a cancel request (https://docs.tosspayments.com/reference,
// 결제 취소; the key's: /reference/using-api/authorization).
const (
	reasonMaximum    = 200
	accountMaximum   = 20
	holderMaximum    = 60
	requestIDMinimum = 6
	requestIDMaximum = 64
	keyMaximum       = 300
)

// cancelRequest is the body of a cancel, in the order in which it is frozen.
// The account is named bank here and bankCode in answers.
type cancelRequest struct {
	Reason        string         `json:"cancelReason"`
	Amount        json.Number    `json:"cancelAmount,omitempty"`
	Currency      string         `json:"currency,omitempty"`
	TaxFreeAmount json.Number    `json:"taxFreeAmount,omitempty"`
	Refundable    json.Number    `json:"refundableAmount"`
	Account       *cancelAccount `json:"refundReceiveAccount,omitempty"`
	RequestID     string         `json:"cancelRequestId,omitempty"`
}

type cancelAccount struct {
	Bank   string `json:"bank"`
	Number string `json:"accountNumber"`
	Holder string `json:"holderName"`
}

// CancelBody writes the body of a cancel: the bytes that the journal freezes
// and every send of the attempt repeats. One intent always gives the same
// bytes. Amounts are written in the currency's own notation; won is left
// unsaid, as it is the default. The error names what is wrong with the intent,
// never an account.
func CancelBody(intent pay.CancelIntent) ([]byte, error) {
	if err := checkIntent(intent); err != nil {
		return nil, err
	}
	request := cancelRequest{
		Reason:     intent.Reason,
		Refundable: json.Number(intent.Currency.Format(intent.RefundableAmount)),
		RequestID:  intent.RequestID,
	}
	if intent.Amount > 0 {
		request.Amount = json.Number(intent.Currency.Format(intent.Amount))
	}
	if intent.TaxFreeAmount > 0 {
		request.TaxFreeAmount = json.Number(intent.Currency.Format(intent.TaxFreeAmount))
	}
	if intent.Currency != pay.KRW {
		request.Currency = string(intent.Currency)
	}
	if a := intent.Account; a != nil {
		request.Account = &cancelAccount{Bank: a.Bank, Number: a.Number.Reveal(), Holder: a.Holder.Reveal()}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(request); err != nil {
		return nil, fmt.Errorf("toss: the cancel cannot be written")
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// checkIntent refuses what Toss would refuse, or could misread.
func checkIntent(intent pay.CancelIntent) error {
	most := intent.RefundableAmount
	asked := intent.Amount
	if asked == 0 {
		asked = most
	}
	switch {
	case most <= 0:
		return fmt.Errorf("toss: a cancel needs the balance that it believes in")
	case intent.Amount < 0 || intent.Amount > most:
		return fmt.Errorf("toss: the amount %d is not between 1 and the balance %d", intent.Amount, most)
	case intent.TaxFreeAmount < 0 || intent.TaxFreeAmount > asked:
		return fmt.Errorf("toss: the tax-free part %d is not between 0 and the amount %d", intent.TaxFreeAmount, asked)
	case intent.Currency == "" || intent.Currency == pay.MUSD:
		return fmt.Errorf("toss: a cancel in %q cannot be written exactly", string(intent.Currency))
	case strings.TrimSpace(intent.Reason) == "" || !utf8.ValidString(intent.Reason):
		return fmt.Errorf("toss: a cancel needs a reason in valid UTF-8")
	case len(utf16.Encode([]rune(intent.Reason))) > reasonMaximum:
		return fmt.Errorf("toss: the reason is longer than %d characters", reasonMaximum)
	case intent.RequestID != "" && (!visible(intent.RequestID) || len(intent.RequestID) < requestIDMinimum || len(intent.RequestID) > requestIDMaximum):
		return fmt.Errorf("toss: a cancelRequestId has %d to %d characters", requestIDMinimum, requestIDMaximum)
	case intent.Account != nil:
		return checkAccount(*intent.Account)
	}
	return nil
}

func checkAccount(a pay.RefundAccount) error {
	number, holder := a.Number.Reveal(), a.Holder.Reveal()
	digits := func(r rune) bool { return r < '0' || r > '9' }
	switch {
	case !visible(a.Bank) && !utf8.ValidString(a.Bank), strings.TrimSpace(a.Bank) == "":
		return fmt.Errorf("toss: the refund account has no bank")
	case number == "" || len(number) > accountMaximum || strings.ContainsFunc(number, digits):
		return fmt.Errorf("toss: the refund account's number is not 1 to %d digits", accountMaximum)
	case strings.TrimSpace(holder) == "" || !utf8.ValidString(holder) || strings.ContainsFunc(holder, unicode.IsControl),
		len(utf16.Encode([]rune(holder))) > holderMaximum:
		return fmt.Errorf("toss: the refund account's holder is not 1 to %d characters", holderMaximum)
	}
	return nil
}

// Cancel sends one cancel, once: body as CancelBody froze it, under the
// intent's Idempotency-Key. Nothing below it sends again, neither this client
// nor Go's transport. ready, unless it is nil, is asked when the call's turn in
// the pace has come; where it gives an error nothing is sent.
//
// The error is a *pay.Failure. FailureNotSent is proved: nothing of the
// request left this machine. FailureNoAnswer is everything without a full
// answer, FailureNoCode every answer with neither a code nor a payment in it, a
// redirect and a page in HTML included, and FailureSums a payment whose amounts
// contradict each other: each is perhaps executed.
func (c *Client) Cancel(ctx context.Context, intent pay.CancelIntent, body []byte, ready func(context.Context) error) (pay.Payment, pay.Evidence, error) {
	q := call{
		api: APICancel, name: "POST /v1/payments/{paymentKey}/cancel", about: clean(intent.PaymentKey, aboutMaximum),
		max: c.limit(singleMaximum), cancel: true, body: body, key: intent.IdempotencyKey, ready: ready,
	}
	if a := intent.Account; a != nil {
		q.private = []string{a.Number.Reveal(), a.Holder.Reveal()}
	}
	segment, err := segmentOf(intent.PaymentKey)
	switch {
	case err != nil:
	case !visible(intent.IdempotencyKey) || len(intent.IdempotencyKey) > keyMaximum:
		err = fmt.Errorf("the idempotency key is not 1 to %d visible characters", keyMaximum)
	case len(body) == 0:
		err = fmt.Errorf("the cancel has no body")
	}
	if err != nil {
		return pay.Payment{}, pay.Evidence{}, q.fail(pay.FailureRefused, err)
	}
	q.path = "/v1/payments/" + segment + "/cancel"
	a, failure := c.send(ctx, &q)
	if failure != nil {
		return pay.Payment{}, pay.Evidence{}, failure
	}
	var p pay.Payment
	failure = c.judge(&q, a, func(answer []byte) (err error) {
		p, err = c.payment(answer)
		if err == nil && p.PaymentKey != intent.PaymentKey {
			err = fmt.Errorf("the answer is another payment than the one cancelled")
		}
		return err
	})
	if failure != nil {
		return pay.Payment{}, pay.Evidence{}, failure
	}
	return p, q.evidence(a), nil
}
