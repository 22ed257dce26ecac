package mariatest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDatabasesStandApart(t *testing.T) {
	one, first := New(t)
	other, second := New(t)
	if first == second {
		t.Fatal("two tests got one database")
	}
	if _, err := one.Exec("CREATE TABLE only_here (n int)"); err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := other.QueryRow("SELECT count(*) FROM information_schema.tables WHERE table_schema = database()").Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables, %v", tables, err)
	}
}

// The helper is this test binary again: it starts a server, says where, and
// waits to be killed.
func TestHelperThatIsKilled(t *testing.T) {
	if os.Getenv("DAESA_MARIATEST_HELPER") != "1" {
		t.Skip("run by TestServerDiesWithItsParent")
	}
	if _, _, err := start(); err != nil {
		t.Fatal(err)
	}
	_, _ = os.NewFile(3, "report").WriteString("up\n")
	time.Sleep(time.Minute)
}

func TestServerDiesWithItsParent(t *testing.T) {
	if _, _, err := findBinaries(); err != nil {
		unavailable(t, err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	temporary := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperThatIsKilled$")
	cmd.Env = append(os.Environ(), "DAESA_MARIATEST_HELPER=1", "TMPDIR="+temporary)
	cmd.ExtraFiles = []*os.File{writer}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close() // ours; the helper has its own
	buffer := make([]byte, 16)
	if n, err := reader.Read(buffer); err != nil || strings.TrimSpace(string(buffer[:n])) != "up" {
		t.Fatalf("the helper said %q, %v", buffer[:n], err)
	}
	folders, _ := filepath.Glob(filepath.Join(temporary, "daesa-mariadb-*")) // the pattern is well-formed
	if len(folders) != 1 {
		t.Fatalf("folders %v", folders)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(folders[0]); errors.Is(err, os.ErrNotExist) {
			return
		}
	}
	t.Fatalf("%s outlived the test binary", folders[0])
}
