package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"daesa/app/closing"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/reports/monthbook"
	"daesa/sandbox"
	"daesa/settle"
	"daesa/store"
)

const (
	demoPassbook = "passbook.csv"
	demoVouchers = "vouchers.csv"
	// demoClosed is after how many days a month can be closed: each of its lists has
	// been read again, and the passbook reaches three bank days further.
	demoClosed = 10
	// demoOpening is what the demo's passbook begins with, in won.
	demoOpening = 1_000_000
)

// closedMonth is the month that the demo has closed.
type closedMonth struct {
	closing.Month
	rows     int64
	lines    int
	rebate   int64
	entries  int
	workbook string
	notReady error // nil: it is locked
}

// closeMonth closes the newest month that can be: what Toss settled is read, the
// passbook comes in, one person explains a deposit, and another one locks the month.
func (d *demo) closeMonth(ctx context.Context) (closedMonth, error) {
	at := d.last.End().Add(demoMorning + time.Hour)
	d.toss.SetClock(at)
	month := d.closes()
	done := closedMonth{}
	steps := []func(ctx context.Context, s *session, month settle.Month, done *closedMonth) error{
		d.settleMonth, d.importPassbook, d.explainDeposit,
	}
	for _, step := range steps {
		inner := d.inner(at, "demo")
		if err := inner.withProvider(ctx, func(s *session) error { return step(ctx, s, month, &done) }); err != nil {
			return done, err
		}
	}
	inner := d.inner(at, "demo, a second person")
	return done, inner.withProvider(ctx, func(s *session) error { return d.lockMonth(ctx, s, month, &done) })
}

// closes is the newest month that can be closed.
func (d *demo) closes() settle.Month {
	month := settle.MonthOfDay(d.last)
	for month.Last().Add(demoClosed) > d.last {
		month = month.Before()
	}
	return month
}

// demoSettles is when the demo reads what Toss settles: schedule.settlements.
const demoSettles = 7*time.Hour + 30*time.Minute

// morning reads what Toss settles, as on every day.
func (d *demo) morning(ctx context.Context, day pay.Day) error {
	at := day.Start().Add(demoSettles)
	d.toss.SetClock(at)
	return d.inner(at, "demo").withProvider(ctx, func(s *session) error {
		sync, err := s.settlementSync(true)
		if err != nil {
			return err
		}
		_, err = sync.Run(ctx, jobs.WindowsToSettle(day, s.cfg.Reconcile.RereadDays), at)
		return err
	})
}

// settleMonth reads what Toss settled, far enough back for the month's opening.
func (d *demo) settleMonth(ctx context.Context, s *session, month settle.Month, done *closedMonth) error {
	sync, err := s.settlementSync(true)
	if err != nil {
		return err
	}
	now := s.now()
	read, err := sync.Run(ctx, jobs.WindowsBetween(month.First().Add(-settle.ReadBack), pay.DayOf(now).Add(7)), now)
	for _, m := range read.Merchants {
		done.rows += m.New
	}
	return err
}

// importPassbook takes the shop's passbook in, in which Toss gives fees back once.
func (d *demo) importPassbook(ctx context.Context, s *session, month settle.Month, done *closedMonth) error {
	page, err := d.toss.Passbook(sandbox.PassbookOptions{From: month.First().Start(), Layout: "kb", Opening: demoOpening, Plant: []string{"rebate"}})
	if err != nil {
		return err
	}
	file := filepath.Join(d.dir, demoPassbook)
	if err := os.WriteFile(file, page.CSV, 0o600); err != nil {
		return err
	}
	if err := s.importBank(ctx, []string{file}, bankFlags{}); err != nil {
		return err
	}
	lines, err := s.db.Deposits(ctx, "")
	done.lines = len(lines)
	return err
}

// explainDeposit says that the deposit which no payout explains gives fees back.
func (d *demo) explainDeposit(ctx context.Context, s *session, _ settle.Month, done *closedMonth) error {
	open, err := s.db.Breaks(ctx, store.BreakFilter{Status: string(reconcile.Open), Kind: string(reconcile.BankUnmatched)})
	if err != nil {
		return err
	}
	for _, b := range open {
		vat := (2**b.Amount + 11) / 22 // a tenth on top, rounded
		if _, err := s.db.ResolveBreak(ctx, b.ID, reconcile.Rebate, s.actor(), "수정세금계산서 확인", s.now(), reconcile.RebateOf{Supply: *b.Amount - vat, VAT: vat}); err != nil {
			return err
		}
		done.rebate += *b.Amount
	}
	return nil
}

// lockMonth locks the month and draws its workbook and vouchers. A month that is not
// ready is drawn as it stands.
func (d *demo) lockMonth(ctx context.Context, s *session, month settle.Month, done *closedMonth) error {
	var err error
	done.Month, err = s.closing().Lock(ctx, s.db, month, s.actor(), nil, s.now())
	var notReady *settle.NotReadyError
	if errors.As(err, &notReady) {
		done.notReady = notReady
		done.Month, err = s.closing().Check(ctx, month, s.now())
	}
	if err != nil {
		return err
	}
	done.workbook = filepath.Join(s.cfg.Reports.Dir, closingFolder, monthbook.FileName(month))
	if err := s.drawMonth(ctx, month, 0, ""); err != nil {
		return err
	}
	vouchers, err := monthVouchers(ctx, s, month)
	if err != nil {
		return err
	}
	done.entries = len(vouchers.Entries)
	return s.writeVouchers(ctx, monthVouchers, string(month), filepath.Join(d.dir, demoVouchers), "")
}

// tellMonth shows the month that was closed.
func (d *demo) tellMonth(m closedMonth) {
	d.printf("\nthe month %s: %s read, %s on the passbook, one of them gives fees back (%s)\n", m.Month.Month,
		pay.Counted(int(m.rows), "settlement row"), pay.Counted(m.lines, "deposit"), pay.KRW.Spell(m.rebate))
	for _, l := range m.Ledgers {
		if l.Currency != pay.KRW {
			continue
		}
		spell := l.Currency.Spell
		d.printf("  opening %s + approvals %s - cancels %s - fees %s - payouts %s = closing %s\n", spell(l.Opening), spell(l.Approvals), spell(l.Cancels),
			spell(l.Fees+l.FeeVAT), spell(l.Payouts), spell(l.Closing))
		d.printf("  the same by rows that the passbook does not have: %s; unexplained %s\n", spell(l.ClosingByRows), spell(l.Unexplained))
		for _, r := range l.Reasons {
			d.printf("  not ready: %s\n", reasonOf(r))
		}
	}
	if m.notReady == nil {
		d.printf("  locked by a second person as version %d; %d voucher lines in %s\n", m.Version, m.entries, filepath.Join(d.dir, demoVouchers))
	}
}
