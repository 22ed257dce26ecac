package app

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
)

// Process is one process of daesa, as leases name their owner, and the journal
// where a word came from.
type Process struct {
	Login string // of the operating system, as it says it; nothing that a person typed
	Host  string
	PID   int
	Nonce string // tells it from an earlier process that had its number: in a container every first one has the same
}

// ThisProcess names this process.
func ThisProcess() Process {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	login := "unknown"
	if u, err := user.Current(); err == nil && u.Username != "" {
		login = u.Username
	}
	return Process{Login: login, Host: host, PID: os.Getpid(), Nonce: rand.Text()[:8]}
}

// Person is the name that the login gives to whoever does not type one: without the
// domain that Windows puts before it.
func (p Process) Person() string { return p.Login[strings.LastIndexByte(p.Login, '\\')+1:] }

// String is its name in a lease: in Kubernetes the host is the pod.
func (p Process) String() string { return fmt.Sprintf("%s/%d/%s", p.Host, p.PID, p.Nonce) }

// Outlived reports whether an owner was a process of this machine that is gone:
// its run can be taken over at once. Of other machines only the lease tells.
func (p Process) Outlived(owner string) bool {
	parts := strings.Split(owner, "/")
	if len(parts) != 3 || parts[0] != p.Host {
		return false
	}
	pid, err := strconv.Atoi(parts[1])
	if err != nil {
		return false
	}
	if pid == p.PID {
		return parts[2] != p.Nonce
	}
	return !processAlive(pid)
}
