package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	application "daesa/app"
	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/reports"
	"daesa/store"
)

func (a *app) nightlyCommand() *cobra.Command {
	var date string
	var monthEnd bool
	cmd := &cobra.Command{
		Use:   "nightly",
		Short: "Fetch, compare, queue and report a business date; never sends a cancel",
		Long: "Without --date, every business date from the last complete one to yesterday, oldest first.\n" +
			"With today's date on the last day of a month: phone payments so far, since they can be\ncancelled only within their month.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if monthEnd && date != "" {
				return usage(errors.New("--month-end is about today and takes no --date"), "leave one of the two away")
			}
			return a.withNights(cmd.Context(), func(nights *nights) error {
				if monthEnd && !jobs.MonthEnd(nights.today) {
					return a.notMonthEnd(nights.today)
				}
				if monthEnd {
					date = string(nights.today)
				}
				return a.runNightly(cmd.Context(), nights, date)
			})
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD (default: all that are due)")
	cmd.Flags().BoolVar(&monthEnd, "month-end", false, "phone payments of today so far, on the last day of a month; nothing on other days")
	return cmd
}

// notMonthEnd says that there is nothing to do: for schedules that cannot name
// the last day of a month.
func (a *app) notMonthEnd(today pay.Day) error {
	if a.json {
		return a.printNights(nil)
	}
	a.printf("%s is not the last day of its month: nothing to do\n", today)
	return nil
}

// nights are the runs of one command, over dates and merchants.
type nights struct {
	cfg       *config.Config
	db        *store.DB
	merchants []config.Merchant
	today     pay.Day
	// complete are the complete dates of each merchant, where the command runs
	// what is due: they are not run again.
	complete map[string][]pay.Day
	kept     []keptNight
	unread   map[string]*unread
	refused  map[string]string // merchants whose key the provider did not accept: refunds.WhyKeyRefused
	whole    bool              // yesterday is complete for all merchants: the watcher hears of it
}

// keptNight is a complete night that could not be read again as a whole. It
// stands; what could not be read is said all the same.
type keptNight struct {
	mid  string
	day  pay.Day
	gaps []reconcile.Gap
}

func (a *app) withNights(ctx context.Context, f func(*nights) error) error {
	cfg, err := a.config(true)
	if err != nil {
		return err
	}
	db, err := a.database(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	now, err := a.now()
	if err != nil {
		return err
	}
	return f(&nights{cfg: cfg, db: db, merchants: a.merchants(cfg), today: pay.DayOf(now), refused: map[string]string{}})
}

func (a *app) runNightly(ctx context.Context, n *nights, date string) error {
	documents, err := a.nightDocuments(ctx, n, date)
	if err != nil {
		a.tellFailedNight(ctx, n, err)
		return err
	}
	return a.printNights(documents)
}

// nightDocuments runs the dates that are due and says what they found.
func (a *app) nightDocuments(ctx context.Context, n *nights, date string) ([]nightDocument, error) {
	job, dates, err := a.datesDue(ctx, n, date)
	if err != nil {
		return nil, err
	}
	defer a.sayGaps(n)
	var documents []nightDocument
	var failures []error
	for _, day := range dates {
		document, err := a.oneDate(ctx, n, job, day)
		var wrong *coded
		switch {
		case err != nil && (ctx.Err() != nil || errors.As(err, &wrong)):
			return nil, err
		case err != nil: // the other dates are not to wait for this one
			failures = append(failures, fmt.Errorf("%s: %w", day, err))
		case document != nil:
			documents = append(documents, *document)
		}
	}
	if len(documents) == 0 {
		return nil, errors.Join(failures...) // nil: another process does it all
	}
	for _, failure := range failures {
		a.complain(failure)
		a.verdict.add(codeFailed, "%v", failure)
		a.tellFailedNight(ctx, n, failure)
	}
	if n.whole {
		a.heartbeat(ctx, n.cfg)
	}
	return documents, a.needPerson(ctx, n, true)
}

// oneDate runs a date, draws it and tells of it; nil: another process does it.
func (a *app) oneDate(ctx context.Context, n *nights, job string, day pay.Day) (*nightDocument, error) {
	snapshots, err := a.runDate(ctx, n, job, day)
	if err != nil || len(snapshots) == 0 {
		return nil, err
	}
	workbook, files, err := a.drawNight(ctx, n, job, day)
	if err != nil {
		return nil, err
	}
	document, err := newNightDocument(snapshots, n.kept, &workbook)
	if err != nil {
		return nil, err
	}
	for _, s := range snapshots {
		n.noteKey(s.Run.MID, s.Run.Gaps, nil)
	}
	a.judgeNight(n, snapshots)
	a.deliver(ctx, n.cfg, files)
	a.tellNight(ctx, n, job, day, snapshots, workbook)
	return &document, nil
}

// datesDue says which dates a nightly runs: those that some merchant lacks.
func (a *app) datesDue(ctx context.Context, n *nights, date string) (string, []pay.Day, error) {
	if date != "" {
		day, err := pay.ParseDay(date)
		if err != nil {
			return "", nil, usage(fmt.Errorf("--date: %w", err), "for example --date "+string(n.today.Add(-1)))
		}
		switch {
		case day == n.today && jobs.MonthEnd(day):
			return jobs.JobMonthEnd, []pay.Day{day}, nil
		case day >= n.today:
			return "", nil, usage(fmt.Errorf("--date %s is not over yet", day), "the newest date that can be compared is "+string(n.today.Add(-1)))
		}
		return jobs.JobNightly, []pay.Day{day}, nil
	}
	n.complete = map[string][]pay.Day{}
	due := map[pay.Day]bool{}
	for _, merchant := range n.merchants {
		complete, err := n.db.CompleteDays(ctx, jobs.JobNightly, merchant.MID, n.today)
		if err != nil {
			return "", nil, err
		}
		first, err := n.db.FirstRunDay(ctx, jobs.JobNightly, merchant.MID)
		if err != nil {
			return "", nil, err
		}
		n.complete[merchant.MID] = complete
		for _, day := range jobs.Dates(complete, first, n.today) {
			due[day] = true
		}
	}
	dates := sortedKeys(due)
	if len(dates) == 1 && dates[0] == n.today.Add(-1) {
		n.complete = nil // nothing was missed: yesterday runs for all
	}
	return jobs.JobNightly, dates, nil
}

// runDate runs one date for every merchant. One that fails does not stop the
// others: it is absent from the workbook, and said.
func (a *app) runDate(ctx context.Context, n *nights, job string, day pay.Day) ([]reports.Snapshot, error) {
	now, err := a.now()
	if err != nil {
		return nil, err
	}
	var snapshots []reports.Snapshot
	var failures []error
	var elsewhere []string // merchants that another process works on
	for _, merchant := range n.merchants {
		if slices.Contains(n.complete[merchant.MID], day) {
			stored, err := a.loadNight(ctx, &nights{db: n.db, merchants: []config.Merchant{merchant}}, job, day)
			if err != nil {
				return nil, err
			}
			snapshots = append(snapshots, stored...)
			continue
		}
		snapshot, err := a.runNight(ctx, n, merchant, job, day)
		n.noteKey(merchant.MID, nil, err)
		var running *reconcile.RunningError
		var kept *jobs.KeptError
		switch {
		case errors.As(err, &running):
			a.verdictOfRunning(running)
			elsewhere = append(elsewhere, merchant.MID)
		case errors.As(err, &kept):
			n.kept = append(n.kept, keptNight{merchant.MID, day, kept.Gaps})
			n.noteKey(merchant.MID, kept.Gaps, nil)
			a.warnOf(kept, "%s %s: %v", merchant.MID, day, kept)
			a.verdict.add(codeIncomplete, "%s %s: %v", merchant.MID, day, kept)
			snapshots = append(snapshots, snapshot)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && len(n.merchants) > 1:
			a.complain(fmt.Errorf("merchant %s: %w", merchant.MID, err))
			a.verdict.add(codeFailed, "%s %s: %v", merchant.MID, day, err)
			failures = append(failures, err)
			snapshots = append(snapshots, absent(job, merchant.MID, day, now, err))
		case err != nil:
			return nil, err
		default:
			snapshots = append(snapshots, snapshot)
		}
	}
	if len(failures) == len(n.merchants) {
		return nil, errors.Join(failures...)
	}
	if len(snapshots) == 0 {
		return nil, nil
	}
	for _, mid := range elsewhere {
		snapshots = append(snapshots, absent(job, mid, day, now, &reconcile.Unread{Reason: reconcile.ReasonElsewhere}))
	}
	return snapshots, nil
}

// noteKey notes a merchant whose secret key the provider does not accept.
func (n *nights) noteKey(mid string, gaps []reconcile.Gap, err error) {
	var failure *pay.Failure
	if slices.ContainsFunc(gaps, reconcile.Gap.KeyRefused) || errors.As(err, &failure) && failure.Kind == pay.FailureKey {
		n.refused[mid] = refunds.WhyKeyRefused
	}
}

// absent stands for a merchant without a night: visibly missing, not zero.
func absent(job, mid string, day pay.Day, now time.Time, why error) reports.Snapshot {
	return reports.Snapshot{Run: reconcile.Run{ID: reconcile.RunID(job, mid, day), Job: job, MID: mid, Day: day, Now: now,
		Gaps: []reconcile.Gap{reconcile.NewGap(reconcile.SideProvider, reconcile.Part{Kind: reconcile.PartMerchant, Name: mid}, why, reconcile.ReasonNight)}}}
}

// A night whose database goes away begins again when it is back: what was read
// of the provider stays. nightTries is how often, nightPause after how long.
const (
	nightTries = 20
	nightPause = 3 * time.Second
)

func (a *app) runNight(ctx context.Context, n *nights, merchant config.Merchant, job string, day pay.Day) (reports.Snapshot, error) {
	for try := 1; ; try++ {
		snapshot, err := a.tryNight(ctx, n, merchant, job, day, try > 1)
		if !store.WentAway(err) || try == nightTries || ctx.Err() != nil {
			return snapshot, err
		}
		a.warn("%s %s: %v; it begins again (%d of %d)", merchant.MID, day, err, try, nightTries-1)
		if err := sleep(ctx, nightPause); err != nil {
			return snapshot, err
		}
	}
}

// tryNight runs a night. One that begins again may find its own lease, which
// nobody could end.
func (a *app) tryNight(ctx context.Context, n *nights, merchant config.Merchant, job string, day pay.Day, again bool) (reports.Snapshot, error) {
	night, err := a.nightly(n.cfg, n.db, merchant, job)
	if err != nil {
		return reports.Snapshot{}, err
	}
	if again {
		own := night.Settings.Owner
		night.Settings.OwnerIsDead = func(owner string) bool { return owner == own || ownerIsDead(owner) }
	}
	if job == jobs.JobMonthEnd {
		night.Settings.PhonesOnly, night.Settings.Settle = true, 0
	}
	if bar, ok := night.Progress.(*progress); ok {
		defer bar.Close()
	}
	now, err := a.now()
	if err != nil {
		return reports.Snapshot{}, err
	}
	return night.Run(ctx, day, now)
}

// runningLimit is for how many seconds a run may go on before a second copy
// says that something is wrong with it.
const runningLimit = 6 * 60 * 60

func (a *app) verdictOfRunning(r *reconcile.RunningError) {
	a.warn("%v", r)
	if a.clock().Sub(r.Entry.StartedAt).Seconds() > runningLimit {
		a.verdict.add(codeFailed, "%v, for more than %d hours", r, runningLimit/3600)
	}
}

// judgeNight adds what a night's exit code says.
func (a *app) judgeNight(n *nights, snapshots []reports.Snapshot) {
	for _, s := range snapshots {
		if s.Run.Mode == config.ModeLookup {
			a.warn("%s %s: reconcile.mode is lookup: payments that the shop does not know, second payments of an order and deposits that were taken back cannot be seen", s.Run.MID, s.Run.Day)
		}
		if !s.Run.Complete {
			a.verdict.add(codeIncomplete, "%s %s is incomplete: what could not be read whole: %s", s.Run.MID, s.Run.Day, reconcile.CountKinds(s.Run.Gaps))
			n.keepGaps(s)
		}
		a.judgeDeadlines(s)
		for _, kind := range s.Run.Suspect {
			a.verdict.add(codePerson, "%s %s is suspect: too many %s; check the key and the order export first, no refunds were proposed", s.Run.MID, s.Run.Day, kind)
		}
		for _, total := range s.Run.Totals {
			if total.Unexplained != 0 && s.Run.Complete {
				a.verdict.add(codePerson, "%s %s: %s %s are unexplained", s.Run.MID, s.Run.Day, total.Currency.Format(total.Unexplained), total.Currency)
			}
		}
	}
}

// judgeDeadlines names what nobody asked to refund yet and what runs out before
// the next planned refund run, with the money at stake. What was asked for is
// among what waits.
func (a *app) judgeDeadlines(s reports.Snapshot) {
	count, money := map[pay.Currency]int{}, map[pay.Currency]int64{}
	for _, deadline := range s.Deadlines {
		if deadline.RefundID == "" && deadline.TooLate && deadline.CancelBy.After(s.Run.Now) {
			count[deadline.Currency]++
			money[deadline.Currency] += deadline.Amount
		}
	}
	for _, currency := range sortedKeys(count) {
		a.verdict.add(codePerson, "%s %s: %d differences over %s of which nobody asked for the refund run out before the next planned refund run (schedule.refunds)",
			s.Run.MID, s.Run.Day, count[currency], people(currency, money[currency]))
	}
}

// needPerson asks the database what waits for a person. Requests to approve,
// what runs out, and outcomes that nobody knows are a nightly's to tell.
func (a *app) needPerson(ctx context.Context, n *nights, nightly bool) error {
	for _, merchant := range n.merchants {
		open, err := n.db.NeedPerson(ctx, merchant.MID)
		if err != nil {
			return err
		}
		if open > 0 {
			a.verdict.add(codePerson, "%s: %d open breaks", merchant.MID, open)
		}
	}
	w, err := a.waiting(ctx, n.cfg, n.db, n.refused)
	if err != nil {
		return err
	}
	told := []application.Need{application.NeedSetting, application.NeedLook}
	if nightly {
		told = append(told, application.NeedTime, application.NeedApproval, application.NeedAccount, application.NeedOutcome)
	}
	a.needWaiting(n.cfg, w, told...)
	return a.needTransfers(ctx, n.cfg, n.db)
}

// drawNight draws the workbook of a date from what is stored, of all configured
// merchants, whichever of them this command ran. It gives its place and the
// files that were written.
func (a *app) drawNight(ctx context.Context, n *nights, job string, day pay.Day) (place string, files []string, err error) {
	stored, err := a.loadNight(ctx, &nights{db: n.db, merchants: n.cfg.Merchants}, job, day)
	if err != nil {
		return "", nil, err
	}
	return a.writeWorkbooks(n.cfg, stored, "")
}

// writeWorkbooks draws the workbook of a date: one with all merchants, or one
// each. out replaces the configured place.
func (a *app) writeWorkbooks(cfg *config.Config, snapshots []reports.Snapshot, out string) (place string, files []string, err error) {
	if len(snapshots) == 0 {
		return "", nil, failed("run the night again when the cause is mended", "no merchant's night was written, so there is no workbook")
	}
	options, err := a.reportOptions(cfg)
	if err != nil {
		return "", nil, err
	}
	if !cfg.Reports.PerMerchant {
		options.Expected = mids(cfg)
	}
	day := snapshots[0].Run.Day
	name := reports.FileName(day, "")
	if snapshots[0].Run.Job == jobs.JobMonthEnd {
		name = reports.FileName(day, "month-end")
	}
	if !cfg.Reports.PerMerchant || out != "" {
		path := out
		if path == "" {
			path = filepath.Join(cfg.Reports.Dir, name)
		}
		return path, []string{path}, reports.Save(path, snapshots, options)
	}
	for _, snapshot := range snapshots {
		path := filepath.Join(cfg.Reports.Dir, reports.FileName(day, snapshot.Run.MID))
		if err := reports.Save(path, []reports.Snapshot{snapshot}, options); err != nil {
			return "", nil, err
		}
		files = append(files, path)
	}
	return cfg.Reports.Dir, files, nil
}

// reportOptions are how the configuration wants its workbooks.
func (a *app) reportOptions(cfg *config.Config) (reports.Options, error) {
	if err := cfg.WorkbookPassword(a.env); err != nil {
		return reports.Options{}, &coded{err, codeUsage}
	}
	options := reports.Options{Language: cfg.Reports.Language}
	if cfg.Reports.Password.IsSet() {
		options.Password = cfg.Reports.Password.Reveal()
	}
	return options, nil
}

// loadNight reads the stored snapshots of a date.
func (a *app) loadNight(ctx context.Context, n *nights, job string, day pay.Day) ([]reports.Snapshot, error) {
	var snapshots []reports.Snapshot
	for _, merchant := range n.merchants {
		stored, err := n.db.Snapshot(ctx, job, merchant.MID, day)
		if err != nil {
			return nil, err
		}
		if stored == nil {
			continue
		}
		var snapshot reports.Snapshot
		if err := json.Unmarshal(stored, &snapshot); err != nil {
			return nil, fmt.Errorf("the stored snapshot of %s for %s is unreadable: %w", day, merchant.MID, err)
		}
		snapshots = append(snapshots, snapshot)
	}
	return snapshots, nil
}
