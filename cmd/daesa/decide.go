package main

import (
	"context"
	"errors"

	application "daesa/app"
	"daesa/config"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/store"
	"daesa/toss"
)

// decider carries out what the person of this command decides.
func (a *app) decider(cfg *config.Config, db *store.DB) (*application.Decider, error) {
	now, err := a.now()
	if err != nil {
		return nil, err
	}
	return &application.Decider{Store: db, Payments: &payments{app: a, db: db}, OfTheRow: refusesRow, By: a.actor(), Now: now,
		Policy: func(mid string) (refunds.AskPolicy, bool) {
			_, ok := cfg.Merchant(mid)
			return askPolicy(cfg, mid), ok
		}}, nil
}

// payments looks payments up for whoever needs one. The secret keys are read
// when the first is asked for: other decisions need none.
type payments struct {
	app     *app
	db      *store.DB
	clients map[string]*toss.Client
}

// Payment looks one payment of a merchant up.
func (p *payments) Payment(ctx context.Context, mid, paymentKey string) (pay.Payment, pay.Evidence, error) {
	if p.clients == nil {
		cfg, err := p.app.config(true)
		if err != nil {
			return pay.Payment{}, pay.Evidence{}, err
		}
		p.clients = map[string]*toss.Client{}
		for _, m := range cfg.Merchants {
			for _, of := range midsOf(m) {
				if p.clients[of], err = p.app.clientUnder(p.db, m, of, toss.DefaultTimeout); err != nil {
					return pay.Payment{}, pay.Evidence{}, &coded{err, codeUsage}
				}
			}
		}
	}
	client, ok := p.clients[mid]
	if !ok {
		return pay.Payment{}, pay.Evidence{}, failed("add the merchant to daesa.yaml", "merchant %s is not configured", plain(mid))
	}
	return client.Payment(ctx, paymentKey)
}

// refusesRow says whether an error is about one decision alone.
func refusesRow(err error) bool {
	var stale *reconcile.StaleError
	var refunding *reconcile.RefundingError
	var tooMuch *refunds.TooMuchError
	var sameRef *refunds.RefError
	var before *reconcile.DecidedBeforeError
	return errors.As(err, &stale) || errors.As(err, &refunding) || errors.As(err, &tooMuch) || errors.As(err, &sameRef) || errors.As(err, &before) ||
		errors.Is(err, store.ErrUnknownID) || errors.Is(err, refunds.ErrOnItsWay)
}

// approveLines are the lines that give the second person's word on requests.
func approveLines(requests []refunds.Request, batch string) []string {
	return each(application.ApprovalsOf(requests, batch), application.Approval.Command)
}
