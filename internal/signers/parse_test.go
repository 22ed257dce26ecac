package signers

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// faultsOf reads a file that has faults: "line:column value: reason".
func faultsOf(t *testing.T, text string, r Rules) (found []string) {
	t.Helper()
	f, err := Parse("allowed_signers", strings.NewReader(text), r)
	var faults *Faults
	if !errors.As(err, &faults) || f != nil {
		t.Fatalf("%q: %v, %v", text, f, err)
	}
	for _, fault := range faults.List {
		found = append(found, fmt.Sprintf("%d:%d %s: %s", fault.Line, fault.Column, fault.Value, fault.Reason))
		if fault.Hint == "" || !strings.Contains(err.Error(), fault.Reason) {
			t.Errorf("%q: no hint, or not said: %+v", text, fault)
		}
	}
	return found
}

func TestEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	kim, lee := madeUp("kim"), madeUp("lee")
	text := strings.Join([]string{
		"# people of finance",
		line("kim", kim),
		line(" 김*", lee),
		`park namespaces="daesa-approval",valid-before="20260231",valid-after="tomorrow" ` + lee.public,
		`choi cert-authority,namespaces="git, x",no-touch="1" ` + lee.public,
		line("lee", kim),
		line("kim", kim),
		"jung ssh-dss AAAA",
		`한 namespaces="daesa-approval`,
		"  윤 " + lee.public,
		"",
	}, "\n")
	want := []string{
		"3:2 김*: is a pattern, and a key must be of one person",
		"4:34 20260231: is no time",
		"4:58 tomorrow: is no time",
		"5:6 cert-authority: makes the key one that certifies others, and certificates are not taken",
		"5:21 git, x: has an empty namespace, or one with a blank at its edge",
		"5:41 no-touch: is an unknown option",
		"6:1 lee: has the key of kim in line 2: who signed could not be told",
		"7:1 kim: has this key in line 2 already, for the same time",
		"8:6 ssh-dss: is no kind of key that is taken",
		`9:14 "daesa-approval: has no closing quote`,
		"10:5 : says not what the key may sign for, so that it would sign for everything",
	}
	if diff := cmp.Diff(want, faultsOf(t, text, rules())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOneSpellingOfAName(t *testing.T) {
	t.Parallel()
	kim, other := madeUp("kim"), madeUp("other")
	r := rules()
	r.Name = func(name string) (string, error) {
		if name == "кim" {
			return "", errors.New("mixes scripts")
		}
		return strings.ToLower(name), nil
	}
	want := []string{"2:1 KIM: is the name kim of line 1 in another spelling", "3:1 кim: mixes scripts"}
	if diff := cmp.Diff(want, faultsOf(t, line("kim", kim)+"\n"+line("KIM", other)+"\n"+line("кim", other), r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What is no file of public keys is refused as a whole, and what is secret is
// never repeated.
func TestWhatIsNoFileOfSigners(t *testing.T) {
	t.Parallel()
	private := "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
	for text, want := range map[string]string{
		"\ufeffkim":                       "1:1 : begins with a byte order mark, behind which ssh-keygen does not find the first line",
		"\xff\xfek\x00i\x00m\x00":         "0:0 : is UTF-16, as Windows PowerShell writes with >",
		"\xb1\xe8 ssh-ed25519":            "0:0 : is not UTF-8",
		private:                           "0:0 : holds a private key",
		strings.Repeat("#\n", maxLines+1): "0:0 : is larger than 1048576 bytes or 10000 lines",
		strings.Repeat("#", maxFile+1):    "0:0 : is larger than 1048576 bytes or 10000 lines",
		"# nobody yet\n":                  "0:0 : names nobody",
	} {
		if diff := cmp.Diff([]string{want}, faultsOf(t, text, rules())); diff != "" {
			t.Errorf("%.20q: -want +got:\n%s", text, diff)
		}
		var faults *Faults
		if _, err := ParseRevoked("revoked", strings.NewReader(text)); text != "# nobody yet\n" && !errors.As(err, &faults) {
			t.Errorf("%.20q is taken for revoked keys: %v", text, err)
		}
	}
	_, err := Parse("allowed_signers", strings.NewReader(private), rules())
	if strings.Contains(err.Error(), "b3Blb") {
		t.Errorf("a private key is repeated: %v", err)
	}
	if _, err := Parse("x", iotest.ErrReader(errors.New("disk")), rules()); err == nil || !strings.Contains(err.Error(), "disk") {
		t.Errorf("a disk that cannot be read: %v", err)
	}
	if _, err := ParseRevoked("x", iotest.ErrReader(errors.New("disk"))); err == nil || !strings.Contains(err.Error(), "disk") {
		t.Errorf("a disk that cannot be read: %v", err)
	}
}

func TestWhatALineSays(t *testing.T) {
	t.Parallel()
	kim, lee := madeUp("kim"), madeUp("lee")
	f := parsed(t, "# people", `kim NAMESPACES="git,daesa-approval",valid-after="20260101",valid-before="202606301530Z" `+kim.public+"  Kim's laptop ", line(`"이 팀장"`, lee))
	got := f.Lines()[0]
	if got.Line != 2 || got.Principal != "kim" || got.Kind != "ssh-ed25519" || got.Comment != "Kim's laptop" || !strings.HasPrefix(got.Fingerprint, "SHA256:") ||
		strings.Join(got.Namespaces, " ") != "git daesa-approval" || !got.ValidAfter.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, seoul)) ||
		!got.ValidBefore.Equal(time.Date(2026, 6, 30, 15, 30, 0, 0, time.UTC)) {
		t.Errorf("%+v", got)
	}
	if names := f.Principals(); strings.Join(names, "|") != "kim|이 팀장" || !f.Has("이 팀장") || f.Has("KIM") {
		t.Errorf("%q", names)
	}
}

// Two lines of one key may not say the same; they may follow one another, or be for
// different things.
func TestLinesOfOneKey(t *testing.T) {
	t.Parallel()
	kim := madeUp("kim")
	of := func(options string) string { return "kim " + options + " " + kim.public }
	for _, test := range []struct {
		first, second string
		twice         bool
	}{
		{`namespaces="a"`, `namespaces="b"`, false},
		{`namespaces="a,b"`, `namespaces="b,c"`, true},
		{`namespaces="a",valid-before="20260101"`, `namespaces="a",valid-after="20260102"`, false},
		{`namespaces="a",valid-after="20260102"`, `namespaces="a",valid-before="20260101"`, false},
		{`namespaces="a",valid-before="20260102"`, `namespaces="a",valid-after="20260101"`, true},
		{`namespaces="a",valid-before="20260101"`, `namespaces="a",valid-after="20260101"`, true}, // that second
		{`namespaces="a",valid-before="20260101"`, `namespaces="a"`, true},
	} {
		_, err := Parse("x", strings.NewReader(of(test.first)+"\n"+of(test.second)), rules())
		if twice := err != nil; twice != test.twice {
			t.Errorf("%s and %s: %v", test.first, test.second, err)
		}
	}
}
