package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Faults are the shares of calls that go wrong, each between 0 and 1 and
// together at most 1, and what the list leaves out. The same seed draws the same
// faults for the same calls.
type Faults struct {
	DropBefore float64 // the connection closes, nothing was done
	DropAfter  float64 // the connection closes, but it was done
	FailBefore float64 // 500, nothing was done
	FailAfter  float64 // 500, but it was done
	Slow       float64 // the call waits SlowFor before it is done
	TooMany    float64 // 429
	Truncate   float64 // done, the body breaks off
	HTML       float64 // done, a proxy's page with status 200 comes back
	Paging     float64 // pages after the first are refused with INVALID_TRANSACTION_KEY
	Refuse     float64 // refused with RefuseCode, nothing was done

	Cuts // of the list; they are no shares, and neither API nor Max is about them

	SlowFor    time.Duration // default 2 s
	RefuseCode string        // default PROVIDER_ERROR
	API        string        // only these APIs, joined by + (cancel+payment); empty: all
	Max        int           // at most so many faults, then none; 0: no end
	Seed       uint64
}

type faultKind uint8

const (
	faultNone faultKind = iota
	faultDropBefore
	faultDropAfter
	faultFailBefore
	faultFailAfter
	faultSlow
	faultTooMany
	faultTruncate
	faultHTML
	faultPaging
	faultRefuse
)

// fault is what was drawn for one call.
type fault struct {
	kind faultKind
	wait time.Duration
	code string
}

type dice struct {
	r    *rand.Rand
	left int // faults that may still happen; -1: no end
}

// SetFaults replaces the faults and starts their draw anew.
func (s *Sandbox) SetFaults(f Faults) {
	if f.SlowFor == 0 {
		f.SlowFor = 2 * time.Second
	}
	if f.RefuseCode == "" {
		f.RefuseCode = "PROVIDER_ERROR"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.listPages = f, map[listPage]int{}
	s.dice = dice{r: rand.New(rand.NewPCG(f.Seed, 0xfa017)), left: -1}
	if f.Max > 0 {
		s.dice.left = f.Max
	}
}

// Faults are those in force.
func (s *Sandbox) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// String writes faults as ParseFaults reads them; empty: none.
func (f Faults) String() string {
	var parts []string
	share := func(name string, of float64, rest string) {
		if of > 0 {
			parts = append(parts, name+"="+strconv.FormatFloat(of, 'g', -1, 64)+rest)
		}
	}
	share("drop-before", f.DropBefore, "")
	share("drop-after", f.DropAfter, "")
	share("5xx-before", f.FailBefore, "")
	share("5xx-after", f.FailAfter, "")
	share("slow", f.Slow, ":"+f.SlowFor.String())
	share("429", f.TooMany, "")
	share("truncate", f.Truncate, "")
	share("html", f.HTML, "")
	share("paging", f.Paging, "")
	share("refuse", f.Refuse, ":"+f.RefuseCode)
	parts = append(parts, f.Cuts.words()...)
	if len(parts) == 0 {
		return ""
	}
	if f.API != "" {
		parts = append(parts, "api="+f.API)
	}
	if f.Max > 0 {
		parts = append(parts, "max="+strconv.Itoa(f.Max))
	}
	if f.Seed > 0 {
		parts = append(parts, "seed="+strconv.FormatUint(f.Seed, 10))
	}
	return strings.Join(parts, ",")
}

func (s *Sandbox) rollFault(c *call) fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults
	if f.API != "" && !strings.Contains("+"+f.API+"+", "+"+c.api+"+") || s.dice.left == 0 {
		return fault{}
	}
	u := s.dice.r.Float64()
	for _, share := range []struct {
		of   float64
		kind faultKind
	}{
		{f.DropBefore, faultDropBefore}, {f.DropAfter, faultDropAfter},
		{f.FailBefore, faultFailBefore}, {f.FailAfter, faultFailAfter},
		{f.Slow, faultSlow}, {f.TooMany, faultTooMany}, {f.Truncate, faultTruncate},
		{f.HTML, faultHTML}, {f.Paging, faultPaging}, {f.Refuse, faultRefuse},
	} {
		if u -= share.of; u >= 0 {
			continue
		}
		if share.kind == faultPaging && c.r.URL.Query().Get("startingAfter") == "" {
			return fault{}
		}
		if s.dice.left > 0 {
			s.dice.left--
		}
		return fault{kind: share.kind, wait: f.SlowFor, code: f.RefuseCode}
	}
	return fault{}
}

// before is the answer of a fault that keeps the call from being done.
func (f fault) before() (reply, bool) {
	switch f.kind {
	case faultDropBefore:
		return reply{drop: true}, true
	case faultFailBefore:
		return failed(refuse("FAILED_INTERNAL_SYSTEM_PROCESSING")), true
	case faultPaging:
		return failed(refuse("INVALID_TRANSACTION_KEY")), true
	case faultRefuse:
		return failed(refuse(f.code)), true
	}
	return reply{}, false
}

// spoil changes the answer of a call that was done.
func (f fault) spoil(rep reply) reply {
	switch f.kind {
	case faultDropAfter:
		return reply{drop: true}
	case faultFailAfter:
		return failed(refuse("FAILED_INTERNAL_SYSTEM_PROCESSING"))
	case faultTruncate:
		rep.cut = true
	case faultHTML:
		return reply{status: http.StatusOK, html: true,
			body: []byte("<!DOCTYPE html><html><body><h1>서비스 점검 중입니다</h1></body></html>")}
	}
	return rep
}

// ParseFaults reads faults as the command line gives them:
//
//	drop-before=0.01,drop-after=0.01,5xx=0.02,slow=0.01:2s,429=0.01,seed=7,api=cancel
//
// 5xx is half before and half after the effect; 5xx-before and 5xx-after name
// one. Also truncate, html, paging, refuse=0.1:NOT_AVAILABLE_BANK and max=3, and
// for the list page-cap=1000, page-short=2, page-early=2, page-empty=2 and
// leave-out=7+19 (Cuts).
func ParseFaults(spec string) (Faults, error) {
	var f Faults
	for part := range strings.SplitSeq(spec, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, value, found := strings.Cut(part, "=")
		if !found {
			return Faults{}, fmt.Errorf("fault %q: want name=value", part)
		}
		if err := f.set(name, value); err != nil {
			return Faults{}, fmt.Errorf("fault %q: %w", part, err)
		}
	}
	total := f.DropBefore + f.DropAfter + f.FailBefore + f.FailAfter + f.Slow + f.TooMany +
		f.Truncate + f.HTML + f.Paging + f.Refuse
	if total > 1.000001 {
		return Faults{}, fmt.Errorf("faults: the shares add up to %g, more than 1", total)
	}
	return f, nil
}

func (f *Faults) set(name, value string) (err error) {
	switch name {
	case "seed":
		f.Seed, err = strconv.ParseUint(value, 10, 64)
		return err
	case "max":
		f.Max, err = strconv.Atoi(value)
		return err
	case "api":
		f.API = value
		return nil
	}
	if known, err := f.Cuts.set(name, value); known {
		return err
	}
	number, rest, _ := strings.Cut(value, ":")
	share, err := strconv.ParseFloat(number, 64)
	if err != nil || !(share >= 0 && share <= 1) {
		return fmt.Errorf("%q is no share between 0 and 1", number)
	}
	switch name {
	case "slow":
		f.Slow = share
		if rest != "" {
			f.SlowFor, err = time.ParseDuration(rest)
		}
		return err
	case "refuse":
		f.Refuse, f.RefuseCode = share, rest
		if _, known := codes[rest]; rest != "" && !known {
			return fmt.Errorf("unknown code %s", rest)
		}
		return nil
	case "5xx":
		f.FailBefore, f.FailAfter = share/2, share/2
		return nil
	}
	field, known := map[string]*float64{
		"drop-before": &f.DropBefore, "drop-after": &f.DropAfter, "5xx-before": &f.FailBefore,
		"5xx-after": &f.FailAfter, "429": &f.TooMany, "truncate": &f.Truncate, "html": &f.HTML, "paging": &f.Paging,
	}[name]
	if !known {
		return fmt.Errorf("unknown fault; there are drop-before, drop-after, 5xx, 5xx-before, 5xx-after, slow, 429, truncate, html, paging, refuse, page-cap, page-short, page-early, page-empty, leave-out, and seed, max, api")
	}
	*field = share
	return nil
}
