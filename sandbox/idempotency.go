package sandbox

import (
	"net/http"
	"time"
	"unicode/utf8"
)

// keyLife is how long a key binds its answer, from its first use.
const keyLife = 15 * 24 * time.Hour

// keptAnswer is what an idempotency key holds. The body of the request is not
// part of it: Toss does not compare bodies.
type keptAnswer struct {
	First   time.Time
	Running bool
	Status  int
	Body    []byte
	Trace   string
}

// claimKey looks at the request's key. It answers by itself when the key is too
// long, in use, or already has an answer; else the key is claimed until
// settleKey or releaseKey. Without a key, and on GET, it does nothing.
func (s *Sandbox) claimKey(c *call) (string, reply, bool) {
	key := c.r.Header.Get("Idempotency-Key")
	if key == "" || c.r.Method != http.MethodPost {
		return "", reply{}, false
	}
	if utf8.RuneCountInString(key) > 300 {
		return "", failed(refuse("INVALID_IDEMPOTENCY_KEY")), true
	}
	scope := c.secret + "\n" + c.r.Method + " " + c.r.URL.RequestURI() + "\n" + key
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, used := s.keys[scope]
	switch {
	case used && kept.Running:
		return "", failed(refuse("IDEMPOTENT_REQUEST_PROCESSING")), true
	case used && s.now().Sub(kept.First) < keyLife:
		return "", reply{status: kept.Status, body: kept.Body, trace: kept.Trace}, true
	}
	s.keys[scope] = &keptAnswer{First: s.now(), Running: true}
	return scope, reply{}, false
}

// settleKey binds an answer to the key. A fault of the server binds nothing, so
// that a resend under the same key tries again.
func (s *Sandbox) settleKey(scope string, c *call, rep reply) {
	if scope == "" {
		return
	}
	if rep.status >= 500 {
		s.releaseKey(scope)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keys[scope]
	k.Running, k.Status, k.Body, k.Trace = false, rep.status, rep.body, c.trace
	s.pending.count++
	if s.journal != nil {
		s.pending.keys = append(s.pending.keys, scope)
	}
}

func (s *Sandbox) releaseKey(scope string) {
	if scope == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, scope)
}
