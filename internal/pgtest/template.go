package pgtest

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Copy is [URL] of a copy of the database at address, to which nobody may be
// connected meanwhile. Rights on the database itself are not copied.
func Copy(t testing.TB, address string) string {
	t.Helper()
	where, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(where.Path, "/")
	where.Path = "/postgres"
	return copyDatabase(t, where.String(), "TEMPLATE "+name+" STRATEGY FILE_COPY")
}

// A Template is what many databases of a test binary begin with, for example a
// schema. It is made once on each server, and copied there: a copy costs a third
// of making it. The zero value is not useful; see [NewTemplate].
type Template struct {
	prepare func(url string) error

	mu   sync.Mutex
	made map[*Server]string // address of the database that is copied
}

// NewTemplate returns a template of databases that prepare has filled. prepare
// must have closed its connections when it returns.
func NewTemplate(prepare func(url string) error) *Template {
	return &Template{prepare: prepare, made: map[*Server]string{}}
}

// URL is [URL] of a copy. On the server of DAESA_TEST_POSTGRES_URL, which keeps
// nothing of ours, each database is prepared anew.
func (p *Template) URL(t testing.TB) string {
	t.Helper()
	admin, err := adminURL()
	if err != nil {
		unavailable(t, err)
	}
	if shared.server == nil {
		address := newDatabase(t, admin)
		if err := p.prepare(address); err != nil {
			t.Fatal(err)
		}
		return address
	}
	return p.On(t, shared.server)
}

// On is [Server.URL] of a copy.
func (p *Template) On(t testing.TB, s *Server) string {
	t.Helper()
	address, err := p.on(s)
	if err != nil {
		t.Fatalf("prepare the database that others are copied from: %v", err)
	}
	return Copy(t, address)
}

// on makes the template on s if it is not there; nobody may be connected to it
// while it is copied.
func (p *Template) on(s *Server) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if address, ok := p.made[s]; ok {
		return address, nil
	}
	admin := s.databaseURL()
	where, err := url.Parse(admin)
	if err != nil {
		return "", err
	}
	name := "daesa_template_" + randomName()
	if err := administer(admin, "CREATE DATABASE "+name+" "+emptyDatabase); err != nil {
		return "", err
	}
	where.Path = "/" + name
	if err := p.prepare(where.String()); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	p.made[s] = where.String()
	return where.String(), nil
}
