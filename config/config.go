// Package config reads daesa.yaml: the defaults, a strict decoding, and every
// fault at once, each with its place, its path and what to do about it. It
// knows nothing of payments beyond the words of that file.
package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The words that the file may use where it offers a choice.
const (
	Live = "live"
	Test = "test"

	SourceTable = "table"
	SourceQuery = "query"
	SourceCSV   = "csv"

	ModeTransactions = "transactions"
	ModeLookup       = "lookup"

	SettlementAPI   = "api"
	SettlementFiles = "files"
	SettlementOff   = "off"

	Korean  = "ko"
	English = "en"
)

// ProviderURL is the only address to which a live key is ever sent.
const ProviderURL = "https://api.tosspayments.com"

// DatabaseVariable is the environment variable that wins over database.url.
const DatabaseVariable = "DAESA_DATABASE_URL"

// Config is the whole of daesa.yaml. Paths in it are already relative to the
// working directory and no longer to the file. Fields tagged "-" are resolved
// by Secrets, or by Load when it is asked to.
type Config struct {
	// Timezone is the business calendar; only Asia/Seoul is supported.
	Timezone   string     `yaml:"timezone"`
	Database   Database   `yaml:"database"`
	Merchants  []Merchant `yaml:"merchants"`
	Orders     Orders     `yaml:"orders"`
	Reconcile  Reconcile  `yaml:"reconcile"`
	Refunds    Refunds    `yaml:"refunds"`
	Settlement Settlement `yaml:"settlement"`
	Bank       Bank       `yaml:"bank"`
	Close      Close      `yaml:"close"`
	Accounts   Accounts   `yaml:"accounts"`
	Reports    Reports    `yaml:"reports"`
	Notify     Notify     `yaml:"notify"`
	Schedule   Schedule   `yaml:"schedule"`
	Webhook    Webhook    `yaml:"webhook"`

	book        *book
	fingerprint string
}

// Database says where everything is remembered.
type Database struct {
	// URL is sqlite:PATH, postgres://... or postgresql://...; it is a secret
	// because it may carry a password.
	URL Secret `yaml:"url"`
	// MaxConnections is how many connections to PostgreSQL a process opens at
	// most; 0: what the work needs, at most 16. What a night finds does not depend
	// on it.
	MaxConnections int `yaml:"max_connections" json:"-"`
}

// Merchant is one merchant id (MID) of the provider.
type Merchant struct {
	// MID is at most 14 characters and stands once in the file.
	MID string `yaml:"mid"`
	// AlsoMIDs are further MIDs of the shop that the key answers for. What Toss
	// says to be theirs is kept under MID; a payment of any other is not the shop's.
	AlsoMIDs []string `yaml:"also_mids"`
	// Environment is Live or Test and agrees with the secret key's prefix.
	Environment     string `yaml:"environment"`
	SecretKeyEnv    string `yaml:"secret_key_env"`
	SecretKeyFile   string `yaml:"secret_key_file"`
	SecurityKeyEnv  string `yaml:"security_key_env"`
	SecurityKeyFile string `yaml:"security_key_file"`
	// BaseURL has no trailing slash.
	BaseURL string `yaml:"base_url"`
	// RequestsPerMinute is the pace for each API of the provider.
	RequestsPerMinute int `yaml:"requests_per_minute"`
	// Concurrency is the number of calls under way at once, 1 to 64.
	Concurrency int `yaml:"concurrency"`
	// VirtualAccountCancelDays is the contract's term in days of 24 hours.
	VirtualAccountCancelDays int `yaml:"virtual_account_cancel_days"`

	// SecretKey authenticates every call.
	SecretKey Secret `yaml:"-" json:"-"`
	// SecurityKey verifies signed webhooks; unset when its variable is.
	SecurityKey Secret `yaml:"-" json:"-"`
}

// Orders says where the shop's orders come from.
type Orders struct {
	// Source is SourceTable, SourceQuery or SourceCSV.
	Source string `yaml:"source"`
	Query  Query  `yaml:"query"`
	CSV    CSV    `yaml:"csv"`
	// Profile says how order files are read: the name of a profile, or a YAML
	// file (.yaml or .yml).
	Profile string `yaml:"profile"`
	// MaxUnpackedBytes is how large a sheet of a workbook may unpack to.
	MaxUnpackedBytes int64 `yaml:"max_unpacked_bytes"`
}

// Query is a read-only SELECT on the shop's own database.
type Query struct {
	URLEnv  string        `yaml:"url_env"`
	URLFile string        `yaml:"url_file"`
	Timeout time.Duration `yaml:"timeout"`
	// SQL binds :from (inclusive) and :to (exclusive).
	SQL string `yaml:"sql"`

	// URL is postgres://, postgresql://, mysql:// or sqlite:PATH.
	URL Secret `yaml:"-" json:"-"`
}

// CSV names the files that the shop drops, as a pattern of filepath.Glob.
type CSV struct {
	Glob string `yaml:"glob"`
}

// Reconcile says how a night is compared.
type Reconcile struct {
	// Mode is ModeTransactions or ModeLookup.
	Mode string `yaml:"mode"`
	// SettleMinutes is the age in minutes below which a difference is timing.
	SettleMinutes int `yaml:"settle_minutes"`
	// RereadDays are the days after which a window is read again, ascending.
	RereadDays []int `yaml:"reread_days"`
	// SampleAgreeing is the number of agreeing payments looked up each night.
	SampleAgreeing int `yaml:"sample_agreeing"`
	// MaxLookups is the number of payments looked up in one night at most.
	MaxLookups int `yaml:"max_lookups"`
	// AlarmShare is the share of a kind above which the night is suspect.
	AlarmShare Share    `yaml:"alarm_share"`
	Severity   Severity `yaml:"severity"`
}

// Severity are the amounts in won from which a break is high or medium.
type Severity struct {
	High   int64 `yaml:"high"`
	Medium int64 `yaml:"medium"`
}

// Refunds are the limits on giving money back.
type Refunds struct {
	// Send is false until a person writes true: nothing leaves before.
	Send bool `yaml:"send"`
	// AutoQueue are the break kinds that become refund requests.
	AutoQueue []string `yaml:"auto_queue"`
	// ApproveAbove is in won: requests of at most this need no approval.
	ApproveAbove int64 `yaml:"approve_above"`
	// MaxSingle is in won, for one request.
	MaxSingle int64 `yaml:"max_single"`
	// MaxCount is the number of requests sent in one run, of all currencies. One
	// that is approved anew after a refusal, and sent again, counts again.
	MaxCount int `yaml:"max_count"`
	// MaxAmount is in won, for one run.
	MaxAmount int64 `yaml:"max_amount"`
	// MaxCountPerDay is the number of requests sent in one business day, of
	// all currencies, counted as for a run.
	MaxCountPerDay int `yaml:"max_count_per_day"`
	// MaxAmountPerDay is in won, for one business day.
	MaxAmountPerDay int64 `yaml:"max_amount_per_day"`
	// Limits are those of the other currencies; an absent one is 0.
	Limits map[string]Limits `yaml:"limits"`
	// StopAfterUnknown is the number of unknown outcomes that ends a run.
	StopAfterUnknown int `yaml:"stop_after_unknown"`
	// StopAtFailureRatio ends a run; it is of the last twenty requests.
	StopAtFailureRatio Share `yaml:"stop_at_failure_ratio"`
	// ApproversFile is a file of OpenSSH's allowed signers. Where it is given, only a
	// signature approves. What a night finds does not depend on it.
	ApproversFile string `yaml:"approvers_file" json:"-"`
	// RevokedKeysFile has the public keys, or a key revocation list, that approve
	// nothing any more.
	RevokedKeysFile string `yaml:"revoked_keys_file" json:"-"`
}

// Limits are amounts in the smallest unit of their currency: 181.56 USD in
// the file is 18156 here.
type Limits struct {
	MaxSingle       int64 `yaml:"max_single"`
	MaxAmount       int64 `yaml:"max_amount"`
	MaxAmountPerDay int64 `yaml:"max_amount_per_day"`
}

// Accounts says how refund accounts are sealed and how long they are kept.
type Accounts struct {
	// KeyFile is empty when KeyEnv is given.
	KeyFile string `yaml:"key_file"`
	KeyEnv  string `yaml:"key_env"`
	// KeepDaysAfterRefund is in days after the refund is complete.
	KeepDaysAfterRefund int `yaml:"keep_days_after_refund"`

	// Key is the keyset; unset when KeyFile is not there yet.
	Key Secret `yaml:"-" json:"-"`
}

// Reports says where the workbooks go and how they speak.
type Reports struct {
	Dir         string `yaml:"dir"`
	PerMerchant bool   `yaml:"per_merchant"`
	// Deliver is empty, a folder, s3://bucket/prefix or mailto:ADDRESS.
	Deliver      string `yaml:"deliver"`
	PasswordEnv  string `yaml:"password_env"`
	PasswordFile string `yaml:"password_file"`
	// Language is Korean or English.
	Language string `yaml:"language"`

	// Password encrypts the workbook; unset: it is not encrypted.
	Password Secret `yaml:"-" json:"-"`
}

// Notify says who hears about a night.
type Notify struct {
	URLsEnv          string `yaml:"urls_env"`
	URLsFile         string `yaml:"urls_file"`
	HeartbeatURLEnv  string `yaml:"heartbeat_url_env"`
	HeartbeatURLFile string `yaml:"heartbeat_url_file"`

	// URLs is the whole text; unset when its variable is, then nobody is told.
	URLs Secret `yaml:"-" json:"-"`
	// HeartbeatURL is called after each complete night.
	HeartbeatURL Secret `yaml:"-" json:"-"`
}

// Schedule are the times at which the jobs run, and by which the next chance
// to meet a deadline is known. An empty one is never.
type Schedule struct {
	Nightly     Cron `yaml:"nightly"`
	Refunds     Cron `yaml:"refunds"`
	Capture     Cron `yaml:"capture"`
	Settlements Cron `yaml:"settlements"`
	MonthEnd    Cron `yaml:"month_end"`
}

// Webhook says where webhooks are received and from whom.
type Webhook struct {
	// Addr is host:port.
	Addr string `yaml:"addr"`
	// AllowFrom empty is any address.
	AllowFrom      []netip.Prefix `yaml:"allow_from"`
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
}

// Default is the configuration of a file that says nothing. It has no
// merchant: a merchant is always a person's word.
func Default() *Config {
	return &Config{
		Timezone: "Asia/Seoul",
		Database: Database{URL: NewSecret("sqlite:daesa.db")},
		Orders: Orders{
			Source: SourceTable,
			Query:  Query{URLEnv: "SHOP_DATABASE_URL", Timeout: 10 * time.Minute},
			CSV:    CSV{Glob: "orders/*.csv"},

			Profile: "daesa", MaxUnpackedBytes: 1_000_000_000,
		},
		Reconcile: Reconcile{
			Mode:           ModeTransactions,
			SettleMinutes:  30,
			RereadDays:     []int{1, 3, 7},
			SampleAgreeing: 50,
			MaxLookups:     3000,
			AlarmShare:     10_000,
			Severity:       Severity{High: 1_000_000, Medium: 100_000},
		},
		Refunds: Refunds{
			AutoQueue:          []string{},
			MaxSingle:          1_000_000,
			MaxCount:           50,
			MaxAmount:          5_000_000,
			MaxCountPerDay:     200,
			MaxAmountPerDay:    20_000_000,
			Limits:             map[string]Limits{},
			StopAfterUnknown:   3,
			StopAtFailureRatio: 300_000,
		},
		Settlement: defaultSettlement(),
		Bank:       Bank{Accounts: []BankAccount{}},
		Close:      defaultClose(),
		Accounts:   Accounts{KeyFile: "account.key", KeepDaysAfterRefund: 30},
		Reports:    Reports{Dir: "reports", Language: Korean},
		Notify:     Notify{URLsEnv: "DAESA_NOTIFY_URLS"},
		Schedule: Schedule{
			Nightly:     mustCron("30 1 * * *"),
			Refunds:     mustCron("*/10 * * * *"),
			Capture:     mustCron("*/3 * * * *"),
			Settlements: mustCron("30 7 * * *"),
			MonthEnd:    mustCron("0 10,14,17,20,22 28-31 * *"),
		},
		Webhook: Webhook{
			Addr:           "127.0.0.1:8080",
			AllowFrom:      []netip.Prefix{},
			TrustedProxies: []netip.Prefix{},
		},
	}
}

// DefaultMerchant is what a merchant has that says nothing: no id, no
// environment and no key, which the file must give.
func DefaultMerchant() Merchant {
	return Merchant{
		BaseURL:                  ProviderURL,
		RequestsPerMinute:        100,
		Concurrency:              4,
		VirtualAccountCancelDays: 365,
		AlsoMIDs:                 []string{},
	}
}

// Merchant returns the merchant of that id.
func (c *Config) Merchant(mid string) (Merchant, bool) {
	i := slices.IndexFunc(c.Merchants, func(m Merchant) bool { return m.MID == mid })
	if i < 0 {
		return Merchant{}, false
	}
	return c.Merchants[i], true
}

// MIDs are all whose payments the keys of the file answer for: each merchant's
// mid, and behind it its also_mids, under which the books may have requests of the
// time when such a one was the mid.
func (c *Config) MIDs() []string {
	var all []string
	for _, m := range c.Merchants {
		all = append(append(all, m.MID), m.AlsoMIDs...)
	}
	return all
}

// MainMIDs gives for each of the also_mids the mid under which the books keep
// what is theirs.
func (c *Config) MainMIDs() map[string]string {
	main := map[string]string{}
	for _, m := range c.Merchants {
		for _, also := range m.AlsoMIDs {
			main[also] = m.MID
		}
	}
	return main
}

// MainMID is the mid under which the books keep what is of a MID: its own, or
// that of the entry which names it in also_mids.
func (c *Config) MainMID(mid string) string {
	if main := c.MainMIDs()[mid]; main != "" {
		return main
	}
	return mid
}

// AnotherMerchant says whether a MID is another merchant's of the configuration
// than the one of mid. One that is not configured may be the same shop under a mid
// that was corrected since.
func (c *Config) AnotherMerchant(mid, other string) bool {
	_, configured := c.Merchant(c.MainMID(other))
	return configured && c.MainMID(other) != c.MainMID(mid)
}

// Loopback says whether the merchant's provider is on this machine, which
// only a pretend one is.
func (m Merchant) Loopback() bool {
	u, err := url.Parse(m.BaseURL)
	return err == nil && loopback(u.Hostname())
}

// Redacted is the database's address without user, password and options.
func (d Database) Redacted() string {
	text := d.URL.Reveal()
	if strings.HasPrefix(text, "sqlite:") {
		path, _, _ := strings.Cut(text, "?")
		return path
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return redacted
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
