package main

import (
	"daesa/app"
	"daesa/config"
	"daesa/store"
)

// newHeadKeeper keeps the journal's head beside the account key; without a key
// file nowhere.
func newHeadKeeper(cfg *config.Config, db *store.DB) *app.HeadKeeper {
	if cfg.Accounts.KeyFile == "" {
		return app.NewHeadKeeper("", db)
	}
	return app.NewHeadKeeper(cfg.Accounts.KeyFile+".head", db)
}
