package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"daesa/app"
	"daesa/approval"
	"daesa/pay"
)

// signFlags are those of a word that can be signed: --statement alone writes what is
// to be signed, with --signature it is taken.
type signFlags struct{ statement, signature string }

func (f *signFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.statement, "statement", "", "write what is to be signed into this new file; with --signature, take it")
	cmd.Flags().StringVar(&f.signature, "signature", "", "the signature that ssh-keygen made of the statement")
}

// check refuses a signature of nothing.
func (f signFlags) check(command string) error {
	if f.signature != "" && f.statement == "" {
		return usage(fmt.Errorf("%s: --signature stands under --statement", command), "give both: --statement FILE --signature FILE.sig")
	}
	return nil
}

func (f signFlags) takes() bool  { return f.signature != "" }
func (f signFlags) writes() bool { return f.statement != "" && f.signature == "" }

// signing is how approvals are proved; nil: a typed name approves.
func (s *session) signing() *app.Signing {
	r := s.cfg.Refunds
	if r.ApproversFile == "" {
		return nil
	}
	return &app.Signing{Keys: &app.KeyFiles{Allowed: r.ApproversFile, Revoked: r.RevokedKeysFile}}
}

// taken reads the statement that is handed in; nil where none is.
func (s *session) taken(f signFlags, deeds ...approval.Deed) (*approval.Taken, error) {
	if !f.takes() {
		return nil, nil
	}
	// The clock says whether a key was good, and a statement in time.
	if err := s.mayMoveClock(); err != nil {
		return nil, err
	}
	text, signature, err := app.ReadSigned(f.statement, f.signature)
	if err != nil {
		return nil, err
	}
	return s.signing().Take(text, signature, s.now(), deeds...)
}

// unsignedNote refuses a note beside a signature that does not cover it.
func unsignedNote(command string) error {
	return usage(errors.New(command+": a note stands in no statement, and would stand under the name of who signed"), "leave --note away")
}

// statementDocument is the JSON of a statement that was written.
type statementDocument struct {
	Statement string           `json:"statement"` // the file
	SHA256    string           `json:"sha256"`
	Do        string           `json:"do"`
	Count     int              `json:"count"`
	Amount    map[string]int64 `json:"amount"` // by currency
	Until     string           `json:"until"`
	LeftOut   []string         `json:"left_out"` // of the batch, and to be named by id
	Workbook  *string          `json:"workbook"` // of the batch, with what is signed; null: it is of no batch, or was not written
	ending
}

// showDrafted puts a statement into its file, and says how it is signed. then is
// how the command begins that takes it; draw draws the workbook that shows it, nil: no
// workbook does.
func (s *session) showDrafted(d app.Drafted, f signFlags, leftOut []string, then string, draw func() string) error {
	if err := d.Save(f.statement); err != nil {
		return err
	}
	workbook := ""
	if draw != nil {
		workbook = draw()
	}
	sums, err := d.Sums()
	if err != nil {
		return err
	}
	document := statementDocument{Statement: f.statement, SHA256: d.Hash, Do: string(d.Do), Count: len(d.Lines), Amount: map[string]int64{}, Until: pay.FormatTime(d.Until),
		LeftOut: append([]string{}, leftOut...), Workbook: orNull(workbook), ending: s.ending()}
	for _, sum := range sums {
		document.Amount[string(sum.Currency)] = sum.Amount
	}
	return s.show(document, func() {
		file := filepath.Base(f.statement)
		s.printf("%s: %s", plain(f.statement), pay.Counted(len(d.Lines), "line"))
		for _, sum := range sums {
			s.printf(", %s", sum.Currency.Spell(sum.Amount))
		}
		s.printf("\nsha256 %s\n", d.Hash)
		if workbook != "" {
			s.printf("its sheet 결재 shows what is signed: %s\n", workbook)
		}
		s.printf("look at it, then sign it until %s, by another person than who asked:\n", document.Until)
		s.printf("  ssh-keygen -Y sign -n %s -f KEY < %s > %s.sig\n", approval.Namespace, plain(file), plain(file))
		s.printf("  %s --statement %s --signature %s.sig\n", then, plain(file), plain(file))
		for _, id := range leftOut {
			s.printf("left out, since it equals another request: %s; look at both, then name it by its id\n", id)
		}
	})
}

// errBoth is a word that names requests beside a statement that does.
var errBoth = errors.New("the statement says what is approved: name no requests beside --signature")
