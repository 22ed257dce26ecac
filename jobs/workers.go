package jobs

import (
	"context"
	"fmt"
	"runtime/debug"

	"golang.org/x/sync/errgroup"
)

// workers are goroutines of one step. A panic of one is an error of its step:
// it does not end the process, in which other jobs run and webhooks come in.
type workers struct{ *errgroup.Group }

func workersOf(ctx context.Context) (workers, context.Context) {
	group, ctx := errgroup.WithContext(ctx)
	return workers{group}, ctx
}

// Go is errgroup's, and catches a panic.
func (w workers) Go(work func() error) {
	w.Group.Go(func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("a worker panicked: %v\n%s", p, debug.Stack())
			}
		}()
		return work()
	})
}
