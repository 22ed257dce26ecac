package bench

import (
	"fmt"
	"testing"
	"time"

	"daesa/pay"
)

// settledRows is how many payments a settlement's plans are looked at with, spread
// over settledOver days.
const (
	settledRows = 200_000
	settledOver = 31
)

// BenchmarkSettlementPlans looks how the queries of one sync find their rows in
// PostgreSQL among 200,000 payments: reading a part of what is to be done must not
// read the whole of anything.
//
//	go test -run '^$' -bench SettlementPlans -benchtime 1x ./bench
func BenchmarkSettlementPlans(b *testing.B) {
	p := newPlannerOf(b, settledFill(), []string{"transactions", "payments", "cancels", "settlement_rows", "settlement_versions", "ledger_transactions", "ledger_pending", "windows"})
	for b.Loop() {
		p.settles()
	}
}

// settledFill writes a month of payments, each with its transaction, look-up, row and
// place in the ledger. One in ten is cancelled.
func settledFill() []string {
	end := lastSettled.End().UTC().Format(time.RFC3339)
	at := fmt.Sprintf("timestamptz '%s' - i * interval '%d seconds' / %d", end, settledOver*24*3600, settledRows)
	date := fmt.Sprintf("(date '%s' - (i::bigint * %d / %d)::int)::text", lastSettled, settledOver, settledRows)
	series := fmt.Sprintf("FROM generate_series(1, %d) i", settledRows)
	key := "md5('' || i)"
	row := "SELECT 'shop1', " + key + ", 't' || i, 0, 'o' || i, 'KRW', 'card', 10000, 0, 330, 300, 30, 9670, " + at + ", NULL, '2026-10', " + date + ", " + date +
		", 'x', '61', '', '', md5('d' || i), 1, " + at + ", 0, 0, 0 " + series
	return []string{
		"INSERT INTO transactions SELECT 'shop1', 'o' || i, " + key + ", 't' || i, 'DONE', 'card', " + at + ", 'KRW', 10000, " + at + " " + series,
		"INSERT INTO transactions SELECT 'shop1', 'o' || i, " + key + ", 'c' || i, 'CANCELED', 'card', " + at + ", 'KRW', 10000, " + at + " " + series + " WHERE i % 10 = 0",
		"INSERT INTO payments SELECT 'shop1', " + key + ", 'o' || i, 'DONE', 'card', '', '', 'KRW', 10000, 10000, 10000, 10000, " + at + ", " + at + ", " + at + ", 't' || i, '', 0, 0, " + at + " " + series + " WHERE i % 10 = 0",
		"INSERT INTO cancels SELECT 'shop1', " + key + ", 'c' || i, 10000, 'DONE', " + at + ", '', '' " + series + " WHERE i % 10 = 0",
		"INSERT INTO settlement_rows " + row,
		"INSERT INTO ledger_transactions SELECT 'shop1', " + key + ", 't' || i, 'o' || i, 'KRW', 'card', 10000, " + at + ", " + date + ", " + at + ", CASE WHEN i % 1000 = 0 THEN 0 ELSE 1 END, " + date + " " + series,
		"INSERT INTO ledger_pending SELECT 'shop1', " + key + ", 'o' || i " + series,
		"INSERT INTO windows SELECT 'shop1', (date '2026-10-31' - i)::text, now(), now() FROM generate_series(0, 400) i",
	}
}

func (p *planner) settles() {
	p.b.Helper()
	const sold = pay.Day("2026-10-15")
	args := map[string]any{"mid": "shop1", "day": string(sold), "from": sold.Start(), "to": sold.End(), "since": lastSettled.Start(), "overdue_from": "2026-09-01", "limit": 1000,
		"after": "8", "last": "80a", "after_key": ""}
	p.run(p.queries["drop_arriving"])
	p.run(p.queries["create_arriving"])
	// A third as it stands, a third changed, a third of keys that are new.
	p.run("INSERT INTO arriving SELECT payment_key, CASE WHEN order_id > 'o20' THEN 'new ' || transaction_key ELSE transaction_key END, CASE WHEN order_id < 'o15' THEN digest ELSE 'other' END," +
		" order_id, currency, method, amount, interest_fee, fee, supply_amount, vat, pay_out_amount," +
		" approved_at, canceled_at, sold_date, paid_out_date, card_type, issuer, provider, fees, odd, month, sold_date FROM settlement_rows")
	p.run(p.queries["analyze_arriving"])
	both := func(name string, may ...string) {
		p.look(planned{name: name, args: args, may: may})
		p.do(name, args)
	}
	for _, name := range []string{"unseen_sold", "unseen_paid", "todo_of_looks", "todo_of_breaks", "todo_late", "todo_next", "todo_listed", "todo_looked", "todo_cancels", "todo_posted", "todo_rows"} {
		both(name)
	}
	both("todo_of_day")
	args["payment_key"] = "80a"
	both("todo_told")
	args["after_payment"], args["limit"] = "8", 2000
	args["last_payment"], args["last_key"] = "80a", ""
	p.run(p.queries["drop_pondered"])
	p.run(p.queries["create_pondered"])
	both("fill_pondered", "settlement_rows")
	p.run(p.queries["analyze_pondered"])
	args["plain"] = 0
	both("pondered_next")
	both("arriving_next")
	args["plain"], args["now"] = 1, lastSettled.Start()
	for _, name := range []string{"pondered_next", "keep_plain", "todo_plain", "plain_moves"} {
		both(name)
	}
	args["from"] = "2026-09-01"
	both("settlement_parts", "settlement_rows")
	both("settlement_moved", "settlement_versions") // empty
	both("settlement_odd")
	both("ledger_no_row", "ledger_transactions")
}
