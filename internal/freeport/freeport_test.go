package freeport

import (
	"net"
	"testing"
)

// A port that was found is no port that a connection gets, so that it is free again
// once its server has ended, however many connections there are by then.
func TestAPortIsNoConnectionsEnd(t *testing.T) {
	listener, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	server := listener.Addr().(*net.TCPAddr).Port
	for range 200 {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if given := conn.LocalAddr().(*net.TCPAddr).Port; given >= low && given < high {
			t.Fatalf("a connection was given the port %d, where servers are to be found (%d)", given, server)
		}
	}
}

// A port on which somebody listens is not found.
func TestATakenPortIsNotFound(t *testing.T) {
	listener, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken := listener.Addr().(*net.TCPAddr).Port
	for range 2000 {
		port, err := Find()
		if err != nil {
			t.Fatal(err)
		}
		if port == taken {
			t.Fatalf("%d is taken, and was found", port)
		}
	}
}
