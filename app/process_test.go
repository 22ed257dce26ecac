package app

import (
	"fmt"
	"os"
	"testing"
)

func TestAnOwnerOfThisMachineThatIsGoneIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	p := ThisProcess()
	const noSuch = 1 << 22 // above the highest number that a system gives
	for owner, gone := range map[string]bool{
		p.String(): false,
		fmt.Sprintf("%s/%d/%s", p.Host, p.PID, "before"):          true, // an earlier first process of a container
		fmt.Sprintf("%s/%d/%s", p.Host, os.Getppid(), "whatever"): false,
		fmt.Sprintf("%s/%d/%s", p.Host, noSuch, "whatever"):       true,
		fmt.Sprintf("%s/%d/%s", "another", noSuch, "whatever"):    false, // of other machines only the lease tells
		p.Host:                         false,
		p.Host + "/not a number/nonce": false,
	} {
		if got := p.Outlived(owner); got != gone {
			t.Errorf("%s: gone %v", owner, got)
		}
	}
}
