package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"daesa/reports/refundfile"
)

// checkOutputs refuses before anything is done what would write over the file
// that is read, or two results into one file.
func (f refundsFlags) checkOutputs(path string) error {
	switch {
	case f.out != "" && !strings.EqualFold(filepath.Ext(f.out), ".xlsx"):
		return usage(fmt.Errorf("--out %s: is no .xlsx", f.out), "name a file that ends in .xlsx")
	case f.out != "" && f.out == f.quarantine:
		return usage(errors.New("--out and --quarantine name the same file"), "name two")
	}
	for flag, name := range map[string]string{"--out": f.out, "--quarantine": f.quarantine} {
		if name != "" && sameFile(name, path) {
			return usage(fmt.Errorf("%s %s: is the file that is read", flag, name), "name another file: what people made stays as it is")
		}
	}
	return nil
}

func sameFile(path, other string) bool {
	a, errA := os.Stat(path)
	b, errB := os.Stat(other)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

func (a *invocation) refundsTemplateCommand() *cobra.Command {
	var out, language string
	cmd := &cobra.Command{
		Use:   "template --out FILE.xlsx",
		Short: "An empty refund file with its columns, their meaning and drop-downs; needs no configuration",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			switch {
			case !strings.EqualFold(filepath.Ext(out), ".xlsx"):
				return usage(errors.New("refunds template: --out is a file that ends in .xlsx"), "daesa refunds template --out refunds.xlsx")
			case language != "ko" && language != "en":
				return usage(fmt.Errorf("--language %s: is neither ko nor en", language), "leave it away for Korean")
			}
			if _, err := os.Stat(out); err == nil {
				return failed("name a file that is not there yet", "%s: is there already", out)
			}
			now := a.now()
			if err := refundfile.SaveForm(out, language, now); err != nil {
				return err
			}
			return a.show(templateDocument{out, a.ending()}, func() { a.printf("%s\n", out) })
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file to write; it must not exist")
	cmd.Flags().StringVar(&language, "language", "ko", "ko or en")
	return cmd
}

// templateDocument is the JSON of `refunds template`.
type templateDocument struct {
	Out string `json:"out"`
	ending
}
