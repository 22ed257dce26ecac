package deliver

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"path/filepath"
	"strconv"

	"daesa/internal/hint"

	"github.com/wneessen/go-mail"
)

// mailURL is the environment variable that names the mail server.
const mailURL = "DAESA_SMTP_URL"

// mailbox is a person who gets the file by mail.
type mailbox struct {
	to, from string
	host     string
	options  []mail.Option
}

// openMailbox reads the mail server from smtp://user:password@host:587, which
// must speak TLS after STARTTLS, or smtps://user:password@host:465. The sender
// is ?from=ADDRESS, or else the user where that is an address.
func openMailbox(to string, settings func(string) string) (Place, error) {
	const example = "set " + mailURL + " to smtp://user:password@mail.example.com:587?from=daesa@example.com"
	address := settings(mailURL)
	if address == "" {
		return nil, hint.New("the mail server is not known", example)
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, hint.New(mailURL+" is no address of a mail server", example+"; write special characters of the password as %XX")
	}
	m := mailbox{to: to, from: first(u.Query().Get("from"), u.User.Username()), host: u.Hostname(), options: []mail.Option{mail.WithTimeout(patience)}}
	if message := mail.NewMsg(); message.From(m.from) != nil || message.To(m.to) != nil {
		return nil, hint.New(mailURL+" names no sender, or the receiver is no address", example)
	}
	port, err := strconv.Atoi(first(u.Port(), map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]))
	if err != nil {
		return nil, hint.New(mailURL+" is no address of a mail server", example)
	}
	switch {
	case u.Scheme == "smtps":
		m.options = append(m.options, mail.WithSSL())
	case onThisMachine(m.host):
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if user := u.User.Username(); user != "" {
		password, _ := u.User.Password()
		m.options = append(m.options, mail.WithSMTPAuth(authOf(m.host)), mail.WithUsername(user), mail.WithPassword(password))
	}
	m.options = append(m.options, mail.WithPort(port))
	return m, nil
}

// authOf lets the server choose how a password is shown; a server on this
// machine may see it without TLS.
func authOf(host string) mail.SMTPAuthType {
	if onThisMachine(host) {
		return mail.SMTPAuthPlain
	}
	return mail.SMTPAuthAutoDiscover
}

// Put sends the file as an attachment. A file that is put twice is sent twice.
func (m mailbox) Put(ctx context.Context, file string) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if err := m.send(ctx, file); err != nil {
		return hint.Errorf("check "+mailURL+", and that its user may send to this address and so large a file",
			"mailing %s through %s: %w", filepath.Base(file), m.host, saidBy(err))
	}
	return nil
}

func (m mailbox) send(ctx context.Context, file string) error {
	message := mail.NewMsg()
	if err := errors.Join(message.From(m.from), message.To(m.to)); err != nil {
		return err
	}
	name := filepath.Base(file)
	message.Subject(name)
	message.SetDate()
	message.SetMessageID()
	message.SetBodyString(mail.TypeTextPlain, name+"\r\n")
	message.AttachFile(file, mail.WithFileContentType(mail.ContentType(typeOf(file))))
	client, err := mail.NewClient(m.host, m.options...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, message)
}

// saidBy keeps of a mail server's refusal the code alone: some servers repeat
// the line that they did not like, and the password is in one of them.
func saidBy(err error) error {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return fmt.Errorf("the server answered %d", answer.Code)
	}
	var sending *mail.SendError
	if errors.As(err, &sending) && sending.ErrorCode() != 0 {
		return fmt.Errorf("the server answered %d", sending.ErrorCode())
	}
	return cause(err)
}
