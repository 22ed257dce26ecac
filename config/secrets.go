package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"unicode"
)

// named is a secret that the file names: by the environment variable
// path_env or by the file path_file.
type named struct {
	path      string
	env, file string
	into      *Secret
	// optional: an environment variable that is not set leaves it unset.
	optional bool
	// mayLack: a file that does not exist leaves it unset.
	mayLack bool
	// example is the variable's usual name.
	example string
	// check looks at the secret itself. Its words never repeat it.
	check func(text string) *trouble
}

// named lists every secret of the configuration.
func (c *Config) named() []named {
	var list []named
	for i := range c.Merchants {
		m := &c.Merchants[i]
		path := fmt.Sprintf("merchants[%d]", i)
		list = append(list,
			named{path: path + ".secret_key", env: m.SecretKeyEnv, file: m.SecretKeyFile, into: &m.SecretKey,
				example: "TOSS_SECRET_KEY", check: m.checkKey},
			named{path: path + ".security_key", env: m.SecurityKeyEnv, file: m.SecurityKeyFile, into: &m.SecurityKey,
				example: "TOSS_SECURITY_KEY", optional: true, check: checkWord})
	}
	return append(list,
		named{path: "orders.query.url", env: c.Orders.Query.URLEnv, file: c.Orders.Query.URLFile,
			into: &c.Orders.Query.URL, example: "SHOP_DATABASE_URL", optional: c.Orders.Source != SourceQuery, check: checkShop},
		named{path: "accounts.key", env: c.Accounts.KeyEnv, file: c.Accounts.KeyFile,
			into: &c.Accounts.Key, example: "DAESA_ACCOUNT_KEY", mayLack: true},
		named{path: "reports.password", env: c.Reports.PasswordEnv, file: c.Reports.PasswordFile,
			into: &c.Reports.Password, example: "DAESA_REPORT_PASSWORD"},
		named{path: "notify.urls", env: c.Notify.URLsEnv, file: c.Notify.URLsFile,
			into: &c.Notify.URLs, example: "DAESA_NOTIFY_URLS", optional: true},
		named{path: "notify.heartbeat_url", env: c.Notify.HeartbeatURLEnv, file: c.Notify.HeartbeatURLFile,
			into: &c.Notify.HeartbeatURL, example: "DAESA_HEARTBEAT_URL", check: checkHeartbeat},
	)
}

// Secrets resolves every secret that the file names, from the environment and
// from files. The error is a *Faults with every one that is missing or wrong,
// and then the configuration is not to be used.
//
// A security key, and the addresses of notifications, may be named without
// being there: then nothing is verified by it, and nobody is told.
func (c *Config) Secrets(env func(string) (string, bool)) error {
	b := newBook("daesa.yaml")
	if c.book != nil {
		b = c.book.fresh()
	}
	c.resolve(b, env)
	return b.err()
}

func (c *Config) resolve(b *book, env func(string) (string, bool)) {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	for _, n := range c.named() {
		n.resolve(b, env)
	}
	c.oneKeyEach(b)
	if b.bad("orders") {
		return
	}
	c.Orders.Query.URL = sqliteUnder(filepath.Dir(b.file), c.Orders.Query.URL)
}

// oneKeyEach refuses one secret key in two entries: then whose a payment is, and
// what was asked of it, would have two answers.
func (c *Config) oneKeyEach(b *book) {
	for i, m := range c.Merchants {
		for j, other := range c.Merchants[:i] {
			if !m.SecretKey.IsSet() || !m.SecretKey.Equal(other.SecretKey) {
				continue
			}
			path := fmt.Sprintf("merchants[%d].secret_key_env", i)
			if m.SecretKeyEnv == "" {
				path = fmt.Sprintf("merchants[%d].secret_key_file", i)
			}
			b.secretFault(path, fmt.Sprintf("gives the same secret key as merchants[%d]", j),
				"keep one entry for each secret key; the further MIDs that a key answers for stand in its also_mids")
		}
	}
}

func (n named) resolve(b *book, env func(string) (string, bool)) {
	path, text := n.path+"_env", ""
	switch {
	case b.bad(n.path+"_env", n.path+"_file"):
		return
	case n.env != "":
		value, _ := env(n.env)
		if value == "" {
			n.missing(b)
			return
		}
		text = value
	case n.file != "":
		path = n.path + "_file"
		value, wrong := readKey(n.file)
		if errors.Is(wrong, fs.ErrNotExist) && n.mayLack {
			return
		}
		if wrong != nil {
			b.fault(path, keyTrouble(wrong).reason, keyTrouble(wrong).hint)
			return
		}
		text = value
	default:
		return
	}
	if n.check != nil {
		if wrong := n.check(text); wrong != nil {
			b.secretFault(path, wrong.reason, wrong.hint)
			return
		}
	}
	*n.into = NewSecret(text)
}

// missing notes a variable that is not set or empty. Its name is repeated
// only if it looks like one: else somebody wrote the secret in its place.
func (n named) missing(b *book) {
	if n.optional {
		return
	}
	path, reason := n.path+"_env", "names an environment variable that is not set, or empty"
	if !usualName.MatchString(n.env) {
		b.secretFault(path, reason, "write the variable's name here, such as "+n.example+", and set the variable")
		return
	}
	b.fault(path, reason, fmt.Sprintf("set %s, or name a file in %s_file", n.env, n.path))
	if !b.given(path) {
		b.list[len(b.list)-1].Value = n.env
	}
}

var usualName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)

var errOpenToOthers = errors.New("others than its owner may read it")

// readKey reads a key file, without a byte order mark before it and line ends
// after it.
func readKey(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", errOpenToOthers
	}
	data, err := readAtMost(path, maxFile)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(strings.TrimPrefix(string(data), "\ufeff"), "\r\n")
	if text == "" {
		return "", errors.New("it is empty")
	}
	return text, nil
}

func keyTrouble(err error) trouble {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return trouble{"names a file that does not exist", "create it with mode 0600, or correct the path; it is relative to this file"}
	case errors.Is(err, errOpenToOthers):
		return trouble{"names a file that others than its owner may read", "chmod 600 it"}
	}
	return trouble{"names a file that cannot be used: " + plain(err), "put the key into a file with mode 0600 that this user owns"}
}

// checkWord refuses a key that was copied with something around it.
func checkWord(text string) *trouble {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r > unicode.MaxASCII }) {
		return &trouble{"holds a space, a line break or a letter that no key has", "copy the key again, only the key"}
	}
	return nil
}

// checkKey compares a secret key with what the file says of its merchant.
func (m *Merchant) checkKey(key string) *trouble {
	if wrong := checkWord(key); wrong != nil {
		return wrong
	}
	environment := ""
	for prefix, belongs := range map[string]string{"live_sk_": Live, "live_gsk_": Live, "test_sk_": Test, "test_gsk_": Test} {
		if strings.HasPrefix(key, prefix) {
			environment = belongs
		}
	}
	switch {
	case strings.HasPrefix(key, "live_ck_"), strings.HasPrefix(key, "live_gck_"),
		strings.HasPrefix(key, "test_ck_"), strings.HasPrefix(key, "test_gck_"):
		return &trouble{"is a client key (클라이언트 키)", "take the secret key (시크릿 키) from the developer centre, API keys"}
	case environment == "":
		return &trouble{"is no secret key: it begins neither with live_sk_, live_gsk_ nor with test_sk_, test_gsk_",
			"take the secret key (시크릿 키) from the developer centre, API keys"}
	case environment == Live && m.BaseURL != ProviderURL:
		return &trouble{"is a live key, and base_url is not " + ProviderURL + ": a live key is sent nowhere else",
			"use a test key there, or set base_url to " + ProviderURL}
	case environment != m.Environment && (m.Environment == Live || m.Environment == Test):
		return &trouble{fmt.Sprintf("is a %s key, and environment says %s", environment, m.Environment),
			fmt.Sprintf("use a %s key, or write environment: %s", m.Environment, environment)}
	}
	return nil
}

func checkShop(text string) *trouble {
	if strings.HasPrefix(text, "sqlite:") {
		return checkSQLite(text)
	}
	u, err := url.Parse(text)
	known := err == nil && u.Host != "" && (u.Scheme == "postgres" || u.Scheme == "postgresql" || u.Scheme == "mysql")
	if !known {
		return &trouble{"is no address of a database that can be read", "it begins with postgres://, postgresql://, mysql:// or sqlite:"}
	}
	return nil
}

func checkHeartbeat(text string) *trouble {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return &trouble{"is no web address", "it begins with https://"}
	}
	return nil
}

// WorkbookPassword resolves the password of the workbook alone, for commands
// that need no other secret.
func (c *Config) WorkbookPassword(env func(string) (string, bool)) error {
	return c.only(&c.Reports.Password, env)
}

// AccountKey resolves the account key alone, for commands that need no other
// secret.
func (c *Config) AccountKey(env func(string) (string, bool)) error {
	return c.only(&c.Accounts.Key, env)
}

func (c *Config) only(wanted *Secret, env func(string) (string, bool)) error {
	if wanted.IsSet() {
		return nil
	}
	b := newBook("daesa.yaml")
	if c.book != nil {
		b = c.book.fresh()
	}
	for _, n := range c.named() {
		if n.into == wanted {
			n.resolve(b, env)
		}
	}
	return b.err()
}
