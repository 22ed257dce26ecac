package pgtest

import (
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"daesa/internal/freeport"
)

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestEachTestHasItsOwnEmptyDatabase(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			db := open(t, URL(t))
			run(t, db, "CREATE TABLE orders (id text PRIMARY KEY)")
			run(t, db, "INSERT INTO orders VALUES ('one')")
		})
	}
}

func TestDatabaseIsDroppedAtTheEnd(t *testing.T) {
	var name string
	t.Run("uses it", func(t *testing.T) {
		given, err := url.Parse(URL(t))
		if err != nil {
			t.Fatal(err)
		}
		name = strings.TrimPrefix(given.Path, "/")
		db, err := sql.Open("postgres", given.String())
		if err != nil {
			t.Fatal(err)
		}
		run(t, db, "SELECT 1") // left open on purpose
	})
	admin, err := adminURL()
	if err != nil {
		unavailable(t, err)
	}
	var left int
	row := open(t, admin).QueryRow("SELECT count(*) FROM pg_database WHERE datname = $1", name)
	if err := row.Scan(&left); err != nil || left != 0 || name == "" {
		t.Fatalf("database %q: %d left, %v", name, left, err)
	}
}

func TestServerStopsCrashesAndStartsAtTheSameAddress(t *testing.T) {
	server := NewServer(t, Durable(), Setting("work_mem", "3MB"))
	db := open(t, server.URL(t))
	run(t, db, "CREATE TABLE kept (n int)")
	for _, end := range []func() error{server.Stop, server.Crash} {
		run(t, db, "INSERT INTO kept VALUES (1)")
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := db.Ping(); err == nil {
			t.Fatal("a stopped server answered")
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	var rows int
	var fsync, workMem string
	err := db.QueryRow("SELECT (SELECT count(*) FROM kept), current_setting('fsync'), current_setting('work_mem')").
		Scan(&rows, &fsync, &workMem)
	if err != nil || rows != 2 || fsync != "on" || workMem != "3MB" {
		t.Fatalf("rows %d, fsync %s, work_mem %s, %v", rows, fsync, workMem, err)
	}
}

func TestTakenPortIsRecognised(t *testing.T) {
	server := NewServer(t)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	squatter, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(server.port)))
	if err != nil {
		t.Fatal(err)
	}
	defer squatter.Close()
	if err := server.Start(); !errors.Is(err, errPortTaken) {
		t.Fatalf("got %v", err)
	}
}

func TestEveryIdentityCanRunTheServer(t *testing.T) {
	bin, err := findBinaries()
	if err != nil {
		unavailable(t, err)
	}
	for _, as := range identities() {
		t.Run(as.name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "daesa-postgres-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			server := &Server{bin: bin, dir: dir, as: as}
			if err := server.initializeAs(as); err != nil {
				t.Skipf("this way is closed here: %v", err)
			}
			if server.port, err = freeport.Find(); err != nil {
				t.Fatal(err)
			}
			if err := server.launch(); err != nil {
				t.Fatal(err)
			}
			run(t, open(t, server.databaseURL()), "SELECT 1")
			if err := server.Stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The helper is this test binary again: it starts a server, says where, and
// waits to be killed.
func TestHelperThatIsKilled(t *testing.T) {
	if os.Getenv("DAESA_PGTEST_HELPER") != "1" {
		t.Skip("run by TestServerDiesWithItsParent")
	}
	server, err := start(options{})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = os.NewFile(3, "report").WriteString(server.dir + "\n" + strconv.Itoa(server.process.Pid) + "\n")
	time.Sleep(time.Minute)
}

func TestServerDiesWithItsParent(t *testing.T) {
	if _, err := findBinaries(); err != nil {
		unavailable(t, err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperThatIsKilled$")
	cmd.Env = append(os.Environ(), "DAESA_PGTEST_HELPER=1")
	cmd.ExtraFiles = []*os.File{writer}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close() // ours; the helper has its own
	buffer := make([]byte, 4096)
	n, err := reader.Read(buffer)
	dir, pidText, _ := strings.Cut(strings.TrimSpace(string(buffer[:n])), "\n")
	if err != nil || dir == "" {
		t.Fatalf("the helper said %q, %v", buffer[:n], err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()

	pid, err := strconv.Atoi(pidText)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		_, errDir := os.Stat(dir)
		if errors.Is(errDir, os.ErrNotExist) && !running(pid) {
			return
		}
	}
	t.Fatalf("%s or process %d outlived the test binary", dir, pid)
}

// running says whether the process is alive; one that nobody has waited for
// yet is not.
func running(pid int) bool {
	if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil {
		_, rest, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(rest, "Z")
	}
	return syscall.Kill(pid, 0) == nil
}
