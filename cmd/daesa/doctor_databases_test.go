//go:build unix

package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"daesa/internal/pgtest"
)

// contains checks what a command said.
func (s *chaosShop) contains(life *chaosLife, words ...string) {
	s.t.Helper()
	said := life.stdout.String() + life.stderr.String()
	for _, word := range words {
		if !strings.Contains(said, word) {
			s.t.Errorf("%v says nothing of %q:\n%s", life.cmd.Args[1:], word, said)
		}
	}
}

// A pooler that hands the server's sessions on is named by doctor, and refused by
// what needs a session of its own; in session mode all is well.
func TestAPoolersModeIsNamedAndRefused(t *testing.T) {
	alone(t)
	t.Parallel()
	direct := postgresURL(t, pgtest.URL(t))
	s := newChaosShop(t, direct, chaosSpeed{realNow: true})
	s.must(os.WriteFile(filepath.Join(s.dir, "orders.csv"), []byte("order_id,status,amount,ordered_at\nA-1,paid,1000,2026-11-01 10:00:00\n"), 0o600))
	s.url = pgtest.Bounced(t, direct, pgtest.TransactionMode)
	s.contains(s.expect(codeFailed, "doctor"), "fail  pooler ", "pool_mode = session")
	for _, command := range [][]string{{"orders", "import", "orders.csv"}, {"nightly"}, {"reconcile"}, {"refunds", "run"}} {
		life := s.expect(codeFailed, command...)
		s.contains(life, "several sessions of the server", "hint: ", "pool_mode = session")
	}
	s.url = pgtest.Bounced(t, direct, pgtest.SessionMode)
	s.contains(s.expect(codeDone, "orders", "import", "orders.csv"), "inserted")
	life := s.start("doctor")
	if code := life.end(t); code != codeDone && code != codePerson || strings.Contains(life.stdout.String(), "pooler") {
		t.Errorf("in session mode doctor ends with %d:\n%s", code, &life.stdout)
	}
}

// Doctor says how many connections daesa may use where they are fewer than it
// would open, and is content where the configuration knows it.
func TestDoctorSaysHowManyConnectionsThereAre(t *testing.T) {
	alone(t)
	t.Parallel()
	address := postgresURL(t, pgtest.URL(t))
	s := newChaosShop(t, address, chaosSpeed{realNow: true})
	s.contains(s.expect(codeDone, "doctor"), "ok    connections ", "the server allows 200 connections")
	name := path.Base(strings.Split(address, "?")[0])
	role := "few_" + name
	s.postgres(address, "CREATE ROLE "+role+" LOGIN PASSWORD 'test'", "GRANT ALL ON ALL TABLES IN SCHEMA public TO "+role, "GRANT ALL ON SCHEMA public TO "+role)
	t.Cleanup(func() { s.postgres(address, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	s.url = strings.Replace(address, "://daesa@", "://"+role+":test@", 1)
	for _, c := range []struct {
		limit string
		code  int
		said  []string
	}{
		{"ROLE " + role + " CONNECTION LIMIT 3", codePerson, []string{"warn  connections ", "the role allows 3 connections", "database.max_connections: 3"}},
		{"ROLE " + role + " CONNECTION LIMIT 1", codeFailed, []string{"fail  connections ", "the role allows 1 connection", "a night needs two"}},
		{"ROLE " + role + " CONNECTION LIMIT -1", codeDone, []string{"ok    connections "}},
		{"DATABASE " + name + " CONNECTION LIMIT 5", codePerson, []string{"the database allows 5 connections"}},
	} {
		s.postgres(address, "ALTER "+c.limit)
		s.contains(s.expect(c.code, "doctor"), c.said...)
	}
	file := filepath.Join(s.dir, "daesa.yaml")
	text, err := os.ReadFile(file)
	s.must(err)
	s.must(os.WriteFile(file, append(text, "database: {url: \"sqlite:x.db\", max_connections: 5}\n"...), 0o600))
	s.contains(s.expect(codeDone, "doctor"), "ok    connections ")
}

// postgres runs statements as the owner of the server.
func (s *chaosShop) postgres(address string, statements ...string) {
	s.t.Helper()
	db, err := sql.Open("postgres", address)
	s.must(err)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// A full disk is no ok: neither that of the database, whose log may have room in
// itself, nor that of the reports.
func TestDoctorOnAFullDiskIsNotContent(t *testing.T) {
	alone(t)
	t.Parallel()
	if output, err := exec.Command("unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", t.TempDir()).CombinedOutput(); err != nil {
		t.Skipf("skipped, for it needs a small disk of its own (unshare, mount): %v %s", err, output)
	}
	s := newChaosShop(t, "", chaosSpeed{realNow: true})
	s.expect(codeDone, "doctor")
	small := filepath.Join(s.dir, "small")
	s.must(os.Mkdir(small, 0o700))
	inside := func(prepare, command string) (string, error) {
		cmd := exec.Command("unshare", "-Urm", "sh", "-c", fmt.Sprintf("set -e; mount -t tmpfs -o size=8m tmpfs small; %s; %s", prepare, command))
		cmd.Dir = s.dir
		cmd.Env = append(os.Environ(), "TOSS_SECRET_KEY=test_sk_sandbox", "TOSS_SECURITY_KEY="+sandboxSecurityKey, "DAESA_DATABASE_URL=sqlite:"+small+"/daesa.db", "TMPDIR="+filepath.Join(s.dir, "tmp"))
		output, err := cmd.CombinedOutput()
		return string(output), err
	}
	const fill = "dd if=/dev/urandom of=small/filling bs=64k 2>/dev/null || true"
	for name, c := range map[string]struct{ prepare, line string }{
		"no byte left":           {"daesa migrate >/dev/null; " + fill, "fail  database "},
		"room in the log":        {"daesa migrate >/dev/null; daesa serve >/dev/null 2>&1 & serve=$!; trap 'kill $serve' EXIT; sleep 3; " + fill, "fail  writes "},
		"no database yet":        {fill, "fail  database "},
		"little left":            {"daesa migrate >/dev/null", "fail  writes "},
		"the disk of the report": {"daesa migrate >/dev/null; printf 'reports: {dir: small/reports}\\n' >> daesa.yaml; " + fill, "fail  report_folder "},
	} {
		output, err := inside(c.prepare, "daesa doctor")
		if err == nil || !strings.Contains(output, c.line) {
			t.Errorf("%s: %v\n%s", name, err, output)
		}
	}
}
