// Package deliver brings a copy of a file to another place: a folder, an S3
// bucket, a mailbox. The file itself is only read.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"daesa/internal/hint"
)

// patience is how long the delivery of one file may take.
const patience = 2 * time.Minute

// A Place takes copies of files.
type Place interface {
	// Put brings a copy of the file under its own name. A copy that is there
	// under that name is replaced, where the place can do that.
	Put(ctx context.Context, file string) error
}

// Open gives the place of a setting: a folder that exists,
// s3://bucket/prefix or mailto:ADDRESS. What else it needs stands in the
// environment; nothing is asked over the network. An error says what to do (a
// *hint.Error), as one of Put does, and never holds a secret of the environment.
func Open(place string, env func(name string) (string, bool)) (Place, error) {
	settings := func(name string) string {
		value, _ := env(name)
		return value
	}
	switch {
	case strings.HasPrefix(place, "s3://"):
		return openBucket(place, settings)
	case strings.HasPrefix(place, "mailto:"):
		return openMailbox(strings.TrimPrefix(place, "mailto:"), settings)
	case place == "" || strings.Contains(place, "://"):
		return nil, hint.New("is no place where a file can go", "write a folder, s3://bucket/prefix or mailto:name@example.com")
	default:
		return openFolder(place)
	}
}

// onThisMachine says whether a host is the machine itself: only there is
// something sent without encryption.
func onThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// cause is the part of an error of the network that says why; the rest repeats
// addresses.
func cause(err error) error {
	var ofURL *url.Error
	if errors.As(err, &ofURL) {
		err = ofURL.Err
	}
	var ofNet *net.OpError
	if errors.As(err, &ofNet) {
		return fmt.Errorf("%s %s: %w", ofNet.Op, ofNet.Net, ofNet.Err)
	}
	return err
}
