//go:build !linux

package main

// networkVolume is known on Linux only.
func networkVolume(string) string { return "" }
