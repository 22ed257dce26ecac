package main

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"daesa/app"
	"daesa/reconcile"
	"daesa/refunds"
)

// metrics are what /metrics shows. What stands in the database is read when it
// is asked for, at most every scrapeEvery; so every replica shows the same.
type metrics struct {
	*session

	registry *prometheus.Registry
	runs     *prometheus.CounterVec
	took     *prometheus.HistogramVec
	ended    *prometheus.GaugeVec

	mu    sync.Mutex
	read  time.Time
	known []prometheus.Metric
}

const (
	scrapeEvery   = 10 * time.Second
	scrapeTimeout = 5 * time.Second
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("daesa_"+name, help, labels, nil)
}

// The figures out of the database; docs/metrics.md explains them.
var (
	descUp        = describe("database_up", "1 when the database answered this scrape.")
	descNight     = describe("night_last_complete_timestamp_seconds", "End of the newest business date whose night is complete.", "mid")
	descBreaks    = describe("breaks_open", "Breaks that need a person.", "mid", "kind")
	descRefunding = describe("breaks_refunding", "Breaks that somebody decided to refund and whose money is not back yet.", "mid", "kind")
	descRefunds   = describe("refunds", "Refund requests by state.", "mid", "state")
	descWaiting   = describe("refunds_waiting", "Open refund requests of all merchants, also those no longer configured, by what they wait for and who acts.", "mid", "state", "why", "who")
	descStuck     = describe("refunds_cannot_be_sent", "Of these: never sent as the configuration stands (merchant not configured, above a limit).")
	descTooLate   = describe("refunds_too_late", "Of these: their deadline passes before that comes for which they wait.")
	descDeadline  = describe("refunds_earliest_deadline_timestamp_seconds", "The earliest cancel deadline of what waits.", "mid", "why")
	descAccounts  = describe("refund_accounts", "Virtual accounts whose window closed within the last day, or is open, by what became of their refund account.", "mid", "state")
	descEvents    = describe("webhook_events_waiting", "Stored webhooks that nobody has worked on yet.")
	descOldest    = describe("webhook_oldest_waiting_seconds", "Age of the oldest of them.")
	descBrake     = describe("refunds_paused", "1 while the brake is on: nothing is sent.")
	descJournal   = describe("journal_entries", "Entries of the journal.")
	descJobMoment = describe("job_moment_timestamp_seconds", "The newest planned moment of a job that was begun, over all replicas.", "job", "state")
)

func newMetrics(s *session) *metrics {
	m := &metrics{session: s, registry: prometheus.NewRegistry(),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "daesa_job_commands_total", Help: "Commands that the schedule ran in this replica, by exit code."}, []string{"job", "exit_code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "daesa_job_seconds", Help: "How long the moments of a job took in this replica.",
			Buckets: []float64{0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600}}, []string{"job", "ended"}),
		ended: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "daesa_job_last_success_timestamp_seconds", Help: "When a moment of the job last ended well in this replica."}, []string{"job"}),
	}
	for _, job := range scheduled(s.cfg) { // a counter that begins at 1 never rises
		m.took.WithLabelValues(job.name, "well")
		m.took.WithLabelValues(job.name, "failed")
	}
	m.registry.MustRegister(m, m.runs, m.took, m.ended, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) planned(job string) bool {
	return slices.ContainsFunc(scheduled(m.cfg), func(j scheduledJob) bool { return j.name == job })
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// ran counts a command of a job.
func (m *metrics) ran(job string, code int) { m.runs.WithLabelValues(job, strconv.Itoa(code)).Inc() }

// over notes how a moment of a job ended.
func (m *metrics) over(job string, took time.Duration, err error) {
	ended := "well"
	if err != nil {
		ended = "failed"
	} else {
		m.ended.WithLabelValues(job).Set(float64(m.clock().Unix()))
	}
	m.took.WithLabelValues(job, ended).Observe(took.Seconds())
}

// Describe is of prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descNight, descBreaks, descRefunding, descRefunds, descWaiting, descStuck, descTooLate, descDeadline, descAccounts, descEvents, descOldest, descBrake, descJournal, descJobMoment} {
		to <- d
	}
}

// Collect is of prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.clock(); now.Sub(m.read) >= scrapeEvery {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		known, err := m.figures(ctx, now)
		if err != nil {
			m.log.Warn("metrics: the database did not answer", "error", err)
			to <- gauge(descUp, 0)
			return
		}
		known = append(known, gauge(descUp, 1))
		m.known, m.read = known, now
	}
	for _, each := range m.known {
		to <- each
	}
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// figures are those of the books, as gauges.
func (m *metrics) figures(ctx context.Context, now time.Time) ([]prometheus.Metric, error) {
	f, err := app.ReadFigures(ctx, m.db, m.needs(), now)
	if err != nil {
		return nil, err
	}
	paused := 0.0
	if f.Paused {
		paused = 1
	}
	list := []prometheus.Metric{
		gauge(descEvents, float64(f.Events)), gauge(descOldest, f.OldestEvent.Seconds()), gauge(descBrake, paused), gauge(descJournal, float64(f.Journal)),
		gauge(descStuck, float64(f.Stuck)), gauge(descTooLate, float64(f.Late)),
	}
	for _, merchant := range f.Merchants {
		list = append(list, merchantGauges(merchant)...)
	}
	for k, n := range f.Waiting {
		list = append(list, gauge(descWaiting, float64(n), k.MID, k.State, k.Why, k.Who))
	}
	for own, at := range f.Deadlines {
		list = append(list, gauge(descDeadline, float64(at.Unix()), own[0], own[1]))
	}
	ticks, err := m.db.Ticks(ctx)
	for _, t := range ticks {
		if m.planned(t.Job) { // a job that was taken off the schedule is not late
			list = append(list, gauge(descJobMoment, float64(t.Tick.Unix()), t.Job, t.State))
		}
	}
	return list, err
}

func merchantGauges(m app.MerchantFigures) []prometheus.Metric {
	var list []prometheus.Metric
	if !m.NightEnd.IsZero() {
		list = append(list, gauge(descNight, float64(m.NightEnd.Unix()), m.MID))
	}
	for _, kind := range reconcile.Kinds {
		list = append(list, gauge(descBreaks, float64(m.Open[kind]), m.MID, string(kind)), gauge(descRefunding, float64(m.Refunding[kind]), m.MID, string(kind)))
	}
	for _, state := range refunds.States {
		list = append(list, gauge(descRefunds, float64(m.Refunds[state]), m.MID, string(state)))
	}
	for state, n := range map[string]int{"captured": m.Captures.Captured, "given": m.Captures.Given, "waiting": m.Captures.Waiting, "missed": m.Captures.Missed} {
		list = append(list, gauge(descAccounts, float64(n), m.MID, state))
	}
	return list
}
