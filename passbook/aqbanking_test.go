package passbook

import (
	"encoding/csv"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAqbankingReadsTheSameMT940, a program of others (Debian's aqbanking-tools).
func TestAqbankingReadsTheSameMT940(t *testing.T) {
	cli, err := exec.LookPath("aqbanking-cli")
	if err != nil {
		t.Skip("aqbanking-cli is not installed: apt-get install aqbanking-tools")
	}
	more := fileOf(t, "more.sta", ":20:A\r\n:25:HSBCKRSE/00001234\r\n:28C:1/1\r\n:60F:C251231KRW1000,\r\n"+
		":61:2512310102D200,NTRFNONREF//B1\r\n:86:166?00TRANSFER?20RENT?21OF JANUARY?3112345678?32GANA?33 CO\r\n"+
		":61:2601020102CW50,NMSCMINE//B2\r\n:86:177?00TRANSFER?20X?32KIM\r\n"+
		":61:2601030103RC50,NTRFNONREF//B3\r\n:86:177?00TRANSFER?20BACK?32KIM\r\n:62F:C260103KRW800,\r\n-\r\n")
	for _, path := range []string{banks + "mt940.sta", more} {
		var ours []string
		for _, l := range readFile(t, path).Lines {
			ours = append(ours, fmt.Sprint(strings.ReplaceAll(string(l.Day()), "-", "/"), l.Signed(), l.Currency, l.Payer.Reveal(), l.Account.Reveal(), l.Memo.Reveal(), l.Ref))
		}
		theirs := aqbanking(t, cli, path)
		if got, want := strings.Join(ours, "\n"), strings.Join(theirs, "\n"); got != want {
			t.Errorf("%s: ours\n%s\ntheirs\n%s", path, got, want)
		}
	}
}

// aqbanking gives the lines that it reads.
func aqbanking(t *testing.T, cli, path string) []string {
	t.Helper()
	folder := t.TempDir()
	run := func(arguments ...string) string {
		command := exec.Command(cli, append([]string{"-n", "--charset=UTF-8", "-D", folder}, arguments...)...)
		command.Env = append(command.Environ(), "HOME="+folder)
		out, err := command.Output()
		if err != nil {
			t.Fatal(arguments, err)
		}
		return string(out)
	}
	context := filepath.Join(folder, "context")
	run("import", "-c", context, "--importer=swift", "--profile=SWIFT-MT940", "-f", path)
	reader := csv.NewReader(strings.NewReader(run("export", "-c", context, "--exporter=csv", "--profile=full")))
	reader.Comma = ';'
	rows, err := reader.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal(rows, err)
	}
	at := map[string]int{}
	for i, title := range rows[0] {
		at[title] = i
	}
	var lines []string
	for _, row := range rows[1:] {
		amount := strings.TrimSuffix(row[at["value_value"]], ".00")
		purpose := row[at["purpose"]] + row[at["purpose1"]]
		lines = append(lines, fmt.Sprint(row[at["date"]], amount, row[at["value_currency"]], row[at["remoteName"]]+row[at["remoteName1"]], row[at["remoteAccountNumber"]], purpose, row[at["bankReference"]]))
	}
	return lines
}
