package mariatest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"daesa/internal/freeport"
)

const (
	startTimeout = 60 * time.Second // a loaded machine
	startTries   = 5                // each with another port
	admin        = "daesa"
)

// start makes a new server in a temporary folder, waits until it answers, and
// gives the address of its one user, who may do everything.
func start() (address, dir string, err error) {
	server, installer, err := findBinaries()
	if err != nil {
		return "", "", err
	}
	if dir, err = os.MkdirTemp("", "daesa-mariadb-"); err != nil {
		return "", "", err
	}
	me, err := user.Current()
	if err != nil {
		return "", "", err
	}
	password := rand.Text()
	if err := initialize(installer, dir, me.Username, password); err != nil {
		return "", "", errors.Join(err, os.RemoveAll(dir))
	}
	for range startTries {
		var port string
		if port, err = launch(server, dir, me.Username); err == nil {
			where := url.URL{Scheme: "mysql", User: url.UserPassword(admin, password), Host: net.JoinHostPort("127.0.0.1", port), Path: "/"}
			return where.String(), dir, nil
		}
	}
	return "", "", errors.Join(err, os.RemoveAll(dir))
}

// initialize makes the folder's content: the system tables, the one user, and a
// certificate.
func initialize(installer, dir, as, password string) error {
	install := exec.Command(installer, "--no-defaults", "--user="+as, "--datadir="+filepath.Join(dir, "data"),
		"--auth-root-authentication-method=normal", "--skip-test-db")
	if output, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, tail(output))
	}
	first := fmt.Sprintf("CREATE USER IF NOT EXISTS '%s'@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO '%s'@'%%' WITH GRANT OPTION;\n", admin, password, admin)
	return errors.Join(WriteCertificate(certificateFile(dir), keyFile(dir)),
		os.WriteFile(filepath.Join(dir, "first.sql"), []byte(first), 0o600))
}

// guardScript runs the server, ends it when standard input ends, which is when
// nobody holds the other end any more, and deletes the folder.
const guardScript = `
trap '' INT TERM HUP QUIT
dir=$1; shift
"$@" </dev/null >"$dir/log" 2>&1 &
pid=$!
read -r word
kill -KILL "$pid" 2>/dev/null
wait "$pid"
[ "$word" = keep ] || rm -rf "$dir"
`

// pipes hold the servers: the kernel closes them with the process, however it
// ends.
var pipes []io.WriteCloser

// launch starts the server on a free port and waits until it is ready.
func launch(server, dir, as string) (port string, err error) {
	number, err := freeport.Find()
	if err != nil {
		return "", err
	}
	port = strconv.Itoa(number)
	cmd := exec.Command("/bin/sh", "-c", guardScript, "sh", dir, server, "--no-defaults", "--user="+as,
		"--datadir="+filepath.Join(dir, "data"), "--socket="+filepath.Join(dir, "s"), "--pid-file="+filepath.Join(dir, "pid"),
		"--bind-address=127.0.0.1", "--port="+port, "--skip-name-resolve", "--skip-log-bin", "--init-file="+filepath.Join(dir, "first.sql"),
		"--ssl-cert="+certificateFile(dir), "--ssl-key="+keyFile(dir),
		"--default-time-zone=+00:00", "--character-set-server=latin1", "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0")
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	log := filepath.Join(dir, "log")
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		written, _ := os.ReadFile(log) // not there yet is as good as not ready
		if bytes.Contains(written, []byte("ready for connections")) {
			pipes = append(pipes, pipe)
			return port, nil
		}
		if bytes.Contains(written, []byte("Aborting")) {
			break
		}
	}
	written, _ := os.ReadFile(log)
	_, _ = io.WriteString(pipe, "keep\n")
	return "", errors.Join(fmt.Errorf("mariadbd ended at its start: %s", tail(written)), pipe.Close(), cmd.Wait())
}

func findBinaries() (server, installer string, err error) {
	if server, err = find("mariadbd"); err != nil {
		return "", "", err
	}
	installer, err = find("mariadb-install-db")
	return server, installer, err
}

// find looks on PATH, and where Debian keeps servers.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	if path, err := exec.LookPath(filepath.Join("/usr/sbin", name)); err == nil {
		return path, nil
	}
	return "", errAbsent
}

// tail is the end of a log, enough to say what went wrong.
func tail(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-6):], "\n")
}
