package pgtest

import "syscall"

// An identity is a way to run the server: as ourselves, or, since PostgreSQL
// refuses root, as somebody else.
type identity struct {
	name       string
	attributes func() *syscall.SysProcAttr
	prepare    func(dir string) error  // makes dir writable for it
	give       func(file string) error // makes file readable for it
}

func noPreparation(string) error { return nil }
