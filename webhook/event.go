package webhook

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"daesa/pay"
)

// The headers of a webhook
// (https://docs.tosspayments.com/guides/v2/webhook).
const (
	headerTime      = "tosspayments-webhook-transmission-time"
	headerRetried   = "tosspayments-webhook-transmission-retried-count"
	headerID        = "tosspayments-webhook-transmission-id"
	headerSignature = "tosspayments-webhook-signature"
)

var (
	errNotObject = errors.New("webhook: the body is not one JSON object")
	errSignature = errors.New("webhook: the signature is not valid")
)

// object is a JSON object whose values are read as they are needed. A key counts
// only as it is written; of several the last counts.
type object map[string]json.RawMessage

func newObject(raw []byte) object {
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

// longest is how many characters a field of an event may have.
const longest = 200

// text gives a string, "" where it is missing, of another type, too long, or has
// what cannot be seen.
func (o object) text(key string) string {
	var value string
	if json.Unmarshal(o[key], &value) != nil || utf8.RuneCountInString(value) > longest || strings.ContainsFunc(value, unseen) {
		return ""
	}
	return value
}

func unseen(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

// in gives the object under a key; nil where there is none.
func (o object) in(key string) object { return newObject(o[key]) }

// unknownType names an event that does not say what it is.
const unknownType = "unknown"

// event reads a webhook. The error is errNotObject, or errSignature.
func (r *Receiver) event(req *http.Request, body []byte) (pay.Event, error) {
	if !utf8.Valid(body) {
		return pay.Event{}, errNotObject
	}
	envelope := newObject(body)
	redacted, err := r.o.Redact(body)
	if envelope == nil || err != nil {
		return pay.Event{}, errNotObject
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, redacted); err != nil {
		return pay.Event{}, errNotObject
	}
	e := said(envelope)
	e.ReceivedAt, e.Body = r.o.Now(), compact.Bytes()
	e.TransmissionID, e.Retried = transmission(req.Header.Get(headerID)), retried(req.Header.Get(headerRetried))
	merchant := r.merchant(req, envelope.in("data").text("mId"))
	if merchant != nil {
		e.MID = merchant.MID
	}
	// The body lacks the secret: a forged event must not pass for the true one.
	sum := sha256.Sum256([]byte(e.MID + "\n" + e.Type + "\n" + e.SecretFingerprint + "\n" + compact.String()))
	e.ID = hex.EncodeToString(sum[:16])
	e.Signature, err = r.signed(req, e.Type, merchant, body)
	return e, err
}

// said takes out of an event what its type says where to find. Keys of
// customers and of billing are never taken.
func said(envelope object) pay.Event {
	e := pay.Event{Type: envelope.text("eventType"), CreatedAt: created(envelope.text("createdAt"))}
	data := envelope.in("data")
	if (e.Type == "" || e.Type == pay.DepositCallback && data == nil) && flatDeposit(envelope) {
		e.Type, data = pay.DepositCallback, envelope
	}
	switch e.Type {
	case pay.PayoutChanged, pay.SellerChanged:
		e.TransactionKey, e.Status = envelope.text("eventId"), envelope.in("entityBody").text("status")
		return e
	case pay.MethodUpdated, pay.CustomerStatusChanged:
		e.Status = data.text("status")
		return e
	case pay.BillingDeleted:
		return e
	case "":
		e.Type = unknownType
	}
	if data == nil {
		data = envelope.in("entityBody") // so newer products say what happened
	}
	e.OrderID, e.PaymentKey, e.Status = data.text("orderId"), data.text("paymentKey"), data.text("status")
	if e.Type == pay.CancelStatusChanged {
		e.Status = cmp.Or(data.text("cancelStatus"), e.Status)
	}
	// A payment has only the first, a cancel and a deposit only the second.
	e.TransactionKey = cmp.Or(data.text("lastTransactionKey"), data.text("transactionKey"))
	e.SecretFingerprint = pay.SecretFingerprint(pay.Private(data.text("secret")))
	return e
}

// flatDeposit: DEPOSIT_CALLBACK comes without an envelope and without a type.
func flatDeposit(o object) bool {
	return o.text("orderId") != "" && o.text("status") != "" && (o.text("secret") != "" || o.text("transactionKey") != "")
}

// The years in which an event can have been made. Anybody may send any, and not
// every database keeps, or reads back, those around 0 and 10000: one such event
// would hold up all the others.
const (
	firstYear = 2000
	lastYear  = 2999
)

// created reads a time with or without a zone; without one it is Seoul's, with a
// fraction of any length.
func created(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02T15:04:05", text, pay.Seoul)
	}
	if year := t.UTC().Year(); err != nil || year < firstYear || year > lastYear {
		return time.Time{}
	}
	return t
}

// transmissionLongest is how many characters a transmission's id may have.
const transmissionLongest = 100

func transmission(id string) string {
	if len(id) > transmissionLongest || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return id
}

// retriedMost is more than Toss ever tries.
const retriedMost = 1000

func retried(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > retriedMost {
		return 0
	}
	return n
}
