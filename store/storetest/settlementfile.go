package storetest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"daesa/app"
	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/settlefile"
	"daesa/store"
)

var settlementFileTests = map[string]func(*testing.T, *store.DB){
	"settlement files: imports at once bring in each row once":             settlementFilesAtOnce,
	"settlement files: one that was killed at its end adds nothing again":  settlementFileKilled,
	"settlement files: an older file does not take back what a newer says": settlementFileOlder,
}

const settlementHeader = "상점아이디(MID),정산액 입금일,매출일,승인일시,취소일시,주문번호,결제키,거래키,결제수단,결제·취소액 (A),PG수수료 (B),공급가액,부가세,당일 정산액 (C) = (A-B)\n"

const (
	settledSale   = "tosspayments,2026-11-20,2026-11-18,2026-11-18 10:00:00,,A-1,pay-1,key-1,카드,11000,330,300,30,10670\n"
	settledLater  = "tosspayments,2026-11-21,2026-11-18,2026-11-18 10:00:00,,A-1,pay-1,key-1,카드,11000,330,300,30,10670\n"
	settledCancel = "tosspayments,2026-11-20,2026-11-19,2026-11-18 10:00:00,2026-11-19 09:00:00,A-1,pay-1,key-2,카드,-1000,-33,-30,-3,-967\n"
)

// settlementDesk imports files; each desk is a process of its own.
func settlementDesk(db *store.DB, by string) app.ImportSettlements {
	clock := func() time.Time { return now }
	job := &jobs.Settlements{Settings: jobs.SettlementSettings{MID: mid, Owner: by, Actor: "daesa settlements", OwnerIsDead: func(string) bool { return false }}, Ledger: db, Books: db, Clock: clock,
		Log: slog.New(slog.DiscardHandler), Open: func(ctx context.Context, mid string, now time.Time) (jobs.Settling, error) {
			return db.OpenSettling(ctx, mid, now)
		}}
	return app.ImportSettlements{Store: db, By: by, Now: now, Options: settlefile.Options{Merchant: func(of string) (string, bool) { return of, of == mid }},
		Sync: app.SettlementSync{Merchants: []*jobs.Settlements{job}, Deposits: &jobs.Deposits{MIDs: []string{mid}, Books: noPassbook{db}}, Books: db,
			Outcome: &app.Outcome{}, Warn: func(string, string) {}, Clock: clock}}
}

// noPassbook is a shop without a passbook.
type noPassbook struct{ *store.DB }

func (noPassbook) Passbooks(context.Context) (jobs.Passbooks, error) { return jobs.Passbooks{}, nil }

func settlementFileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func settledKept(t *testing.T, db *store.DB) []app.SettledRow {
	t.Helper()
	rows, err := db.SettlementRows(t.Context(), mid, pay.BySold, "2026-11-01", "2026-11-30")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func settlementFilesAtOnce(t *testing.T, db *store.DB) {
	path := settlementFileOf(t, settlementHeader+settledSale+settledCancel)
	var all sync.WaitGroup
	for i := range 5 {
		desk := settlementDesk(db, string(rune('a'+i)))
		all.Add(1)
		go func() {
			defer all.Done()
			_, err := desk.Run(t.Context(), path)
			var running *reconcile.RunningError
			if err != nil && !errors.As(err, &running) {
				t.Error(err)
			}
		}()
	}
	all.Wait()
	rows := settledKept(t, db)
	if len(rows) != 2 || rows[0].Version != 1 || rows[1].Version != 1 {
		t.Errorf("%+v", rows)
	}
}

func settlementFileKilled(t *testing.T, db *store.DB) {
	path := settlementFileOf(t, settlementHeader+settledSale+settledCancel)
	desk := settlementDesk(db, "kim")
	desk.Store = forgetful{db}
	if _, err := desk.Run(t.Context(), path); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	desk = settlementDesk(db, "kim")
	again, err := desk.Run(t.Context(), path)
	if err != nil || again.Known || again.Merchants[0].New+again.Merchants[0].Changed != 0 {
		t.Errorf("%+v %v", again, err)
	}
	if again, err = desk.Run(t.Context(), path); err != nil || !again.Known {
		t.Errorf("%+v %v", again, err)
	}
}

// forgetful is killed when the rows are kept, before the journal says that the
// file was taken.
type forgetful struct{ *store.DB }

var errKilled = errors.New("killed")

func (forgetful) TookSettlementFile(context.Context, app.TookSettlementFile) error { return errKilled }

func settlementFileOlder(t *testing.T, db *store.DB) {
	older, newer := settlementFileOf(t, settlementHeader+settledSale), settlementFileOf(t, settlementHeader+settledLater)
	desk := settlementDesk(db, "kim")
	for _, path := range []string{older, newer, older} {
		if _, err := desk.Run(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	if rows := settledKept(t, db); len(rows) != 1 || rows[0].PaidOutDate != "2026-11-21" || rows[0].Version != 2 {
		t.Errorf("%+v", rows)
	}
}
