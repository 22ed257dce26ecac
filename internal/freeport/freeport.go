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

// Listen is a listener at a port that no connection is given.
func Listen() (net.Listener, error) {
	var all error
	for range tries {
		port := low + rand.IntN(high-low) //nolint:gosec // a guess, which is tried
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return listener, nil
		}
		all = errors.Join(all, err)
	}
	return nil, fmt.Errorf("no port is free: %w", all)
}

// Find is a port where Listen could listen a moment ago. Another test may find it, too:
// who cannot have it asks again.
func Find() (port int, err error) {
	listener, err := Listen()
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
