package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var same = cmp.Options{
	cmpopts.IgnoreUnexported(Config{}),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// TestTemplateIsDefaults proves that what is written is what is assumed.
func TestTemplateIsDefaults(t *testing.T) {
	c, err := Parse("daesa.yaml", Template(TemplateValues{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	m := DefaultMerchant()
	m.MID, m.Environment = "tosspayments", Live
	m.SecretKeyEnv, m.SecurityKeyEnv = "TOSS_SECRET_KEY", "TOSS_SECURITY_KEY"
	want.Merchants = []Merchant{m}
	if diff := cmp.Diff(want, c, same); diff != "" {
		t.Errorf("-default +template:\n%s", diff)
	}
}

func TestTemplateHasEveryKey(t *testing.T) {
	text := string(Template(TemplateValues{}))
	for _, path := range allKeys {
		key := path[strings.LastIndexByte(path, '.')+1:]
		if !strings.Contains(text, key) {
			t.Errorf("%s is nowhere in the written file", path)
		}
	}
}

func TestTemplateLoads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daesa.yaml")
	write(t, path, string(Template(TemplateValues{})), 0o600)
	env := map[string]string{"TOSS_SECRET_KEY": "live_sk_" + canary}
	c, err := Load(path, environment(env), true)
	if err != nil {
		t.Fatal(err)
	}
	if c.Merchants[0].SecretKey.Reveal() != env["TOSS_SECRET_KEY"] {
		t.Error("the secret key is not the one of the environment")
	}
	if c.Merchants[0].SecurityKey.IsSet() || c.Notify.URLs.IsSet() || c.Accounts.Key.IsSet() {
		t.Error("a secret is set that nobody gave")
	}
	if c.Refunds.Send {
		t.Error("the written file sends refunds")
	}
}

func TestTemplateValues(t *testing.T) {
	values := TemplateValues{
		MID: "null", Environment: Test, SecretKeyEnv: "DEMO_KEY", BaseURL: "http://127.0.0.1:7070",
		RequestsPerMinute: 6000, AutoQueue: []string{"cancel_not_executed", "duplicate_payment"},
		Passbooks: "[{name: main, payer: [토스페이]}]", FirstMonth: "2026-10",
	}
	c, err := Parse("daesa.yaml", Template(values), nil)
	if err != nil {
		t.Fatal(err)
	}
	m := c.Merchants[0]
	got := TemplateValues{m.MID, m.Environment, m.SecretKeyEnv, m.BaseURL, m.RequestsPerMinute, c.Refunds.AutoQueue, values.Passbooks, c.Close.FirstMonth}
	if diff := cmp.Diff(values, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !m.Loopback() || DefaultMerchant().Loopback() {
		t.Error("only the first of the two is on this machine")
	}
}

// TestEverything reads a file with a value for every key that is not the
// default, also the contract's own spellings.
func TestEverything(t *testing.T) {
	c, err := Parse(filepath.Join("etc", "daesa.yaml"), []byte(`
timezone: Asia/Seoul
database: {url: "sqlite:data/daesa.db?mode=rw"}
merchants:
  - mid: 123
    environment: test
    secret_key_file: toss.key
    security_key_file: /run/security.key
    base_url: http://localhost:7070/
    requests_per_minute: ${PACE}
    concurrency: 64
    virtual_account_cancel_days: 30
    also_mids: [456, shop]
orders:
  source: query
  query: {url_file: shop.url, timeout: 90s, sql: "SELECT '$${x}' WHERE a >= :from AND a < :to"}
  csv: {glob: "in/*.csv"}
  profile: ours.yaml
  max_unpacked_bytes: 2000000
reconcile: {mode: lookup, settle_minutes: 0, reread_days: [], sample_agreeing: 0, max_lookups: 1, alarm_share: 1, severity: {high: 0, medium: 0}}
refunds:
  send: true
  auto_queue: [cancel_not_executed]
  limits: {USD: {max_single: 181.56, max_amount: 500, max_amount_per_day: 500.5}, JPY: {max_single: 0}}
  approvers_file: people/allowed_signers
  revoked_keys_file: /etc/daesa/revoked
settlement:
  mode: off
  cycle: {card: weekly, phone: monthly}
  late_bank_days: {card: 0, phone: 70}
  fees:
    - {mid: 456, method: card, card_type: 신용, issuer: "61", rate: 2.1%, fixed: 30, from: 2026-08-14}
    - {provider: 토스페이, rate: "0.0000001 %"}
    - {fixed: 200}
bank: {accounts: [{name: main, number_last4: 0123, payer: [토스페이, tosspay]}, {name: 두번째, mids: [shop]}]}
close:
  first_month: 2026-11
  bank: assumed
  invoice_basis: paid
  vouchers: {receivable: 외상매출금, sales: "401 상품매출", partner: "10 토스", columns: [적요, 차변금액]}
accounts: {key_env: ACCOUNT_KEY, keep_days_after_refund: 0}
reports: {dir: out, per_merchant: true, deliver: share/finance, password_file: pw, language: en}
notify: {urls_file: urls, heartbeat_url_file: beat}
schedule: {nightly: "", refunds: "0 9 * * mon-fri", settlements: "0 8 * * *"}
webhook: {addr: ":8080", allow_from: [192.0.2.7, 10.0.0.0/8], trusted_proxies: ["fd00::/8"]}
`), environment(map[string]string{"PACE": "250"}))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Database.URL = NewSecret("sqlite:etc/data/daesa.db?mode=rw")
	want.Merchants = []Merchant{{MID: "123", Environment: Test, SecretKeyFile: "etc/toss.key", SecurityKeyFile: "/run/security.key",
		BaseURL: "http://localhost:7070", RequestsPerMinute: 250, Concurrency: 64, VirtualAccountCancelDays: 30, AlsoMIDs: []string{"456", "shop"}}}
	want.Orders = Orders{Source: SourceQuery, CSV: CSV{"etc/in/*.csv"}, Profile: "etc/ours.yaml", MaxUnpackedBytes: 2_000_000,
		Query: Query{URLFile: "etc/shop.url", Timeout: 90 * time.Second, SQL: "SELECT '${x}' WHERE a >= :from AND a < :to"}}
	want.Reconcile = Reconcile{Mode: ModeLookup, RereadDays: []int{}, MaxLookups: 1, AlarmShare: whole}
	want.Refunds.Send = true
	want.Refunds.AutoQueue = []string{"cancel_not_executed"}
	want.Refunds.Limits = map[string]Limits{"USD": {18156, 50000, 50050}, "JPY": {}}
	want.Refunds.ApproversFile, want.Refunds.RevokedKeysFile = "etc/people/allowed_signers", "/etc/daesa/revoked"
	want.Settlement.Mode = SettlementOff
	want.Settlement.Cycle.Card, want.Settlement.Cycle.Phone = Weekly, Monthly
	want.Settlement.LateBankDays.Card, want.Settlement.LateBankDays.Phone = 0, 70
	want.Settlement.Fees = []Fee{
		{MID: "456", Method: "card", CardType: "신용", Issuer: "61", Rate: 21_000_000, Fixed: 30, From: "2026-08-14"},
		{Provider: "토스페이", Rate: 1}, {Fixed: 200},
	}
	want.Bank.Accounts = []BankAccount{
		{Name: "main", NumberLast4: "0123", MIDs: []string{"123"}, Payer: []string{"토스페이", "tosspay"}},
		{Name: "두번째", MIDs: []string{"shop"}},
	}
	want.Close.FirstMonth, want.Close.Bank, want.Close.InvoiceBasis = "2026-11", Assumed, BasisPaid
	want.Close.Vouchers.Receivable, want.Close.Vouchers.Sales, want.Close.Vouchers.Partner = "외상매출금", "401 상품매출", "10 토스"
	want.Close.Vouchers.Columns = []string{"적요", "차변금액"}
	want.Accounts = Accounts{KeyEnv: "ACCOUNT_KEY"}
	want.Reports = Reports{Dir: "etc/out", PerMerchant: true, Deliver: "etc/share/finance", PasswordFile: "etc/pw", Language: English}
	want.Notify = Notify{URLsFile: "etc/urls", HeartbeatURLFile: "etc/beat"}
	want.Schedule.Nightly, want.Schedule.Refunds = Cron{}, mustCron("0 9 * * mon-fri")
	want.Schedule.Settlements = mustCron("0 8 * * *")
	want.Webhook = Webhook{Addr: ":8080", TrustedProxies: []netip.Prefix{netip.MustParsePrefix("fd00::/8")},
		AllowFrom: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("10.0.0.0/8")}}
	if diff := cmp.Diff(want, c, same); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestKeyFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "daesa.yaml")
	write(t, file, "merchants: [{mid: shop, environment: test, secret_key_file: keys/toss.key}]\n", 0o600)
	key, account := filepath.Join(dir, "keys", "toss.key"), filepath.Join(dir, "account.key")
	write(t, key, "\ufefftest_sk_"+canary+"\r\n", 0o600)
	write(t, account, "{keyset}\n", 0o600)
	c, err := Load(file, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Merchants[0].SecretKey.Reveal(); got != "test_sk_"+canary {
		t.Errorf("the key is read as %q", got)
	}
	if got := c.Accounts.Key.Reveal(); got != "{keyset}" {
		t.Errorf("the account key is read as %q", got)
	}
	for _, test := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"group may read", "test_sk_" + canary, 0o640, "names a file that others than its owner may read\n  value: keys/toss.key\n  hint: chmod 600 it"},
		{"world may read", "test_sk_" + canary, 0o604, "others than its owner"},
		{"empty", "\r\n", 0o600, "cannot be used: it is empty"},
		{"two lines", "test_sk_a\n" + canary, 0o600, "holds a space, a line break"},
		{"too large", strings.Repeat("x", maxFile+1), 0o600, "larger than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			write(t, key, test.text, test.mode)
			_, err := Load(file, nil, true)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %v; want %s", err, test.want)
			}
		})
	}
	write(t, account, "{keyset}", 0o644)
	if _, err := Load(file, nil, true); err == nil || !strings.Contains(err.Error(), "accounts.key_file: names a file that others") {
		t.Errorf("an open account key: %v", err)
	}
}

// TestSecretsLater proves that a file loads without its secrets, and that
// they are reported in the same form when they are asked for.
func TestSecretsLater(t *testing.T) {
	c, err := Parse("daesa.yaml", []byte(someMerchant), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := `configuration: 1 fault in daesa.yaml
daesa.yaml:1:60: merchants[0].secret_key_env: names an environment variable that is not set, or empty
  value: A
  hint: set A, or name a file in merchants[0].secret_key_file`
	err = c.Secrets(nil)
	if err == nil {
		t.Fatal("no fault without the secret")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := c.Secrets(environment(testEnvironment)); err != nil || !c.Merchants[0].SecretKey.IsSet() {
		t.Errorf("with the secret: %v", err)
	}
}

func TestShopDatabaseIsUnderTheFile(t *testing.T) {
	c, err := Parse("etc/daesa.yaml", []byte("orders: {source: query, query: {sql: \"SELECT :from, :to\"}}\n"+someMerchant), nil)
	if err != nil {
		t.Fatal(err)
	}
	env := environment(map[string]string{"A": "test_sk_a", "SHOP_DATABASE_URL": "sqlite:shop.db"})
	for range 2 {
		if err := c.Secrets(env); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.Orders.Query.URL.Reveal(); got != "sqlite:etc/shop.db" {
		t.Errorf("got %s", got)
	}
}

// TestSecretsStayHidden prints a configuration with all its secrets.
func TestSecretsStayHidden(t *testing.T) {
	env := map[string]string{"A": "test_sk_" + canary, DatabaseVariable: "postgres://u:" + canary + "@h/d"}
	c, err := Parse("daesa.yaml", []byte(someMerchant), environment(env))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Secrets(environment(env)); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v %s", c, *c, *c, text); strings.Contains(all, canary) {
		t.Error("a secret is printed")
	}
}

func TestFingerprint(t *testing.T) {
	of := func(name, text string, env map[string]string) string {
		c, err := Parse(name, []byte(text), environment(env))
		if err != nil {
			t.Fatal(err)
		}
		before := c.Fingerprint()
		if err := c.Secrets(environment(map[string]string{"A": "test_sk_x", "DAESA_NOTIFY_URLS": "x"})); err != nil {
			t.Fatal(err)
		}
		if c.Fingerprint() != before || len(before) != 16 {
			t.Errorf("the fingerprint is %s and then %s", before, c.Fingerprint())
		}
		return before
	}
	base := of("daesa.yaml", someMerchant, nil)
	secret := map[string]string{DatabaseVariable: "sqlite:daesa.db?key=" + canary}
	for _, equal := range []string{
		of("elsewhere/other.yaml", "# a comment\n"+someMerchant+"refunds: {max_count: 50}\n", nil),
		of("daesa.yaml", someMerchant, secret),
	} {
		if equal != base {
			t.Errorf("the same configuration has the fingerprints %s and %s", base, equal)
		}
	}
	seen := map[string]bool{base: true}
	for _, other := range []string{"refunds: {max_count: 51}", "refunds: {send: true}", "schedule: {nightly: \"31 1 * * *\"}", "webhook: {allow_from: [10.0.0.0/8]}"} {
		print := of("daesa.yaml", someMerchant+other, nil)
		if seen[print] {
			t.Errorf("%s does not change the fingerprint", other)
		}
		seen[print] = true
	}
}

// TestManyFaults proves that a long file with a fault in every line is still
// answered soon, with all of them.
func TestManyFaults(t *testing.T) {
	const lines = 10_000
	for _, line := range []string{"k%d: 1\n", "? k%d\n", "- %d\n"} {
		var file strings.Builder
		for i := range lines {
			fmt.Fprintf(&file, line, i)
		}
		text := file.String()
		if line[0] == '-' {
			text = "refunds:\n  auto_queue:\n" + strings.ReplaceAll(text, "- ", "  - ")
		}
		start := time.Now()
		_, err := Parse("daesa.yaml", []byte(text), nil)
		if faults, ok := errors.AsType[*Faults](err); !ok || len(faults.List) < lines {
			t.Error("the faults are not all there")
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%q takes %v", line, took)
		}
	}
}

// FuzzParse proves that no text breaks the reading, that every refusal has a
// reason and a hint, and that what is taken is within its limits.
func FuzzParse(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "faults.txt"))
	if err != nil {
		f.Fatal(err)
	}
	for section := range bytes.SplitSeq(data, []byte("\n=== ")) {
		_, rest, _ := bytes.Cut(section, []byte("\n"))
		file, _, _ := bytes.Cut(rest, []byte("--- faults\n"))
		f.Add(file)
	}
	f.Add(Template(TemplateValues{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("daesa.yaml", data, environment(testEnvironment))
		if faults, ok := errors.AsType[*Faults](err); ok {
			for _, fault := range faults.List {
				if fault.Reason == "" || fault.Hint == "" || strings.Contains(fault.Value, "\n") {
					t.Errorf("a fault that helps nobody: %+v", fault)
				}
			}
			if c != nil || len(faults.List) == 0 || faults.Error() == "" {
				t.Errorf("faults without a fault: %v", faults)
			}
			return
		}
		if err != nil {
			t.Fatalf("another error than faults: %v", err)
		}
		if len(c.Merchants) == 0 || c.Refunds.MaxSingle > c.Refunds.MaxAmount || c.Fingerprint() == "" {
			t.Errorf("taken beyond its limits: %+v", c)
		}
	})
}

// What belongs to one of the also_mids is kept under its entry's mid.
func TestAnAlsoMIDIsKeptUnderItsEntrys(t *testing.T) {
	c := Default()
	c.Merchants = []Merchant{{MID: "shop", AlsoMIDs: []string{"shop2", "shop3"}}, {MID: "other", AlsoMIDs: []string{"other2"}}}
	if diff := cmp.Diff(map[string]string{"shop2": "shop", "shop3": "shop", "other2": "other"}, c.MainMIDs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
