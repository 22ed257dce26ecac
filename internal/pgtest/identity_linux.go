package pgtest

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// unprivileged is the number under which root appears inside the user
// namespace; any but zero will do.
const unprivileged = 1000

// identities returns the ways to run the server, the preferred one first.
func identities() []identity {
	if os.Geteuid() != 0 {
		return []identity{{
			name:       "as the current user",
			attributes: endsWithUs,
			prepare:    noPreparation,
			give:       noPreparation,
		}}
	}
	return []identity{inUserNamespace(), asPostgresUser()}
}

func endsWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
}

// inUserNamespace maps us to another number: the server believes that it is
// not root, and its files stay ours.
func inUserNamespace() identity {
	return identity{
		name: "in a user namespace",
		attributes: func() *syscall.SysProcAttr {
			attr := endsWithUs()
			attr.Cloneflags = syscall.CLONE_NEWUSER
			attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: unprivileged, HostID: os.Geteuid(), Size: 1}}
			attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: unprivileged, HostID: os.Getegid(), Size: 1}}
			return attr
		},
		prepare: noPreparation,
		give:    noPreparation,
	}
}

// asPostgresUser drops to the user that the distribution's package made.
func asPostgresUser() identity {
	var uid, gid int
	return identity{
		name: "as user postgres",
		attributes: func() *syscall.SysProcAttr {
			attr := endsWithUs()
			attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return attr
		},
		prepare: func(dir string) error {
			postgres, err := user.Lookup("postgres")
			if err != nil {
				return err
			}
			if uid, err = strconv.Atoi(postgres.Uid); err != nil {
				return fmt.Errorf("the user's number: %w", err)
			}
			if gid, err = strconv.Atoi(postgres.Gid); err != nil {
				return fmt.Errorf("the group's number: %w", err)
			}
			return os.Chown(dir, uid, gid)
		},
		give: func(file string) error { return os.Chown(file, uid, gid) },
	}
}

// ownSession keeps a terminal's Ctrl-C away from the guard.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true}
}
