package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daesa/orders"
	"daesa/pay"
	"daesa/sandbox"
)

// TestANightComparesTheFileOfEveryPlatform: each is imported by its profile, as
// the platform makes it, and compared. Toss agrees with all orders but one, which
// it does not know, and knows a payment of which the file says nothing.
func TestANightComparesTheFileOfEveryPlatform(t *testing.T) {
	for profile, name := range map[string]string{
		"cafe24": "cafe24.csv", "godomall": "godomall.xls", "imweb": "imweb.xlsx", "sixshop": "sixshop.xlsx",
		"makeshop": "makeshop.csv", "shopify": "shopify.csv", "smartstore": "smartstore.xlsx",
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("..", "..", "testdata", "orders", name)
			list := ordersOfFile(t, file, profile)
			toss := sandbox.New(sandbox.Options{SecretKey: "test_sk_files", Now: time.Now})
			server := httptest.NewServer(toss.Handler())
			t.Cleanup(server.Close)
			missing := paysAsTheFileSays(t, toss, list)
			_, err := toss.Pay(sandbox.NewPayment{OrderID: "stranger", Method: sandbox.Card, Amount: 700, Status: sandbox.Done, At: list[0].OrderedAt})
			fine(t, err)

			night := time.Date(2026, 11, 28, 1, 30, 0, 0, pay.Seoul)
			toss.SetClock(night)
			dir := t.TempDir()
			config := filepath.Join(dir, "daesa.yaml")
			fine(t, os.WriteFile(config, fmt.Appendf(nil, "database: {url: %q}\norders: {profile: %s}\nreports: {dir: %q}\nmerchants:\n  - {mid: tosspayments, environment: test, secret_key_env: KEY, base_url: %q, requests_per_minute: 600000}\n",
				"sqlite:"+filepath.Join(dir, "daesa.db"), profile, filepath.Join(dir, "reports"), server.URL), 0o600))
			env := map[string]string{"DAESA_ACTOR": "kim", "KEY": "test_sk_files", "WORD": "1234"}
			call := func(line ...string) called {
				return callAt(t, func() time.Time { return night }, env, append(line, "--config", config)...)
			}
			imported := call("orders", "import", file, "--password-env", "WORD", "--json")
			if imported.code != codeDone && imported.code != codePerson { // a method that nobody knows needs a person
				t.Fatalf("the import ended with %d: %s%s", imported.code, imported.stdout, imported.stderr)
			}
			if !strings.Contains(imported.stdout, fmt.Sprintf(`"inserted": %d,`, len(list))) {
				t.Errorf("of %d orders the import took others: %s", len(list), imported.stdout)
			}
			want, ends := map[string]string{"stranger": "missing_locally"}, codePerson
			switch {
			case missing != "":
				want[missing] = "missing_at_provider"
			case profile == "smartstore":
				// No order of it went through Toss: of Toss's payments this file says nothing.
				want, ends = map[string]string{}, codeIncomplete
			}
			if got := call("nightly", "--date", "2026-11-27"); got.code != ends {
				t.Fatalf("the night ended with %d: %s%s", got.code, got.stdout, got.stderr)
			}
			var breaks []struct {
				OrderID string `json:"order_id"`
				Kind    string `json:"kind"`
			}
			fine(t, json.Unmarshal([]byte(call("breaks", "list", "--json").stdout), &breaks))
			found := map[string]string{}
			for _, each := range breaks {
				found[each.OrderID] = each.Kind
			}
			if diff := cmp.Diff(want, found); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func ordersOfFile(t *testing.T, path, name string) (list []pay.Order) {
	t.Helper()
	profile, err := orders.LoadProfile(name)
	fine(t, err)
	file, err := orders.OpenFile(path, orders.Options{DefaultMID: "tosspayments", Profile: profile, Password: "1234"})
	fine(t, err)
	defer file.Close()
	for order, err := range file.Orders() {
		fine(t, err)
		list = append(list, order)
	}
	return list
}

// paysAsTheFileSays lets the buyers pay at Toss what the file says, and gives
// back what it says; but the first order that holds money is not known there.
func paysAsTheFileSays(t *testing.T, toss *sandbox.Sandbox, list []pay.Order) (missing string) {
	t.Helper()
	for _, order := range list {
		switch {
		case !order.Compared() || !order.EverPaid() && !order.PaidUnknown:
			continue
		case missing == "" && order.Held() > 0:
			missing = order.ID
			continue
		}
		toss.SetClock(order.OrderedAt.Add(time.Minute))
		p, err := toss.Pay(sandbox.NewPayment{OrderID: order.ID, Method: sandbox.Card, Amount: order.Amount, Status: sandbox.Done, At: order.OrderedAt.Add(time.Minute)})
		fine(t, err)
		if back := order.Amount - order.Held() - order.RefundedElsewhere; back > 0 {
			fine(t, toss.ConsoleCancel(p.Key, sandbox.ConsoleCancel{Amount: back, Reason: "고객 변심", At: order.OrderedAt.Add(time.Hour)}))
		}
	}
	return missing
}
