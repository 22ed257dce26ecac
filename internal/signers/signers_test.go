package signers

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// verifiers are the two ways.
var verifiers = map[string]func(*File, []byte, []byte, string, string, time.Time) (Signer, error){"Verify": (*File).Verify, "Recheck": (*File).Recheck}

// TestBothWaysSayWhy needs no ssh-keygen: keys and signatures are made up here.
func TestBothWaysSayWhy(t *testing.T) {
	t.Parallel()
	kim, lee, touched := madeUp("kim"), madeUp("lee"), skED25519()
	f := parsed(t,
		`kim namespaces="daesa-approval",valid-after="20260101",valid-before="20261231" `+kim.public,
		line("lee", lee), line("park", touched), `choi namespaces="git" `+madeUp("choi").public)
	revoked, err := ParseRevoked("revoked", strings.NewReader(lee.public))
	if err != nil || revoked.Len() != 1 {
		t.Fatal(err, revoked.Len())
	}
	f = f.With(revoked)
	signed := kim.touch(text, approval, 0)
	raw := bare(signed)
	with := func(change func(e *envelope)) []byte {
		e, err := open(signed)
		if err != nil {
			t.Fatal(err)
		}
		change(&e)
		return armoured(envelopeOf(e.key, e.namespace, e.hash, e.signature))
	}
	at := func(year int, month time.Month) time.Time { return time.Date(year, month, 1, 0, 0, 0, 0, seoul) }
	for _, test := range []struct {
		name      string
		message   []byte
		signature []byte
		principal string
		namespace string
		at        time.Time
		want      Reason
	}{
		{"good", text, signed, "kim", approval, noon, ""},
		{"a security key", text, touched.touch(text, approval, 1), "park", approval, noon, ""},
		{"a security key that nobody touched", text, touched.touch(text, approval, 0), "park", approval, noon, NotPresent},
		{"another text", []byte("30,001원"), signed, "kim", approval, noon, Altered},
		{"another's name", text, signed, "park", approval, noon, UnknownKey},
		{"a name that is not there", text, signed, "jung", approval, noon, UnknownPrincipal},
		{"another namespace", text, signed, "kim", "git", noon, OtherNamespace},
		{"made for another namespace", text, kim.touch(text, "git", 0), "kim", approval, noon, OtherNamespace},
		{"a key for another namespace", text, madeUp("choi").touch(text, approval, 0), "choi", approval, noon, OtherNamespace},
		{"too early", text, signed, "kim", approval, at(2025, 12), NotYetValid},
		{"too late", text, signed, "kim", approval, at(2027, 1), Expired},
		{"revoked", text, lee.touch(text, approval, 0), "lee", approval, noon, KeyRevoked},
		{"CRLF", text, bytes.ReplaceAll(signed, []byte("\n"), []byte("\r\n")), "kim", approval, noon, CarriageReturns},
		{"nothing", text, nil, "kim", approval, noon, NotASignature},
		{"too long", text, append(bytes.Repeat([]byte("A"), maxSignature), signed...), "kim", approval, noon, NotASignature},
		{"text behind it", text, append(bytes.Clone(signed), signed...), "kim", approval, noon, NotASignature},
		{"a header in the armour", text, bytes.Replace(signed, []byte("-----\n"), []byte("-----\nVersion: 1\n\n"), 1), "kim", approval, noon, NotASignature},
		{"a byte too many", text, armoured(append(bytes.Clone(raw), 0)), "kim", approval, noon, NotASignature},
		{"a byte too many within", text, with(func(e *envelope) { e.signature = append(bytes.Clone(e.signature), 0) }), "kim", approval, noon, NotASignature},
		{"a byte too few", text, armoured(raw[:len(raw)-1]), "kim", approval, noon, NotASignature},
		{"something in the reserved field", text, armoured(bytes.Replace(raw, []byte(approval+"\x00\x00\x00\x00"), []byte(approval+"\x00\x00\x00\x01x"), 1)), "kim", approval, noon, NotASignature},
		{"an unknown hash", text, with(func(e *envelope) { e.hash = "md5" }), "kim", approval, noon, Unsupported},
		{"a hash of another name", text, with(func(e *envelope) { e.hash = "sha256" }), "kim", approval, noon, Altered},
		{"another kind's form", text, with(func(e *envelope) { e.signature = ssh.Marshal(ssh.Signature{Format: "ssh-rsa", Blob: make([]byte, 64)}) }), "kim", approval, noon, Unsupported},
		{"ssh-dss", text, with(func(e *envelope) { e.key = ssh.Marshal(struct{ A, B string }{"ssh-dss", "x"}) }), "kim", approval, noon, Unsupported},
		{"a certificate", text, with(func(e *envelope) { e.key = ssh.Marshal(struct{ A, B string }{ssh.CertAlgoED25519v01, "x"}) }), "kim", approval, noon, Certificate},
	} {
		for way, verify := range verifiers {
			signer, err := verify(f, test.message, test.signature, test.principal, test.namespace, test.at)
			if got := reasonOf(t, err); got != test.want {
				t.Errorf("%s: %s says %q (%v), want %q", test.name, way, got, err, test.want)
			}
			if (signer != Signer{}) != (test.want == "") {
				t.Errorf("%s: %s names %+v", test.name, way, signer)
			}
			if test.want == "" && (signer.Principal != test.principal || signer.Fingerprint == "" || signer.Line == 0) {
				t.Errorf("%s: %s names %+v", test.name, way, signer)
			}
		}
	}
}

// An identity that is claimed is compared; only who claims none is told who it was.
func TestWhoSigned(t *testing.T) {
	t.Parallel()
	kim, lee, stranger := madeUp("kim"), madeUp("lee"), madeUp("stranger")
	f := parsed(t, line("lee", lee), line("kim", kim))
	if who, err := f.WhoSigned(text, kim.touch(text, approval, 0), approval, noon); err != nil || who.Principal != "kim" || who.Line != 2 {
		t.Errorf("%+v, %v", who, err)
	}
	for want, signature := range map[Reason][]byte{UnknownKey: stranger.touch(text, approval, 0), OtherNamespace: kim.touch(text, "git", 0), Altered: kim.touch([]byte("other"), approval, 0)} {
		if who, err := f.WhoSigned(text, signature, approval, noon); reasonOf(t, err) != want || who != (Signer{}) {
			t.Errorf("%s: %+v, %v", want, who, err)
		}
	}
}

// A flip of any bit of a signature is noticed by both ways.
func TestAnyFlippedBitIsNoticed(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]key{"ed25519": madeUp("kim"), "security key": skECDSA()} {
		f, raw := parsed(t, line("kim", k)), bare(k.touch(text, approval, 1))
		for i := range raw {
			changed := bytes.Clone(raw)
			changed[i] ^= 1 << (i % 8)
			for way, verify := range verifiers {
				if signer, err := verify(f, text, armoured(changed), "kim", approval, noon); err == nil {
					t.Errorf("%s: byte %d changed, and %s takes it for %+v", name, i, way, signer)
				}
			}
		}
	}
}

// A revocation list that is not understood to its end revokes nothing, so it is
// refused: the key that matters could be behind it.
func TestRevocationListsThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	field := func(content string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(content)))) + content
	}
	head := krlMagic + "\x00\x00\x00\x01" + strings.Repeat("\x00", 24) + field("") + field("comment")
	kim, lee := madeUp("kim"), madeUp("lee")
	blob := base64decoded(t, kim.public)
	for _, test := range []struct{ name, list, want string }{
		{"the key", head + "\x02" + field(field(blob)), ""},
		{"certificates, then the key", head + "\x01" + field("anything") + "\x02" + field(field(blob)), ""},
		{"an extension that may be passed over, then the key", head + "\xff" + field(field("x@example.com")+"\x00"+field("")) + "\x02" + field(field(blob)), ""},
		{"an extension that may not", head + "\xff" + field(field("x@example.com")+"\x01"+field("")), "extension that must be understood"},
		{"a signature", head + "\x04" + field("x"), "section of the unknown kind 4"},
		{"a fingerprint of the wrong length", head + "\x05" + field(field("short")), "not whole"},
		{"half a section", (head + "\x02" + field(field(blob)))[:len(head)+20], "not whole"},
		{"half a field in a whole section", head + "\x02" + field(field(blob)[:20]), "not whole"},
		{"half a head", head[:20], "not whole"},
		{"a list that is too long", head + strings.Repeat("\x01"+field(""), maxFile/5), "is larger than"},
		{"another version", strings.Replace(head, "\x00\x00\x00\x01", "\x00\x00\x00\x02", 1), "unknown version 2"},
	} {
		revoked, err := ParseRevoked("krl", strings.NewReader(test.list))
		var faults *Faults
		switch {
		case test.want == "" && (err != nil || !revoked.has(blob) || revoked.has(base64decoded(t, lee.public))):
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (!errors.As(err, &faults) || revoked != nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func base64decoded(t *testing.T, public string) string {
	t.Helper()
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(public)[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(blob)
}

func BenchmarkRecheck(b *testing.B) {
	k := madeUp("kim")
	f, err := Parse("x", strings.NewReader(line("kim", k)), rules())
	if err != nil {
		b.Fatal(err)
	}
	message := bytes.Repeat([]byte("refund\n"), 10_000)
	signed := k.touch(message, approval, 0)
	for b.Loop() {
		if _, err := f.Recheck(message, signed, "kim", approval, noon); err != nil {
			b.Fatal(err)
		}
	}
}
