package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var updateCLI = flag.Bool("cli.update", false, "write docs/cli.md anew")

// TestTheListOfCommandsIsCurrent compares docs/cli.md with the commands.
func TestTheListOfCommandsIsCurrent(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "cli.md")
	got := commandPages(t)
	if *updateCLI {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("docs/cli.md is not what the commands say (go test ./cmd/daesa -run ListOfCommands -cli.update):\n%s", diff)
	}
}

// commandPages writes every command with its words and flags.
func commandPages(t *testing.T) string {
	t.Helper()
	a := &invocation{environment: environment{stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, env: func(string) (string, bool) { return "", false }}}
	root := a.root()
	root.InitDefaultCompletionCmd()
	var b strings.Builder
	b.WriteString("# Commands\n\nWritten from the commands themselves, and held to them by a test. Exit codes are in the [operations page](operations.md).\n\n## Flags of every command\n\n")
	flagTable(&b, root.PersistentFlags())
	for _, cmd := range root.Commands() {
		if !cmd.Hidden && cmd.Name() != "help" {
			commandPage(&b, cmd)
		}
	}
	return b.String()
}

func commandPage(b *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(b, "\n## %s\n\n%s.\n", cmd.CommandPath(), strings.TrimSuffix(cmd.Short, "."))
	if cmd.Runnable() && !cmd.HasSubCommands() || cmd.Name() == "webhook" {
		fmt.Fprintf(b, "\n    %s\n", strings.TrimSuffix(cmd.UseLine(), " [flags]"))
	}
	if cmd.Long != "" && cmd.Name() != "completion" && cmd.Parent().Name() != "completion" {
		fmt.Fprintf(b, "\n%s\n", cmd.Long)
	}
	if own := cmd.NonInheritedFlags(); own.HasAvailableFlags() {
		b.WriteString("\n")
		flagTable(b, own)
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			commandPage(b, sub)
		}
	}
}

func flagTable(b *strings.Builder, flags *pflag.FlagSet) {
	b.WriteString("| flag | meaning |\n|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "-1" {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.TrimSpace("--"+f.Name+" "+kind), strings.ReplaceAll(usage, "|", "\\|"))
	})
}
