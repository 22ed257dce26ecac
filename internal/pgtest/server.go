package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"daesa/internal/freeport"
)

const (
	startTimeout = 60 * time.Second // a loaded machine, recovery after Crash included
	stopTimeout  = 20 * time.Second
	startTries   = 8 // each with another port
	role         = "daesa"
)

// errPortTaken says that somebody else got the port between our look and the
// server's start.
var errPortTaken = errors.New("the port was taken")

// A Server is a private PostgreSQL that a test can stop and start again, at
// the same address. It is not safe for use by several goroutines at once.
type Server struct {
	bin  string // folder of initdb and postgres
	dir  string // holds data/, postgres.log
	as   identity
	opts options
	port int

	process *os.Process
	ended   chan struct{} // closed when process has been waited for

	guard *guard
}

// An Option changes how a server of [NewServer] is set up.
type Option func(*options)

type options struct {
	durable  bool
	locale   []string // of initdb
	settings []string // name=value, as postgres -c takes them
}

// Durable makes the server keep what it has committed, as a real one does:
// fsync, synchronous_commit and full_page_writes stay on.
func Durable() Option {
	return func(o *options) { o.durable = true }
}

// Setting gives the server one configuration parameter, for example
// Setting("max_connections", "20").
func Setting(name, value string) Option {
	return func(o *options) { o.settings = append(o.settings, name+"="+value) }
}

// The collations of a Korean server.
const (
	KoreanICU  = "--no-locale --locale-provider=icu --icu-locale=ko-KR"
	KoreanLibc = "--locale=ko_KR.UTF-8"
)

// Collated gives the server's databases another collation than byte order, one of
// [KoreanICU] and [KoreanLibc]. A machine or a build that lacks it skips the test.
func Collated(collation string) Option {
	return func(o *options) { o.locale = strings.Fields(collation) }
}

// errNoCollation says that this machine cannot make such a server.
var errNoCollation = errors.New("this PostgreSQL, or this machine, does not have the collation")

// NewServer starts a server that belongs to t alone; it is stopped and removed
// when t ends. It costs about two seconds, so most tests want [URL]. Where
// PostgreSQL is not installed it skips or fails t as [URL] does.
func NewServer(t testing.TB, opts ...Option) *Server {
	t.Helper()
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	s, err := start(o)
	if errors.Is(err, errNoCollation) {
		t.Skipf("skipped, for it needs another collation: %v", err)
	}
	if err != nil {
		unavailable(t, err)
	}
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Errorf("remove the private PostgreSQL: %v", err)
		}
	})
	return s
}

// URL returns the connection URL of a new, empty database on s. The server
// must be running, and is asked to drop the database when t ends.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	return newDatabase(t, s.databaseURL())
}

// Stop ends the server as an operator would: open transactions are rolled
// back, what was committed is written out. Stopping a stopped server is fine.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Crash ends the server at once, without writing anything out; the next
// [Server.Start] recovers. A server that is not [Durable] survives this, since
// the machine's page cache does.
func (s *Server) Crash() error { return s.end(syscall.SIGQUIT) }

// Start starts a server that was stopped, at its old address.
func (s *Server) Start() error {
	if s.process != nil {
		return errors.New("the server is running")
	}
	return s.launch()
}

// CPU is the processor time of the server and of all its sessions until now, those
// that have ended included. Only Linux tells it; elsewhere it is 0.
func (s *Server) CPU() time.Duration {
	total := ticksOf(s.process.Pid, true)
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", s.process.Pid))
	for _, child := range strings.Fields(string(children)) {
		if pid, err := strconv.Atoi(child); err == nil {
			total += ticksOf(pid, false)
		}
	}
	return total
}

// ticksOf is what /proc says of a process: user and system time, and of its ended
// children the same.
func ticksOf(pid int, children bool) time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	const first, count, second = 11, 4, 100 // utime stime cutime cstime, in hundredths
	if len(fields) < first+count {
		return 0
	}
	fields = fields[first : first+count]
	if !children {
		fields = fields[:2]
	}
	var sum time.Duration
	for _, field := range fields {
		ticks, _ := strconv.ParseInt(field, 10, 64)
		sum += time.Duration(ticks) * time.Second / second
	}
	return sum
}

// start makes a new server in a temporary folder and waits until it answers.
func start(o options) (*Server, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "daesa-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, opts: o}
	if s.guard, err = newGuard(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.initialize(); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	for range startTries {
		if s.port, err = freeport.Find(); err != nil {
			break
		}
		if err = s.launch(); !errors.Is(err, errPortTaken) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

// initialize runs initdb as the first identity that can, and keeps it.
func (s *Server) initialize() error {
	var failures []error
	for _, as := range identities() {
		err := s.initializeAs(as)
		if err == nil {
			s.as = as
			return nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", as.name, err))
		if err := os.RemoveAll(s.data()); err != nil {
			return err
		}
	}
	if os.Geteuid() == 0 {
		return fmt.Errorf("%w: %w", errNoIdentity, errors.Join(failures...))
	}
	return errors.Join(failures...)
}

// errNoIdentity says that PostgreSQL, which refuses root, could not be run as
// anybody else.
var errNoIdentity = errors.New("PostgreSQL refuses to run as root, and no other way worked")

func (s *Server) initializeAs(as identity) error {
	if err := as.prepare(s.dir); err != nil {
		return err
	}
	locale := s.opts.locale
	if locale == nil {
		locale = []string{"--no-locale"}
	}
	cmd := exec.Command(filepath.Join(s.bin, "initdb"), append([]string{"-N", "-E", "UTF8",
		"--auth=trust", "--username=" + role, "-D", s.data()}, locale...)...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = as.attributes()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	_, ended, err := startWithParent(cmd)
	if err != nil {
		return fmt.Errorf("start initdb: %w", err)
	}
	<-ended
	if text := output.String(); !cmd.ProcessState.Success() && (strings.Contains(text, "ICU is not supported") || strings.Contains(text, "invalid locale name") ||
		strings.Contains(text, "unrecognized option '--locale-provider")) {
		return fmt.Errorf("%w: %s", errNoCollation, tail(text))
	}
	if !cmd.ProcessState.Success() {
		return fmt.Errorf("initdb: %v: %s", cmd.ProcessState, tail(output.String()))
	}
	return nil
}

// launch starts the server on its port and waits until it is ready. It
// returns errPortTaken when another port is worth a try.
func (s *Server) launch() error {
	log, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer log.Close() // the server has its own handle
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), s.arguments()...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = s.as.attributes()
	cmd.Stdout, cmd.Stderr = log, log
	s.process, s.ended, err = startWithParent(cmd)
	if err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	return s.awaitReady()
}

func (s *Server) arguments() []string {
	settings := []string{
		"listen_addresses=127.0.0.1",
		"unix_socket_directories=", // its path may be longer than a socket's may be
		"max_connections=200",
		"timezone=UTC",
		"log_timezone=UTC",
		"lc_messages=C",
	}
	if !s.opts.durable {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.port)}
	for _, setting := range append(settings, s.opts.settings...) {
		args = append(args, "-c", setting)
	}
	return args
}

// awaitReady reads the server's own pid file and not the port: on the port
// another test binary's server may be the one that answers.
func (s *Server) awaitReady() error {
	pidFile := filepath.Join(s.data(), "postmaster.pid")
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		select {
		case <-s.ended:
			s.process = nil
			return s.startFailure()
		default:
		}
		content, _ := os.ReadFile(pidFile) // not there yet is as good as not ready
		lines := strings.Split(string(content), "\n")
		if len(lines) >= 8 && lines[0] == strconv.Itoa(s.process.Pid) {
			if status := strings.TrimSpace(lines[7]); status == "ready" || status == "standby" {
				return nil
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	log, _ := os.ReadFile(s.logFile())
	return errors.Join(
		fmt.Errorf("postgres was not ready after %v: %s", startTimeout, tail(string(log))),
		s.end(syscall.SIGQUIT))
}

func (s *Server) startFailure() error {
	log, err := os.ReadFile(s.logFile())
	if err != nil {
		return err
	}
	if text := string(log); strings.Contains(text, "could not bind") || strings.Contains(text, "could not create any TCP/IP sockets") {
		return fmt.Errorf("%w: %s", errPortTaken, tail(text))
	}
	return fmt.Errorf("postgres ended at its start: %s", tail(string(log)))
}

// end sends the signal, waits, and kills a server that takes too long.
func (s *Server) end(signal os.Signal) error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	defer func() { s.process = nil }()
	select {
	case <-s.ended:
		return nil
	case <-time.After(stopTimeout):
	}
	err := s.process.Kill()
	<-s.ended
	return errors.Join(fmt.Errorf("postgres did not stop within %v", stopTimeout), err)
}

// remove stops the server and lets the guard delete its folder.
func (s *Server) remove() error {
	return errors.Join(s.end(syscall.SIGQUIT), s.guard.release())
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "postgres.log") }

// databaseURL is the database from which others are made.
func (s *Server) databaseURL() string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(role),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// startWithParent starts cmd from a thread that lives as long as cmd does: the
// kernel's parent-death signal follows the thread, not the process.
func startWithParent(cmd *exec.Cmd) (*os.Process, chan struct{}, error) {
	started := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is read from cmd.ProcessState
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return nil, nil, err
	}
	return cmd.Process, ended, nil
}

// tail returns the last lines of a log, enough to say what went wrong.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-6):], "\n")
}

// A guard is a small shell that outlives the test binary by a moment: when the
// binary is gone, however it went, the guard ends the server and deletes the
// folder. It notices by the end of a pipe that nobody else holds.
type guard struct {
	cmd  *exec.Cmd
	pipe *os.File
	once sync.Once
	err  error
}

const guardScript = `
trap '' INT TERM HUP QUIT
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
[ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null
tries=0
while [ -e "$1/data/postmaster.pid" ] && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
rm -rf "$1"
`

func newGuard(dir string) (*guard, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", guardScript, "sh", dir)
	cmd.Stdin = reader
	cmd.SysProcAttr = ownSession()
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, reader.Close(), writer.Close())
	}
	return &guard{cmd: cmd, pipe: writer}, reader.Close()
}

// release lets the guard do its work and waits for it.
func (g *guard) release() error {
	g.once.Do(func() { g.err = errors.Join(g.pipe.Close(), g.cmd.Wait()) })
	return g.err
}
