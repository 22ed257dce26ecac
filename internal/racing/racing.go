// Package racing lets a test pass over what the race detector has nothing to
// say about. Under it everything takes ten times as long, so only what runs
// several goroutines, each time in another way, is worth its time; the suite
// without it runs all. It knows no room.
package racing

import "testing"

// Skip passes over a test under the race detector; alone says why its work is
// one goroutine's, such as "a hundred nights, one after the other".
func Skip(t testing.TB, alone string) {
	t.Helper()
	if On {
		t.Skip(alone + ": run it without -race")
	}
}
