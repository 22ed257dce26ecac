//go:build unix

package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"daesa/app"
	"daesa/approval"
	"daesa/internal/database"
	"daesa/internal/signers"
	"daesa/pay"
	"daesa/refunds"
	"daesa/store"
)

// BenchmarkProof is what it costs to prove a refund as a worker does, twice: when it
// has claimed it, and directly before it is sent. A statement has 1,000 of them, and
// each run verifies it, and walks the journal since, once.
func BenchmarkProof(b *testing.B) {
	const lines = 1000
	for _, kind := range []database.Dialect{database.SQLite, database.Postgres} {
		b.Run(fmt.Sprintf("%s, %d lines", kind, lines), func(b *testing.B) {
			db, keys, requests := signedThousand(b, kind, lines)
			prover, n := (*refunds.Prover)(nil), 0
			before := cpuOf(b)
			for b.Loop() {
				if n%lines == 0 { // the next run
					prover = (&app.Signing{Keys: keys}).Prover(db)
				}
				for range 2 {
					if got, err := prover.Unsigned(b.Context(), requests[n%lines]); err != nil || got.Why != "" {
						b.Fatal(got, err)
					}
				}
				n++
			}
			b.ReportMetric(float64((cpuOf(b)-before).Microseconds())/float64(n), "µs-cpu/refund")
		})
	}
}

// cpuOf is what this process has used: the wall clock of a busy machine says little.
func cpuOf(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func signedThousand(b *testing.B, kind database.Dialect, lines int) (*store.DB, *app.KeyFiles, []refunds.Request) {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	folder := b.TempDir()
	db, err := store.Open(b.Context(), newAddress(b, kind, folder))
	must(err)
	b.Cleanup(func() { _ = db.Close() })
	_, err = db.Migrate(b.Context())
	must(err)
	key, err := signers.NewKeyForTest("lee")
	must(err)
	keys := &app.KeyFiles{Allowed: filepath.Join(folder, "allowed_signers")}
	must(os.WriteFile(keys.Allowed, []byte(key.Line("lee", approval.Namespace)), 0o600))
	now := time.Date(2026, 11, 27, 10, 0, 0, 0, pay.Seoul)
	rows, ids := make([]refunds.Adding, lines), make([]string, lines)
	for i := range lines {
		ref := fmt.Sprintf("r%04d", i)
		ids[i] = refunds.RequestID(handMID, ref)
		p := pay.Payment{MID: handMID, PaymentKey: "k" + ref, OrderID: "o" + ref, Status: pay.Done, Method: pay.Card, Currency: pay.KRW, TotalAmount: 10_000, BalanceAmount: 10_000, RequestedAt: now, ApprovedAt: now}
		rows[i] = refunds.Adding{Payment: p, Request: refunds.Request{ID: ids[i], MID: handMID, OrderID: p.OrderID, PaymentKey: p.PaymentKey, Method: p.Method, Amount: 10_000, Currency: pay.KRW,
			Reason: "고객 변심", Ref: ref, State: refunds.StateRequested, RequestedBy: "kim", RequestedAt: now, CancelBy: now.AddDate(1, 0, 0)}}
	}
	_, err = db.AddRefunds(b.Context(), nil, rows, "kim", now)
	must(err)
	requests, err := db.RefundsNamed(b.Context(), ids)
	must(err)
	seq, hash, err := db.JournalHead(b.Context())
	must(err)
	text, err := approval.New(approval.ApproveRefunds, approval.Point{Seq: seq, Hash: hash}, now.Add(time.Hour), refunds.Lines(requests)).Text()
	must(err)
	signature, err := key.Sign(text, approval.Namespace)
	must(err)
	taken, err := (&app.Signing{Keys: keys}).Take(text, signature, now, approval.ApproveRefunds)
	must(err)
	_, err = db.Approve(b.Context(), refunds.Approval{IDs: ids, By: "lee", Now: now, Signed: taken})
	must(err)
	requests, err = db.RefundsNamed(b.Context(), ids)
	must(err)
	// A worker has claimed something before: its queries are prepared.
	_, err = db.Claim(b.Context(), refunds.Choice{MID: "nobody", Now: now, Until: now, Owner: "nobody"})
	must(err)
	return db, keys, requests
}
