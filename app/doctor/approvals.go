package doctor

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"daesa/app"
	"daesa/internal/signers"
	"daesa/internal/written"
	"daesa/pay"
)

// approvals says in plain words what keeps one person from asking for a refund and
// approving it: names that are typed, or signatures.
func (d *Doctor) approvals() {
	const check = "approvals"
	r := d.Config.Refunds
	if r.ApproversFile == "" {
		this := app.ThisProcess()
		d.OK(check, "", "the second person is a typed name: neither a login nor a signature proves it. Who may run daesa can ask under one name and approve under another; the journal keeps the login and the host of each word ("+
			this.Login+" on "+this.Host+"). refunds.approvers_file asks for signatures")
		return
	}
	approvers, err := app.ReadApprovers(r.ApproversFile, r.RevokedKeysFile)
	if err != nil {
		d.faultyApprovers(check, err)
		return
	}
	now := app.ApprovingNow(approvers, d.Clock())
	switch names := len(now.Names); names {
	case 0:
		d.Fail(check, r.ApproversFile, "the second person is a signature, and nobody has a key that is good today", "enter a key of an approver: docs/approvals.md")
		return
	case 1:
		d.Warn(check, r.ApproversFile, "the second person is a signature, and only "+written.Shown(now.Names[0])+" can sign: what that person asks for nobody can approve",
			"enter a key of a second approver: docs/approvals.md")
	default:
		d.OK(check, r.ApproversFile, fmt.Sprintf("the second person is a signature by an OpenSSH key (%s of %s: %s); a typed name approves nothing", pay.Counted(now.Keys, "key"),
			pay.Counted(names, "approver"), written.Shown(strings.Join(now.Names, ", "))))
	}
	if len(now.Revoked) > 0 {
		d.OK(check, r.RevokedKeysFile, "revoked, and approves nothing: "+strings.Join(now.Revoked, "; "))
	}
	if len(now.Ending) > 0 {
		d.Warn(check, r.ApproversFile, "ends within a month: "+strings.Join(now.Ending, "; "), "enter a new key, or a later valid-before, in time")
	}
	d.writable(check, r.ApproversFile)
	d.writable(check, r.RevokedKeysFile)
}

// faultyApprovers says each fault of the files of keys.
func (d *Doctor) faultyApprovers(check string, err error) {
	each := []error{err}
	if several, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // as ReadApprovers joins the faults of two files
		each = several.Unwrap()
	}
	for _, err := range each {
		var faults *signers.Faults
		if !errors.As(err, &faults) {
			d.FailWith(check, "", err, "correct the file; until then nothing is approved, and nothing is sent")
			continue
		}
		for _, fault := range faults.List {
			about := faults.File
			if fault.Line > 0 {
				about += fmt.Sprintf(":%d:%d", fault.Line, fault.Column)
			}
			d.Fail(check, about, strings.TrimSpace(written.Shown(fault.Value)+" "+fault.Reason), fault.Hint)
		}
	}
}

// writable warns of a file that more than its owner can change: who can write it
// can make themselves an approver.
func (d *Doctor) writable(check, path string) {
	if runtime.GOOS == "windows" || path == "" {
		return // rights there are no mode
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o022 != 0 {
		d.Warn(check, path, "can be changed by others than its owner, who could make themselves approvers", "chmod go-w "+path+", and give it to a user that daesa does not run as")
	}
}
