//go:build race

package racing

// On says that the race detector watches.
const On = true
