package sandbox

import (
	"net/http"
	"strings"
)

// crossOrigin lets pages of every origin call Toss's addresses, and ask for a
// payment window: a shop's page and the sandbox are two origins. It answers the
// question that a browser asks before, and says whether it did. Cookies are not
// let through; there are none. The rest of the sandbox's own addresses stay out
// of the reach of pages.
func crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	path := r.URL.Path
	if origin == "" || !strings.HasPrefix(path, "/v1/") && !strings.HasPrefix(path, "/v2/") && path != "/browser/window" {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "x-tosspayments-trace-id, Retry-After, idempotency-key")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	if r.Header.Get("Access-Control-Request-Private-Network") != "" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
	h.Set("Access-Control-Max-Age", "1800")
	w.WriteHeader(http.StatusNoContent)
	return true
}
