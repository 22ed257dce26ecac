package pgtest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"daesa/internal/freeport"
)

// The pool modes of a PgBouncer.
const (
	SessionMode     = "session"
	TransactionMode = "transaction"
	StatementMode   = "statement"
)

// errNoBouncer says that this machine has no PgBouncer to start.
var errNoBouncer = errors.New("PgBouncer is not installed: looked for /usr/sbin/pgbouncer and on PATH (Debian: apt-get install pgbouncer)")

// bouncerStart limits how long a PgBouncer may take until it listens.
const bouncerStart = 20 * time.Second

// Bounced starts a PgBouncer before the database of an address and returns the
// address by way of it. It ends with t. All its settings but the mode are those
// that it comes with; more are given as "name = value". Where PgBouncer is not
// installed, t is skipped or fails as with [URL].
func Bounced(t testing.TB, address, mode string, settings ...string) string {
	t.Helper()
	where, err := url.Parse(address)
	if err != nil {
		t.Fatal("the address must be one of URL's")
	}
	program, err := findBouncer()
	if err != nil {
		withoutBouncer(t, err)
	}
	var failures []error
	for range startTries {
		for _, as := range identities() {
			b := &bouncer{program: program, as: as}
			err := b.start(where, mode, settings)
			if err == nil {
				t.Cleanup(func() {
					if err := b.stop(); err != nil {
						t.Errorf("stop PgBouncer: %v", err)
					}
				})
				bounced := *where
				bounced.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port))
				return bounced.String()
			}
			failures = append(failures, fmt.Errorf("%s: %w", as.name, err))
		}
	}
	withoutBouncer(t, errors.Join(failures...))
	return ""
}

func findBouncer() (string, error) {
	if os.Getenv("DAESA_TEST_POSTGRES_URL") == "off" {
		return "", errAbsent
	}
	if info, err := os.Stat("/usr/sbin/pgbouncer"); err == nil && info.Mode()&0o111 != 0 {
		return "/usr/sbin/pgbouncer", nil
	}
	if program, err := exec.LookPath("pgbouncer"); err == nil {
		return program, nil
	}
	return "", errNoBouncer
}

func withoutBouncer(t testing.TB, err error) {
	t.Helper()
	required := os.Getenv("CI") == "true" || os.Getenv("DAESA_REQUIRE_POSTGRES") == "1"
	if !required && (errors.Is(err, errNoBouncer) || errors.Is(err, errAbsent)) {
		t.Skipf("skipped, for it needs PgBouncer: %v", err)
	}
	t.Fatalf("this test requires PgBouncer: %v", err)
}

// bouncer is one running PgBouncer.
type bouncer struct {
	program string
	as      identity
	dir     string
	port    int
	guard   *guard
	process *os.Process
	ended   chan struct{}
}

func (b *bouncer) start(where *url.URL, mode string, settings []string) error {
	var err error
	if b.dir, err = os.MkdirTemp("", "daesa-pgbouncer-"); err != nil {
		return err
	}
	if b.guard, err = newGuard(b.dir); err != nil {
		return errors.Join(err, os.RemoveAll(b.dir))
	}
	if err := b.run(where, mode, settings); err != nil {
		return errors.Join(err, b.stop())
	}
	return nil
}

func (b *bouncer) run(where *url.URL, mode string, settings []string) error {
	var err error
	if b.port, err = freeport.Find(); err != nil {
		return err
	}
	password, given := where.User.Password()
	if given {
		password = " password=" + password
	}
	text := fmt.Sprintf("[databases]\n%s = host=%s port=%s user=%s%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"auth_type = any\nunix_socket_dir =\npool_mode = %s\n%s\n",
		strings.TrimPrefix(where.Path, "/"), where.Hostname(), where.Port(), where.User.Username(), password, b.port, mode, strings.Join(settings, "\n"))
	file := filepath.Join(b.dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	if err := b.as.prepare(b.dir); err != nil {
		return err
	}
	if err := b.as.give(file); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(b.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own handle
	cmd := exec.Command(b.program, file)
	cmd.Dir = b.dir
	cmd.SysProcAttr = b.as.attributes()
	cmd.Stdout, cmd.Stderr = log, log
	if b.process, b.ended, err = startWithParent(cmd); err != nil {
		return fmt.Errorf("start pgbouncer: %w", err)
	}
	return b.awaitReady()
}

func (b *bouncer) awaitReady() error {
	for deadline := time.Now().Add(bouncerStart); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		log, _ := os.ReadFile(filepath.Join(b.dir, "log"))
		select {
		case <-b.ended:
			return fmt.Errorf("pgbouncer ended at its start: %s", tail(string(log)))
		default:
		}
		if strings.Contains(string(log), "process up") {
			return nil
		}
	}
	return fmt.Errorf("pgbouncer was not ready after %v", bouncerStart)
}

func (b *bouncer) stop() error {
	var err error
	if b.process != nil {
		if err = b.process.Signal(syscall.SIGTERM); errors.Is(err, os.ErrProcessDone) {
			err = nil
		}
		select {
		case <-b.ended:
		case <-time.After(stopTimeout):
			err = errors.Join(err, b.process.Kill())
			<-b.ended
		}
	}
	return errors.Join(err, b.guard.release())
}
