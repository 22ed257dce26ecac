package main

import (
	"context"
	"sync"
	"time"

	"daesa/store"
)

// paceMargin stretches the provider's minute by a fiftieth, so that a call
// that is held up on its way does not land in a minute that is full.
const paceMargin = 50

// pacer hands out the calls of one merchant's rate limit. Slots are reserved in
// small blocks through the database, which all processes share, and handed out
// here one by one. It sleeps by the real clock.
type pacer struct {
	db        *store.DB
	mid       string
	perMinute int
	clock     func() time.Time

	mu     sync.Mutex
	blocks map[string]*store.Granted
	sizes  map[string]int // of the next block
}

func newPacer(db *store.DB, mid string, perMinute int, clock func() time.Time) *pacer {
	return &pacer{db: db, mid: mid, perMinute: perMinute, clock: clock, blocks: map[string]*store.Granted{}, sizes: map[string]int{}}
}

// Wait returns when one call of an API may leave.
func (p *pacer) Wait(ctx context.Context, api string) error {
	at, err := p.slot(ctx, api)
	if err != nil {
		return err
	}
	wait := at.Sub(p.clock())
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// slot takes the next slot of a block, and a new block where it is used up.
// Blocks grow from one slot to about a second's worth: a command that calls
// once leaves the next one nothing to wait for, and what a killed process
// reserved and did not use is soon over.
func (p *pacer) slot(ctx context.Context, api string) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	block := p.blocks[api]
	if block == nil || block.Count == 0 {
		step := time.Minute / time.Duration(p.perMinute)
		step += step / paceMargin
		size := max(1, min(p.sizes[api], p.perMinute/60))
		granted, err := p.db.GrantPace(ctx, p.mid, api, size, step, p.clock())
		if err != nil {
			return time.Time{}, err
		}
		p.sizes[api] = 2 * size
		block = &granted
		p.blocks[api] = block
	}
	at := block.First
	block.First, block.Count = at.Add(block.Step), block.Count-1
	return at, nil
}

// rest lets every process leave an API alone for a while, since the provider
// asked for it. Where the database cannot be told, this process rests alone.
func (p *pacer) rest(ctx context.Context, api string, wait time.Duration) {
	until := p.clock().Add(wait)
	_ = p.db.HoldPace(ctx, p.mid, api, until) // the client waits by itself as well
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocks[api] = nil
}
