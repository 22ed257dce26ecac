package doctor

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"daesa/config"
)

// TestWhatTheSecondPersonRestsOn: doctor says in plain words whether names are typed
// or signatures are asked for.
func TestWhatTheSecondPersonRestsOn(t *testing.T) {
	t.Parallel()
	const (
		kim = `kim namespaces="daesa-approval" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINNwMHM8lLcve+HMdKmjaanRnkdOE0Sm3ZUxkjv5LTgg` + "\n"
		lee = `lee namespaces="daesa-approval",valid-before="20261201" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOrvP89uyupCbqyFcCz1nNtKuLT8YIUkj0Vhf/xYamSs` + "\n"
	)
	keyOf := func(line string) string { _, key, _ := strings.Cut(line, "ssh-"); return "ssh-" + key }
	for _, test := range []struct {
		name, allowed, revoked string
		mode                   os.FileMode
		want                   []string // state and a part of the text, one finding each
	}{
		{name: "typed names", want: []string{"ok the second person is a typed name: neither a login nor a signature proves it"}},
		{name: "signatures", allowed: kim + lee, mode: 0o600,
			want: []string{"ok the second person is a signature by an OpenSSH key (2 keys of 2 approvers: kim, lee); a typed name approves nothing", "warn ends within a month: lee SHA256:"}},
		{name: "one approver", allowed: kim, mode: 0o644, want: []string{"warn the second person is a signature, and only kim can sign"}},
		{name: "the other one is revoked", allowed: kim + lee, revoked: keyOf(lee), mode: 0o644,
			want: []string{"warn the second person is a signature, and only kim can sign", "ok revoked, and approves nothing: lee SHA256:"}},
		{name: "nobody", allowed: lee, revoked: keyOf(lee), mode: 0o644, want: []string{"fail the second person is a signature, and nobody has a key that is good today"}},
		{name: "a file that everybody may write", allowed: kim + strings.Replace(lee, `,valid-before="20261201"`, "", 1), mode: 0o666,
			want: []string{"ok the second person is a signature", "warn can be changed by others than its owner"}},
		{name: "faults of both files", allowed: "kim x\n*", revoked: "?", mode: 0o600,
			want: []string{"fail x is neither an option nor a kind of key", "fail * is a pattern", "fail * is not followed by a key", "fail ? is no public key"}},
	} {
		if test.mode == 0o666 && runtime.GOOS == "windows" {
			continue
		}
		dir, cfg := t.TempDir(), config.Default()
		place := func(name, text string) string {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, max(test.mode, 0o600)); err != nil {
				t.Fatal(err)
			}
			return path
		}
		if test.allowed != "" {
			cfg.Refunds.ApproversFile = place("allowed_signers", test.allowed)
		}
		if test.revoked != "" {
			cfg.Refunds.RevokedKeysFile = place("revoked_keys", test.revoked)
		}
		d := Doctor{Config: cfg, Clock: func() time.Time { return now }}
		d.approvals()
		if len(d.Findings) != len(test.want) {
			t.Errorf("%s: %+v", test.name, d.Findings)
			continue
		}
		for i, f := range d.Findings {
			if got := string(f.State) + " " + f.Text; f.Check != "approvals" || !strings.HasPrefix(got, test.want[i]) || (f.State != Healthy) != (f.Remedy != "") {
				t.Errorf("%s: %+v, want %q", test.name, f, test.want[i])
			}
		}
	}
}
