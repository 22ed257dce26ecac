package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAlertsFire tries the alert rules on invented days (alerts_test.yaml).
func TestAlertsFire(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("DAESA_REQUIRE_PROMTOOL") != "" {
			t.Fatal("there is no promtool here, and it is required (Debian's package prometheus has it)")
		}
		t.Skip("there is no promtool here (Debian's package prometheus has it)")
	}
	for _, arguments := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		cmd := exec.Command(promtool, arguments...)
		cmd.Dir = filepath.Join("..", "prometheus")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", arguments, err, out)
		}
	}
}
