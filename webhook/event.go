package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
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
	data := envelope.in("data")
	if data == nil {
		data = envelope.in("entityBody")
	}
	e := pay.Event{
		Type: envelope.text("eventType"), OrderID: data.text("orderId"), PaymentKey: data.text("paymentKey"), Status: data.text("status"),
		TransactionKey: or(data.text("transactionKey"), data.text("lastTransactionKey")), ReceivedAt: r.o.Now(),
		TransmissionID: transmission(req.Header.Get(headerID)), Retried: retried(req.Header.Get(headerRetried)),
		CreatedAt: created(envelope.text("createdAt")), Body: compact.Bytes(),
	}
	secret := data.text("secret")
	switch {
	case e.Type == "" && flatDeposit(envelope):
		e.Type, e.OrderID, e.Status, e.TransactionKey = pay.DepositCallback, envelope.text("orderId"), envelope.text("status"), envelope.text("transactionKey")
		secret = envelope.text("secret")
	case e.Type == "":
		e.Type = unknownType
	case e.Type == pay.CancelStatusChanged:
		e.Status = or(data.text("cancelStatus"), e.Status)
	case e.Type == pay.PayoutChanged || e.Type == pay.SellerChanged:
		e.TransactionKey = envelope.text("eventId")
	}
	e.SecretPrint = pay.SecretPrint(pay.Private(secret))
	merchant := r.merchant(req, data.text("mId"))
	if merchant != nil {
		e.MID = merchant.MID
	}
	sum := sha256.Sum256([]byte(e.MID + "\n" + e.Type + "\n" + compact.String()))
	e.ID = hex.EncodeToString(sum[:16])
	e.Signature, err = r.signed(req, e.Type, merchant, body)
	return e, err
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// flatDeposit: DEPOSIT_CALLBACK comes without an envelope and without a type.
func flatDeposit(o object) bool {
	return o.text("orderId") != "" && o.text("status") != "" && (o.text("secret") != "" || o.text("transactionKey") != "")
}

// created reads a time with or without a zone; without one it is Seoul's, with a
// fraction of any length.
func created(text string) time.Time {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", text, pay.Seoul)
	if err != nil {
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

// signed checks the signature of the two events that have one: HMAC-SHA256 over
// the body, a colon and the transmission's time. Where nobody says whose the
// event is, any merchant's keys will do.
func (r *Receiver) signed(req *http.Request, eventType string, merchant *Merchant, body []byte) (pay.Signature, error) {
	if eventType != pay.PayoutChanged && eventType != pay.SellerChanged {
		return pay.Unsigned, nil
	}
	merchants := r.o.Merchants
	if merchant != nil {
		merchants = []Merchant{*merchant}
	}
	var keys []string
	for _, m := range merchants {
		if m.SecurityKeys != nil {
			keys = append(keys, m.SecurityKeys()...)
		}
	}
	if len(keys) == 0 {
		return pay.Unverified, nil
	}
	sentAt := req.Header.Get(headerTime)
	for _, value := range strings.Split(req.Header.Get(headerSignature), ",") {
		encoded, found := strings.CutPrefix(strings.TrimSpace(value), "v1:")
		given, err := base64.StdEncoding.DecodeString(encoded)
		if !found || err != nil {
			continue
		}
		for _, key := range keys {
			if hmac.Equal(given, sum([]byte(key), body, sentAt)) {
				return pay.Verified, nil
			}
			// Whether the key is its text or the bytes that its digits stand for is
			// not documented. Both are the shop's secret.
			if raw, err := hex.DecodeString(key); err == nil && hmac.Equal(given, sum(raw, body, sentAt)) {
				return pay.Verified, nil
			}
		}
	}
	return "", errSignature
}

func sum(key, body []byte, sentAt string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	mac.Write([]byte(":" + sentAt))
	return mac.Sum(nil)
}
