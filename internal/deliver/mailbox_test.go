package deliver

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gomail "github.com/wneessen/go-mail"
)

// letter is what a mail server was given.
type letter struct{ Login, From, To, Text string }

// newMailServer is a small mail server that answers a command by the table, and
// what is not there with 250.
func newMailServer(t *testing.T, answers map[string]string) (address string, got <-chan letter) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	letters := make(chan letter, 1)
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			return // the test is over
		}
		defer connection.Close()
		letters <- receive(connection, answers)
	}()
	return listener.Addr().String(), letters
}

func receive(connection io.ReadWriter, answers map[string]string) (l letter) {
	lines := bufio.NewReader(connection)
	say := func(text string) { _, _ = io.WriteString(connection, text+"\r\n") }
	say("220 mail.example.com")
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return l
		}
		line = strings.TrimRight(line, "\r\n")
		command, rest, _ := strings.Cut(line, " ")
		answer, ok := answers[command]
		if !ok {
			answer = "250 fine"
		}
		say(strings.ReplaceAll(answer, "LINE", line))
		switch command {
		case "AUTH":
			login, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			l.Login = strings.ReplaceAll(string(login), "\x00", "|")
		case "MAIL":
			l.From = rest
		case "RCPT":
			l.To = rest
		case "DATA":
			for line = ""; line != ".\r\n" && err == nil; line, err = lines.ReadString('\n') {
				l.Text += strings.TrimPrefix(line, ".")
			}
			say("250 taken")
		case "QUIT":
			return l
		}
	}
}

var friendly = map[string]string{"EHLO": "250-mail.example.com\r\n250 AUTH PLAIN LOGIN", "AUTH": "235 welcome", "DATA": "354 go on", "QUIT": "221 bye"}

func TestAMailboxGetsTheFile(t *testing.T) {
	server, letters := newMailServer(t, friendly)
	place, err := Open("mailto:finance@example.com", variables(map[string]string{mailURL: "smtp://kim:canary%2F%40@" + server + "?from=daesa@example.com"}))
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Repeat("\x00\xff a workbook\r\n.\r\n", 1000)
	if err := place.Put(t.Context(), book(t, content)); err != nil {
		t.Fatal(err)
	}
	got := <-letters
	if diff := cmp.Diff(letter{Login: "|kim|canary/@", From: "FROM:<daesa@example.com>", To: "TO:<finance@example.com>"},
		letter{Login: got.Login, From: got.From, To: got.To}); diff != "" {
		t.Error(diff)
	}
	subject, attached := opened(t, got.Text)
	if subject != "book.xlsx" || attached["book.xlsx"] != content {
		t.Errorf("subject %q, %d attachments, %d bytes of the file", subject, len(attached), len(attached["book.xlsx"]))
	}
}

// opened gives a letter's subject and its attachments by name.
func opened(t *testing.T, text string) (string, map[string]string) {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	_, options, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	attached := map[string]string{}
	for parts := multipart.NewReader(message.Body, options["boundary"]); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return message.Header.Get("Subject"), attached
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.FileName() == "" {
			continue
		}
		content, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
		if err != nil {
			t.Fatal(err)
		}
		attached[part.FileName()] = string(content)
	}
}

func TestAMailServerThatRefusesIsSaid(t *testing.T) {
	for name, test := range map[string]struct{ command, answer, says string }{
		"a server that repeats what it was told": {"AUTH", "535 no such LINE canary", "the server answered 535"},
		"a receiver that it does not know":       {"RCPT", "550 canary", "the server answered 550"},
		"a sender that it does not like":         {"MAIL", "553 canary", "the server answered 553"},
	} {
		t.Run(name, func(t *testing.T) {
			answers := map[string]string{test.command: test.answer}
			for command, answer := range friendly {
				if command != test.command {
					answers[command] = answer
				}
			}
			server, letters := newMailServer(t, answers)
			place, err := Open("mailto:finance@example.com", variables(map[string]string{mailURL: "smtp://kim:canary@" + server + "?from=daesa@example.com"}))
			if err != nil {
				t.Fatal(err)
			}
			refused(t, place.Put(t.Context(), book(t, "x")), test.says)
			if got := <-letters; got.Text != "" {
				t.Errorf("it was given %q", got.Text)
			}
		})
	}
}

// Elsewhere than on this machine nothing is sent without TLS, not even the
// password.
func TestAMailServerWithoutTLSGetsNothing(t *testing.T) {
	server, letters := newMailServer(t, friendly)
	place, err := openMailbox("finance@example.com", func(string) string { return "smtp://kim:canary@mail.example.com?from=daesa@example.com" })
	if err != nil {
		t.Fatal(err)
	}
	m := place.(mailbox)
	var dialer net.Dialer
	var connection net.Conn
	m.options = append(m.options, gomail.WithDialContextFunc(func(ctx context.Context, network, _ string) (_ net.Conn, err error) {
		connection, err = dialer.DialContext(ctx, network, server)
		return connection, err
	}))
	refused(t, m.Put(t.Context(), book(t, "x")), "STARTTLS")
	if err := connection.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-letters; got != (letter{}) {
		t.Errorf("it was given %+v", got)
	}
}

func TestAMailServerThatCannotBeReachedIsSaid(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	place, err := Open("mailto:finance@example.com", variables(map[string]string{mailURL: "smtp://" + listener.Addr().String() + "?from=daesa@example.com"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, place.Put(t.Context(), book(t, "x")), "connection refused")
}
