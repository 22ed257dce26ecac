package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"daesa/config"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/sandbox"
)

// desks are the pretend Tosses of the sessions about refunds.
var desks sync.Map

func deskOf(ts *testscript.TestScript) *sandbox.Sandbox {
	desk, ok := desks.Load(ts)
	if !ok {
		ts.Fatalf("desk TIME comes first")
	}
	return desk.(*sandbox.Sandbox)
}

func scriptDesk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: desk TIME")
	}
	toss := sandbox.New(sandbox.Options{Now: time.Now, Freeze: true, SecretKey: "test_sk_sandbox"})
	desks.Store(ts, toss)
	server := httptest.NewServer(toss.Handler())
	ts.Defer(server.Close)
	servers.Store(ts, server)
	scriptClock(ts, false, args)
	text := string(config.Template(config.TemplateValues{Environment: config.Test, BaseURL: server.URL, RequestsPerMinute: 600_000, AutoQueue: []string{"cancel_not_executed"}}))
	text = strings.Replace(text, "send: false", "send: true", 1)
	ts.Check(os.WriteFile(ts.MkAbs("daesa.yaml"), []byte(text), 0o600))
	ts.Check(seal.WriteKeyFile(ts.MkAbs("account.key")))
	ts.Setenv("TOSS_URL", server.URL)
	ts.Setenv("TOSS_SECRET_KEY", "test_sk_sandbox")
	ts.Setenv("DAESA_CONFIG", ts.MkAbs("daesa.yaml"))
}

func scriptClock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: clock TIME")
	}
	now, err := pay.ParseTime(args[0])
	ts.Check(err)
	deskOf(ts).SetClock(now)
	ts.Setenv("ASOF", pay.FormatTime(now))
}

// ask calls the pretend Toss in process.
func ask(ts *testscript.TestScript, method, path, body string) []byte {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.SetBasicAuth("test_sk_sandbox", "")
	answer := httptest.NewRecorder()
	deskOf(ts).ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		ts.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	return answer.Body.Bytes()
}

func scriptPays(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pays JSON")
	}
	ask(ts, http.MethodPost, "/sandbox/payments", args[0])
}

// picture is a payment as Toss shows it.
type picture struct {
	PaymentKey string `json:"paymentKey"`
	Cancels    []struct {
		CancelAmount json.Number `json:"cancelAmount"`
	} `json:"cancels"`
}

func paymentOf(ts *testscript.TestScript, order string) picture {
	var p picture
	ts.Check(json.Unmarshal(ask(ts, http.MethodGet, "/v1/payments/orders/"+order, ""), &p))
	return p
}

func scriptActs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: acts ORDER ACT [JSON]")
	}
	body := "{}"
	if len(args) == 3 {
		body = args[2]
	}
	ask(ts, http.MethodPost, "/sandbox/payments/"+paymentOf(ts, args[0]).PaymentKey+"/"+args[1], body)
}

func scriptCanceled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: canceled ORDER SUM N")
	}
	var sum int64
	p := paymentOf(ts, args[0])
	for _, c := range p.Cancels {
		amount, err := c.CancelAmount.Int64()
		ts.Check(err)
		sum += amount
	}
	if strconv.FormatInt(sum, 10) != args[1] || strconv.Itoa(len(p.Cancels)) != args[2] {
		ts.Fatalf("Toss has cancelled %d of order %s in %d cancels, expected %s in %s", sum, args[0], len(p.Cancels), args[1], args[2])
	}
}

func scriptFaults(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: faults SPEC")
	}
	f, err := sandbox.ParseFaults(args[0])
	ts.Check(err)
	deskOf(ts).SetFaults(f)
}

// scriptIDs sets a variable for each element of a list: its order without the
// dash, behind a prefix.
func scriptIDs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: ids LIST [PREFIX]")
	}
	var list []struct {
		ID      string `json:"id"`
		OrderID string `json:"order_id"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &list))
	prefix := ""
	if len(args) == 2 {
		prefix = args[1]
	}
	for _, one := range list {
		ts.Setenv(prefix+strings.ReplaceAll(one.OrderID, "-", ""), one.ID)
	}
}
