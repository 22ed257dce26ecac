package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// heartbeatTime is how long the call of a heartbeat may take.
const heartbeatTime = 10 * time.Second

// Beat tells the watcher that a night was complete; what it watches for is the
// night on which nobody calls.
func (t *Teller) Beat(ctx context.Context) {
	if t.Heartbeat == "" {
		return
	}
	if err := call(ctx, t.Heartbeat); err != nil {
		t.Warn(fmt.Sprintf("the heartbeat was not called: %v (notify.heartbeat_url)", err), "")
		t.Log.Info("heartbeat failed", "error", err.Error())
	}
}

// call calls an address, and never repeats it in an error.
func call(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return errors.New("its address is none")
	}
	client := &http.Client{Timeout: heartbeatTime}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	var wrapped *url.Error
	switch {
	case errors.As(err, &wrapped) && wrapped.Timeout():
		return fmt.Errorf("no answer within %s", heartbeatTime)
	case err != nil:
		return errors.New("its server could not be reached")
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("its server answered %d", response.StatusCode)
	}
	return nil
}
