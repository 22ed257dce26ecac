package main

import (
	"daesa/app"
	"daesa/config"
)

// teller tells people by the configuration, and remembers it in the database.
func (s *session) teller() *app.Teller {
	t := &app.Teller{Heartbeat: s.cfg.Notify.HeartbeatURL.Reveal(), Korean: s.cfg.Reports.Language != config.English, Alerts: s.db, Now: s.now, Warn: s.warns, Log: s.log}
	if s.cfg.Notify.URLs.IsSet() {
		t.Addresses = app.Addresses(s.cfg.Notify.URLs.Reveal())
	}
	return t
}

// delivery brings workbooks to the place of reports.deliver.
func (s *session) delivery() app.Delivery {
	return app.Delivery{Place: s.cfg.Reports.Deliver, Env: s.env, Log: s.log}
}
