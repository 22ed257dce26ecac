package webhook

import (
	"context"
	"errors"

	"daesa/pay"
)

// waiter is a request whose event is not stored yet.
type waiter struct {
	event  pay.Event
	stored chan error // of one value
}

// store keeps events in batches: whatever came while one batch was stored is the
// next. One commit acknowledges all of it.
func (r *Receiver) store() {
	defer close(r.done)
	for {
		var batch []*waiter
		select {
		case w := <-r.waiting:
			batch = append(batch, w)
		case <-r.closed:
			select {
			case w := <-r.waiting:
				batch = append(batch, w)
			default:
				return
			}
		}
		for more := true; more && len(batch) < batchMost; {
			select {
			case w := <-r.waiting:
				batch = append(batch, w)
			default:
				more = false
			}
		}
		r.keep(batch)
	}
}

func (r *Receiver) keep(batch []*waiter) {
	ctx, cancel := context.WithTimeout(context.Background(), storeMost)
	defer cancel()
	events := make([]pay.Event, len(batch))
	for i, w := range batch {
		events[i] = w.event
	}
	err := r.o.Inbox.Keep(ctx, events)
	if err != nil {
		r.o.Log.Error("webhook: events could not be stored, and Toss is told to send them again", "number", len(batch), "error", err)
	}
	for _, w := range batch {
		w.stored <- err
	}
	if err == nil && r.o.Stored != nil {
		r.o.Stored()
	}
}

// errClosed is of what came too late.
var errClosed = errors.New("webhook: the receiver is closed")

// hand gives an event to who stores, and waits until it is stored.
func (r *Receiver) hand(ctx context.Context, event pay.Event) error {
	ctx, cancel := context.WithTimeout(ctx, waitMost)
	defer cancel()
	w := &waiter{event: event, stored: make(chan error, 1)}
	select {
	case r.waiting <- w:
	case <-r.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-w.stored:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-r.done:
	}
	select {
	case err := <-w.stored: // by the last batch
		return err
	default:
		return errClosed
	}
}
