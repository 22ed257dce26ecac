package app

import "daesa/pay"

// Webhook is an event that came, and what became of it.
type Webhook struct {
	pay.Event
	State string // new, done, kept, forged or unknown
	Why   string
}
