//go:build race

package refunds_test

// underRace says that the race detector watches: everything takes ten times as
// long.
const underRace = true
