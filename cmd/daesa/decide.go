package main

import (
	"context"

	"daesa/app"
	"daesa/pay"
	"daesa/refunds"
	"daesa/toss"
)

// decider carries out what the person of this command decides.
func (s *session) decider() *app.Decider {
	return &app.Decider{Store: s.db, Signing: s.signing(), Payments: &payments{session: s}, By: s.actor(), Now: s.now(), Another: s.cfg.AnotherMerchant,
		Policy: func(mid string) (refunds.AskPolicy, bool) {
			_, ok := s.cfg.Merchant(mid)
			return askPolicy(s.cfg, mid), ok
		}}
}

// payments looks payments up for whoever needs one. The secret keys are read
// when the first is asked for: other decisions need none.
type payments struct {
	*session
	clients map[string]*toss.Client
}

// Payment looks one payment of a merchant up.
func (p *payments) Payment(ctx context.Context, mid, paymentKey string) (pay.Payment, pay.Evidence, error) {
	if p.clients == nil {
		cfg, err := p.config(true)
		if err != nil {
			return pay.Payment{}, pay.Evidence{}, err
		}
		if p.clients, err = (&session{p.invocation, cfg, p.db}).clients(); err != nil {
			return pay.Payment{}, pay.Evidence{}, err
		}
	}
	client, ok := p.clients[mid]
	if !ok {
		return pay.Payment{}, pay.Evidence{}, failed("add the merchant to daesa.yaml", "merchant %s is not configured", plain(mid))
	}
	return client.Payment(ctx, paymentKey)
}

// clients are those of every MID of every merchant: a request from before one of
// the also_mids was one is looked up under it.
func (s *session) clients() (map[string]*toss.Client, error) {
	clients := map[string]*toss.Client{}
	for _, m := range s.cfg.Merchants {
		for _, mid := range midsOf(m) {
			client, err := s.clientUnder(m, mid, toss.DefaultTimeout)
			if err != nil {
				return nil, err
			}
			clients[mid] = client
		}
	}
	return clients, nil
}

// approveLines are the lines that give the second person's word: where it must be
// signed, those that write what is to be.
func (s *session) approveLines(approvals []app.Approval) []string {
	return each(approvals, func(a app.Approval) string {
		if s.signing() != nil {
			return a.Command() + " --statement FILE"
		}
		return a.Command()
	})
}
