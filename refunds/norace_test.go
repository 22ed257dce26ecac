//go:build !race

package refunds_test

// underRace says that the race detector watches.
const underRace = false
