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
	"syscall"
	"time"
)

func main() {
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
