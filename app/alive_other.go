//go:build !unix

package app

// processAlive cannot be told here, so the lease decides.
func processAlive(int) bool { return true }
