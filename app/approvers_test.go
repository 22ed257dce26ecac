package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/internal/hint"
	"daesa/internal/signers"
	"daesa/pay"
)

// Public keys of nobody: made for these tests, and their private ones thrown away.
const (
	keyOfKim = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINNwMHM8lLcve+HMdKmjaanRnkdOE0Sm3ZUxkjv5LTgg"
	keyOfLee = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOrvP89uyupCbqyFcCz1nNtKuLT8YIUkj0Vhf/xYamSs"
)

func placed(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhoCanApproveNow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, pay.Seoul)
	for _, test := range []struct {
		name, allowed, revoked       string
		names, ends, without, nobody string
	}{
		{name: "two people", allowed: `kim namespaces="daesa-approval" ` + keyOfKim + "\n" + `이팀장 namespaces="daesa-approval" ` + keyOfLee, names: "kim 이팀장"},
		{name: "one is for something else", allowed: `kim namespaces="daesa-approval" ` + keyOfKim + "\n" + `lee namespaces="git" ` + keyOfLee, names: "kim"},
		{name: "one is revoked", allowed: `kim namespaces="daesa-approval" ` + keyOfKim + "\n" + `lee namespaces="daesa-approval" ` + keyOfLee, revoked: keyOfKim + " lost\n", names: "lee", without: "kim"},
		{name: "one ended at midnight of Seoul", allowed: `kim namespaces="daesa-approval",valid-before="20261122" ` + keyOfKim + "\n" + `lee namespaces="daesa-approval" ` + keyOfLee, names: "lee"},
		{name: "one ends soon", allowed: `kim namespaces="daesa-approval",valid-before="20261201" ` + keyOfKim + "\n" + `lee namespaces="daesa-approval",valid-before="20271201" ` + keyOfLee, names: "kim lee", ends: "kim"},
	} {
		revoked := ""
		if test.revoked != "" {
			revoked = placed(t, "revoked_keys", test.revoked)
		}
		f, err := ReadApprovers(placed(t, "allowed_signers", test.allowed), revoked)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		got := ApprovingNow(f, now)
		starts := func(list []string) string {
			var names []string
			for _, each := range list {
				name, _, _ := strings.Cut(each, " ")
				names = append(names, name)
			}
			return strings.Join(names, " ")
		}
		if strings.Join(got.Names, " ") != test.names || starts(got.Ending) != test.ends || starts(got.Revoked) != test.without || got.Keys != len(got.Names) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestFilesOfApproversThatAreWrong(t *testing.T) {
	t.Parallel()
	good := placed(t, "allowed_signers", `kim namespaces="daesa-approval" `+keyOfKim)
	bad := placed(t, "allowed_signers", `kim namespaces="daesa-approval" `+keyOfKim+"\n"+`KIM namespaces="daesa-approval" `+keyOfLee+"\n"+`кim namespaces="daesa-approval" `+keyOfLee)
	var faults *signers.Faults
	_, err := ReadApprovers(bad, placed(t, "revoked_keys", "not a key\n"))
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	for _, want := range []string{":2:1: is the name kim of line 1 in another spelling", ":3:1: the name кim has the letter к", "is no public key"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	for _, missing := range [][2]string{{good + ".none", ""}, {good, good + ".none"}} {
		f, err := ReadApprovers(missing[0], missing[1])
		if f != nil || err == nil || !strings.Contains(err.Error(), ".none does not exist") || !strings.Contains(hint.Of(err), "approvals.md") && missing[1] == "" {
			t.Errorf("%v: %v, %v", missing, f, err)
		}
	}
}
