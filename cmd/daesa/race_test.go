//go:build race

package main

// underRace says that the race detector watches: everything takes ten times as
// long.
const underRace = true
