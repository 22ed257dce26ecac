// Package notify hands a short text to the services that people read: chat,
// e-mail, pagers. An address holds the secret that lets one write there, so
// that no error repeats any part of it.
package notify

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// patience is how long one service may take; a test lowers it.
var patience = 10 * time.Second

// An Error is one address that was not told. It names the service and the
// place of the address in the list, and nothing of the address itself.
type Error struct {
	Position int    // from 1
	Service  string // such as slack
	Reason   string
}

func (e *Error) Error() string {
	return fmt.Sprintf("notification address %d (%s): %s", e.Position, e.Service, e.Reason)
}

const (
	badAddress  = "is no address that can be used"
	noAnswer    = "did not answer in time"
	undelivered = "did not take the message"
)

// Split parts a setting into its addresses, between which there is white space.
// A comma belongs to an address: some list their recipients so.
func Split(setting string) []string { return strings.Fields(setting) }

// Send hands a text to each address, to all at once, and gives each ten
// seconds. That one fails keeps no other from being told. The error joins an
// *Error for each that was not.
// A text that is longer than a service takes goes there in several messages,
// whole lines each.
func Send(ctx context.Context, urls []string, title, text string) error {
	return toEach(ctx, urls, func(address string, service types.Service) error {
		message, name := text, serviceOf(address)
		titled := takesTitle(address)
		if !titled {
			message = title + "\n" + text
		}
		list := parts(message, bounds[name])
		for i, part := range list {
			params := types.Params{}
			if titled {
				params.SetTitle(numbered(title, i, len(list)))
			}
			for key, value := range needs[name] {
				params[key] = value
			}
			if err := service.Send(part, &params); err != nil {
				return err
			}
		}
		return nil
	})
}

// Check says which addresses cannot be used, as Send would. It tells nobody
// anything; but an address of Matrix that holds a password logs in.
func Check(ctx context.Context, urls []string) error {
	return toEach(ctx, urls, func(string, types.Service) error { return nil })
}

func toEach(ctx context.Context, urls []string, do func(address string, service types.Service) error) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	failures := make([]error, len(urls))
	var all sync.WaitGroup
	for i, address := range urls {
		all.Go(func() {
			if reason := within(ctx, func() string { return attempt(address, do) }); reason != "" {
				failures[i] = &Error{i + 1, serviceOf(address), reason}
			}
		})
	}
	all.Wait()
	return errors.Join(failures...)
}

// within gives up on what takes too long: the library knows no context, so that
// it goes on in the background and nobody waits for it.
func within(ctx context.Context, attempt func() string) string {
	done := make(chan string, 1)
	go func() { done <- attempt() }()
	select {
	case reason := <-done:
		return reason
	case <-ctx.Done():
		return noAnswer
	}
}

// attempt says why an address was not told; "" where it was. The library's own
// words are dropped, since they repeat the address. It panics on some addresses
// that are wrong.
func attempt(address string, do func(string, types.Service) error) (reason string) {
	defer func() {
		if recover() != nil {
			reason = badAddress
		}
	}()
	service, err := (&router.ServiceRouter{}).Locate(address)
	if err != nil {
		return badAddress
	}
	if do(address, service) != nil {
		return undelivered
	}
	return ""
}

// serviceOf names the service of an address, where it is one that exists: what
// stands there otherwise may be the secret itself.
func serviceOf(address string) string {
	scheme, _, _ := strings.Cut(address, ":")
	scheme, _, _ = strings.Cut(strings.ToLower(scheme), "+")
	if slices.Contains((&router.ServiceRouter{}).ListServices(), scheme) {
		return scheme
	}
	return "unknown service"
}

// untitled are the services that refuse a title, or do not show it.
var untitled = []string{"googlechat", "hangouts", "logger", "mattermost", "pagerduty", "rocketchat", "signal", "wecom", "zulip"}

// takesTitle says whether a service shows a title of its own; elsewhere it is
// the text's first line. A generic webhook has one only in a template.
func takesTitle(address string) bool {
	service := serviceOf(address)
	if service == "generic" {
		u, err := url.Parse(address)
		return err == nil && u.Query().Has("template")
	}
	return !slices.Contains(untitled, service)
}
