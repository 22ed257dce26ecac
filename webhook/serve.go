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
// way. Ending it is no error.
func Serve(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: headerMost,
	}
	drained := make(chan error, 1)
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainMost)
		defer cancel()
		drained <- server.Shutdown(closing)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-drained
}
