package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"

	"daesa/pay"
)

// signed checks the signature of the two events that have one: HMAC-SHA256 over
// the body, a colon and the transmission's time. Where nobody says whose the
// event is, any merchant's keys will do.
func (r *Receiver) signed(req *http.Request, eventType string, merchant *Merchant, body []byte) (pay.Signature, error) {
	if eventType != pay.PayoutChanged && eventType != pay.SellerChanged {
		return pay.Unsigned, nil
	}
	keys := r.keys(merchant)
	if len(keys) == 0 {
		return pay.Unverified, nil
	}
	given := signatures(req.Header)
	if len(given) == 0 {
		return "", errSignature
	}
	// Each key hashes the body once, however many values a stranger sends.
	sentAt := req.Header.Get(headerTime)
	for _, key := range keys {
		want := sign(key, body, sentAt)
		for _, value := range given {
			if hmac.Equal(value, want) {
				return pay.Verified, nil
			}
		}
	}
	return "", errSignature
}

// keys reveals what may have signed a merchant's event, or anybody's when the
// merchant is not known. Whether a security key is its text or the bytes that
// its digits stand for is not documented; both are the shop's secret. An empty
// key is none: everybody knows it.
func (r *Receiver) keys(merchant *Merchant) [][]byte {
	merchants := r.o.Merchants
	if merchant != nil {
		merchants = []Merchant{*merchant}
	}
	var keys [][]byte
	for _, m := range merchants {
		if m.SecurityKeys == nil {
			continue
		}
		for _, key := range m.SecurityKeys() {
			if key == "" {
				continue
			}
			keys = append(keys, []byte(key))
			if raw, err := hex.DecodeString(key); err == nil {
				keys = append(keys, raw)
			}
		}
	}
	return keys
}

// signatures reads the header v1:<base64>,v1:<base64>, in one line or several.
// What does not have the length of a signature is none.
func signatures(header http.Header) [][]byte {
	var values [][]byte
	for _, text := range strings.Split(strings.Join(header.Values(headerSignature), ","), ",") {
		encoded, found := strings.CutPrefix(strings.TrimSpace(text), "v1:")
		value, err := base64.StdEncoding.DecodeString(encoded)
		if found && err == nil && len(value) == sha256.Size {
			values = append(values, value)
		}
	}
	return values
}

func sign(key, body []byte, sentAt string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	mac.Write([]byte(":" + sentAt))
	return mac.Sum(nil)
}
