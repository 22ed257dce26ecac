package main

import (
	application "daesa/app"
	"daesa/config"
	"daesa/store"
)

// newHeadKeeper keeps the journal's head beside the account key; without a key
// file nowhere.
func newHeadKeeper(cfg *config.Config, db *store.DB) *application.HeadKeeper {
	if cfg.Accounts.KeyFile == "" {
		return application.NewHeadKeeper("", db)
	}
	return application.NewHeadKeeper(cfg.Accounts.KeyFile+".head", db)
}
