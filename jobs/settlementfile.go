package jobs

import (
	"context"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/settle"
)

// SettlementFile is what a file of 상점관리자 says of one merchant.
type SettlementFile struct {
	SHA256 string
	Rows   []settle.Row    // each with its keys
	Whole  []settle.Window // the lists that the file shows to their end; none: it does not say
	Page   pay.Evidence
	Actor  string
}

// Take brings in the rows of a file as Run does those of Toss's lists, and compares.
// A day that the file does not say to cover is not called covered: what it lacks is
// not gone. The error is a *reconcile.RunningError while another run is at it.
func (s *Settlements) Take(ctx context.Context, file SettlementFile, now time.Time) (SettlementSummary, error) {
	return s.alone(ctx, now, func(ctx context.Context, lease reconcile.Lease, sum *SettlementSummary) error {
		return s.take(ctx, lease, file, now, sum)
	})
}

func (s *Settlements) take(ctx context.Context, lease reconcile.Lease, file SettlementFile, now time.Time, sum *SettlementSummary) error {
	reading, err := s.Open(ctx, s.Settings.MID, now)
	if err != nil {
		return err
	}
	defer func() { _ = reading.Close() }() // what it held was temporary
	sum.Rows, sum.WindowsRead = int64(len(file.Rows)), int64(len(file.Whole))
	if len(file.Whole) > 0 {
		sum.From, sum.To = file.Whole[0].Day, file.Whole[len(file.Whole)-1].Day
	}
	if err := reading.Stage(ctx, file.Rows, s.Settings.Tariff.Odd, lease.RunID, file.Page); err != nil {
		return err
	}
	arrived, err := reading.Fold(ctx, file.Whole)
	sum.Add(arrived)
	if err != nil {
		return err
	}
	if err := reading.Cover(ctx, file.Whole); err != nil {
		return err
	}
	facts := map[string]any{"file": file.SHA256, "by": file.Actor, "windows": sum.WindowsRead, "rows": sum.Rows, "new": sum.New, "changed": sum.Changed, "withdrawn": sum.Withdrawn}
	return s.compare(ctx, lease.RunID, now, facts, sum)
}
