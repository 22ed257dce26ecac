package signers

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// FuzzParse: whatever stands in a file, it is read without a fault or refused with
// places that are in it; and what was read is read again from its own words.
func FuzzParse(f *testing.F) {
	k := madeUp("kim")
	f.Add(line("kim", k) + " comment")
	f.Add(`"김 민수" NAMESPACES="a,b",valid-after="20260101",valid-before="202612312359Z" ` + k.public + "\r\n# x\r\n")
	f.Add(`kim cert-authority,x="\"" ssh-rsa AAAA`)
	f.Add("kim,lee \"\n!x \x00")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("x", strings.NewReader(text), rules())
		var faults *Faults
		if err != nil {
			if !errors.As(err, &faults) || len(faults.List) == 0 || file != nil {
				t.Fatalf("%v, %v", file, err)
			}
			lines := strings.Split(text, "\n")
			for _, fault := range faults.List {
				if fault.Line < 0 || fault.Line > len(lines) || fault.Line > 0 && fault.Column > len(lines[fault.Line-1])+1 || fault.Reason == "" || fault.Hint == "" {
					t.Fatalf("%+v", fault)
				}
			}
			return
		}
		for _, l := range file.Lines() {
			again := `"` + l.Principal + `" namespaces="` + strings.ReplaceAll(strings.Join(l.Namespaces, ","), `"`, `\"`) + `" ` + l.Kind + " " + base64of(l.blob)
			if one, err := Parse("x", strings.NewReader(again), rules()); err != nil || one.Lines()[0].Fingerprint != l.Fingerprint || one.Lines()[0].Principal != l.Principal {
				t.Fatalf("%q: %v", again, err)
			}
		}
	})
}

// FuzzSignature: both ways take the same signatures, and of one that somebody made
// only the one that was made.
func FuzzSignature(f *testing.F) {
	k, sk := madeUp("kim"), skED25519()
	file, err := Parse("x", strings.NewReader(line("kim", k)+"\n"+line("lee", sk)), rules())
	if err != nil {
		f.Fatal(err)
	}
	raw := [][]byte{bare(k.touch(text, approval, 0)), bare(sk.touch(text, approval, 1))}
	for _, each := range raw {
		f.Add(each)
	}
	f.Add([]byte("SSHSIG\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, changed []byte) {
		for _, signature := range [][]byte{changed, armoured(changed)} {
			for _, name := range []string{"kim", "lee"} {
				_, one := file.Verify(text, signature, name, approval, noon)
				_, other := file.Recheck(text, signature, name, approval, noon)
				if (one == nil) != (other == nil) {
					t.Fatalf("%s: Verify says %v, Recheck %v", name, one, other)
				}
				made := bytes.Equal(changed, raw[0]) || bytes.Equal(changed, raw[1])
				if one == nil && !made {
					t.Fatalf("%s: taken, and nobody signed it", name)
				}
			}
		}
	})
}

// FuzzRevoked: whatever stands in a list, it is read or refused.
func FuzzRevoked(f *testing.F) {
	f.Add([]byte(madeUp("kim").public))
	f.Add([]byte(krlMagic + "\x00\x00\x00\x01" + strings.Repeat("\x00", 32) + "\x02\x00\x00\x00\x05\x00\x00\x00\x01x"))
	f.Fuzz(func(t *testing.T, list []byte) {
		revoked, err := ParseRevoked("x", bytes.NewReader(list))
		var faults *Faults
		if (err == nil) == (revoked == nil) || err != nil && !errors.As(err, &faults) {
			t.Fatalf("%v, %v", revoked, err)
		}
	})
}
