package signers

import (
	"fmt"
	"strconv"
	"strings"
)

// Reason is why a signature is not taken, for programs.
type Reason string

// The reasons.
const (
	NotASignature    Reason = "not_a_signature"
	CarriageReturns  Reason = "carriage_returns"      // CRLF, which ssh-keygen refuses, too
	Certificate      Reason = "certificate"           // signed by a key with a certificate
	Unsupported      Reason = "unsupported_algorithm" // ssh-dss, short RSA, SHA-1 ...
	NotPresent       Reason = "no_user_presence"      // a security key that nobody touched
	OtherNamespace   Reason = "other_namespace"
	Altered          Reason = "altered" // it does not fit the message
	UnknownPrincipal Reason = "unknown_principal"
	UnknownKey       Reason = "unknown_key" // nobody's, or not the principal's
	NotYetValid      Reason = "not_yet_valid"
	Expired          Reason = "expired"
	KeyRevoked       Reason = "revoked"
)

// Refusal says why a signature is not taken.
type Refusal struct {
	Reason Reason
	Text   string
}

// Error is the sentence for people.
func (r *Refusal) Error() string { return r.Text }

// Word is the reason, for programs.
func (r *Refusal) Word() string { return string(r.Reason) }

// Hint says what the signer or the keeper of the file can do.
func (r *Refusal) Hint() string {
	switch r.Reason {
	case NotASignature:
		return "give the file that ssh-keygen -Y sign wrote, whole and unchanged"
	case CarriageReturns:
		return "sign again, and keep the file as ssh-keygen writes it (an editor or a shell has changed the ends of its lines)"
	case Certificate:
		return "sign with the key itself (-f KEY without a certificate beside it); certificates are not taken"
	case Unsupported:
		return "sign with an ed25519, ecdsa or rsa key (of at least 2048 bits), or a security key, as ssh-keygen makes them"
	case NotPresent:
		return "make the security key without -O no-touch-required, and touch it when it signs"
	case OtherNamespace:
		return "sign with -n and the namespace that is asked for; the key's line must name it in namespaces=\"...\", too"
	case Altered:
		return "sign the file as it is now, and change nothing of it afterwards; remove an old signature file before"
	case UnknownPrincipal, UnknownKey:
		return "sign with the key that stands in the file of allowed signers, or have the new key entered there"
	case NotYetValid, Expired:
		return "sign with a key that is good today, or have its line in the file of allowed signers changed"
	case KeyRevoked:
		return "sign with another key: what a revoked key signed is not taken, whenever it signed"
	}
	return ""
}

func refuse(reason Reason, format string, values ...any) error {
	return &Refusal{Reason: reason, Text: fmt.Sprintf(format, values...)}
}

// shown is a text of a file as a sentence repeats it: one line, not long.
func shown(text string) string {
	const limit = 60
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit]) + "..."
	}
	if quoted := strconv.Quote(text); text == "" || quoted != `"`+text+`"` || strings.ContainsAny(text, " ,") {
		return quoted
	}
	return text
}
