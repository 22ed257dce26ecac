//go:build !race

package jobs_test

// underRace says that the race detector watches.
const underRace = false
