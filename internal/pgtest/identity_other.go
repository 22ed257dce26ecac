//go:build !linux

package pgtest

import "syscall"

// identities returns the ways to run the server. Elsewhere than on Linux there
// is only one; the guard alone ends the server with the test.
func identities() []identity {
	return []identity{{
		name:       "as the current user",
		attributes: ownSession,
		prepare:    noPreparation,
		give:       noPreparation,
	}}
}

func ownSession() *syscall.SysProcAttr { return nil }
