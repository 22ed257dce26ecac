package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"daesa/config"
	"daesa/internal/database"
	"daesa/store"
)

// session is a command line with its settings and the open database.
type session struct {
	*invocation
	cfg *config.Config
	db  *store.DB
}

// withStore opens what a command needs that asks nothing of the provider.
func (a *invocation) withStore(ctx context.Context, f func(*session) error) error {
	return a.openWith(ctx, false, f)
}

// withProvider opens what a command needs that asks the provider: the secrets
// are read too.
func (a *invocation) withProvider(ctx context.Context, f func(*session) error) error {
	return a.openWith(ctx, true, f)
}

func (a *invocation) openWith(ctx context.Context, secrets bool, f func(*session) error) error {
	cfg, err := a.config(secrets)
	if err != nil {
		return err
	}
	return a.open(ctx, cfg, f)
}

// open opens the configured database, and refuses a schema that is not this
// program's.
func (a *invocation) open(ctx context.Context, cfg *config.Config, f func(*session) error) error {
	db, err := store.Open(ctx, cfg.Database.URL.Reveal(), database.MaxConnections(cfg.Database.MaxConnections))
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.WrittenBy(process.Login, process.Host); err != nil {
		return err
	}
	if err := db.RequireSchema(ctx); err != nil {
		return err
	}
	return f(&session{a, cfg, db})
}

// onStore makes of what a command does with the open store what cobra runs.
func (a *invocation) onStore(f func(ctx context.Context, s *session, words []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, words []string) error {
		return a.withStore(cmd.Context(), func(s *session) error { return f(cmd.Context(), s, words) })
	}
}

// merchants are those that the command is about.
func (s *session) merchants() []config.Merchant {
	named := s.named()
	return slices.DeleteFunc(slices.Clone(s.cfg.Merchants), func(m config.Merchant) bool { return named != nil && !slices.Contains(named, m.MID) })
}

// mids are the configured MIDs of the merchants that the command is about.
func (s *session) mids() []string { return each(s.merchants(), midOf) }
