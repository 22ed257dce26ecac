package webhook

import (
	"net/http"
	"net/netip"
	"strings"
)

// allowed says whether a request may be read, and from where it comes. Behind a
// trusted proxy that is the newest address of X-Forwarded-For that is no trusted
// proxy itself; from anybody else the header is worth nothing. Where the proxy
// does not say it, the source is the proxy and nobody is allowed.
func (r *Receiver) allowed(req *http.Request) (source string, ok bool) {
	peer := address(req.RemoteAddr)
	from := peer
	if within(r.o.TrustedProxies, peer) {
		from = forwarded(req.Header, r.o.TrustedProxies)
	}
	ok = len(r.o.AllowFrom) == 0 || within(r.o.AllowFrom, from)
	if !from.IsValid() {
		from = peer
	}
	return from.String(), ok
}

// forwarded walks the header from its end; the zero address where it is missing
// or garbled.
func forwarded(header http.Header, trusted []netip.Prefix) netip.Addr {
	hops := strings.Split(strings.Join(header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := address(strings.TrimSpace(hops[i]))
		if !within(trusted, hop) {
			return hop
		}
	}
	return netip.Addr{}
}

// address reads an IP with or without a port; IPv4 in IPv6's form is IPv4. It is
// the zero address for anything else.
func address(text string) netip.Addr {
	if inner, found := strings.CutPrefix(text, "["); found && strings.HasSuffix(inner, "]") {
		text = strings.TrimSuffix(inner, "]")
	}
	found, err := netip.ParseAddr(text)
	if err != nil {
		both, _ := netip.ParseAddrPort(text) // of a fault nothing is left either
		found = both.Addr()
	}
	return found.Unmap().WithZone("")
}

// unmapped turns networks of IPv4 in IPv6's form into IPv4's, as address does.
func unmapped(prefixes []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range prefixes {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		out = append(out, p)
	}
	return out
}

func within(prefixes []netip.Prefix, found netip.Addr) bool {
	for _, prefix := range prefixes {
		if found.IsValid() && prefix.Contains(found) {
			return true
		}
	}
	return false
}
