package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daesa/internal/table"
	"daesa/pay"
	"daesa/refunds"
	"daesa/reports/refundfile"
)

// announceAfter is from when on it is said how long the look-ups of a file take.
const announceAfter = 10 * time.Second

// ImportRefunds is `refunds import`: a file of refunds is planned, and taken whole,
// or without its bad rows, or not at all.
type ImportRefunds struct {
	Asker      *Asker // its Batch is filled in
	Store      Additions
	Workbooks  BatchWorkbooks
	Options    refunds.FileOptions
	Language   string // of the reports: ko or en
	Quarantine string // refused rows go to this file; "": one refuses the whole file
	Out        string // the file back, with what is said beside each row; "": nowhere
	DryRun     bool
	Warn       Warn
	Outcome    *Outcome
}

// ImportedFile is what became of a refund file, or would.
type ImportedFile struct {
	Imported
	Batch       string
	Quarantined int    // of the refused rows, those that went to the file of Quarantine
	Workbook    string // the batch's; "": nothing was imported, or it could not be written
	Out         string // the file that was given back; "": none
}

// Run imports a file, or with DryRun says what would happen. A file with faults is
// refused with all of them, unless bad rows may go aside.
func (x ImportRefunds) Run(ctx context.Context, path string) (ImportedFile, error) {
	batch, err := refunds.ReadFile(path, x.Options)
	var faults table.Faults
	if err != nil && !errors.As(err, &faults) {
		return ImportedFile{}, err
	}
	WarnUnread(x.Warn, path, batch.Unknown, batch.Unread)
	done := ImportedFile{Batch: BatchOf(batch).ID}
	x.Asker.Batch = done.Batch
	file, err := x.plan(ctx, batch, faults)
	if err != nil {
		return done, err
	}
	if file.TotalUnread {
		x.Warn(fmt.Sprintf("%s: the total in line %d was not compared, since the amount of a row is not known", path, batch.Total.Line), "")
	}
	done.Imported = file.Plan()
	switch {
	case x.DryRun:
		x.Outcome.addPlan(done.Imported)
		done.Out, err = x.giveBack(&file, done.Imported, true)
		return done, err
	case file.TotalWrong || len(file.Faults) > 0 && x.Quarantine == "":
		out, err := x.giveBack(&file, done.Imported, true)
		if out != "" {
			x.Warn(out+": the file with what is wrong beside each row", "")
		}
		return done, errors.Join(file.Refusal(), err)
	}
	return done, x.take(ctx, &file, &done)
}

// plan plans the rows of a file, and says before it begins how long their look-ups
// take.
func (x ImportRefunds) plan(ctx context.Context, batch refunds.Batch, faults table.Faults) (RefundFile, error) {
	work, err := x.Asker.PlanBatch(ctx, batch, faults)
	if err != nil {
		return RefundFile{}, err
	}
	todo, kept := work.LookUps()
	if kept > 0 {
		x.Warn(fmt.Sprintf("%s: %s looked up less than an hour ago for this file, which was not imported then, and not again", batch.Name, pay.Counted(kept, "payment")), "")
	}
	if takes := work.Takes(); takes > announceAfter {
		x.Warn(fmt.Sprintf("%s: looking up %s takes about %s (merchants.requests_per_minute); if it is stopped, the same file goes on where it was within the hour",
			batch.Name, pay.Counted(todo, "payment"), roughly(takes)), "")
		if len(faults) > 0 {
			x.Warn(fmt.Sprintf("%s: %s of the file cannot be read as they are; all is said at the end", batch.Name, pay.Counted(len(faults), "value")), "")
		}
	}
	return work.File(ctx)
}

// take takes the rows that nothing speaks against; the others go aside.
func (x ImportRefunds) take(ctx context.Context, file *RefundFile, done *ImportedFile) (err error) {
	var aside *table.Aside
	if x.Quarantine != "" {
		if aside, err = file.SetAside(x.Quarantine, x.Options); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, aside.Discard()) }() // after Commit it does nothing
	}
	if done.Imported, err = file.Import(ctx, x.Store, x.Asker.Actor, x.Asker.Now); err != nil {
		return err
	}
	if done.Expired > 0 {
		x.Outcome.Add(EndedPerson, "%s past the deadline, to be given back by bank transfer: daesa refunds transfers list", pay.Counted(done.Expired, "refund"))
	}
	if aside != nil {
		if done.Quarantined, err = aside.Commit(); err != nil {
			return err
		}
		if done.Quarantined > 0 {
			x.Outcome.Add(EndedPerson, "%s refused: see %s", pay.Counted(done.Quarantined, "row"), x.Quarantine)
		}
	}
	if done.Added+done.Known > 0 {
		done.Workbook = x.Workbooks.Redraw(context.WithoutCancel(ctx), done.Batch, file.Batch.Name, file.BatchRefusals(refunds.Language(x.Language)))
	}
	if done.Out, err = x.giveBack(file, done.Imported, false); err != nil {
		x.Warn(err.Error(), "what was recorded stands; the same command with --dry-run writes the file again")
	}
	return nil
}

// giveBack writes the refund file with what daesa says beside each row.
func (x ImportRefunds) giveBack(file *RefundFile, imported Imported, plan bool) (out string, err error) {
	if x.Out == "" {
		return "", nil
	}
	err = refundfile.SaveBack(x.Out, refundfile.GiveBack{
		Source: file.Batch.Name, Layout: file.Batch.Layout, Password: x.Options.Password, Language: x.Language, Plan: plan,
		Remarks: file.Remarks(imported, refunds.Language(x.Language)),
	})
	if err != nil {
		return "", err
	}
	return x.Out, nil
}

// addPlan adds what a dry run says of rows that would not be sent.
func (o *Outcome) addPlan(plan Imported) {
	if plan.Refused > 0 {
		o.Add(EndedPerson, "%s would be refused", pay.Counted(plan.Refused, "row"))
	}
	if plan.Expired > 0 {
		o.Add(EndedPerson, "%s past the deadline, to be given back by bank transfer", pay.Counted(plan.Expired, "row"))
	}
	if plan.WithoutAccount > 0 {
		o.Add(EndedPerson, "%s without the refund account that it needs", pay.Counted(plan.WithoutAccount, "row"))
	}
}

// WarnUnread names columns and sheets of a file of people of which nothing is read.
func WarnUnread(warn Warn, path string, unknown, unread []string) {
	for _, title := range unknown {
		warn(fmt.Sprintf("%s: the column %q means nothing to daesa and is passed over", path, title), "")
	}
	for _, sheet := range unread {
		warn(fmt.Sprintf("%s: nothing was read of the sheet %q; --sheet names another one", path, sheet), "")
	}
}

// roughly writes how long something takes, for people.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d seconds", int(d.Round(time.Second).Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Round(time.Minute).Minutes()))
	default:
		return fmt.Sprintf("%.1f hours", d.Hours())
	}
}
