package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"daesa/config"
	"daesa/jobs"
	"daesa/pay"
	"daesa/store"
)

// readyDocument is the body of /readyz. What makes a replica unready is what
// another replica may have; what all of them share is only said.
type readyDocument struct {
	Ready     bool              `json:"ready"`
	Database  string            `json:"database"` // ok, or what is wrong
	Schema    string            `json:"schema"`
	Keys      string            `json:"keys"`
	Brake     *string           `json:"brake"`                  // who paused the refunds; null: nobody
	LastNight map[string]string `json:"last_night"`             // the newest complete date by merchant, "" for none
	Late      []string          `json:"late"`                   // merchants without yesterday's night, although its time is over
	Stuck     int64             `json:"refunds_cannot_be_sent"` // as the configuration stands, of all merchants
	TooLate   int64             `json:"refunds_too_late"`       // run out before that comes for which they wait
}

// nightGrace is how long after its time a night may still be on its way.
const nightGrace = 2 * time.Hour

func (a *invocation) readyPage(cfg *config.Config, db *store.DB) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		document := a.ready(ctx, cfg, db)
		w.Header().Set("Content-Type", "application/json")
		if !document.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(document) // a client that is gone needs no answer
	}
}

func (a *invocation) ready(ctx context.Context, cfg *config.Config, db *store.DB) readyDocument {
	d := readyDocument{Database: "ok", Schema: "ok", Keys: "ok", LastNight: map[string]string{}, Late: []string{}}
	if err := db.RequireSchema(ctx); err != nil {
		d.Schema = err.Error()
	}
	if _, err := neededRing(cfg, "serve"); err != nil {
		d.Keys = err.Error()
	}
	if brake, err := db.Brake(ctx); err != nil {
		d.Database = err.Error()
	} else if brake.On {
		d.Brake = orNull(brake.By)
	}
	now := a.clock()
	due := cfg.Schedule.Nightly.Next(pay.DayOf(now).Start()).Add(nightGrace)
	for _, m := range cfg.Merchants {
		last, _, err := db.LastComplete(ctx, jobs.JobNightly, m.MID, pay.DayOf(now))
		if err != nil {
			d.Database = err.Error()
			break
		}
		d.LastNight[m.MID] = string(last)
		if !cfg.Schedule.Nightly.IsZero() && now.After(due) && last < pay.DayOf(now).Add(-1) {
			d.Late = append(d.Late, m.MID)
		}
	}
	if w, err := needsOf(cfg, db, "").Waiting(ctx, nil, now); err != nil {
		d.Database = err.Error()
	} else {
		for _, l := range w.Lines {
			if d.TooLate += l.Late; l.Stuck {
				d.Stuck += l.Count
			}
		}
	}
	d.Ready = d.Database == "ok" && d.Schema == "ok" && d.Keys == "ok"
	return d
}
