package storetest

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"daesa/app"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

var bulkTests = map[string]func(*testing.T, *store.DB){
	"bulk: two people at once hand each transfer out once":              exportAtOnce,
	"bulk: a transfer that has moved is not handed out as it was":       exportMoved,
	"bulk: a line of the passbook is one transfer, whoever ties it":     tieAtOnce,
	"bulk: of lines that are tied one that is another's ties none":      tieWhole,
	"bulk: the journal has who saw an account before the file shows it": exportJournal,
}

// byHand is an approved transfer with a sealed account of the desk's key.
func byHand(t *testing.T, db *store.DB, x app.ImportBank, ref string, amount int64) refunds.ManualTransfer {
	t.Helper()
	r := asked(t, db, ref, amount, now.Add(-time.Hour), func(r *refunds.Request, p *pay.Payment) {
		r.State, r.FinishedAt, r.Method, p.Method = refunds.StateExpired, now, pay.VirtualAccount, pay.VirtualAccount
	})
	p := pay.Payment{MID: mid, PaymentKey: r.PaymentKey, OrderID: r.OrderID}
	account, err := refunds.NewStoredAccount(x.Sealer, p, pay.RefundAccount{Bank: "88", Number: "110123457270", Holder: "홍길동"}, "captured", "capture", now)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SaveAccounts(t.Context(), []refunds.StoredAccount{account}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: r.ID, To: refunds.ManualApproved, By: "lee", Now: pay.Day("2026-11-01").Start()}); err != nil {
		t.Fatal(err)
	}
	transfer, err := db.ManualTransfer(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return transfer
}

func exporter(t *testing.T, db *store.DB, x app.ImportBank, by string) app.ExportTransfers {
	t.Helper()
	return app.ExportTransfers{Store: db, Head: app.NewHeadKeeper("", db), Sealer: x.Sealer, Out: filepath.Join(t.TempDir(), by+".xlsx"), Shown: "환불", By: by, Now: x.Now}
}

func exportAtOnce(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	for _, ref := range []string{"a", "b", "c"} {
		byHand(t, db, x, ref, 3000)
	}
	var all sync.WaitGroup
	handed := make([]int, 6)
	for i := range handed {
		desk := exporter(t, db, x, string(rune('p'+i)))
		all.Add(1)
		go func() {
			defer all.Done()
			done, err := desk.Run(t.Context())
			if err != nil {
				t.Error(err)
			}
			handed[i] = len(done.Transfers)
		}()
	}
	all.Wait()
	sum := 0
	for _, n := range handed {
		sum += n
	}
	if sum != 3 {
		t.Errorf("handed out %v", handed)
	}
	again := exporter(t, db, x, "z")
	if done, err := again.Run(t.Context()); err != nil || len(done.Transfers) != 0 || len(done.Before) != 3 {
		t.Errorf("%+v %v", done, err)
	}
	again.Again = true
	if done, err := again.Run(t.Context()); err != nil || len(done.Transfers) != 3 {
		t.Errorf("again: %+v %v", done, err)
	}
}

func exportMoved(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	transfer := byHand(t, db, x, "a", 3000)
	account, err := db.Account(t.Context(), mid, transfer.PaymentKey)
	if err != nil {
		t.Fatal(err)
	}
	export := app.TransferExport{Transfers: []refunds.Payable{{ManualTransfer: transfer}}, Accounts: []refunds.StoredAccount{*account}, Reason: "x", By: "kim", Now: x.Now}
	if _, err := db.MoveManualTransfer(t.Context(), refunds.ManualWord{ID: transfer.RefundID, To: refunds.ManualDropped, By: "lee", Note: "no", Now: now}); err != nil {
		t.Fatal(err)
	}
	if err := db.ExportTransfers(t.Context(), export); !errors.Is(err, app.ErrTransfersMoved) {
		t.Errorf("dropped, and handed out: %v", err)
	}
	if last, err := db.ExportedTransfers(t.Context(), []string{transfer.RefundID}); err != nil || len(last) != 0 {
		t.Errorf("%v %v", last, err)
	}
}

// exportJournal: a process that is killed when the journal has it leaves what counts
// as handed out, so that nobody transfers it twice.
func exportJournal(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	transfer := byHand(t, db, x, "a", 3000)
	account, err := db.Account(t.Context(), mid, transfer.PaymentKey)
	if err != nil {
		t.Fatal(err)
	}
	export := app.TransferExport{Transfers: []refunds.Payable{{ManualTransfer: transfer}}, Accounts: []refunds.StoredAccount{*account}, Reason: "bulk", By: "kim", Now: x.Now}
	if err := db.ExportTransfers(t.Context(), export); err != nil {
		t.Fatal(err)
	}
	desk := exporter(t, db, x, "lee")
	done, err := desk.Run(t.Context())
	if err != nil || len(done.Transfers) != 0 || len(done.Before) != 1 {
		t.Errorf("%+v %v", done, err)
	}
	entries, err := db.History(t.Context(), "account:"+account.Print)
	if err != nil {
		t.Fatal(err)
	}
	last := entries[len(entries)-1]
	if last.Action != "account.revealed" || last.Actor != "kim" || last.Reason != "bulk" {
		t.Errorf("the journal says %+v", last)
	}
}

func tier(db *store.DB, x app.ImportBank, by string) app.TieTransfers {
	return app.TieTransfers{Store: db, Head: app.NewHeadKeeper("", db), Sealer: x.Sealer, Accounts: []string{"main"}, Write: true, By: by, Now: x.Now}
}

func tieAtOnce(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	transfer := byHand(t, db, x, "a", 7000)
	imported(t, x, kbFile(t, "2026-11-01 ~ 2026-11-02", true, booked{"2026.11.02 11:30", "홍길동", -7000, 6_211_000}))
	var all sync.WaitGroup
	tied := make([]int, 6)
	for i := range tied {
		all.Add(1)
		go func() {
			defer all.Done()
			done, err := tier(db, x, string(rune('p'+i))).Run(t.Context())
			if err != nil {
				t.Error(err)
			}
			if done.Written {
				tied[i] = len(done.Tied)
			}
		}()
	}
	all.Wait()
	sum := 0
	for _, n := range tied {
		sum += n
	}
	after, err := db.ManualTransfer(t.Context(), transfer.RefundID)
	if err != nil || sum != 1 || after.State != refunds.ManualDone || after.Reference != bankLines(t, db)[0].ID {
		t.Errorf("tied %v: %+v %v", tied, after, err)
	}
	// The next transfer of the same person and amount is not this line.
	byHand(t, db, x, "b", 7000)
	if done, err := tier(db, x, "kim").Run(t.Context()); err != nil || len(done.Tied) != 0 || len(done.Open) != 1 || len(done.Open[0].Lines) != 0 {
		t.Errorf("%+v %v", done, err)
	}
}

func tieWhole(t *testing.T, db *store.DB) {
	x := bankDesk(t, db)
	one, two := byHand(t, db, x, "a", 7000), byHand(t, db, x, "b", 8000)
	word := func(of refunds.ManualTransfer) refunds.ManualWord {
		return refunds.ManualWord{ID: of.RefundID, To: refunds.ManualDone, By: "kim", Reference: "line-1", Now: x.Now}
	}
	if err := db.FinishTransfers(t.Context(), []refunds.ManualWord{word(one), word(two)}); !errors.Is(err, app.ErrTransfersMoved) {
		t.Errorf("one line for two transfers: %v", err)
	}
	for _, of := range []refunds.ManualTransfer{one, two} {
		if after, err := db.ManualTransfer(t.Context(), of.RefundID); err != nil || after.State != refunds.ManualApproved {
			t.Errorf("%+v %v", after, err)
		}
	}
	if err := db.FinishTransfers(t.Context(), []refunds.ManualWord{word(one)}); err != nil {
		t.Error(err)
	}
	if err := db.FinishTransfers(t.Context(), []refunds.ManualWord{word(two)}); !errors.Is(err, app.ErrTransfersMoved) {
		t.Errorf("the line of another transfer: %v", err)
	}
}
