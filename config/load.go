package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile is the size in bytes above which a file is no configuration, and no
// key.
const maxFile = 1 << 20

// Load reads the file at path. env looks up an environment variable, as
// os.LookupEnv does. With needSecrets the secrets that the file names are
// resolved too, and a missing one is reported together with everything else.
//
// The error is a *Faults, always with everything that is wrong.
func Load(path string, env func(string) (string, bool), needSecrets bool) (*Config, error) {
	data, wrong := readFile(path)
	if wrong != nil {
		b := newBook(path)
		b.fault("", wrong.reason, wrong.hint)
		return nil, b.err()
	}
	c, b := parse(path, data, env)
	if needSecrets && c != nil {
		c.resolve(b, env)
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// Parse is Load of a file that is already read, without its secrets. Relative
// paths in it are taken to be relative to the folder of name.
func Parse(name string, data []byte, env func(string) (string, bool)) (*Config, error) {
	c, b := parse(name, data, env)
	if err := b.err(); err != nil {
		return nil, err
	}
	return c, nil
}

func readFile(path string) ([]byte, *trouble) {
	data, err := readAtMost(path, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &trouble{"does not exist", "`daesa init` writes one; --config or $DAESA_CONFIG names another"}
	case errors.Is(err, fs.ErrPermission):
		return nil, &trouble{"may not be read by this user", "give this user the right to read it, or name another with --config"}
	case err != nil:
		return nil, &trouble{"cannot be read: " + plain(err), "--config or $DAESA_CONFIG names another"}
	}
	return data, nil
}

// plain is an error of the file system without its path, which the fault
// already names.
func plain(err error) string {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		return inner.Err.Error()
	}
	return err.Error()
}

func readAtMost(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return data, err
}

// parse always returns a book, and a configuration unless the text is no
// YAML mapping at all.
func parse(name string, data []byte, env func(string) (string, bool)) (*Config, *book) {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	b := newBook(name)
	root := document(b, data)
	if root == nil {
		return nil, b
	}
	c := Default()
	c.book = b.fresh()
	d := &decoder{book: b, env: env}
	d.value("", root, reflect.ValueOf(c).Elem())
	if b.faulty("") {
		return nil, b
	}
	if value, ok := env(DatabaseVariable); ok && value != "" {
		c.Database.URL = NewSecret(value)
		b.forget("database.url")
	}
	c.settle()
	check(c, b)
	c.fingerprint = c.digest()
	c.relocate(filepath.Dir(name))
	return c, b
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// document reads the one document of the file, or notes why there is none.
func document(b *book, data []byte) *yaml.Node {
	const initHint = "`daesa init` writes one with every key explained"
	if int64(len(data)) > maxFile {
		b.fault("", fmt.Sprintf("is larger than %d bytes", maxFile), initHint)
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var node, second yaml.Node
	err := decoder.Decode(&node)
	if errors.Is(err, io.EOF) || err == nil && nothing(&node) {
		b.fault("", "is empty", initHint)
		return nil
	}
	if err == nil {
		err = decoder.Decode(&second)
		if err == nil {
			b.marks[""] = mark{line: second.Line, column: second.Column}
			b.fault("", "holds several documents", "keep one, and remove the lines of three dashes")
			return nil
		}
	}
	if !errors.Is(err, io.EOF) {
		noYAML(b, err)
		return nil
	}
	return node.Content[0]
}

// nothing says whether a document has no content, or only comments.
func nothing(n *yaml.Node) bool {
	return len(n.Content) == 0 || n.Content[0].Kind == yaml.ScalarNode && n.Content[0].ShortTag() == "!!null"
}

// noYAML notes a text that is no YAML at all. The library's words may quote
// the file, so they are shown only when they hold nothing like a secret.
func noYAML(b *book, err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if found := yamlLine.FindStringSubmatch(text); found != nil {
		line, _ := strconv.Atoi(found[1])
		b.marks[""] = mark{line: line, column: 1}
		text = text[len(found[0]):]
	}
	b.fault("", "cannot be read as YAML: "+show(text), "look at this line and the one before it: indentation is by spaces, and a value needs quotes that begins with * or has a colon or a # in it")
}

// settle gives way: a default that the file replaces by its other form.
func (c *Config) settle() {
	if c.Accounts.KeyEnv != "" && !c.book.given("accounts.key_file") {
		c.Accounts.KeyFile = ""
	}
	if c.Orders.Query.URLFile != "" && !c.book.given("orders.query.url_env") {
		c.Orders.Query.URLEnv = ""
	}
	if c.Notify.URLsFile != "" && !c.book.given("notify.urls_env") {
		c.Notify.URLsEnv = ""
	}
	for i := range c.Merchants {
		m := &c.Merchants[i]
		m.BaseURL = strings.TrimRight(m.BaseURL, "/")
	}
	for i := range c.Bank.Accounts {
		if a := &c.Bank.Accounts[i]; len(c.Merchants) == 1 && !c.book.given(fmt.Sprintf("bank.accounts[%d].mids", i)) {
			a.MIDs = []string{c.Merchants[0].MID}
		}
	}
}

// relocate makes the file's relative paths relative to the working directory.
func (c *Config) relocate(dir string) {
	paths := []*string{
		&c.Orders.Query.URLFile, &c.Accounts.KeyFile, &c.Reports.Dir,
		&c.Reports.PasswordFile, &c.Notify.URLsFile, &c.Notify.HeartbeatURLFile, &c.Refunds.ApproversFile, &c.Refunds.RevokedKeysFile,
	}
	for i := range c.Merchants {
		paths = append(paths, &c.Merchants[i].SecretKeyFile, &c.Merchants[i].SecurityKeyFile)
	}
	if ext := filepath.Ext(c.Orders.Profile); ext == ".yaml" || ext == ".yml" {
		paths = append(paths, &c.Orders.Profile)
	}
	if folder(c.Reports.Deliver) {
		paths = append(paths, &c.Reports.Deliver)
	}
	for _, path := range paths {
		*path = under(dir, *path)
	}
	if c.Orders.CSV.Glob != "" && !filepath.IsAbs(c.Orders.CSV.Glob) {
		c.Orders.CSV.Glob = filepath.Join(literal(dir), c.Orders.CSV.Glob)
	}
	c.Database.URL = sqliteUnder(dir, c.Database.URL)
}

func under(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// literal quotes what a pattern would take for its own signs.
func literal(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// folder says whether a place of delivery is on this machine.
func folder(deliver string) bool {
	return deliver != "" && !strings.Contains(deliver, "://") && !strings.HasPrefix(deliver, "mailto:")
}

// sqliteUnder makes the path in a sqlite: URL relative to dir. Other URLs, and
// a database in memory, stay as they are.
func sqliteUnder(dir string, secret Secret) Secret {
	rest, ok := strings.CutPrefix(secret.Reveal(), "sqlite:")
	if !ok {
		return secret
	}
	path, query, asked := strings.Cut(strings.TrimPrefix(rest, "//"), "?")
	if path == "" || path == ":memory:" {
		return secret
	}
	url := "sqlite:" + under(dir, path)
	if asked {
		url += "?" + query
	}
	return NewSecret(url)
}

// Fingerprint is the same for two configurations that say the same, whatever
// their layout, their comments and their folder: the first 16 hex digits of
// SHA-256 over every value of the file but the secrets. It is of the file as
// it was read; later changes of fields do not change it.
func (c *Config) Fingerprint() string {
	if c.fingerprint != "" {
		return c.fingerprint
	}
	return c.digest()
}

func (c *Config) digest() string {
	public := *c
	public.Database = Database{}
	text, err := json.Marshal(struct {
		*Config
		Address string
	}{&public, c.Database.Redacted()})
	if err != nil {
		panic("config: a value cannot be written as JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:16]
}
