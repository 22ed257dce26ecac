//go:build unix

package app

import (
	"errors"
	"syscall"
)

// processAlive says whether a process of this machine still runs.
func processAlive(pid int) bool {
	return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
