package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// Whoever can call the sandbox's own addresses can move its clock and its money.
// On a loopback address that is whoever works at the machine; elsewhere
// Options.Token says who. Either way no page of another site may post there
// behind the back of somebody whose browser may.

// tokenCookie carries the pass of a browser that has given the token.
const tokenCookie = "daesa_sandbox"

// Guard lets only those through who may use the sandbox's own addresses: no posts
// of other sites' pages, and with Options.Token only whoever has the token, as
// `Authorization: Bearer TOKEN` or as the cookie that Enter gives. Others get to
// `refused`, or where that is nil a 401 in JSON.
func (s *Sandbox) Guard(next, refused http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuseControl(w, http.StatusForbidden, "a page of another site may not do that")
	}))
	if refused == nil {
		refused = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="sandbox"`)
			refuseControl(w, http.StatusUnauthorized, "this sandbox wants its token: Authorization: Bearer TOKEN")
		})
	}
	return protection.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.mayEnter(r) {
			next.ServeHTTP(w, r)
		} else {
			refused.ServeHTTP(w, r)
		}
	}))
}

// guardOwn guards what stands under /sandbox/ and leaves the rest open: the API has
// keys of its own.
func (s *Sandbox) guardOwn(next http.Handler) http.Handler {
	guarded := s.Guard(next, nil)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/sandbox/") {
			guarded.ServeHTTP(w, r)
		} else {
			next.ServeHTTP(w, r)
		}
	})
}

func refuseControl(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": "SANDBOX", "message": message})
}

func (s *Sandbox) mayEnter(r *http.Request) bool {
	if s.opts.Token == "" {
		return true
	}
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && same(strings.TrimSpace(given), s.opts.Token) {
		return true
	}
	cookie, err := r.Cookie(tokenCookie)
	return err == nil && same(cookie.Value, s.pass())
}

// same compares without telling by its time how much agrees.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// pass is what a browser keeps in place of the token.
func (s *Sandbox) pass() string {
	mac := hmac.New(sha256.New, []byte(s.opts.Token))
	mac.Write([]byte("a browser of the sandbox's console"))
	return hex.EncodeToString(mac.Sum(nil))
}

// Enter gives a browser its cookie where the token is right, and says whether it
// is.
func (s *Sandbox) Enter(w http.ResponseWriter, r *http.Request, token string) bool {
	if s.opts.Token != "" && !same(token, s.opts.Token) {
		return false
	}
	http.SetCookie(w, &http.Cookie{
		Name: tokenCookie, Value: s.pass(), Path: "/sandbox", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
	return true
}
