package signers

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/internal/racing"
)

// attempt is one signature, held against one file of allowed signers.
type attempt struct {
	allowed   []string // lines
	revoked   []byte
	signature []byte
	message   []byte    // text, where nil
	principal string    // kim, where empty
	namespace string    // approval, where empty
	at        time.Time // noon, where zero
}

// keygenTakes says what ssh-keygen -Y verify says.
func (a attempt) keygenTakes(t *testing.T) (bool, string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args := []string{"-Y", "verify", "-f", write("allowed", []byte(strings.Join(a.allowed, "\n")+"\n")), "-I", a.principal, "-n", a.namespace,
		"-s", write("sig", a.signature), "-O", "verify-time=" + a.at.UTC().Format("20060102150405Z")}
	if a.revoked != nil {
		args = append(args, "-r", write("revoked", a.revoked))
	}
	said, err := run(t, a.message, args...)
	return err == nil, said
}

// weTake says what Verify says, and that Recheck agrees: "" for taken, a Reason,
// or "fault" and the first fault of the file.
func (a attempt) weTake(t *testing.T) string {
	t.Helper()
	f, err := Parse("allowed", strings.NewReader(strings.Join(a.allowed, "\n")+"\n"), rules())
	var faults *Faults
	if errors.As(err, &faults) {
		return "fault: " + faults.List[0].Reason
	}
	if err != nil {
		t.Fatal(err)
	}
	if a.revoked != nil {
		revoked, err := ParseRevoked("revoked", bytes.NewReader(a.revoked))
		if errors.As(err, &faults) {
			return "fault: " + faults.List[0].Reason
		}
		f = f.With(revoked)
	}
	signer, taken := f.Verify(a.message, a.signature, a.principal, a.namespace, a.at)
	again, rechecked := f.Recheck(a.message, a.signature, a.principal, a.namespace, a.at)
	if one, other := reasonOf(t, taken), reasonOf(t, rechecked); (one == "") != (other == "") || signer != again {
		t.Errorf("Verify says %q (%v), Recheck %q (%v)", one, taken, other, rechecked)
	}
	if found, err := f.WhoSigned(a.message, a.signature, a.namespace, a.at); (err == nil && found.Principal == a.principal) != (taken == nil) {
		t.Errorf("Verify says %v, WhoSigned finds %q, %v", taken, found.Principal, err)
	}
	return string(reasonOf(t, taken))
}

type verdict struct {
	name    string
	attempt attempt
	keygen  bool   // what ssh-keygen -Y verify says
	ours    string // "" for taken, a Reason, or "fault: " and what is wrong with the file
	why     string // where the two differ: we only take less
}

// TestSSHKeygenSaysTheSame holds both ways of verifying against the real program.
func TestSSHKeygenSaysTheSame(t *testing.T) {
	racing.Skip(t, "one signature after the other")
	keygen(t)
	for _, group := range []func(*testing.T) []verdict{kindsOfKeys, whoAndWhatFor, validityTimes, spellings, changedSignatures, revokedKeys} {
		for _, v := range group(t) {
			t.Run(v.name, func(t *testing.T) {
				a := v.attempt
				if a.message == nil {
					a.message = text
				}
				if a.principal == "" {
					a.principal = "kim"
				}
				if a.namespace == "" {
					a.namespace = approval
				}
				if a.at.IsZero() {
					a.at = noon
				}
				takes, said := a.keygenTakes(t)
				if takes != v.keygen {
					t.Errorf("ssh-keygen takes it: %v, want %v: %s", takes, v.keygen, said)
				}
				ours := a.weTake(t)
				if ours != v.ours && (!strings.HasPrefix(v.ours, "fault: ") || !strings.HasPrefix(ours, v.ours)) {
					t.Errorf("we say %q, want %q", ours, v.ours)
				}
				if ours == "" && !takes {
					t.Error("we take what ssh-keygen does not")
				}
				if differ := v.keygen != (v.ours == ""); differ != (v.why != "") {
					t.Errorf("ssh-keygen and we differ: %v, and why is %q", differ, v.why)
				}
			})
		}
	}
}

func kindsOfKeys(t *testing.T) (all []verdict) {
	for _, kind := range []string{"ed25519", "ecdsa 256", "ecdsa 384", "ecdsa 521", "rsa 2048", "rsa 3072", "rsa 4096"} {
		k := keyOf(t, kind)
		all = append(all,
			verdict{name: kind, attempt: attempt{allowed: []string{line("kim", k)}, signature: k.sign(t, text, approval)}, keygen: true},
			verdict{name: kind + ", sha256", attempt: attempt{allowed: []string{line("kim", k)}, signature: k.sign(t, text, approval, "-O", "hashalg=sha256")}, keygen: true},
			verdict{name: kind + ", another text", attempt: attempt{allowed: []string{line("kim", k)}, signature: k.sign(t, text, approval), message: append(bytes.Clone(text), '\n')}, ours: string(Altered)},
			verdict{name: kind + ", an empty text", attempt: attempt{allowed: []string{line("kim", k)}, signature: k.sign(t, []byte{}, approval), message: []byte{}}, keygen: true})
	}
	for name, k := range map[string]key{"sk-ssh-ed25519": skED25519(), "sk-ecdsa": skECDSA()} {
		all = append(all,
			verdict{name: name, attempt: attempt{allowed: []string{line("kim", k)}, signature: k.touch(text, approval, 1)}, keygen: true},
			verdict{name: name + " with a PIN", attempt: attempt{allowed: []string{line("kim", k)}, signature: k.touch(text, approval, 5)}, keygen: true},
			verdict{name: name + ", another text", attempt: attempt{allowed: []string{line("kim", k)}, signature: k.touch([]byte("other"), approval, 1)}, ours: string(Altered)},
			verdict{name: name + " that nobody touched", attempt: attempt{allowed: []string{line("kim", k)}, signature: k.touch(text, approval, 0)}, keygen: true,
				ours: string(NotPresent), why: "ssh-keygen does not look; a key left in its slot could sign for anybody at the machine"})
	}
	short := keyOf(t, "rsa 1024")
	good := keyOf(t, "ed25519")
	all = append(all,
		verdict{name: "rsa 1024", attempt: attempt{allowed: []string{line("kim", short)}, signature: short.sign(t, text, approval)}, keygen: true,
			ours: "fault: is an RSA key of less than 2048 bits", why: "1024 bits are within reach of who has means"},
		verdict{name: "rsa 1024 beside a good key", attempt: attempt{allowed: []string{line("kim", good)}, signature: short.sign(t, text, approval)}, ours: string(Unsupported)})
	return append(all, dsaAndCertificates(t)...)
}

func dsaAndCertificates(t *testing.T) []verdict {
	dsa, ca, certified := keyOf(t, "dsa"), keyOf(t, "ed25519/ca"), keyOf(t, "ed25519/certified")
	good := keyOf(t, "ed25519")
	must(t, nil, "-q", "-s", ca.path, "-I", "kim", "-n", "kim", certified.path+".pub")
	certificate, err := os.ReadFile(certified.path + "-cert.pub")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(certified.path + "-cert.pub")
	byCertificate := []byte(must(t, text, "-q", "-Y", "sign", "-n", approval, "-f", certified.path+"-cert.pub"))
	return []verdict{
		{name: "dsa", attempt: attempt{allowed: []string{line("kim", dsa)}, signature: dsa.sign(t, text, approval)}, keygen: true,
			ours: "fault: is no kind of key that is taken", why: "ssh-dss is over SHA-1, and OpenSSH 10 has taken it out"},
		{name: "dsa beside a good key", attempt: attempt{allowed: []string{line("kim", good)}, signature: dsa.sign(t, text, approval)}, ours: string(Unsupported)},
		{name: "a certificate authority", attempt: attempt{allowed: []string{`kim cert-authority,namespaces="` + approval + `" ` + ca.public}, signature: byCertificate}, keygen: true,
			ours: "fault: makes the key one that certifies others", why: "who holds the authority's key could make an approver"},
		{name: "signed by a certificate, its key allowed", attempt: attempt{allowed: []string{line("kim", certified)}, signature: byCertificate},
			ours: string(Certificate)},
		{name: "a certificate in the file", attempt: attempt{allowed: []string{`kim namespaces="` + approval + `" ` + strings.Join(strings.Fields(string(certificate))[:2], " ")}, signature: byCertificate}, keygen: true,
			ours: "fault: is a certificate", why: "certificates are not taken"},
	}
}

func whoAndWhatFor(t *testing.T) []verdict {
	kim, lee := keyOf(t, "ed25519"), keyOf(t, "ecdsa 256")
	signed := kim.sign(t, text, approval)
	both := []string{line("kim", kim), line("lee", lee)}
	return []verdict{
		{name: "two people, the first", attempt: attempt{allowed: both, signature: signed}, keygen: true},
		{name: "two people, the second", attempt: attempt{allowed: both, signature: lee.sign(t, text, approval), principal: "lee"}, keygen: true},
		{name: "another's name", attempt: attempt{allowed: both, signature: signed, principal: "lee"}, ours: string(UnknownKey)},
		{name: "a name that is not there", attempt: attempt{allowed: both, signature: signed, principal: "park"}, ours: string(UnknownPrincipal)},
		{name: "names differ by case", attempt: attempt{allowed: both, signature: signed, principal: "KIM"}, ours: string(UnknownPrincipal)},
		{name: "several keys of one", attempt: attempt{allowed: []string{line("kim", lee), line("kim", kim)}, signature: signed}, keygen: true},
		{name: "a key that is not allowed", attempt: attempt{allowed: []string{line("kim", lee)}, signature: signed}, ours: string(UnknownKey)},
		{name: "signed for another namespace", attempt: attempt{allowed: both, signature: kim.sign(t, text, "git")}, ours: string(OtherNamespace)},
		{name: "verified for another namespace", attempt: attempt{allowed: both, signature: signed, namespace: "git"}, ours: string(OtherNamespace)},
		{name: "a key for another namespace", attempt: attempt{allowed: []string{`kim namespaces="git" ` + kim.public}, signature: signed}, ours: string(OtherNamespace)},
		{name: "a key for several", attempt: attempt{allowed: []string{`kim namespaces="git,daesa-approval" ` + kim.public}, signature: signed}, keygen: true},
		{name: "a namespace in another case", attempt: attempt{allowed: []string{`kim namespaces="DAESA-approval" ` + kim.public}, signature: signed}, ours: string(OtherNamespace)},
		{name: "a line for each namespace", attempt: attempt{allowed: []string{`kim namespaces="git" ` + kim.public, line("kim", kim)}, signature: signed}, keygen: true},
		{name: "a key for everything", attempt: attempt{allowed: []string{"kim " + kim.public}, signature: signed}, keygen: true,
			ours: "fault: says not what the key may sign for", why: "a key for commits is none for money unless somebody says so"},
		{name: "a pattern of namespaces", attempt: attempt{allowed: []string{`kim namespaces="daesa-*" ` + kim.public}, signature: signed}, keygen: true,
			ours: "fault: is a pattern of namespaces", why: "what a key is for is written out"},
		{name: "one key of two", attempt: attempt{allowed: []string{line("lee", kim), line("kim", kim)}, signature: signed}, keygen: true,
			ours: "fault: has the key of lee in line 1", why: "who signed could not be told"},
		{name: "two names on one line", attempt: attempt{allowed: []string{line("kim,lee", kim)}, signature: signed}, keygen: true,
			ours: "fault: names several persons for one key", why: "who signed could not be told"},
		{name: "a pattern of names", attempt: attempt{allowed: []string{line("k*", kim)}, signature: signed}, keygen: true,
			ours: "fault: is a pattern", why: "a key is of one person"},
		{name: "a question mark", attempt: attempt{allowed: []string{line("k?m", kim)}, signature: signed}, keygen: true,
			ours: "fault: is a pattern", why: "a key is of one person"},
		{name: "a negation", attempt: attempt{allowed: []string{line("!kim", kim)}, signature: signed}, ours: "fault: says who is not meant"},
		{name: "the same line twice", attempt: attempt{allowed: []string{line("kim", kim), line("kim", kim)}, signature: signed}, keygen: true,
			ours: "fault: has this key in line 1 already", why: "whoever takes one of the two away would think that the key is gone"},
	}
}

func validityTimes(t *testing.T) (all []verdict) {
	kim := keyOf(t, "ed25519")
	signed := kim.sign(t, text, approval)
	of := func(options string) attempt {
		return attempt{allowed: []string{`kim namespaces="` + approval + `",` + options + " " + kim.public}, signature: signed}
	}
	at := func(a attempt, clock string) attempt {
		var err error
		if a.at, err = time.ParseInLocation("20060102150405", clock, seoul); err != nil {
			t.Fatal(err)
		}
		return a
	}
	all = []verdict{
		{name: "valid after, a second before", attempt: at(of(`valid-after="20260814"`), "20260813235959"), ours: string(NotYetValid)},
		{name: "valid after, from midnight of Seoul", attempt: at(of(`valid-after="20260814"`), "20260814000000"), keygen: true},
		{name: "valid before, at midnight of Seoul", attempt: at(of(`valid-before="20260814"`), "20260814000000"), keygen: true},
		{name: "valid before, a second later", attempt: at(of(`valid-before="20260814"`), "20260814000001"), ours: string(Expired)},
		{name: "valid before, to the minute", attempt: at(of(`valid-before="202608141530"`), "20260814153001"), ours: string(Expired)},
		{name: "valid before, to the second", attempt: at(of(`valid-before="20260814153030"`), "20260814153030"), keygen: true},
		{name: "UTC, nine hours later", attempt: at(of(`valid-before="20260814Z"`), "20260814090000"), keygen: true},
		{name: "UTC, and a second", attempt: at(of(`valid-before="20260814Z"`), "20260814090001"), ours: string(Expired)},
		{name: "within both", attempt: of(`valid-after="20260101",valid-before="20261231"`), keygen: true},
		{name: "options in capitals", attempt: of(`VALID-after="20260101",Valid-Before="20261231"`), keygen: true},
		{name: "after both", attempt: at(of(`valid-after="20260101",valid-before="20261231"`), "20270101000000"), ours: string(Expired)},
		{name: "never valid", attempt: of(`valid-after="20261231",valid-before="20260101"`), ours: "fault: is never valid"},
		{name: "never valid, by a second", attempt: at(of(`valid-after="20260814",valid-before="20260814"`), "20260814000000"), ours: "fault: is never valid"},
		{name: "31 February", attempt: at(of(`valid-before="20260231"`), "20260302000000"), keygen: true,
			ours: "fault: is no time", why: "ssh-keygen takes it for 3 March"},
		{name: "hour 25", attempt: of(`valid-before="202612312500"`), ours: "fault: is no time"},
		{name: "no time", attempt: of(`valid-before="tomorrow"`), ours: "fault: is no time"},
		{name: "an empty time", attempt: of(`valid-before=""`), ours: "fault: is no time"},
		{name: "dashes", attempt: of(`valid-before="2026-12-31"`), ours: "fault: is no time"},
		{name: "a time twice", attempt: of(`valid-before="20261231",valid-before="20271231"`), ours: "fault: stands twice"},
		{name: "UTC in letters", attempt: of(`valid-before="20261231UTC"`), keygen: true, ours: "fault: is no time", why: "one way to write it is enough"},
		{name: "a small z", attempt: of(`valid-before="20261231z"`), keygen: true, ours: "fault: is no time", why: "one way to write it is enough"},
	}
	renewed := attempt{signature: signed, allowed: []string{
		`kim namespaces="daesa-approval",valid-before="20260630" ` + kim.public,
		`kim namespaces="daesa-approval",valid-after="20260701" ` + kim.public}}
	return append(all,
		verdict{name: "renewed, now", attempt: renewed, keygen: true},
		verdict{name: "renewed, before", attempt: at(renewed, "20260101000000"), keygen: true},
		verdict{name: "renewed, between the two", attempt: at(renewed, "20260630120000"), ours: string(NotYetValid)})
}

func spellings(t *testing.T) []verdict {
	kim := keyOf(t, "ed25519")
	signed := kim.sign(t, text, approval)
	of := func(lines ...string) attempt { return attempt{allowed: lines, signature: signed} }
	named := func(name string, a attempt) attempt { a.principal = name; return a }
	good := line("kim", kim)
	return []verdict{
		{name: "quoted", attempt: of(line(`"kim"`, kim)), keygen: true},
		{name: "quoted with a blank", attempt: named("kim min-su", of(line(`"kim min-su"`, kim))), keygen: true},
		{name: "Korean", attempt: named("김민수", of(line("김민수", kim))), keygen: true},
		{name: "an address", attempt: named("kim@example.com", of(line("kim@example.com", kim))), keygen: true},
		{name: "quoted, a blank at the edge", attempt: named("kim ", of(line(`"kim "`, kim))), keygen: true,
			ours: "fault: has a blank at its edge", why: "nobody sees it"},
		{name: "no closing quote", attempt: of(line(`"kim`, kim)), ours: "fault: has a quote in its midst"},
		{name: "a quote in the name", attempt: named("kim", of(line(`k"im"`, kim))), keygen: true,
			ours: "fault: has a quote in its midst", why: "ssh-keygen drops the quotes"},
		{name: "an empty name", attempt: of(line(`""`, kim)), ours: "fault: is an empty name"},
		{name: "comments, empty lines, a comment behind the key", attempt: of("# people of finance", "", "  \t", good+" Kim's laptop, 2026 # not read"), keygen: true},
		{name: "blanks before the name and between the words", attempt: of("  \tkim\t " + `namespaces="daesa-approval"` + " \t" + strings.ReplaceAll(kim.public, " ", "  \t")), keygen: true},
		{name: "CRLF behind each line", attempt: of("# people\r", good+" laptop\r"), keygen: true},
		{name: "CRLF behind a key without a comment", attempt: of(good + "\r"), keygen: true},
		{name: "a carriage return within", attempt: of("kim \r" + `namespaces="daesa-approval" ` + kim.public), keygen: true,
			ours: "fault: has a control character", why: "nobody sees it"},
		{name: "a byte order mark", attempt: of("\ufeff" + good), ours: "fault: begins with a byte order mark"},
		{name: "a byte order mark before a comment", attempt: of("\ufeff# people", good), keygen: true,
			ours: "fault: begins with a byte order mark", why: "the next editor puts a key into the first line"},
		{name: "an unknown option", attempt: of(`kim namespaces="daesa-approval",verify-required="1" ` + kim.public), ours: "fault: is an unknown option"},
		{name: "an unknown option beside a good line", attempt: of(`lee no-touch-required `+keyOf(t, "ecdsa 256").public, good), keygen: true,
			ours: "fault: is neither an option nor a kind of key", why: "ssh-keygen passes over a line that it does not know; whoever wrote it meant something"},
		{name: "a value without quotes", attempt: of(`kim namespaces=daesa-approval ` + kim.public), ours: "fault: is not in quotes"},
		{name: "a blank behind a comma", attempt: of(`kim namespaces="daesa-approval", valid-before="20261231" ` + kim.public), ours: "fault: is neither an option nor a kind of key"},
		{name: "a comma at the end", attempt: of(`kim namespaces="daesa-approval", ` + kim.public), ours: "fault: is neither an option nor a kind of key"},
		{name: "an empty namespace", attempt: of(`kim namespaces="" ` + kim.public), ours: "fault: has an empty namespace"},
		{name: "a blank among the namespaces", attempt: of(`kim namespaces="git, daesa-approval" ` + kim.public), ours: "fault: has an empty namespace, or one with a blank"},
		{name: "no key", attempt: of(`kim namespaces="daesa-approval"`), ours: "fault: is not followed by a key"},
		{name: "half a key", attempt: of(good[:len(good)-20]), ours: "fault: is no public key"},
		{name: "a key under another kind's name", attempt: of(strings.Replace(good, "ssh-ed25519", "ssh-rsa", 1)), ours: "fault: is a key of another kind"},
		{name: "an empty file", attempt: of(""), ours: "fault: names nobody"},
	}
}

func changedSignatures(t *testing.T) (all []verdict) {
	kim, rsa := keyOf(t, "ed25519"), keyOf(t, "rsa 2048")
	signed := kim.sign(t, text, approval)
	of := func(signature []byte) attempt {
		return attempt{allowed: []string{line("kim", kim)}, signature: signature}
	}
	raw := bare(signed)
	w := &wire{left: raw[10:]}
	blob, _, _, hash, inner := w.text(), w.text(), w.text(), w.text(), w.text()
	flipped := bytes.Clone(raw)
	flipped[len(flipped)-1] ^= 1
	sha1 := bytes.Replace(bare(rsa.sign(t, text, approval)), []byte("\x00\x00\x00\x0crsa-sha2-512"), []byte("\x00\x00\x00\x07ssh-rsa\x00\x00\x00\x01x"), 1)
	reserved := append([]byte("SSHSIG\x00\x00\x00\x01"), raw[10:10+4+len(blob)+4+len(approval)]...)
	reserved = append(append(reserved, "\x00\x00\x00\x01x"...), raw[10+4+len(blob)+4+len(approval)+4:]...)
	all = []verdict{
		{name: "as it was made", attempt: of(signed), keygen: true},
		{name: "put together anew", attempt: of(armoured(envelopeOf(blob, approval, string(hash), inner))), keygen: true},
		{name: "CRLF", attempt: of(bytes.ReplaceAll(signed, []byte("\n"), []byte("\r\n"))), ours: string(CarriageReturns)},
		{name: "a carriage return among the base64", attempt: of(bytes.Replace(signed, []byte("\n"), []byte("\n\r"), 1)), keygen: true, ours: string(CarriageReturns), why: "something has changed the file"},
		{name: "without the last end of line", attempt: of(bytes.TrimSuffix(signed, []byte("\n"))), keygen: true},
		{name: "text before it", attempt: of(append([]byte("kim's\n"), signed...)), ours: string(NotASignature)},
		{name: "text behind it", attempt: of(append(bytes.Clone(signed), "kim's\n"...)), keygen: true, ours: string(NotASignature), why: "two signatures in one file would be one"},
		{name: "two signatures", attempt: of(append(bytes.Clone(signed), signed...)), keygen: true, ours: string(NotASignature), why: "two signatures in one file would be one"},
		{name: "one bit flipped", attempt: of(armoured(flipped)), ours: string(Altered)},
		{name: "the namespace changed within", attempt: of(armoured(envelopeOf(blob, "git", string(hash), inner))), ours: string(OtherNamespace)},
		{name: "the hash's name changed within", attempt: of(armoured(envelopeOf(blob, approval, "sha256", inner))), ours: string(Altered)},
		{name: "an unknown hash", attempt: of(armoured(envelopeOf(blob, approval, "md5", inner))), ours: string(Unsupported)},
		{name: "another's key put in", attempt: attempt{allowed: []string{line("kim", keyOf(t, "ed25519/other"))}, signature: armoured(envelopeOf(keyOf(t, "ed25519/other").blob(), approval, string(hash), inner))}, ours: string(Altered)},
		{name: "a byte behind the fields", attempt: of(armoured(append(bytes.Clone(raw), 0))), ours: string(NotASignature)},
		{name: "a byte behind the signature", attempt: of(armoured(envelopeOf(blob, approval, string(hash), append(bytes.Clone(inner), 0)))), ours: string(NotASignature)},
		{name: "something in the reserved field", attempt: of(armoured(reserved)), keygen: true, ours: string(NotASignature), why: "nothing that makes signatures writes it, and it is not signed"},
		{name: "another version", attempt: of(armoured(bytes.Replace(raw, []byte("\x00\x00\x00\x01"), []byte("\x00\x00\x00\x02"), 1))), ours: string(NotASignature)},
		{name: "ssh-rsa, which is SHA-1", attempt: attempt{allowed: []string{line("kim", rsa)}, signature: armoured(sha1)}, ours: string(Unsupported)},
		{name: "cut in half", attempt: of(armoured(raw[:len(raw)/2])), ours: string(NotASignature)},
		{name: "empty", attempt: of([]byte{}), ours: string(NotASignature)},
		{name: "the text itself", attempt: of(text), ours: string(NotASignature)},
		{name: "the public key", attempt: of([]byte(kim.public)), ours: string(NotASignature)},
	}
	return all
}

func revokedKeys(t *testing.T) (all []verdict) {
	kim, lee := keyOf(t, "ed25519"), keyOf(t, "ecdsa 256")
	signed := kim.sign(t, text, approval)
	of := func(revoked string) attempt {
		return attempt{allowed: []string{line("kim", kim)}, signature: signed, revoked: []byte(revoked)}
	}
	list := func(specs ...string) attempt {
		path := filepath.Join(t.TempDir(), "krl")
		spec := path + ".spec"
		if err := os.WriteFile(spec, []byte(strings.Join(specs, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		must(t, nil, "-q", "-k", "-f", path, spec)
		krl, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return of(string(krl))
	}
	print := parsed(t, line("kim", kim)).Lines()[0].Fingerprint
	return []verdict{
		{name: "nobody is revoked", attempt: of("# none\n"), keygen: true},
		{name: "another is revoked", attempt: of(lee.public + "\n"), keygen: true},
		{name: "revoked, a public key", attempt: of(lee.public + "\n" + kim.public + " laptop, lost 2026-08-01\n"), ours: string(KeyRevoked)},
		{name: "revoked, CRLF", attempt: of("# lost\r\n" + kim.public + "\r\n"), ours: string(KeyRevoked)},
		{name: "a fingerprint among public keys", attempt: of(print + " laptop\n"), ours: "fault: is no public key"},
		{name: "options before a revoked key", attempt: of(line("lee", lee) + "\n"), ours: "fault: is no public key"},
		{name: "half a revoked key", attempt: of(lee.public[:60] + "\n"), ours: "fault: is no public key"},
		{name: "an empty list", attempt: list(""), keygen: true},
		{name: "list with another", attempt: list(lee.public), keygen: true},
		{name: "list with the key", attempt: list(lee.public, kim.public), ours: string(KeyRevoked)},
		{name: "list with its SHA-256", attempt: list("sha256: " + kim.public), ours: string(KeyRevoked)},
		{name: "list with its SHA-1", attempt: list("sha1: " + kim.public), ours: string(KeyRevoked)},
		{name: "list with its fingerprint", attempt: list("hash: " + print), ours: string(KeyRevoked)},
		{name: "list with all of them of another", attempt: list(lee.public, "sha256: "+lee.public, "sha1: "+lee.public), keygen: true},
		{name: "list with its first bytes only", attempt: of(string(list(kim.public).revoked[:60])), ours: "fault: is a key revocation list that is not whole"},
	}
}

// What docs/approvals.md says of signing a file: ssh-keygen keeps an old signature
// where nobody answers, and ends well; from stdin to stdout it makes a new one.
func TestSSHKeygenKeepsAnOldSignature(t *testing.T) {
	k, dir := keyOf(t, "ed25519"), t.TempDir()
	path := filepath.Join(dir, "approve.txt")
	write := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := parsed(t, line("kim", k))
	taken := func(message string) bool {
		signature, err := os.ReadFile(path + ".sig")
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Verify([]byte(message), signature, "kim", approval, noon)
		return err == nil
	}
	write("30,000원\n")
	must(t, nil, "-q", "-Y", "sign", "-n", approval, "-f", k.path, path)
	if !taken("30,000원\n") {
		t.Error("a file that was signed by its name is not taken")
	}
	write("40,000원\n")
	must(t, nil, "-q", "-Y", "sign", "-n", approval, "-f", k.path, path)
	if taken("40,000원\n") || !taken("30,000원\n") {
		t.Error("ssh-keygen has made a new signature: docs/approvals.md need not warn any more")
	}
}
