package bench

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daesa/pay"
)

var (
	yearsNights = flag.Int("years.nights", 400, "the night that is measured; the days before the last ten are written by a generator")
	yearsOrders = flag.Int("years.orders", 2000, "orders of each day")
)

// realNights are those that the program itself runs: a night reads days again up to a
// week later.
const realNights = 10

// pastGap are days between what is generated and the first of these nights: the
// pretend Toss has payments of its own there, which look-ups find.
const pastGap = 220

// BenchmarkYears measures a night after years of the same, and its part of the tenth
// night of a shop: what a night costs must not grow with what lies behind it.
//
//	go test -run '^$' -bench Years -benchtime 1x -timeout 3h ./bench -years.orders 20000 -old PATH
func BenchmarkYears(b *testing.B) {
	dir := b.TempDir()
	addr := startSandbox(b, dir, realNights**yearsOrders, realNights)
	beside(b, func(b *testing.B, program string, at place) spent {
		kind, _, _ := strings.Cut(at.url, ":")
		cpu := figures[0].of
		tenth := laterNight(b, program, dir, addr, places[kind](b), 0)
		later := laterNight(b, program, dir, addr, at, *yearsNights-realNights)
		later.more = map[string]float64{"CPU-s-night-10": cpu(tenth), "CPU-of-night-10": cpu(later) / cpu(tenth)}
		return later
	})
}

// laterNight writes so many days of history, runs nine nights on top, and measures the
// tenth.
func laterNight(b *testing.B, program, files, addr string, at place, history int) spent {
	b.Helper()
	first := day.Add(1 - realNights)
	now := morning()
	call := commands(b, program, addr, at.url, func() time.Time { return now })
	call("migrate")
	if history > 0 {
		begun := time.Now()
		pastOf(b, at.url).fill(first.Add(-pastGap), history, *yearsOrders)
		b.Logf("%d days before are written after %v", history, time.Since(begun).Round(time.Second))
	}
	now = first.End() // what is imported later than a night counts as changed for it
	call("orders", "import", filepath.Join(files, "orders.csv"))
	var cost spent
	for d := first; d <= day; d = d.Add(1) {
		now = d.End().Add(90 * time.Minute)
		cost = at.spends(func() spent {
			return call("nightly", "--json", "--date", string(d), "--log-level", "debug", "--log-format", "json")
		})
	}
	tell(b, cost)
	return cost
}

// past writes days that are over into a database, as years of nights leave them: the
// same statements on both, but for how a series and a time are written.
type past struct {
	b        *testing.B
	db       *sql.DB
	postgres bool
}

func pastOf(b *testing.B, url string) past {
	b.Helper()
	driver, address, postgres := "sqlite", strings.TrimPrefix(url, "sqlite:"), strings.HasPrefix(url, "postgres")
	if postgres {
		driver, address = "postgres", url
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	return past{b, db, postgres}
}

// series gives the numbers from 0 on as i.
func (p past) series(n int) string {
	if p.postgres {
		return fmt.Sprintf("FROM generate_series(0, %d) i", n-1)
	}
	return fmt.Sprintf("FROM (WITH RECURSIVE s(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s)", n-1)
}

// at gives the time of number i: they come evenly from a time on, so many a day.
func (p past) at(from time.Time, perDay int) string {
	seconds := fmt.Sprintf("%d + CAST(i AS bigint) * 86400 / %d", from.Unix(), perDay)
	if p.postgres {
		return "to_timestamp(" + seconds + ")"
	}
	return "strftime('%Y-%m-%dT%H:%M:%S.000000Z', " + seconds + ", 'unixepoch')"
}

// blob gives no bytes.
func (p past) blob() string {
	if p.postgres {
		return "CAST('' AS bytea)"
	}
	return "x''"
}

// date gives the business date that follows the first by i.
func (p past) date(first pay.Day, i string) string {
	if p.postgres {
		return fmt.Sprintf("CAST(date '%s' + CAST(%s AS integer) AS text)", first, i)
	}
	return fmt.Sprintf("date('%s', (%s) || ' days')", first, i)
}

// text gives a word and number i with its zeros before it, so that keys rise as time
// does.
func (p past) text(word string) string {
	if p.postgres {
		return "'" + word + "' || lpad(CAST(i AS text), 10, '0')"
	}
	return "'" + word + "' || printf('%010d', i)"
}

// fill writes the days up to the one before a day: orders and their transactions that
// agree, with what look-ups showed of every thirtieth, cancels of every twentieth,
// accounts of every tenth, breaks that are over, refunds that are made, and the nights
// themselves.
func (p past) fill(before pay.Day, days, perDay int) {
	p.b.Helper()
	first := before.Add(-days)
	n := days * perDay
	at, key, order := p.at(first.Start(), perDay), p.text("past-key-"), p.text("past-")
	on := p.date(first, fmt.Sprintf("i / %d", perDay))
	every := func(step int) string { return fmt.Sprintf(" WHERE i %% %d = 0", step) }
	const mid = "SELECT 'tosspayments', "
	dated, itsDate := "", ""
	if !p.postgres { // which has no such column
		dated, itsDate = ", day", ", date("+at+", '+9 hours')"
	}
	all := p.series(n)
	for _, statement := range []string{
		"INSERT INTO orders (mid, order_id, payment_key, method, status, amount, canceled_amount, ordered_at, paid_at, canceled_at, changed_at) " + mid + order + ", " + key +
			", 'card', CASE WHEN i % 20 = 0 THEN 'canceled' ELSE 'paid' END, 10000, CASE WHEN i % 20 = 0 THEN 10000 ELSE 0 END, " + at + ", " + at + ", CASE WHEN i % 20 = 0 THEN " + at + " END, " + at + " " + all,
		"INSERT INTO transactions (mid, order_id, payment_key, transaction_key, status, method, at, currency, amount, changed_at" + dated + ") " + mid + order + ", " + key + ", " + p.text("past-done-") +
			", 'DONE', 'card', " + at + ", 'KRW', 10000, " + at + itsDate + " " + all,
		"INSERT INTO transactions (mid, order_id, payment_key, transaction_key, status, method, at, currency, amount, changed_at" + dated + ") " + mid + order + ", " + key + ", " + p.text("past-gone-") +
			", 'CANCELED', 'card', " + at + ", 'KRW', 10000, " + at + itsDate + " " + all + every(20),
		"INSERT INTO payments (mid, payment_key, order_id, status, method, behind, provider, currency, total_amount, balance_amount, approved, held, requested_at, approved_at, last_transaction_key," +
			" refund_status, waiting, follow, looked_up_at) " + mid + key + ", " + order + ", 'DONE', 'card', '', '', 'KRW', 10000, 10000, 10000, 10000, " + at + ", " + at + ", " + p.text("past-done-") + ", '', 0, 0, " + at + " " + all + " WHERE i % 30 = 1",
		"INSERT INTO cancels (mid, payment_key, transaction_key, amount, status, canceled_at, marker) " + mid + key + ", " + p.text("past-gone-") + ", 10000, 'DONE', " + at + ", '' " + all + every(20),
		"INSERT INTO captures (id, mid, order_id, payment_key, source, opened_at, exact, closes_at, state, why, looks, seen, minutes_left, first_known, captured_at) SELECT " + p.text("past-") + ", 'tosspayments', " + order + ", " + key +
			", 'list', " + at + ", 1, " + at + ", 'captured', '', 1, 1, 20, " + at + ", " + at + " " + all + every(10),
		"INSERT INTO accounts (mid, payment_key, order_id, print, bank, account_masked, holder_masked, sealed, source, at, actor, purged_at) " + mid + key + ", " + order + ", " + p.text("print-") + ", '04', '1**', 'k*', " + p.blob() + ", 'captured', " + at + ", 'x', " + at + " " + all + every(10),
		"INSERT INTO breaks (id, mid, order_id, payment_key, kind, status, origin, currency, local_status, provider_status, method, owed, moved_at, at_risk, first_seen, last_seen, since, nights, recheck_on, resolution, resolved_by, note) SELECT " +
			p.text("past-") + ", 'tosspayments', " + order + ", " + key + ", 'missing_locally', 'cleared', '', 'KRW', '', '', '', 10000, " + at + ", 0, " + on + ", " + on + ", " + on + ", 1, '', '', '', '' " + all + every(100),
		"INSERT INTO refunds (id, mid, order_id, payment_key, method, amount, currency, reason, ref, state, requested_by, requested_at, approval, cancel_by, sent_at, finished_at, transaction_key) SELECT " + p.text("past-") +
			", 'tosspayments', " + order + ", " + key + ", 'card', 10000, 'KRW', 'x', " + p.text("past-") + ", 'succeeded', 'kim', " + at + ", 'a', " + at + ", " + at + ", " + at + ", " + p.text("past-gone-") + " " + all + every(100),
		"INSERT INTO ledger_transactions (mid, payment_key, transaction_key, order_id, currency, method, amount, at, day, recorded_at, settled, due_by) " + mid + key + ", " + p.text("past-done-") + ", " + order +
			", 'KRW', 'card', 10000, " + at + ", " + on + ", " + at + ", 1, " + on + " " + all,
		"INSERT INTO ledger_marks (mid, taken_at) VALUES ('tosspayments', (SELECT max(changed_at) FROM transactions))",
		"INSERT INTO windows (mid, day, first_at, read_at) " + mid + p.date(first, "i") + ", " + p.at(first.End(), 1) + ", " + p.at(first.Add(8).End(), 1) + " " + p.series(days),
		"INSERT INTO window_reads (mid, run_id, day, pages, row_count, unknown_mid, reread) " + mid + p.text("past-run-") + ", " + p.date(first, "i") + ", 5, 1000, 0, 0 " + p.series(days),
		"INSERT INTO runs (job, mid, day, run_id, state, fence, owner, started_at, committed_at, figures, snapshot) SELECT 'nightly', 'tosspayments', " + p.date(first, "i") + ", " + p.text("past-run-") +
			", 'complete', 1, '', " + p.at(first.End(), 1) + ", " + p.at(first.End(), 1) + ", '{}', " + p.blob() + " " + p.series(days),
	} {
		if _, err := p.db.ExecContext(context.Background(), statement); err != nil {
			p.b.Fatalf("%.200s: %v", statement, err)
		}
	}
	if p.postgres { // as autovacuum has done long ago, so that the night does not pay for it
		p.vacuum()
	}
}

func (p past) vacuum() {
	p.b.Helper()
	if _, err := p.db.ExecContext(context.Background(), "VACUUM ANALYZE"); err != nil {
		p.b.Fatal(err)
	}
}
