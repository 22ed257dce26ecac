package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"daesa/config"
	"daesa/internal/deliver"
	"daesa/internal/hint"
)

// deliver brings workbooks to the place of reports.deliver. They lie in
// reports.dir whatever happens; that they did not arrive needs a person.
func (a *app) deliver(ctx context.Context, cfg *config.Config, workbooks []string) {
	if cfg.Reports.Deliver == "" {
		return
	}
	place, err := deliver.Open(cfg.Reports.Deliver, a.env)
	for _, workbook := range workbooks {
		failure := err
		if failure == nil {
			failure = place.Put(ctx, workbook)
		}
		if failure != nil {
			wrong := fmt.Errorf("%s was not delivered to %s: %w", filepath.Base(workbook), cfg.Reports.Deliver, failure)
			a.complain(wrong)
			a.verdict.add(codePerson, "%v", wrong)
			continue
		}
		a.log.Info("workbook delivered", "workbook", filepath.Base(workbook), "to", cfg.Reports.Deliver)
	}
}

// checkDeliver says whether the place of delivery could be used. It delivers
// nothing, and asks no store and no mail server.
func (e *examination) checkDeliver() {
	place := e.cfg.Reports.Deliver
	if place == "" {
		return
	}
	if _, err := deliver.Open(place, e.env); err != nil {
		e.warns("deliver", place, err.Error(), or(hint.Of(err), "correct reports.deliver"))
		return
	}
	if strings.HasPrefix(place, "s3://") || strings.HasPrefix(place, "mailto:") {
		e.ok("deliver", place, "its settings are there")
		return
	}
	e.checkFolder("deliver", place, "reports.deliver")
}
