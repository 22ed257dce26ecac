//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"daesa/pay"
)

// canary is something personal or secret that must be found nowhere but where it
// is sealed.
type canary struct{ what, text string }

// forms are the ways in which a text could stand somewhere.
func (c canary) forms() []string {
	quoted, _ := json.Marshal(c.text) // a text always can be
	return []string{
		c.text, url.QueryEscape(c.text), strings.Trim(string(quoted), `"`), base64.StdEncoding.EncodeToString([]byte(c.text)),
		base64.StdEncoding.EncodeToString([]byte(c.text + ":")), hex.EncodeToString([]byte(c.text)),
	}
}

// flock are the canaries of a shop, and where they were looked for.
type flock struct {
	*chaosShop
	canaries []canary
	places   int
}

func (f *flock) search(place string, content []byte) {
	f.t.Helper()
	f.places++
	for _, c := range f.canaries {
		for _, form := range c.forms() {
			if bytes.Contains(content, []byte(form)) {
				f.t.Errorf("%s: %s stands there as %s", place, c.what, form)
			}
		}
	}
}

// runs runs a command, whatever it ends with, and searches what it wrote.
func (f *flock) runs(arguments ...string) {
	f.t.Helper()
	life := f.start(append(arguments, "--log-level", "debug")...)
	code := life.end(f.t)
	if code == codeUsage {
		f.t.Errorf("%v: %s", arguments, &life.stderr)
	}
	f.search(fmt.Sprint(arguments), append(life.stdout.Bytes(), life.stderr.Bytes()...))
}

// searchFiles searches every file of the shop, and inside of workbooks.
func (f *flock) searchFiles() {
	f.t.Helper()
	f.must(filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "sandbox.json" { // Toss may know
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 && strings.HasPrefix(entry.Name(), "account.key") {
			f.t.Errorf("%s has mode %o", path, mode)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f.search(path, content)
		if filepath.Ext(path) == ".xlsx" {
			f.searchWorkbook(path, content)
		}
		return nil
	}))
}

func (f *flock) searchWorkbook(path string, content []byte) {
	book, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	f.must(err)
	for _, part := range book.File {
		r, err := part.Open()
		f.must(err)
		text, err := io.ReadAll(r)
		f.must(err)
		f.search(path+"/"+part.Name, text)
	}
}

// searchTables searches every column of every table.
func (f *flock) searchTables() {
	f.t.Helper()
	driver, dsn, tables := "postgres", f.url, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	if path, lite := strings.CutPrefix(f.url, "sqlite:"); lite {
		driver, dsn, tables = "sqlite", path, "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	db, err := sqlx.Open(driver, dsn)
	f.must(err)
	defer db.Close()
	var names []string
	f.must(db.Select(&names, tables))
	for _, name := range names {
		f.searchTable(db, name)
	}
}

func (f *flock) searchTable(db *sqlx.DB, name string) {
	f.t.Helper()
	rows, err := db.Queryx(`SELECT * FROM "` + name + `"`)
	f.must(err)
	defer rows.Close()
	for rows.Next() {
		values, err := rows.SliceScan()
		f.must(err)
		for _, value := range values {
			if raw, isBytes := value.([]byte); isBytes {
				f.search("table "+name, raw)
			} else {
				f.search("table "+name, fmt.Append(nil, value))
			}
		}
	}
	f.must(rows.Err())
}

// Account numbers, names, secrets and keys go through everything that daesa
// does, good and bad, and are found in no output, log, workbook, journal, file,
// error or column.
func TestCanaries(t *testing.T) {
	alone(t)
	onBothDatabases(t, func(t *testing.T, databaseURL string) {
		f := &flock{chaosShop: newChaosShop(t, databaseURL, chaosSpeed{realNow: true})}
		f.canaries = []canary{
			{"a captured number", "110987654321"}, {"a captured holder", "홍카나리아"}, {"an imported number", "220987654322"},
			{"an imported holder", "박카나리아"}, {"a given number", "330987654323"}, {"a wrong number", "44098765432x"},
			{"the secret key", "test_sk_sandbox"}, {"the security key", sandboxSecurityKey}, {"an event's number", "550987654325"},
		}
		address := f.listen("reports: {dir: reports}\n")
		f.toss.fall()
		f.toss.rise("--webhook", "http://"+address+"/tosspayments")
		inputs := t.TempDir()
		input := func(name, text string) string {
			path := filepath.Join(inputs, name)
			f.must(os.WriteFile(path, []byte(text), 0o600))
			return path
		}
		receiver := f.receive(address)
		opened := pay.FormatTime(time.Now().Add(-20 * time.Minute))
		for _, order := range []string{"V-1", "V-2", "V-3"} {
			account := ""
			if order == "V-1" {
				account = `,"refundAccount":{"bank":"88","accountNumber":"110987654321","holderName":"홍카나리아"}`
			}
			f.toss.control("payments", fmt.Sprintf(`{"orderId":%q,"method":"virtual_account","amount":10000,"requestedAt":%q,"at":%q%s}`, order, opened, opened, account))
			f.toss.control("payments/"+f.toss.payment(order).PaymentKey+"/deposit", fmt.Sprintf(`{"at":%q}`, pay.FormatTime(time.Now().Add(-15*time.Minute))))
			f.canaries = append(f.canaries, canary{"the secret of " + order, f.toss.secret(order)})
		}
		if code := post(address, `{"eventType":"PAYMENT_STATUS_CHANGED","data":{"orderId":"V-1","status":"DONE","virtualAccount":{"accountNumber":"550987654325"}}}`, nil); code != http.StatusOK {
			t.Errorf("the receiver answered %d", code)
		}
		_ = post(address, `{"broken":"550987654325`, nil) // what it answers is another test's
		f.runs("accounts", "capture")
		f.runs("accounts", "capture", "--json")
		f.runs("accounts", "import", input("accounts.csv", "order_id,bank,account_number,holder_name\nV-2,국민,220-987654322,박카나리아\n"))
		f.runs("accounts", "import", input("wrong.csv", "order_id,bank,account_number,holder_name\nV-2,220987654322,44098765432x,박카나리아\n"))
		f.runs("accounts", "import", input("headless.csv", "V-2,국민,220987654322,박카나리아\n"))
		f.runs("refunds", "add", "--order", "V-3", "--amount", "all", "--reason", "변심", "--ref", "v3",
			"--account-file", input("given.json", `{"bank":"06","account_number":"330987654323","holder_name":"박카나리아"}`))
		f.runs("refunds", "add", "--order", "V-3", "--amount", "all", "--reason", "변심", "--ref", "v4",
			"--account-file", input("wrong.json", `{"bank":"06","account_number":"44098765432x","holder_name":"박카나리아"}`))
		f.runs("refunds", "import", input("refunds.csv", "order_id,amount,reason,ref,bank,account_number,holder_name\nV-1,all,변심,v1,,,\nV-2,all,변심,v2,06,220987654322,박카나리아\n"))
		f.runs("refunds", "import", input("badrefunds.csv", "order_id,amount,reason,bank,account_number,holder_name\nV-2,x,변심,06,44098765432x,박카나리아\n"))
		for _, r := range f.requests() {
			f.runs("refunds", "approve", r.ID, "--by", "lee")
		}
		f.runs("accounts", "rekey")
		f.toss.control("faults", "5xx=0.5,drop-after=0.5,api=cancel,max=2,seed=5")
		for limit := time.Now().Add(2 * time.Minute); time.Now().Before(limit); { // what is unknown is looked up again after a while
			if f.runs("refunds", "run", "--json"); f.accepted() == 3 {
				break
			}
		}
		for _, r := range f.requests() {
			f.runs("refunds", "show", r.ID)
			f.runs("refunds", "show", r.ID, "--json")
		}
		f.runs("nightly")
		for _, command := range []string{"accounts list", "accounts list --json", "refunds list --json", "breaks list --json", "webhook list", "webhook list --json",
			"webhook process", "explain V-1", "explain V-2 --json", "doctor", "audit verify", "runs list", "accounts purge", "refunds transfers list"} {
			f.runs(strings.Fields(command)...)
		}
		f.must(receiver.cmd.Process.Signal(os.Interrupt))
		receiver.end(t)
		f.search("the receiver", append(receiver.stdout.Bytes(), receiver.stderr.Bytes()...))
		f.searchFiles()
		f.searchTables()
		if accepted := f.accepted(); accepted != 3 {
			t.Errorf("%d of three refunds were sent, so that less was shown than meant", accepted)
		}
		t.Logf("%d canaries, looked for in %d places", len(f.canaries), f.places)
	})
}

func (f *flock) accepted() (n int) {
	for _, r := range f.requests() {
		if r.State == "accepted" {
			n++
		}
	}
	return n
}

// secret is a payment's secret, as Toss shows it to the shop.
func (x *chaosToss) secret(order string) string {
	x.t.Helper()
	var p struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal(x.ask(http.MethodGet, "/v1/payments/orders/"+order, ""), &p); err != nil || p.Secret == "" {
		x.t.Fatal(p, err)
	}
	return p.Secret
}
