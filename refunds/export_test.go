package refunds

import "time"

// SetDecide replaces the decision of a worker: tests break it on purpose.
func SetDecide(w *Worker, decide func(Request, *Attempt, Answer, time.Time) Step) { w.decide = decide }
