package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestAHeartbeatThatFailsKeepsItsAddress: it is a secret.
func TestAHeartbeatThatFailsKeepsItsAddress(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for address, says := range map[string]string{
		refusing.URL + "/canary":       "its server answered 404",
		gone.URL + "/canary":           "its server could not be reached",
		"http://canary\x7f/":           "its address is none",
		"unknown://127.0.0.1:1/canary": "its server could not be reached",
	} {
		if err := call(t.Context(), address); err == nil || err.Error() != says {
			t.Errorf("%q: %v, expected %s", address, err, says)
		}
	}
}
