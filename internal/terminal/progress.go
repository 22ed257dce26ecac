package terminal

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress shows how far a command is, on a terminal, once it takes longer
// than a second.
type Progress struct {
	to    io.Writer
	clock func() time.Time
	began time.Time

	mu   sync.Mutex
	what string
	bar  *progressbar.ProgressBar
}

// patience is how long a command may take before it says how far it is.
const patience = time.Second

// NewProgress shows it on a terminal; nobody watches nil.
func NewProgress(to io.Writer, clock func() time.Time) *Progress {
	return &Progress{to: to, clock: clock, began: clock()}
}

// Step says that so much of something is done; total is 0 where nobody knows.
func (p *Progress) Step(what string, done, total int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.clock().Sub(p.began) < patience || (done == 0 && total == 0) {
		return // too early, or nothing to count yet
	}
	if p.bar == nil || p.what != what {
		p.finish()
		if total <= 0 {
			total = -1
		}
		p.what = what
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.to), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set64(done) // a bar that cannot be drawn stops no night
}

// Close takes the bar away.
func (p *Progress) Close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
}

func (p *Progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish() // a bar that cannot be drawn stops no night
	}
	p.bar = nil
}
