package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"daesa/app"
	"daesa/pay"
)

// readyDocument is the body of /readyz. What makes a replica unready is what
// another replica may have; what all of them share is only said.
type readyDocument struct {
	Ready     bool               `json:"ready"`
	Database  string             `json:"database"` // ok, or what is wrong
	Schema    string             `json:"schema"`
	Keys      string             `json:"keys"`
	Brake     *string            `json:"brake"`                  // who paused the refunds; null: nobody
	LastNight map[string]pay.Day `json:"last_night"`             // the newest complete date by merchant, "" for none
	Late      []string           `json:"late"`                   // merchants without yesterday's night, although its time is over
	Stuck     int64              `json:"refunds_cannot_be_sent"` // as the configuration stands, of all merchants
	TooLate   int64              `json:"refunds_too_late"`       // run out before that comes for which they wait
}

func (s *session) readyPage() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		document := s.ready(ctx)
		w.Header().Set("Content-Type", "application/json")
		if !document.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(document) // a client that is gone needs no answer
	}
}

func (s *session) ready(ctx context.Context) readyDocument {
	r := app.ReadReadiness(ctx, s.db, s.needs(), s.cfg.Schedule.Nightly, func() error {
		_, err := neededRing(s.cfg, "serve")
		return err
	}, s.clock())
	return readyDocument{Ready: r.Ready(), Database: okOr(r.Database), Schema: okOr(r.Schema), Keys: okOr(r.Keys), Brake: orNull(r.PausedBy),
		LastNight: r.LastNight, Late: r.Late, Stuck: r.Stuck, TooLate: r.TooLate}
}

// okOr is ok, or what is wrong.
func okOr(err error) string {
	if err != nil {
		return err.Error()
	}
	return "ok"
}
