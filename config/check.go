package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxMoney is the amount, in the smallest unit, above which a limit is a
// slip of the hand.
const maxMoney = 1_000_000_000_000_000

// check notes every value that is of its type and still wrong.
func check(c *Config, b *book) {
	if c.Timezone != "Asia/Seoul" {
		b.fault("timezone", "is not Asia/Seoul, the only business calendar that is supported", "write Asia/Seoul, or remove the key")
	}
	checkDatabase(c, b)
	checkMerchants(c, b)
	checkOrders(&c.Orders, b)
	checkReconcile(&c.Reconcile, b)
	checkRefunds(&c.Refunds, b)
	checkBooks(c, b)
	checkPlaces(c, b)
	checkWebhook(&c.Webhook, b)
	checkNames(c, b)
}

func checkDatabase(c *Config, b *book) {
	within(b, "database.max_connections", c.Database.MaxConnections, 0, 1000)
	if c.Database.MaxConnections == 1 {
		b.fault("database.max_connections", "is 1, and a night needs two: one holds its comparison, the other all else",
			"write 2 or more, or 0 for what the work needs")
	}
	const path = "database.url"
	if b.bad(path) {
		return
	}
	text, hint := c.Database.URL.Reveal(), "write sqlite:daesa.db or postgres://user@host/name, or set $"+DatabaseVariable
	if !b.given(path) {
		hint = "correct the environment variable " + DatabaseVariable + ": sqlite:daesa.db or postgres://user@host/name"
	}
	if passwordWritten(b.marks[path].raw) {
		b.secretFault(path, "has a password written into the file",
			"write ${NAME} in its place and set that variable, or set $"+DatabaseVariable+" to the whole address")
		return
	}
	if strings.HasPrefix(text, "sqlite:") {
		if wrong := checkSQLite(text); wrong != nil {
			b.fault(path, wrong.reason, hint)
		}
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "postgres" && u.Scheme != "postgresql":
		b.fault(path, "begins neither with sqlite: nor with postgres:// or postgresql://", hint)
	case u.Host == "" && u.RawQuery == "":
		b.fault(path, "names no host", hint)
	}
}

var inlinePassword = []*regexp.Regexp{
	regexp.MustCompile(`://[^:/?#]*:(.*)@`),
	regexp.MustCompile(`[?&]password=([^&]*)`),
}

// passwordWritten says whether an address as the file writes it has a
// password that does not come from the environment.
func passwordWritten(raw string) bool {
	return slices.ContainsFunc(inlinePassword, func(pattern *regexp.Regexp) bool {
		found := pattern.FindStringSubmatch(raw)
		return found != nil && found[1] != "" && !strings.Contains(found[1], "${")
	})
}

func checkSQLite(text string) *trouble {
	path, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(text, "sqlite:"), "//"), "?")
	if path == "" || strings.HasPrefix(path, "file:") {
		return &trouble{"names no file after sqlite:", "write sqlite:daesa.db, with a path relative to this file or an absolute one"}
	}
	return nil
}

func checkMerchants(c *Config, b *book) {
	if len(c.Merchants) == 0 && !b.bad("merchants") {
		b.fault("merchants", "names no merchant", "write one entry for each Toss merchant id, as in the file that `daesa init` writes")
	}
	first := map[string]int{}
	for i := range c.Merchants {
		path := fmt.Sprintf("merchants[%d]", i)
		m := &c.Merchants[i]
		if other, twice := first[m.MID]; twice && m.MID != "" {
			b.fault(path+".mid", fmt.Sprintf("is the mid of merchants[%d] too", other), "keep one entry for each mid")
		} else {
			first[m.MID] = i
		}
		if !b.faulty(path) {
			checkMerchant(m, path, b)
		}
	}
	checkAlsoMIDs(c.Merchants, first, b)
}

// checkAlsoMIDs lets each MID stand once in the whole file: whose a payment is
// must have one answer. entries are the mids and their places.
func checkAlsoMIDs(merchants []Merchant, entries map[string]int, b *book) {
	first := map[string]int{}
	for i := range merchants {
		for j, mid := range merchants[i].AlsoMIDs {
			path := fmt.Sprintf("merchants[%d].also_mids[%d]", i, j)
			entry, isEntry := entries[mid]
			other, twice := first[mid]
			switch {
			case b.bad(path):
			case !midPattern.MatchString(mid):
				b.fault(path, "is not 1 to 14 letters, digits or signs", "copy the merchant id (상점아이디, MID) from the developer centre")
			case isEntry && entry == i:
				b.fault(path, "is the entry's own mid", "remove it: also_mids names the further ones")
			case isEntry:
				b.fault(path, fmt.Sprintf("is the mid of merchants[%d]", entry), "keep it in one of the two places: a payment belongs to one entry")
			case twice && other == i:
				b.fault(path, "stands twice", "remove one of the two")
			case twice:
				b.fault(path, fmt.Sprintf("stands in also_mids of merchants[%d] too", other), "keep it in one of the two places: a payment belongs to one entry")
			default:
				first[mid] = i
			}
		}
	}
}

var midPattern = regexp.MustCompile(`^[!-~]{1,14}$`)

func checkMerchant(m *Merchant, path string, b *book) {
	at := func(key string) string { return path + "." + key }
	switch {
	case b.bad(at("mid")):
	case !b.given(at("mid")):
		b.fault(at("mid"), "is missing", "write the merchant id (상점아이디, MID) that the developer centre shows")
	case !midPattern.MatchString(m.MID):
		b.fault(at("mid"), "is not 1 to 14 letters, digits or signs", "copy the merchant id (상점아이디, MID) from the developer centre")
	}
	switch {
	case b.bad(at("environment")):
	case !b.given(at("environment")):
		b.fault(at("environment"), "is missing", "write live, or test with a test key")
	default:
		oneOf(b, at("environment"), m.Environment, Live, Test)
	}
	switch {
	case b.bad(at("secret_key_env"), at("secret_key_file")):
	case m.SecretKeyEnv == "" && m.SecretKeyFile == "":
		b.fault(at("secret_key_env"), "is missing", "name an environment variable, such as TOSS_SECRET_KEY, or a file in secret_key_file")
	}
	checkBase(m, at("base_url"), b)
	within(b, at("requests_per_minute"), m.RequestsPerMinute, 1, 100_000_000)
	within(b, at("concurrency"), m.Concurrency, 1, 64)
	within(b, at("virtual_account_cancel_days"), m.VirtualAccountCancelDays, 1, 3650)
}

func checkBase(m *Merchant, path string, b *book) {
	if b.bad(path) {
		return
	}
	u, err := url.Parse(m.BaseURL)
	hint := "write " + ProviderURL + ", or http://127.0.0.1:7070 for `daesa sandbox`"
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "https" && u.Scheme != "http":
		b.fault(path, "is no web address", hint)
	case u.User != nil:
		b.secretFault(path, "has a user or a password in it", hint)
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		b.fault(path, "has something after the host", hint)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		b.fault(path, "is not https, and its host is not this machine", hint)
	case m.Environment == Live && m.BaseURL != ProviderURL:
		b.fault(path, "is not "+ProviderURL+": a live key is sent nowhere else",
			"write environment: test and use a test key there, or remove base_url")
	}
}

func checkOrders(o *Orders, b *book) {
	oneOf(b, "orders.source", o.Source, SourceTable, SourceQuery, SourceCSV)
	if !b.bad("orders.query.timeout") && (o.Query.Timeout < time.Second || o.Query.Timeout > 24*time.Hour) {
		b.fault("orders.query.timeout", "is not from 1s to 24h", "write 10m")
	}
	if _, err := filepath.Match(o.CSV.Glob, ""); err != nil {
		b.fault("orders.csv.glob", "is no pattern of file names", `write a folder and a pattern, such as "orders/*.csv"`)
	}
	if o.Profile == "" {
		b.fault("orders.profile", "is empty", "write daesa, another profile (daesa orders profiles), or a YAML file")
	}
	if !b.bad("orders.max_unpacked_bytes") && (o.MaxUnpackedBytes < 1<<20 || o.MaxUnpackedBytes > 1<<40) {
		b.fault("orders.max_unpacked_bytes", "is not from 1048576 to 1099511627776", "write 1000000000")
	}
	if o.Source == SourceCSV && o.CSV.Glob == "" {
		b.fault("orders.csv.glob", "is missing, and source is csv", `write a folder and a pattern, such as "orders/*.csv"`)
	}
	if o.Source != SourceQuery {
		return
	}
	if o.Query.URLEnv == "" && o.Query.URLFile == "" {
		b.fault("orders.query.url_env", "is missing, and source is query", "name an environment variable, such as SHOP_DATABASE_URL")
	}
	switch {
	case b.bad("orders.query.sql"):
	case strings.TrimSpace(o.Query.SQL) == "":
		b.fault("orders.query.sql", "is missing, and source is query", "write a SELECT ... WHERE updated_at >= :from AND updated_at < :to")
	case !binds(o.Query.SQL, "from") || !binds(o.Query.SQL, "to"):
		b.fault("orders.query.sql", "does not use both :from and :to", "select only what changed: updated_at >= :from AND updated_at < :to")
	}
}

// binds says whether a statement has :name, which ::name and :names are not.
func binds(sql, name string) bool {
	return regexp.MustCompile(`(^|[^:\w]):` + name + `\b`).MatchString(sql)
}

func checkReconcile(r *Reconcile, b *book) {
	oneOf(b, "reconcile.mode", r.Mode, ModeTransactions, ModeLookup)
	within(b, "reconcile.settle_minutes", r.SettleMinutes, 0, 1440)
	for i, day := range r.RereadDays {
		path := fmt.Sprintf("reconcile.reread_days[%d]", i)
		within(b, path, day, 1, 365)
		if i > 0 && day <= r.RereadDays[i-1] && !b.bad("reconcile.reread_days") {
			b.fault(path, "is not later than the day before it", "write the days in ascending order: [1, 3, 7]")
		}
	}
	within(b, "reconcile.sample_agreeing", r.SampleAgreeing, 0, 1_000_000)
	within(b, "reconcile.max_lookups", r.MaxLookups, 1, 100_000_000)
	part(b, "reconcile.alarm_share", r.AlarmShare)
	money(b, "reconcile.severity.high", r.Severity.High)
	money(b, "reconcile.severity.medium", r.Severity.Medium)
	atMost(b, "reconcile.severity.medium", r.Severity.Medium, "reconcile.severity.high", r.Severity.High)
}

// queueable are the break kinds that may become refund requests by
// themselves; the others are a person's decision, or no money goes back.
var queueable = []string{"cancel_not_executed", "duplicate_payment"}

var breakKinds = []string{
	"missing_at_provider", "missing_locally", "paid_not_recorded", "duplicate_payment", "paid_after_cancel",
	"never_paid", "deposit_reversed", "va_still_open", "cancel_not_executed", "cancel_not_recorded",
	"amount_mismatch", "currency_mismatch", "method_mismatch", "payment_key_mismatch", "refund_failed",
}

func checkRefunds(r *Refunds, b *book) {
	checkQueue(r.AutoQueue, b)
	money(b, "refunds.approve_above", r.ApproveAbove)
	amounts(b, "refunds", Limits{r.MaxSingle, r.MaxAmount, r.MaxAmountPerDay})
	within(b, "refunds.max_count", r.MaxCount, 0, 1_000_000)
	within(b, "refunds.max_count_per_day", r.MaxCountPerDay, 0, 1_000_000)
	atMost(b, "refunds.max_count", int64(r.MaxCount), "refunds.max_count_per_day", int64(r.MaxCountPerDay))
	for _, currency := range []string{"JPY", "PHP", "USD"} {
		if limits, ok := r.Limits[currency]; ok {
			amounts(b, "refunds.limits."+currency, limits)
		}
	}
	within(b, "refunds.stop_after_unknown", r.StopAfterUnknown, 1, 1000)
	part(b, "refunds.stop_at_failure_ratio", r.StopAtFailureRatio)
	checkApprovers(r, b)
}

// checkApprovers: where signatures are asked for, nothing goes without one.
func checkApprovers(r *Refunds, b *book) {
	if r.ApproversFile != "" && r.ApproveAbove > 0 && !b.bad("refunds.approve_above") {
		b.fault("refunds.approve_above", "is not 0, and approvers_file is given: what is below it would be sent without a signature",
			"write 0, or remove refunds.approvers_file")
	}
	if r.RevokedKeysFile != "" && r.ApproversFile == "" {
		b.fault("refunds.revoked_keys_file", "is given without approvers_file, and no signature is asked for", "name the file of allowed signers in refunds.approvers_file, or remove this one")
	}
}

func checkQueue(kinds []string, b *book) {
	usual := "usual is [cancel_not_executed]; duplicate_payment is possible too"
	seen := map[string]bool{}
	for i, kind := range kinds {
		path := fmt.Sprintf("refunds.auto_queue[%d]", i)
		twice := seen[kind]
		seen[kind] = true
		switch {
		case b.bad(path):
		case twice:
			b.fault(path, "stands twice", "remove one of the two")
		case slices.Contains(queueable, kind):
		case kind == "paid_after_cancel":
			b.fault(path, "is never queued: whether the buyer gets the goods or the money is a person's decision", usual)
		case slices.Contains(breakKinds, kind):
			b.fault(path, "is never queued: no refund follows from it by itself", usual)
		default:
			hint := usual
			if near := closest(kind, queueable); near != "" {
				hint = "did you mean " + near + "?"
			}
			b.fault(path, "is no kind of break", hint)
		}
	}
}

// amounts checks the three limits of one currency and their relations.
func amounts(b *book, path string, l Limits) {
	single, run, day := path+".max_single", path+".max_amount", path+".max_amount_per_day"
	money(b, single, l.MaxSingle)
	money(b, run, l.MaxAmount)
	money(b, day, l.MaxAmountPerDay)
	atMost(b, single, l.MaxSingle, run, l.MaxAmount)
	atMost(b, run, l.MaxAmount, day, l.MaxAmountPerDay)
}

func checkPlaces(c *Config, b *book) {
	if c.Accounts.KeyFile == "" && c.Accounts.KeyEnv == "" && !b.bad("accounts.key_file", "accounts.key_env") {
		b.fault("accounts.key_file", "is missing", "write account.key, the file that `daesa init` makes, or name a variable in key_env")
	}
	within(b, "accounts.keep_days_after_refund", c.Accounts.KeepDaysAfterRefund, 0, 3650)
	if c.Reports.Dir == "" && !b.bad("reports.dir") {
		b.fault("reports.dir", "is empty", "write the folder for the workbooks, such as reports")
	}
	oneOf(b, "reports.language", c.Reports.Language, Korean, English)
	if !b.bad("reports.deliver") && !deliverable(c.Reports.Deliver) {
		b.fault("reports.deliver", "is no place where a workbook can go", "write a folder, s3://bucket/prefix or mailto:name@example.com")
	}
}

func deliverable(place string) bool {
	if address, ok := strings.CutPrefix(place, "mailto:"); ok {
		parsed, err := mail.ParseAddress(address)
		return err == nil && parsed.Address == address
	}
	if strings.Contains(place, "://") {
		u, err := url.Parse(place)
		return err == nil && u.Scheme == "s3" && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
	}
	return !strings.ContainsRune(place, 0)
}

func checkWebhook(w *Webhook, b *book) {
	const path = "webhook.addr"
	if b.bad(path) {
		return
	}
	_, port, err := net.SplitHostPort(w.Addr)
	number, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || number == 0 {
		b.fault(path, "is not an address with a port", `write host:port, such as "127.0.0.1:8080"`)
	}
}

// checkNames looks at every *_env and *_file: at most one of the two, and a
// variable's name where one belongs. What is no name may be the secret itself.
func checkNames(c *Config, b *book) {
	for _, n := range c.named() {
		env, file := n.path+"_env", n.path+"_file"
		switch {
		case b.bad(env, file):
		case n.env != "" && (!variableName.MatchString(n.env) || keyLike.MatchString(n.env)):
			b.secretFault(env, "is not the name of an environment variable",
				"write the name only, such as "+n.example+"; if this was the secret itself, it is known now: replace it at its issuer")
		case keyWritten.MatchString(n.file):
			b.secretFault(file, "is not the path of a file, but looks like a secret",
				"write the path only; if this was the secret itself, it is known now: replace it at its issuer")
		case n.env != "" && n.file != "":
			b.fault(file, "is given, and so is "+env, "keep one of the two")
		}
	}
}

var keyWritten = regexp.MustCompile(`^(live|test)_g?sk_\w+$`)

func oneOf(b *book, path, got string, words ...string) {
	if slices.Contains(words, got) || b.bad(path) {
		return
	}
	last := len(words) - 1
	hint := "write " + strings.Join(words[:last], ", ") + " or " + words[last]
	if near := closest(got, words); near != "" {
		hint = "did you mean " + near + "?"
	}
	b.fault(path, "is none of the words "+strings.Join(words, ", "), hint)
}

func within(b *book, path string, got, low, high int) {
	if !b.bad(path) && (got < low || got > high) {
		b.fault(path, fmt.Sprintf("is not from %d to %d", low, high), fmt.Sprintf("write a whole number from %d to %d", low, high))
	}
}

func money(b *book, path string, got int64) {
	if !b.bad(path) && (got < 0 || got > maxMoney) {
		b.fault(path, "is below 0 or beyond any sum of money", "write an amount of at least 0")
	}
}

func part(b *book, path string, got Share) {
	if !b.bad(path) && (got <= 0 || got > whole) {
		b.fault(path, "is not above 0 and at most 1", "write a part of one, such as 0.01 for one in a hundred")
	}
}

// atMost checks a relation between two keys. The fault stands at the one that
// the file has; the other may be a default.
func atMost(b *book, small string, less int64, large string, more int64) {
	if less <= more || b.bad(small, large) {
		return
	}
	if b.given(small) || !b.given(large) {
		reason := "is more than " + large
		if more == 0 {
			reason += ", which is 0"
		}
		b.fault(small, reason, "lower it, or raise "+large)
		return
	}
	b.fault(large, "is less than "+small, "raise it, or lower "+small)
}
