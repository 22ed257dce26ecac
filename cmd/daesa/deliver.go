package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"daesa/config"
	"daesa/internal/deliver"
	"daesa/internal/hint"
)

// delivery brings workbooks to the place of reports.deliver; nil: there is none.
func (a *invocation) delivery(cfg *config.Config) func(ctx context.Context, workbooks []string) error {
	if cfg.Reports.Deliver == "" {
		return nil
	}
	return func(ctx context.Context, workbooks []string) error {
		place, err := deliver.Open(cfg.Reports.Deliver, a.env)
		var failures []error
		for _, workbook := range workbooks {
			failure := err
			if failure == nil {
				failure = place.Put(ctx, workbook)
			}
			if failure != nil {
				failures = append(failures, fmt.Errorf("%s was not delivered to %s: %w", filepath.Base(workbook), cfg.Reports.Deliver, failure))
				continue
			}
			a.log.Info("workbook delivered", "workbook", filepath.Base(workbook), "to", cfg.Reports.Deliver)
		}
		return errors.Join(failures...)
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
		e.Warn("deliver", place, err.Error(), cmp.Or(hint.Of(err), "correct reports.deliver"))
		return
	}
	if strings.HasPrefix(place, "s3://") || strings.HasPrefix(place, "mailto:") {
		e.OK("deliver", place, "its settings are there")
		return
	}
	e.checkFolder("deliver", place, "reports.deliver")
}
