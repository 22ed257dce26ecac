//go:build !linux

package doctor

// networkVolume is known on Linux only.
func networkVolume(string) string { return "" }

// freeSpace is known on Linux only; elsewhere the probe of a folder alone tells.
func freeSpace(string) (bytes int64, known bool) { return 0, false }
