// Package freeport finds a port for a server that a test starts, and that must find
// it free once more when it is started again. A port that the system gives by itself
// does not do: as soon as nobody listens there it may become the near end of any
// connection of the machine. It knows no room.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Systems give connections their own ends from 32768 (Linux) or 49152 on (the
// others); below that a port is taken by name alone.
const (
	low   = 20_000
	high  = 32_768
	tries = 50
)

// Find is a port of loopback that nobody listens on now. Another test may find it,
// too: who cannot have it asks again.
func Find() (port int, err error) {
	for range tries {
		port = low + rand.IntN(high-low) //nolint:gosec // a guess, which is tried
		listener, failure := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if failure == nil {
			return port, listener.Close()
		}
		err = errors.Join(err, failure)
	}
	return 0, fmt.Errorf("no port is free: %w", err)
}

// Listen is a listener at a port that [Find] would give.
func Listen() (listener net.Listener, err error) {
	for range tries {
		port, failure := Find()
		if failure == nil {
			listener, failure = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		}
		if failure == nil {
			return listener, nil
		}
		err = errors.Join(err, failure)
	}
	return nil, err
}
