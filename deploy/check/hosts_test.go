package check

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const crontabFile = "../cron/crontab"

func parsed(t *testing.T) *Crontab {
	t.Helper()
	tab, err := ParseCrontab(read(t, crontabFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(tab.Lines) != 6 {
		t.Fatalf("%d jobs, want the night, refunds, capture, settlements, purge and the month's end", len(tab.Lines))
	}
	return tab
}

func TestEveryCrontabLineCallsACommandThatExists(t *testing.T) {
	for _, line := range parsed(t).Lines {
		found := Calls(line.Command)
		if len(found) != 1 {
			t.Errorf("calls daesa %d times: %s", len(found), line.Command)
		}
		for _, args := range found {
			mustBeCommand(t, args)
		}
	}
}

func TestCrontabKeepsTheScheduleOfTheKubernetesConfiguration(t *testing.T) {
	settings := read(t, "../kubernetes/base/common/daesa.yaml")
	for _, line := range parsed(t).Lines {
		if !strings.Contains(settings, `"`+line.Schedule+`"`) && !strings.Contains(line.Command, "purge") {
			t.Errorf("%q is not in daesa.yaml", line.Schedule)
		}
	}
}

func TestCrontabsThatCronWouldMisread(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"30 1 * * * a\n", ""},
		{"30 1 * * * a", "does not end with a new line"},
		{"30 1 * * a\n", "line 1: has no five fields"},
		{"A=b\n61 1 * * * a\n", "line 2"},
		{"0 0 * * * date +%F\n", `has a % without a \`},
		{"0 24 * * * a\n", "the hour is"},
		{"*/0 * * * * a\n", "step"},
		{"0 0 5-40 * * a\n", "the day is"},
	} {
		_, err := ParseCrontab(test.text)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%q: %v, want %q", test.text, err, test.want)
		}
	}
}

// shell runs a job's command as cron does, with two lines edited: where the
// program is and where the shop's folder is. What comes back is cron's mail.
func shell(t *testing.T, tab *Crontab, command, program, home, path string) (mail string) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	cmd := exec.Command(sh, "-c", command)
	cmd.Dir, cmd.Env = home, []string{"HOME=" + home, "LOGNAME=daesa"}
	for _, variable := range tab.Env {
		name, value, _ := strings.Cut(variable, "=")
		switch name {
		case "DAESA":
			value = program
		case "DAESA_HOME":
			value = home
		case "PATH":
			value = path + value
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s\n%v\n%s", command, err, out)
	}
	return string(out)
}

func TestEveryCrontabLineRunsAsItStands(t *testing.T) {
	tab, home := parsed(t), shop(t, startSandbox(t))
	for _, line := range tab.Lines {
		if mail := shell(t, tab, line.Command, daesa, home, ""); mail != "" {
			t.Errorf("%s\ncron would mail: %s%s", line.Command, mail, logs(t, home))
		}
	}
	for _, name := range []string{"nightly", "refunds", "capture", "settlements", "purge", "month-end"} {
		if read(t, filepath.Join(home, "log", name+".log")) == "" {
			t.Errorf("%s left nothing in its log", name)
		}
	}
	if books, _ := filepath.Glob(filepath.Join(home, "reports", "*.xlsx")); len(books) == 0 {
		t.Errorf("the night drew no workbook\n%s", logs(t, home))
	}
}

func logs(t *testing.T, home string) string {
	files, _ := filepath.Glob(filepath.Join(home, "log", "*.log"))
	var all strings.Builder
	for _, file := range files {
		all.WriteString(file + ":\n" + read(t, file))
	}
	return all.String()
}

// shop makes the folder of a shop by `daesa init`, pointed at a sandbox, with
// the secrets where the crontab wants them and the orders imported.
func shop(t *testing.T, sandbox string) (home string) {
	t.Helper()
	home = t.TempDir()
	run(t, home, "init", home)
	settings := strings.NewReplacer("environment: live", "environment: test",
		"https://api.tosspayments.com ", sandbox+" ", "requests_per_minute: 100", "requests_per_minute: 60000").
		Replace(read(t, filepath.Join(home, "daesa.yaml")))
	secrets := strings.Replace(read(t, "../cron/daesa.env.example"), "TOSS_SECRET_KEY=''", "TOSS_SECRET_KEY='test_sk_sandbox'", 1)
	answer, err := http.Get(sandbox + "/sandbox/orders.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	orders, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"daesa.yaml": settings, "daesa.env": secrets, "orders.csv": string(orders)} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, home, "orders", "import", "orders.csv")
	return home
}

func run(t *testing.T, folder string, args ...string) {
	t.Helper()
	cmd := exec.Command(daesa, args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "TOSS_SECRET_KEY=test_sk_sandbox", "DAESA_CONFIG="+filepath.Join(folder, "daesa.yaml"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("daesa %v: %v\n%s", args, err, out)
	}
}

var listening = regexp.MustCompile(`http://[\d.:]+`)

// startSandbox gives the address of a pretend Toss that ends with the test.
func startSandbox(t *testing.T) (address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, daesa, "sandbox", "--addr", "127.0.0.1:0", "--rate", "0", "--orders", "300")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	first, err := bufio.NewReader(stderr).ReadString('\n')
	if address = listening.FindString(first); address == "" {
		t.Fatalf("the sandbox says %q, %v", first, err)
	}
	return address
}

// pretend writes a daesa into a folder that goes before the PATH: it notes how
// it was called and ends as told.
func pretend(t *testing.T, code string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	script := `echo "$@, key $TOSS_SECRET_KEY" >>"$DAESA_HOME/called"; exit ` + code
	if err := os.WriteFile(filepath.Join(folder, "daesa"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestCronMailsOnlyWhatFailed(t *testing.T) {
	tab := parsed(t)
	for _, test := range []struct{ code, want string }{{"0", ""}, {"1", "ended with 1,"}, {"2", "ended with 2,"}, {"4", "ended with 4,"}} {
		for _, line := range tab.Lines {
			home, programs := t.TempDir(), pretend(t, test.code)
			if err := os.WriteFile(filepath.Join(home, "daesa.env"), []byte("TOSS_SECRET_KEY='a&b$c'\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			mail := shell(t, tab, line.Command, filepath.Join(programs, "daesa"), home, programs+":")
			if (mail == "") != (test.want == "") || !strings.Contains(mail, test.want) {
				t.Errorf("daesa ends with %s, cron mails %q, want %q\n%s", test.code, mail, test.want, line.Command)
			}
			called := read(t, filepath.Join(home, "called"))
			if want := strings.Join(Calls(line.Command)[0][:2], " "); !strings.HasPrefix(called, want) || !strings.Contains(called, "key a&b$c") {
				t.Errorf("daesa was called with %q, want %q and the key", called, want)
			}
		}
	}
}

func units(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("../systemd/daesa-*.service")
	if err != nil || len(found) != 7 {
		t.Fatalf("units: %v, %v", found, err)
	}
	return found
}

func TestEveryUnitCallsACommandThatExists(t *testing.T) {
	for _, unit := range units(t) {
		found := Calls(read(t, unit))
		if len(found) != 1 {
			t.Errorf("%s calls daesa %d times", unit, len(found))
		}
		for _, args := range found {
			mustBeCommand(t, args)
		}
	}
}

func TestSystemdTakesTheUnitsAndFindsThemHardened(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../systemd")); err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, pattern := range []string{"*.service", "*.timer"} {
		found, _ := filepath.Glob(filepath.Join(folder, pattern))
		files = append(files, found...)
	}
	for _, file := range files {
		text := strings.ReplaceAll(read(t, file), "/usr/local/bin/daesa", daesa)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	systemd := func(args ...string) (string, error) {
		cmd := exec.Command(analyze, args...)
		cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+folder+":")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := systemd(append([]string{"verify", "--man=no"}, files...)...); err != nil || out != "" {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	for _, unit := range units(t) {
		name := filepath.Join(folder, filepath.Base(unit))
		// The scale is from 0 to 10 with one decimal; the threshold is in tenths.
		if out, err := systemd("security", "--offline=true", "--no-pager", "--threshold=20", name); err != nil {
			t.Errorf("%s is exposed more than 2.0: %v\n%s", unit, err, out)
		}
	}
}

func TestTheImageIsStaticAndHasNoShell(t *testing.T) {
	text := read(t, "../docker/Dockerfile")
	stages := strings.Split(text, "\nFROM ")
	if len(stages) != 3 {
		t.Fatalf("%d stages, want one that builds and one that runs", len(stages)-1)
	}
	goMod := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../../go.mod"))
	for _, want := range []string{"GO_IMAGE=golang:" + goMod[1] + "\n", "CGO_ENABLED=0", "-trimpath", "RUN_IMAGE=gcr.io/distroless/static-"} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile does not have %q", want)
		}
	}
	last := stages[2]
	if !strings.HasPrefix(last, "${RUN_IMAGE}") || !strings.Contains(last, "\nUSER 65532:65532\n") || strings.Contains(last, "\nRUN ") || strings.Contains(text, ":latest") {
		t.Errorf("the last stage is not a distroless one that runs as 65532 and runs nothing:\n%s", last)
	}
	for _, secret := range []string{"**/account.key", "**/*.db", "**/daesa.env"} {
		if !strings.Contains(read(t, "../../.dockerignore"), "\n"+secret+"\n") {
			t.Errorf(".dockerignore lets %s into the image's layers", secret)
		}
	}
}

// The pages name commands too, and must not name one that is not there.
func TestThePagesNameCommandsThatExist(t *testing.T) {
	for _, page := range []string{"../README.md", "../../docs/deploy.md"} {
		found := Calls(read(t, page))
		for _, in := range regexp.MustCompile("`daesa ([a-z][^`]*)`").FindAllStringSubmatch(read(t, page), -1) {
			found = append(found, strings.Fields(in[1]))
		}
		if len(found) == 0 {
			t.Errorf("%s names no command", page)
		}
		for _, args := range found {
			mustBeCommand(t, args)
		}
	}
}
