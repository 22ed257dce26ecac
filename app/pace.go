package app

import (
	"context"
	"sync"
	"time"
)

// paceMargin stretches the provider's minute by a fiftieth, so that a call
// that is held up on its way does not land in a minute that is full.
const paceMargin = 50

// Paces reserves calls for all processes of a database.
type Paces interface {
	// GrantPace reserves the next count calls of an API, step apart, not before
	// clock. Processes never get the same ones.
	GrantPace(ctx context.Context, mid, api string, count int, step time.Duration, clock time.Time) (PaceBlock, error)
	// HoldPace lets no process call an API before a time.
	HoldPace(ctx context.Context, mid, api string, until time.Time) error
}

// PaceBlock is a block of calls that this process may make.
type PaceBlock struct {
	First time.Time     // when the first may leave
	Step  time.Duration // between two of them
	Count int
}

// Pacer hands out the calls of one merchant's rate limit. Slots are reserved in
// small blocks through the database, which all processes share, and handed out
// here one by one.
type Pacer struct {
	Paces     Paces
	MID       string
	PerMinute int // calls, for each API
	Clock     func() time.Time
	Sleep     func(ctx context.Context, d time.Duration) error // by the real clock

	mu     sync.Mutex
	blocks map[string]*PaceBlock // by API
	sizes  map[string]int        // of the next block
}

// Wait returns when one call of an API may leave.
func (p *Pacer) Wait(ctx context.Context, api string) error {
	at, err := p.slot(ctx, api)
	if err != nil {
		return err
	}
	wait := at.Sub(p.Clock())
	if wait <= 0 {
		return ctx.Err()
	}
	return p.Sleep(ctx, wait)
}

// slot takes the next slot of a block, and a new block where it is used up.
// Blocks grow from one slot to about a second's worth: a command that calls
// once leaves the next one nothing to wait for, and what a killed process
// reserved and did not use is soon over.
func (p *Pacer) slot(ctx context.Context, api string) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.blocks == nil {
		p.blocks, p.sizes = map[string]*PaceBlock{}, map[string]int{}
	}
	block := p.blocks[api]
	if block == nil || block.Count == 0 {
		step := time.Minute / time.Duration(p.PerMinute)
		step += step / paceMargin
		size := max(1, min(p.sizes[api], p.PerMinute/60))
		granted, err := p.Paces.GrantPace(ctx, p.MID, api, size, step, p.Clock())
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

// Rest lets every process leave an API alone for a while, since the provider
// asked for it. Where the database cannot be told, this process rests alone.
func (p *Pacer) Rest(ctx context.Context, api string, wait time.Duration) {
	until := p.Clock().Add(wait)
	_ = p.Paces.HoldPace(ctx, p.MID, api, until) // the client waits by itself as well
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.blocks, api)
}
