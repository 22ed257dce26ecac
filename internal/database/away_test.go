package database

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/lib/pq"

	"daesa/internal/hint"
	"daesa/pay"
)

// TestAProviderThatIsAwayIsNoDatabaseThatIsAway: both say "connection refused",
// and only the database's is waited for.
func TestAProviderThatIsAwayIsNoDatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	d := &DB{}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for name, err := range map[string]error{
		"the provider":            &pay.Failure{Kind: pay.FailureNotSent, API: "GET /v1/transactions", Err: refused},
		"a text about it":         errors.New("database: " + (&pay.Failure{Kind: pay.FailureNotSent, Err: refused}).Error() + ": connection refused"),
		"a refused statement":     d.Explain("claim", &pq.Error{Code: "42501"}),
		"none":                    nil,
		"a row that is not there": errors.New("database: claim: sql: no rows in result set"),
	} {
		if WentAway(err) {
			t.Errorf("%s: %v counts as a database that is away", name, err)
		}
	}
	for name, err := range map[string]error{
		"nobody listens":       d.Explain("open", refused),
		"a lost connection":    fmt.Errorf("night: %w", d.Explain("claim", &net.OpError{Op: "read", Err: syscall.ECONNRESET})),
		"a server that ends":   d.Explain("claim", &pq.Error{Code: "57P01"}),
		"a standby":            d.Explain("begin", errors.New("pq: session is read-only")),
		"a class 08 of errors": d.Explain("claim", &pq.Error{Code: "08006"}),
	} {
		if !WentAway(err) || hint.WordOf(err) != "database_away" || hint.Of(err) == "" {
			t.Errorf("%s: %v (%q, hint %q) does not count as a database that is away", name, err, hint.WordOf(err), hint.Of(err))
		}
	}
}
