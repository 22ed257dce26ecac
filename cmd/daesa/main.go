// Command daesa is the night shift of a shop that takes payments through Toss
// Payments, as a command line: flags, wiring, printing and exit codes
// (docs/contract.md 1). It knows every room, wires the store, the provider and the
// clock to what a command does in app, and decides nothing. Begin at root.go, which
// lists the commands, and at session.go, which opens what most of them need.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// collectAt keeps Go's heap small: most of a night's memory is SQLite's own, which the
// collector does not see, and what it has to look at is little. GOGC says otherwise.
const collectAt = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], environment{
		stdout: os.Stdout, stderr: os.Stderr, env: os.LookupEnv, clock: time.Now, terminal: isTerminal(os.Stderr),
	})
	stop()
	os.Exit(code)
}

// environment is what a command sees of the machine.
type environment struct {
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	clock          func() time.Time // the real clock
	terminal       bool             // stderr is one: a progress bar is welcome
}
