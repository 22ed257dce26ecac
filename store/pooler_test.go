package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"daesa/internal/database"
	"daesa/internal/pgtest"
	"daesa/internal/racing"
	"daesa/orders"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
	"daesa/store/storetest"
)

// Through PgBouncer in session mode, with the settings that it comes with,
// everything is as without it.
func TestAPoolerInSessionModeIsAsGoodAsNone(t *testing.T) {
	racing.Skip(t, "what a database is asked, one thing after the other")
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, pgtest.Bounced(t, schema.URL(t), pgtest.SessionMode)) },
		"again", "comparison", "matched", "orders", "queue", "runs")
}

// Settings that a URL gives in either way reach the session through a pooler.
func TestAPoolerLetsTheURLsSettingsThrough(t *testing.T) {
	t.Parallel()
	bounced := pgtest.Bounced(t, pgtest.URL(t), pgtest.SessionMode)
	db := open(t, withValues(t, bounced, "statement_timeout", "7s", "options", `-c lock_timeout=8s --work-mem=5MB -cTimeZone=Asia/Seoul -c daesa.text=two\ words`, "search_path", "public,pg_catalog"))
	for name, want := range map[string]string{"statement_timeout": "7s", "lock_timeout": "8s", "work_mem": "5MB", "TimeZone": "Asia/Seoul",
		"daesa.text": "two words", "search_path": "public,pg_catalog", "idle_in_transaction_session_timeout": "10min"} {
		if got, err := db.SettingForTest(t.Context(), name); err != nil || got != want {
			t.Errorf("%s is %q (%v), not %q", name, got, err, want)
		}
	}
	for _, options := range []string{"-B 16", "-c", "-c lock_timeout", "nonsense"} {
		if _, err := store.Open(t.Context(), withValues(t, bounced, "options", options)); err == nil || !strings.Contains(hint(err), "options=-c NAME=VALUE") {
			t.Errorf("options=%s: %v", options, err)
		}
	}
}

// needsSession is all that a session of the server must be its own for.
var needsSession = map[string]func(ctx context.Context, db *store.DB) error{
	"a comparison": func(ctx context.Context, db *store.DB) error {
		c, err := db.OpenComparison(ctx, reconcile.Scope{MID: "m", Day: filterDay}, filterDay.End())
		if err == nil {
			_ = c.Close()
		}
		return err
	},
	"the refund worker": func(ctx context.Context, db *store.DB) error {
		_, err := db.Claim(ctx, refunds.Choice{MID: "m", Owner: "x", Now: filterDay.End(), Until: filterDay.End().Add(time.Minute)})
		return err
	},
	"an import": func(ctx context.Context, db *store.DB) error {
		_, err := db.SaveOrders(ctx, each(nil), func(string) bool { return true }, "x", "x", filterDay.End())
		return err
	},
	"doctor": func(ctx context.Context, db *store.DB) error { return db.RequireSession(ctx) },
}

// A pooler that hands the server's sessions on is refused by name before
// anything is written, whichever session it takes next, idle or busy.
func TestAPoolerThatHandsSessionsOnIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode     string
		settings []string
	}{
		"the last session again": {pgtest.TransactionMode, nil},
		"one after the other":    {pgtest.TransactionMode, []string{"server_round_robin = 1"}},
		"a single one":           {pgtest.TransactionMode, []string{"default_pool_size = 1"}},
		"statement by statement": {pgtest.StatementMode, nil},
	} {
		for _, busy := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, busy %v", name, busy), func(t *testing.T) {
				t.Parallel()
				address := pgtest.URL(t)
				open(t, address) // the schema
				bounced := pgtest.Bounced(t, address, c.mode, c.settings...)
				if busy {
					traffic(t, bounced)
				}
				for what, need := range needsSession {
					db, err := store.Open(t.Context(), bounced)
					if err != nil {
						t.Fatal(err)
					}
					err = need(t.Context(), db)
					if err == nil || !strings.Contains(hint(err), "pool_mode = session") {
						t.Errorf("%s goes on: %v", what, err)
					}
					if err := db.Close(); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// traffic is another program at the same pooler, until the test ends.
func traffic(t *testing.T, address string) {
	t.Helper()
	db := connect(t, address)
	db.SetMaxOpenConns(3)
	ctx, stop := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for ctx.Err() == nil {
				_, _ = db.ExecContext(ctx, "SELECT pg_sleep(0.002)")
			}
		})
	}
	t.Cleanup(func() {
		stop()
		group.Wait()
	})
}

// Should a pooler's mode go unseen, no two nights are mixed all the same: each
// statement on a temporary table is in a transaction that looks first whose
// session it is in. A night comes to its own figures, or to an error.
func TestNoTwoNightsAreMixedBehindAPooler(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	direct := open(t, address)
	const nights = 6
	for i := range nights {
		mid := fmt.Sprintf("m%d", i)
		var list []pay.Order
		for n := range 10 * (i + 1) {
			at := filterDay.Start().Add(time.Duration(n) * time.Minute)
			list = append(list, pay.Order{MID: mid, ID: fmt.Sprintf("%s-%03d", mid, n), Status: pay.OrderPaid, Amount: 1000, PG: pay.PGToss, Currency: pay.KRW,
				Method: pay.Card, OrderedAt: at, PaidAt: at})
		}
		if _, err := direct.SaveOrders(t.Context(), each(list), func(string) bool { return true }, "x", "x", filterDay.End()); err != nil {
			t.Fatal(err)
		}
	}
	for _, mode := range []string{pgtest.TransactionMode, pgtest.SessionMode} {
		bounced := pgtest.Bounced(t, address, mode)
		var mu sync.Mutex
		var refused, right int
		for range 4 {
			var group sync.WaitGroup
			for i := range nights {
				group.Go(func() {
					touched, err := touchedAtNight(t.Context(), bounced, fmt.Sprintf("m%d", i))
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err != nil && strings.Contains(hint(err), "pool_mode = session"):
						refused++
					case err != nil:
						t.Errorf("%s mode: %v", mode, err)
					case touched != int64(10*(i+1)):
						t.Errorf("%s mode: the night of %d orders touched %d", mode, 10*(i+1), touched)
					default:
						right++
					}
				})
			}
			group.Wait()
		}
		t.Logf("%s mode: %d right, %d refused", mode, right, refused)
		if mode == pgtest.SessionMode && refused > 0 || mode == pgtest.TransactionMode && refused == 0 {
			t.Errorf("%s mode: %d right, %d refused", mode, right, refused)
		}
	}
}

// touchedAtNight counts what a night touches, by a process of its own.
func touchedAtNight(ctx context.Context, address, mid string) (int64, error) {
	db, err := store.Open(ctx, address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	db.TrustForTest()
	c, err := db.OpenComparison(ctx, reconcile.Scope{MID: mid, Day: filterDay}, filterDay.End().Add(time.Hour))
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.TouchShop(ctx); err != nil {
		return 0, err
	}
	if err := c.TouchProvider(ctx); err != nil {
		return 0, err
	}
	if err := c.Fold(ctx); err != nil {
		return 0, err
	}
	touched, _, err := c.Filter(ctx, false)
	return touched, err
}

// The shop's own database may stand behind a pooler too, in either mode: all that
// reads it is one transaction, and nothing is set that outlives it.
func TestTheShopsDatabaseIsReadThroughAPooler(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{pgtest.SessionMode, pgtest.TransactionMode} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			address := pgtest.URL(t)
			administer(t, address, "CREATE SCHEMA shop", "CREATE TABLE shop.sales (n text, amount bigint, at timestamptz)",
				"INSERT INTO shop.sales VALUES ('A-1', 1000, '2026-11-21 10:00+09'), ('A-2', 2000, '2026-11-21 11:00+09')")
			bounced := pgtest.Bounced(t, address, mode)
			traffic(t, bounced)
			// As on many nights: what one leaves behind would be in the way of another.
			for range 20 {
				shop, dialect, err := database.OpenReadOnly(t.Context(), withValues(t, bounced, "search_path", "shop", "options", "-c default_transaction_isolation=serializable"))
				if err != nil {
					t.Fatal(err)
				}
				query, err := orders.FromQuery(t.Context(), shop, dialect, "SELECT n AS order_id, 'paid' AS status, amount, at AS ordered_at FROM sales WHERE at >= :from AND at < :to",
					filterDay.Start(), filterDay.End(), orders.QueryOptions{Options: orders.Options{MIDs: []string{"m"}, DefaultMID: "m"}})
				if err != nil {
					t.Fatal(err)
				}
				var found []string
				for order, err := range query.Orders() {
					if err != nil {
						t.Fatal(err)
					}
					found = append(found, order.ID)
				}
				if err := query.Close(); err != nil {
					t.Fatal(err)
				}
				if fmt.Sprint(found) != "[A-1 A-2]" {
					t.Errorf("read %v", found)
				}
				if _, err := shop.ExecContext(t.Context(), "DELETE FROM shop.sales"); err == nil {
					t.Error("the shop's database was written to")
				}
				if err := shop.Close(); err != nil {
					t.Fatal(err)
				}
			}
			// The shop's own programs use the same sessions.
			var readOnly, path string
			if err := connect(t, bounced).QueryRow("SELECT current_setting('default_transaction_read_only'), current_setting('search_path')").Scan(&readOnly, &path); err != nil {
				t.Fatal(err)
			}
			if readOnly != "off" || strings.Contains(path, "shop") {
				t.Errorf("the shop's next client has default_transaction_read_only %s and search_path %s", readOnly, path)
			}
		})
	}
}

// A pooler that has few sessions of the server to give is as a server that has
// few: who waits too long there comes again, and the process does with fewer.
func TestAPoolerWithFewSessionsIsEnough(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{
		"sessions": {"default_pool_size = 3", "query_wait_timeout = 1"},
		"clients":  {"max_client_conn = 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := pgtest.URL(t)
			open(t, address) // the schema
			bounced := pgtest.Bounced(t, address, pgtest.SessionMode, settings...)
			var group sync.WaitGroup
			for process := range 2 {
				group.Go(func() {
					db := open(t, bounced)
					c, err := db.OpenComparison(t.Context(), reconcile.Scope{MID: "m", Day: filterDay}, filterDay.End())
					if err != nil {
						t.Errorf("process %d: %v", process, err)
						return
					}
					defer func() { _ = c.Close() }()
					var work sync.WaitGroup
					for range 6 {
						work.Go(func() {
							for range 5 {
								if _, err := db.GrantPace(t.Context(), "m", "cancel", 1, time.Second, filterDay.End()); err != nil {
									t.Errorf("process %d: %v", process, err)
								}
							}
						})
					}
					work.Wait()
				})
			}
			group.Wait()
		})
	}
}
