package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"daesa/internal/deliver"
)

// Delivery brings workbooks to where people want them beside their folder.
type Delivery struct {
	Place string                           // reports.deliver; "": nowhere
	Env   func(name string) (string, bool) // has the secrets of the place
	Log   *slog.Logger
}

// Put brings them, and joins what did not arrive.
func (d Delivery) Put(ctx context.Context, workbooks []string) error {
	if d.Place == "" {
		return nil
	}
	place, err := deliver.Open(d.Place, d.Env)
	var failures []error
	for _, workbook := range workbooks {
		failure, name := err, filepath.Base(workbook)
		if failure == nil {
			failure = place.Put(ctx, workbook)
		}
		if failure != nil {
			failures = append(failures, fmt.Errorf("%s was not delivered to %s: %w", name, d.Place, failure))
			continue
		}
		d.Log.Info("workbook delivered", "workbook", name, "to", d.Place)
	}
	return errors.Join(failures...)
}
