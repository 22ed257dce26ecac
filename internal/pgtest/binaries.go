package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// findBinaries returns the folder that holds initdb and postgres: Debian's
// newest version, else what is on PATH.
func findBinaries() (string, error) {
	if os.Getenv("DAESA_TEST_POSTGRES_URL") == "off" {
		return "", fmt.Errorf("%w; or rather, DAESA_TEST_POSTGRES_URL=off says to act so", errAbsent)
	}
	newest, found := 0, ""
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well-formed
	for _, folder := range folders {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
		if err == nil && version > newest && complete(folder) {
			newest, found = version, folder
		}
	}
	if found != "" {
		return found, nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", errAbsent
	}
	// A link on PATH leads to the folder where both stand.
	if initdb, err = filepath.EvalSymlinks(initdb); err != nil {
		return "", err
	}
	if folder := filepath.Dir(initdb); complete(folder) {
		return folder, nil
	}
	return "", errAbsent
}

func complete(folder string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}
