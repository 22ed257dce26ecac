package webhook

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// allowed says whether a request may be read, and from where it comes. Behind a
// trusted proxy that is the newest address of X-Forwarded-For that is no trusted
// proxy itself; from anybody else the header is worth nothing.
func (r *Receiver) allowed(req *http.Request) (source string, ok bool) {
	peer := address(req.RemoteAddr)
	if within(r.o.TrustedProxies, peer) {
		peer = forwarded(req.Header, r.o.TrustedProxies)
	}
	if len(r.o.AllowFrom) == 0 {
		return peer.String(), true
	}
	return peer.String(), within(r.o.AllowFrom, peer)
}

// forwarded walks the header from its end; the zero address where it is missing
// or garbled.
func forwarded(header http.Header, trusted []netip.Prefix) netip.Addr {
	hops := strings.Split(strings.Join(header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := address(strings.TrimSpace(hops[i]))
		if !hop.IsValid() || !within(trusted, hop) {
			return hop
		}
	}
	return netip.Addr{}
}

// address reads an IP with or without a port; IPv4 in IPv6's form is IPv4.
func address(text string) netip.Addr {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	found, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return found.Unmap().WithZone("")
}

func within(prefixes []netip.Prefix, found netip.Addr) bool {
	for _, prefix := range prefixes {
		if found.IsValid() && prefix.Contains(found) {
			return true
		}
	}
	return false
}
