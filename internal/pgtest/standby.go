package pgtest

import (
	"os"
	"path/filepath"
)

// StartAsStandby starts a server that was stopped as one that only follows: it
// answers, and takes no write until [Server.Promote].
func (s *Server) StartAsStandby() error {
	if err := os.WriteFile(filepath.Join(s.data(), "standby.signal"), nil, 0o600); err != nil {
		return err
	}
	return s.Start()
}

// Promote makes a standby a server that can be written to, as a fail-over does.
func (s *Server) Promote() error {
	return administer(s.databaseURL(), "SELECT pg_promote(true, 30)")
}
