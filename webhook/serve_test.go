package webhook_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"daesa/webhook"
)

// pipes is a listener without a network, so that its time is the bubble's.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// until reads what a server sends, and gives its text and after what time the
// server closed the connection.
func until(conn net.Conn) (text string, took time.Duration) {
	begun := time.Now()
	all, _ := io.ReadAll(conn)
	return string(all), time.Since(begun)
}

// A slow client is cut off, wherever it stops, and an answer comes to who was
// merely slow.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const head = "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
	for _, test := range []struct {
		name, sends string
		after       time.Duration
		answered    string
	}{
		{"says nothing", "", 3 * time.Second, ""},
		{"stops within the header", head, 3 * time.Second, ""},
		{"stops before the body", head + "\r\n", 5 * time.Second, "400"},
		{"stops within the body", head + "\r\n{", 5 * time.Second, "400"},
		{"sends all, and then no more", head + "\r\n{}", 60 * time.Second, "200"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener, r := newPipes(), receiver(t, &inbox{})
				ctx, end := context.WithCancel(t.Context())
				served := make(chan error, 1)
				go func() { served <- webhook.Serve(ctx, listener, r) }()
				conn := listener.dial()
				go func() { _, _ = io.WriteString(conn, test.sends) }()
				text, took := until(conn)
				// The server waits half a second for a client to read its last words.
				if took < test.after || took > test.after+time.Second {
					t.Errorf("cut off after %s, expected %s", took, test.after)
				}
				if got, _, _ := strings.Cut(strings.TrimPrefix(text, "HTTP/1.1 "), " "); got != test.answered {
					t.Errorf("answered with %q", text)
				}
				end()
				if err := <-served; err != nil {
					t.Error(err)
				}
				_ = conn.Close()
			})
		})
	}
}

// Who sends one byte a second, in the header or in the body, is cut off as well.
func TestSlowLoris(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener, in := newPipes(), &inbox{}
		ctx, end := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- webhook.Serve(ctx, listener, receiver(t, in)) }()
		for start, after := range map[string]time.Duration{
			"P": 3 * time.Second, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{": 5 * time.Second,
		} {
			conn := listener.dial()
			silent := make(chan struct{})
			go func() {
				defer close(silent)
				_, err := io.WriteString(conn, start)
				for ; err == nil; _, err = io.WriteString(conn, " ") {
					time.Sleep(time.Second)
				}
			}()
			if _, took := until(conn); took < after || took > after+time.Second {
				t.Errorf("%q: cut off after %s, expected %s", start, took, after)
			}
			_ = conn.Close()
			<-silent
		}
		end()
		if err := <-served; err != nil || len(in.events()) != 0 {
			t.Error(err, in.events())
		}
	})
}

// Who does not read the answer is cut off too.
func TestAClientThatDoesNotListen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		ctx, end := context.WithCancel(t.Context())
		served, wrote := make(chan error, 1), make(chan time.Duration, 1)
		talk := func(w http.ResponseWriter, _ *http.Request) {
			begun := time.Now()
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
			wrote <- time.Since(begun)
		}
		go func() { served <- webhook.Serve(ctx, listener, http.HandlerFunc(talk)) }()
		conn := listener.dial()
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		select {
		case took := <-wrote:
			if took != 10*time.Second {
				t.Errorf("cut off after %s", took)
			}
		default:
			t.Error("not cut off in a minute")
		}
		_ = conn.Close()
		end()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// The worst case: a body that takes almost all its time, then a store that
// hangs. The answer still leaves within Toss's ten seconds.
func TestAnAnswerAlwaysComesWithinTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener, in := newPipes(), &inbox{hold: make(chan struct{})}
		ctx, end := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- webhook.Serve(ctx, listener, receiver(t, in)) }()
		conn := listener.dial()
		begun := time.Now()
		go func() {
			_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
			time.Sleep(4900 * time.Millisecond)
			_, _ = io.WriteString(conn, "}")
		}()
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); answer.StatusCode != http.StatusServiceUnavailable || took >= 9500*time.Millisecond {
			t.Errorf("answered with %d after %s", answer.StatusCode, took)
		}
		_ = conn.Close()
		close(in.hold)
		end()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// When the program ends, what is under way is finished, and nothing new begun.
func TestServeDrains(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		handling time.Duration
		ends     time.Duration
		answered bool
	}{
		{"in time", 8 * time.Second, 8 * time.Second, true},
		{"for ten seconds at most", time.Minute, 10 * time.Second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener := newPipes()
				ctx, end := context.WithCancel(t.Context())
				served := make(chan error, 1)
				slow := func(w http.ResponseWriter, _ *http.Request) { time.Sleep(test.handling) }
				go func() { served <- webhook.Serve(ctx, listener, http.HandlerFunc(slow)) }()
				conn := listener.dial()
				go func() { _, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n") }()
				synctest.Wait()
				begun := time.Now()
				end()
				text, _ := until(conn)
				if err := <-served; err != nil {
					t.Error(err)
				}
				// Shutdown looks every half second whether all is done.
				if took := time.Since(begun); took < test.ends || took > test.ends+time.Second {
					t.Errorf("ended after %s, expected %s", took, test.ends)
				}
				if strings.HasPrefix(text, "HTTP/1.1 200") != test.answered {
					t.Errorf("answered with %q", text)
				}
				_ = conn.Close()
				time.Sleep(time.Minute) // the handler ends
			})
		})
	}
}

var errListener = errors.New("the listener broke")

type broken struct{ *pipes }

func (broken) Accept() (net.Conn, error) { return nil, errListener }

// A listener that breaks ends Serve; the bubble would not end if anything of it
// were left.
func TestServeSaysThatTheListenerBroke(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if err := webhook.Serve(t.Context(), broken{newPipes()}, http.NotFoundHandler()); !errors.Is(err, errListener) {
			t.Error(err)
		}
	})
}

// loopback serves on a real address until the test ends.
func loopback(t *testing.T, h http.Handler) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- webhook.Serve(ctx, listener, h) }()
	t.Cleanup(func() {
		end()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// speak sends a request as it stands and gives all that comes until the server
// closes the connection.
func speak(t *testing.T, addr, request string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, request) }() // the server may stop listening in between
	all, err := io.ReadAll(conn)
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("the connection was left open")
	}
	return string(all)
}

// Over a real connection each limit closes it, and what is too large is refused
// by its length before a byte of it was read.
func TestLimitsOverLoopback(t *testing.T) {
	t.Parallel()
	in := &inbox{}
	addr := loopback(t, receiver(t, in))
	barred := loopback(t, receiver(t, in, func(o *webhook.Options) { o.AllowFrom = prefixes("13.124.18.147/32") }))
	post := "POST /hook HTTP/1.1\r\nHost: x\r\n"
	chunks := strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", 1<<16, strings.Repeat("x", 1<<16)), 32) + "0\r\n\r\n"
	for _, test := range []struct{ name, addr, request, want string }{
		{"its length is too large", addr, post + "Content-Length: 10485760\r\n\r\n", "413"},
		{"one byte too many", addr, post + "Content-Length: 1048577\r\n\r\n", "413"},
		{"larger than it says beforehand", addr, post + "Transfer-Encoding: chunked\r\n\r\n" + chunks, "413"},
		{"a header that is too large", addr, post + "X: " + strings.Repeat("x", 32<<10) + "\r\n\r\n", "431"},
		{"another address, before its body", barred, post + "Content-Length: 100\r\n\r\n", "403"},
	} {
		begun := time.Now()
		if got := speak(t, test.addr, test.request); !strings.HasPrefix(got, "HTTP/1.1 "+test.want) {
			t.Errorf("%s: answered with %.60q", test.name, got)
		}
		if took := time.Since(begun); took > 4*time.Second {
			t.Errorf("%s: the body was waited for, %s", test.name, took)
		}
	}
	if len(in.events()) != 0 {
		t.Errorf("stored %+v", in.events())
	}
}

// The largest body there may be is taken, and one that ends before its length is
// not, over a real connection.
func TestBodiesOverLoopback(t *testing.T) {
	t.Parallel()
	in := &inbox{}
	addr := loopback(t, receiver(t, in))
	head := "POST /hook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1048576\r\n\r\n"
	body := `{"a":"` + strings.Repeat("x", 1<<20-8) + `"}`
	if got := speak(t, addr, head+body); !strings.HasPrefix(got, "HTTP/1.1 200") || len(in.events()) != 1 {
		t.Errorf("answered with %.60q, %d stored", got, len(in.events()))
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, head+body[:1<<19]); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(conn); !strings.HasPrefix(string(got), "HTTP/1.1 400") || len(in.events()) != 1 {
		t.Errorf("the truncated one was answered with %.60q, %d stored", got, len(in.events()))
	}
}

// A slow client over a real connection holds nobody up, and is cut off.
func TestASlowClientIsCutOff(t *testing.T) {
	t.Parallel()
	in := &inbox{}
	addr := loopback(t, receiver(t, in))
	var cut atomic.Bool
	done := make(chan string, 1)
	go func() {
		got := speak(t, addr, "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
		cut.Store(true)
		done <- got
	}()
	if got := speak(t, addr, "POST /hook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"); !strings.HasPrefix(got, "HTTP/1.1 200") || cut.Load() {
		t.Errorf("answered with %q, and the slow one was cut off: %t", got, cut.Load())
	}
	if got := <-done; !strings.HasPrefix(got, "HTTP/1.1 400") || len(in.events()) != 1 {
		t.Errorf("answered with %q, %d stored", got, len(in.events()))
	}
}
