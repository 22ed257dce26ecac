package bench

import (
	"fmt"
	"time"

	"daesa/refunds"
	sqlfiles "daesa/sql"
)

// plannedQueries are those that look for a few rows among many.
func plannedQueries() []planned {
	now := day.End().Add(90 * time.Minute)
	one := map[string]any{"mid": "shop1", "order_id": "o77", "payment_key": "p77", "id": "b3", "subject": "refund:x", "about": "p77", "transaction_key": "c77",
		"state": "", "batch": "", "status": "open", "kind": "", "day": string(day), "job": "nightly", "limit": 30, "now": now, "until": now.Add(time.Minute),
		"soon": now.Add(time.Minute), "since": now.Add(-7 * 24 * time.Hour), "from": day.Start(), "to": day.End(), "owner": "a", "type": "",
		"amount": 5000, "spaced": now.Add(-refunds.Spacing), "send": 1, "blocked": ",", "every": 0, "version": 1, "n": 1, "idempotency_key": "k",
		"break_id": "b1", "refund_id": "r77", "ref": "r77", "claimed_by": "x", "scope": "day:" + string(day), "statuses": ",open,", "fence": 1, "unused": now.AddDate(-1, 0, 0), "refunded": now.AddDate(0, 0, -30), "run_id": "run3"}
	for i := range sqlfiles.Batch {
		one[fmt.Sprint("order_", i)], one[fmt.Sprint("payment_", i)] = fmt.Sprint("o", i), fmt.Sprint("p", i)
	}
	with := func(name string, pairs ...any) planned {
		args := map[string]any{}
		for key, value := range one {
			args[key] = value
		}
		for i := 0; i < len(pairs); i += 2 {
			args[pairs[i].(string)] = pairs[i+1]
		}
		return planned{name: name, args: args}
	}
	var list []planned
	// What every refund runs is prepared, and so is planned for any values.
	for _, name := range []string{"claim", "about_payment", "order_of", "attempts_of", "lock_payment", "begin_send", "refund_ready", "breaks_of_refund"} {
		q := with(name)
		q.generic = true
		list = append(list, q, with(name))
	}
	for _, name := range []string{"next_due", "may_begin", "account_of", "account_shown", "attempts_shown", "refund_by_ref", "refund_by_payment_and_ref", "claimed_by_another", "asked_of", "payment_of", "cancels_of_payment",
		"on_its_way", "refund_by_id", "refunds_of_order", "refunds_expiring", "refunds_waiting", "limits_spent", "refunds_sendable", "unsent_of_break", "lease_owners",
		"breaks_of_order", "break_by_id", "break_kind", "refund_to_write", "count_needing_person", "hand_of", "accounts_missed", "count_missed",
		"nights_before", "snapshot_of", "snapshot_of_run", "last_complete_before", "take_events", "events_waiting", "wake_refunds",
		"next_watch", "watch_of_payment", "watch_of_order", "capture_figures", "secret_prints", "known_payment", "journal_of", "pages_of", "payment_of",
		"payments_of_order", "cancels_of_payment", "claim_time", "transactions_of_order", "orders_of_id", "stored_orders", "lock_orders", "tell_tax_free", "given_among", "watched_orders_among", "last_import", "count_ordered", "day_orders", "day_methods"} {
		list = append(list, with(name))
	}
	return append(list,
		with("refunds_executed", "since", now.Add(-2*time.Hour)), with("refunds_list", "state", "held"), with("refunds_list", "batch", "batch77"), with("refunds_list", "batch", "batch77", "mid", ""),
		with("hand_list", "state", "due"), with("mids_of_order"), with("payment_of_cancel"), with("events_list", "order_id", "o77"), with("events_list", "order_id", ""),
		with("orders_to_watch", "since", now.Add(-time.Hour)), with("unclaim"),
		// A person asks these, of all merchants or of what has piled up; once.
		with("orders_of_id", "mid", ""), with("transactions_of_order", "mid", ""), with("payments_of_order", "mid", ""),
		with("accounts_of_order", "order_id", "o77"), with("accounts_of_order", "order_id", "o77", "mid", ""), may(with("accounts_list"), "accounts", "captures"), may(with("breaks_of_run"), "breaks"), may(with("breaks_list"), "breaks"),
		with("refunds_to_prove", "after", "8"),
		may(with("any_order"), "orders")) // up to its first row
}

func may(q planned, tables ...string) planned {
	q.may = tables
	return q
}

// night walks a night's comparison, and looks at each statement before it runs.
func (p *planner) night() {
	p.b.Helper()
	args := map[string]any{"mid": "shop1", "run_id": "run0", "day": string(day), "from": day.Start(), "to": day.End(), "since": day.Start().Add(-22 * time.Hour),
		"follow_from": day.Start().AddDate(0, 0, -14), "first_at": day.Start(), "draw": "8", "drawn": 20, "lookup_all": 0, "answered": 0, "stake": 1 << 40, "after": "", "limit": 500}
	for _, table := range []string{"touched", "suspects", "standing", "refolded", "looked_payments", "looked_cancels", "judged", "rolling"} {
		p.run(p.queries["drop_"+table])
		p.run(p.queries["create_"+table])
	}
	p.run(p.queries["index_suspects"])
	both := func(name string, tables ...string) {
		p.look(planned{name: name, args: args, may: tables})
		p.do(name, args)
	}
	for _, name := range []string{"touch_ordered", "touch_paid", "touch_canceled", "touch_changed", "touch_breaks", "touch_followed", "touch_moved", "touch_late_rows"} {
		both(name)
	}
	p.look(planned{name: "day_known", args: args})
	p.look(planned{name: "draw_rolling", args: args})
	p.run("ANALYZE touched")
	// From here on a night's share of a table is joined: reading it whole may be
	// the cheaper way.
	p.look(planned{name: "oldest_touched", args: args, may: []string{"orders"}})
	p.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
	both("fill_standing", "transactions", "payments", "cancels")
	both("fill_standing_looked", "payments")
	p.run("ANALYZE standing")
	both("fill_suspects", "orders")
	for _, name := range []string{"next_suspects", "standing_of_suspects", "claims_of_suspects"} {
		p.look(planned{name: name, args: args})
	}
	p.look(planned{name: "shop_totals", args: args, may: []string{"orders"}})
	p.again(both)
	args["answered"] = 1
	both("fill_suspects", "orders")
	p.run("COMMIT")
}

// again walks the second fold, of what look-ups have told of. They are few: nothing may
// be read whole for them.
func (p *planner) again(both func(name string, tables ...string)) {
	p.b.Helper()
	p.run("INSERT INTO looked_payments SELECT mid, payment_key, order_id, status, method, behind, provider, currency, total_amount, balance_amount, approved, held, requested_at, approved_at," +
		" last_canceled_at, last_transaction_key, refund_status, waiting, follow, looked_up_at, '', '', NULL, NULL, mid FROM payments WHERE order_id IN (SELECT order_id FROM touched ORDER BY order_id LIMIT 300)")
	for _, table := range []string{"looked_payments", "looked_cancels", "refolded"} {
		if table == "refolded" {
			both("mark_refolded")
		}
		p.run(p.queries["analyze_"+table])
	}
	both("unfold_refolded")
	both("refill_standing")
	p.run(p.queries["drop_suspects"])
	p.run(p.queries["create_suspects"])
}
