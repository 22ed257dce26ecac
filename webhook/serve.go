package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Limits on clients: Toss's own are fast, and a slow one costs a connection.
const (
	headerTimeout = 3 * time.Second
	readTimeout   = 5 * time.Second
	writeTimeout  = 10 * time.Second // from the header's end to the answer's
	idleTimeout   = 60 * time.Second
	headerMost    = 16 << 10 // bytes
	drainMost     = 10 * time.Second
)

// Serve answers on a listener until ctx ends, and then finishes what is under
// way, for ten seconds at most. Ending it is no error. What was cut off was not
// answered, so Toss sends it again.
func Serve(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: headerMost,
	}
	serving, end := context.WithCancel(ctx)
	defer end()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		<-serving.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainMost)
		defer cancel()
		if server.Shutdown(closing) != nil {
			_ = server.Close()
		}
	}()
	err := server.Serve(listener)
	end()
	<-drained
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
