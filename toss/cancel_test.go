package toss

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"daesa/pay"
)

const (
	accountCanary = "11043217270"
	holderCanary  = "카나리아"
)

func intent() pay.CancelIntent {
	return pay.CancelIntent{
		PaymentKey: referenceKey, Amount: 1000, Currency: pay.KRW, Reason: "고객 변심 #rf:aaaaaaaaaaaaaaaaaaaaaaaaaa",
		RefundableAmount: 1000, IdempotencyKey: "key-1",
		Account: &pay.RefundAccount{Bank: "88", Number: accountCanary, Holder: holderCanary},
	}
}

func body(t testing.TB) []byte {
	t.Helper()
	out, err := CancelBody(intent())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCancelBody(t *testing.T) {
	with := func(change func(*pay.CancelIntent)) pay.CancelIntent {
		i := intent()
		i.Account = nil
		change(&i)
		return i
	}
	tests := []struct {
		intent pay.CancelIntent
		want   string
	}{
		{intent(), `{"cancelReason":"고객 변심 #rf:aaaaaaaaaaaaaaaaaaaaaaaaaa","cancelAmount":1000,"refundableAmount":1000,"refundReceiveAccount":{"bank":"88","accountNumber":"11043217270","holderName":"카나리아"}}`},
		{with(func(i *pay.CancelIntent) { i.Amount, i.Reason = 0, `<a&"b">` }), `{"cancelReason":"<a&\"b\">","refundableAmount":1000}`},
		{with(func(i *pay.CancelIntent) {
			i.Currency, i.Amount, i.RefundableAmount, i.RequestID, i.TaxFreeAmount, i.Reason = pay.USD, 18156, 72624, "req-001", 5, "r"
		}), `{"cancelReason":"r","cancelAmount":181.56,"currency":"USD","taxFreeAmount":0.05,"refundableAmount":726.24,"cancelRequestId":"req-001"}`},
		{with(func(i *pay.CancelIntent) { i.Currency, i.Reason = pay.JPY, "r" }), `{"cancelReason":"r","cancelAmount":1000,"currency":"JPY","refundableAmount":1000}`},
	}
	for _, test := range tests {
		first, err := CancelBody(test.intent)
		again, _ := CancelBody(test.intent)
		if err != nil || string(first) != test.want || string(again) != string(first) {
			t.Errorf("%s, %v", first, err)
		}
	}
	for name, bad := range map[string]pay.CancelIntent{
		"no guard":     with(func(i *pay.CancelIntent) { i.RefundableAmount = 0 }),
		"above guard":  with(func(i *pay.CancelIntent) { i.Amount = 1001 }),
		"negative":     with(func(i *pay.CancelIntent) { i.Amount = -1 }),
		"tax free":     with(func(i *pay.CancelIntent) { i.TaxFreeAmount = 1001 }),
		"no currency":  with(func(i *pay.CancelIntent) { i.Currency = "" }),
		"millionths":   with(func(i *pay.CancelIntent) { i.Currency = pay.MUSD }),
		"no reason":    with(func(i *pay.CancelIntent) { i.Reason = " " }),
		"long reason":  with(func(i *pay.CancelIntent) { i.Reason = strings.Repeat("가", 201) }),
		"emoji reason": with(func(i *pay.CancelIntent) { i.Reason = strings.Repeat("😀", 101) }),
		"no UTF-8":     with(func(i *pay.CancelIntent) { i.Reason = "\xff" }),
		"short id":     with(func(i *pay.CancelIntent) { i.RequestID = "12345" }),
		"no bank":      with(func(i *pay.CancelIntent) { i.Account = &pay.RefundAccount{Number: accountCanary, Holder: holderCanary} }),
		"hyphens": with(func(i *pay.CancelIntent) {
			i.Account = &pay.RefundAccount{Bank: "88", Number: accountCanary + "-1", Holder: holderCanary}
		}),
		"long number": with(func(i *pay.CancelIntent) {
			i.Account = &pay.RefundAccount{Bank: "88", Number: accountCanary + "0123456789", Holder: holderCanary}
		}),
		"no holder": with(func(i *pay.CancelIntent) { i.Account = &pay.RefundAccount{Bank: "88", Number: accountCanary} }),
		"control holder": with(func(i *pay.CancelIntent) {
			i.Account = &pay.RefundAccount{Bank: "88", Number: accountCanary, Holder: holderCanary + "\n"}
		}),
	} {
		_, err := CancelBody(bad)
		if err == nil {
			t.Errorf("%s is written", name)
			continue
		}
		noSecrets(t, err.Error())
	}
}

func TestCancel(t *testing.T) {
	var got *http.Request
	var sent []byte
	base, hits := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		sent, _ = io.ReadAll(r.Body)
		reply(200, string(sample(t, "payment_card_full_cancel_reference.json")), "x-tosspayments-trace-id", "one")(w, r)
	})
	p, evidence, err := newClient(t, base, nil).Cancel(t.Context(), intent(), body(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Status != pay.Canceled || p.Cancels[0].Amount != 1000 || evidence.API != APICancel || evidence.TraceID != "one" {
		t.Errorf("%+v %+v", p, evidence)
	}
	if got.Method != http.MethodPost || got.URL.Path != "/v1/payments/"+referenceKey+"/cancel" || got.Header.Get("Idempotency-Key") != "key-1" ||
		got.Header.Get("Content-Type") != "application/json" || string(sent) != string(body(t)) || got.ContentLength != int64(len(sent)) || hits.Load() != 1 {
		t.Errorf("%s %s %v %s", got.Method, got.URL, got.Header, sent)
	}
	for _, change := range []func(*pay.CancelIntent){
		func(i *pay.CancelIntent) { i.IdempotencyKey = "" },
		func(i *pay.CancelIntent) { i.IdempotencyKey = "a\r\nb" },
		func(i *pay.CancelIntent) { i.IdempotencyKey = strings.Repeat("k", 301) },
		func(i *pay.CancelIntent) { i.PaymentKey = "" },
	} {
		bad := intent()
		change(&bad)
		if failure := failureOf(t, errorOf(newClient(t, base, nil).Cancel(t.Context(), bad, body(t), nil))); failure.Kind != pay.FailureRefused || hits.Load() != 1 {
			t.Errorf("%v", failure)
		}
	}
}

// TestAnswersOfACancel: whatever comes back, one cancel is one send.
func TestAnswersOfACancel(t *testing.T) {
	refusal := func(status int, code string) http.HandlerFunc {
		return reply(status, fmt.Sprintf(`{"code":%q,"message":"계좌 %s 예금주 %s"}`, code, accountCanary, holderCanary))
	}
	tests := []struct {
		name  string
		serve http.HandlerFunc
		kind  pay.FailureKind
	}{
		{"already", reply(400, string(sample(t, "error_400_already_canceled_payment.json"))), pay.FailureDone},
		{"amount", reply(403, string(sample(t, "error_403_not_cancelable_amount.json"))), pay.FailureGuard},
		{"in flight", reply(409, string(sample(t, "error_409_idempotent_request_processing.json"))), pay.FailureInFlight},
		{"key too long", reply(400, string(sample(t, "error_400_invalid_idempotency_key.json"))), pay.FailureRefused},
		{"guard", refusal(400, "NOT_MATCHES_REFUNDABLE_AMOUNT"), pay.FailureGuard},
		{"provider", refusal(400, "PROVIDER_ERROR"), pay.FailureTransient},
		{"internal", refusal(500, "FAILED_REFUND_PROCESS"), pay.FailureTransient},
		{"account", refusal(400, "INVALID_REFUND_ACCOUNT_INFO"), pay.FailureAccount},
		{"deadline", refusal(403, "EXCEED_MAX_REFUND_DUE"), pay.FailureDeadline},
		{"bank hours", refusal(403, "NOT_AVAILABLE_BANK"), pay.FailureTransient},
		{"throttled", refusal(429, "SOMETHING"), pay.FailureThrottled},
		{"gateway", reply(503, "<html>"), pay.FailureThrottled},
		{"unknown", refusal(400, "SOMETHING"), pay.FailureUnclassed},
		{"HTML 500", reply(500, "<html>"), pay.FailureNoCode},
		{"HTML 403", reply(403, "<html>"), pay.FailureNoCode},
		{"HTML 413", reply(413, "<html>too large</html>"), pay.FailureNoCode},
		{"400 without a code", reply(400, `{"message":"bad request"}`), pay.FailureNoCode},
		{"401 of a proxy", reply(401, "<html>log in</html>"), pay.FailureNoCode},
		{"HTML 200", reply(200, "<html>"), pay.FailureNoCode},
		{"empty", reply(200, ""), pay.FailureNoCode},
		{"no payment", reply(200, "{}"), pay.FailureNoCode},
		{"another payment", reply(200, string(sample(t, "payment_easypay_card_done.json"))), pay.FailureNoCode},
		{"sums", reply(200, string(edit(t, `{"balanceAmount":1}`))), pay.FailureSums},
		{"enormous", reply(200, strings.Repeat(" ", singleMaximum+1)), pay.FailureNoAnswer},
		{"truncated", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "999")
			_, _ = io.WriteString(w, "{")
		}, pay.FailureNoAnswer},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, pay.FailureNoAnswer},
		{"never answers", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, pay.FailureNoAnswer},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			base, hits := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				test.serve(w, r)
			})
			sends := 0
			c := newClient(t, base, func(o *Options) {
				o.Timeout = 300 * time.Millisecond
				o.OnCall = func(string) { sends++ }
			})
			failure := failureOf(t, errorOf(c.Cancel(t.Context(), intent(), body(t), nil)))
			if failure.Kind != test.kind || hits.Load() != 1 || sends != 1 {
				t.Errorf("%s after %d sends: %v", failure.Kind, hits.Load(), failure)
			}
		})
	}
}

// TestCancelOnADyingConnection: the server reads the first cancel's successor
// on the kept connection and hangs up without a word. Go's transport would
// send such a request again, were there a way to rewind its body.
func TestCancelOnADyingConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var requests atomic.Int64
	answer := sample(t, "payment_card_full_cancel_reference.json")
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				for first := true; ; first = false {
					request, err := http.ReadRequest(reader)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, request.Body)
					requests.Add(1)
					if !first {
						return
					}
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
				}
			}()
		}
	}()
	c := newClient(t, "http://"+listener.Addr().String(), nil)
	if _, _, err := c.Cancel(t.Context(), intent(), body(t), nil); err != nil {
		t.Fatal(err)
	}
	failure := failureOf(t, errorOf(c.Cancel(t.Context(), intent(), body(t), nil)))
	if failure.Kind != pay.FailureNoAnswer || requests.Load() != 2 {
		t.Errorf("%v; the server saw %d requests for two cancels", failure, requests.Load())
	}
}

// TestCancelThatWasNotSent covers what is proved: nobody listens, no name, no
// slot, the context is over.
func TestCancelThatWasNotSent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	dead := http.Client{Transport: &http.Transport{Dial: func(string, string) (net.Conn, error) { //nolint:staticcheck // short
		return nil, &net.DNSError{Err: "no such host", Name: "api.tosspayments.com", IsNotFound: true}
	}}}
	clients := map[string]*Client{
		"refused": newClient(t, closed, nil),
		"no name": newClient(t, "https://api.tosspayments.com", func(o *Options) { o.HTTP = &dead }),
		"no slot": newClient(t, closed, func(o *Options) { o.Pace = pacer(func(string) error { return os.ErrDeadlineExceeded }) }),
	}
	for name, c := range clients {
		if failure := failureOf(t, errorOf(c.Cancel(t.Context(), intent(), body(t), nil))); failure.Kind != map[bool]pay.FailureKind{true: pay.FailureOwn, false: pay.FailureNotSent}[name == "no slot"] || failure.HTTPStatus != 0 {
			t.Errorf("%s: %v", name, failure)
		}
	}
}

// TestTheLastLookComesWhenTheTurnHasCome: the wait for a slot may take minutes, in
// which the brake goes on or the lease is lost.
func TestTheLastLookComesWhenTheTurnHasCome(t *testing.T) {
	var order []string
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		order = append(order, "send")
		reply(200, string(sample(t, "payment_card_full_cancel_reference.json")))(w, r)
	})
	c := newClient(t, base, func(o *Options) { o.Pace = pacer(func(string) error { order = append(order, "slot"); return nil }) })
	var refusal error
	cancel := func() error {
		_, _, err := c.Cancel(t.Context(), intent(), body(t), func(context.Context) error { order = append(order, "look"); return refusal })
		return err
	}
	if err := cancel(); err != nil || !slices.Equal(order, []string{"slot", "look", "send"}) {
		t.Errorf("in the order %v, %v", order, err)
	}
	refusal, order = errors.New("the brake is on"), nil
	if failure := failureOf(t, cancel()); failure.Kind != pay.FailureNotSent || !errors.Is(failure, refusal) || !slices.Equal(order, []string{"slot", "look"}) {
		t.Errorf("in the order %v, %v", order, failure)
	}
}

// TestEveryCodeHasOneRow also holds the table to the refusals that decide
// whether a refund is looked up or ended.
func TestEveryCodeHasOneRow(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range codeTable {
		if !strings.HasPrefix(row.source, "https://") || row.kind == "" {
			t.Errorf("%v has no source or kind", row.codes)
		}
		for _, code := range row.codes {
			if seen[code] {
				t.Errorf("%s stands twice", code)
			}
			seen[code] = true
		}
	}
	for code, kind := range map[string]pay.FailureKind{
		"INVALID_TRANSACTION_KEY": pay.FailurePaging, "INVALID_PAGING_KEY": pay.FailurePaging, "NOT_FOUND": pay.FailureUnclassed,
		"COMMON_ERROR": pay.FailureTransient, "NEVER_SEEN": pay.FailureUnclassed, "EXCEED_CANCEL_LIMIT": pay.FailureRefused,
	} {
		if got := kindOf(400, code); got != kind {
			t.Errorf("%s is %s", code, got)
		}
	}
}

func TestErrorSamples(t *testing.T) {
	want := map[string]pay.FailureKind{
		"error_400_already_canceled_payment.json": pay.FailureDone, "error_400_invalid_api_key.json": pay.FailureKey,
		"error_400_invalid_idempotency_key.json": pay.FailureRefused, "error_400_invalid_transaction_key.json": pay.FailurePaging,
		"error_400_not_matches_customer_key.json": pay.FailureRefused, "error_403_not_cancelable_amount.json": pay.FailureGuard,
		"error_404_not_found_payment.json": pay.FailureNotFound, "error_409_idempotent_request_processing.json": pay.FailureInFlight,
		"error_500_failed_internal_system_processing.json": pay.FailureTransient, "error_v2_envelope_docs.json": pay.FailureUnclassed,
	}
	entries, err := os.ReadDir(samples)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "error_") {
			continue
		}
		code, message, _, ok := decodeError(sample(t, entry.Name()))
		if kind := kindOf(400, code); !ok || message == "" || kind != want[entry.Name()] {
			t.Errorf("%s: %s %q is %s", entry.Name(), code, message, kind)
		}
	}
	if _, _, _, ok := decodeError([]byte(`{"code":"","message":"x"}`)); ok {
		t.Error("an error without a code passes")
	}
}
