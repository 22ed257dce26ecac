package toss

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	tests := []struct{ in, want string }{
		{`{"accountNumber" : "X650", "bankCode":"20"}`, `{"accountNumber" : "REDACTED", "bankCode":"20"}`},
		{`{"holderName":null,"customerName":"김\"토스"}`, `{"holderName":null,"customerName":"REDACTED"}`},
		{`{"secret":{"a":["}",{"b":1}]},"x":1}`, `{"secret":"REDACTED","x":1}`},
		{`{"customerMobilePhone":1012345678,"amount":10000.00}`, `{"customerMobilePhone":"REDACTED","amount":10000.00}`},
		{`{"customerEmail":true}`, `{"customerEmail":"REDACTED"}`},
		{`{"customerIdentityNumber":-1.5e3 }`, `{"customerIdentityNumber":"REDACTED" }`},
		{`{"metadata":{"a":"b", "c" :null,"d":{"e":[1]}},"z":1}`, `{"metadata":{"a":"REDACTED", "c" :null,"d":"REDACTED"},"z":1}`},
		{`{"metadata": { } ,"metadata":null,"metadata":"x","metadata":[1]}`, `{"metadata": { } ,"metadata":null,"metadata":"REDACTED","metadata":"REDACTED"}`},
		{`{"account\u004eumber":"1","ACCOUNTNUMBER":"2","depositorname":"3"}`, `{"account\u004eumber":"REDACTED","ACCOUNTNUMBER":"REDACTED","depositorname":"REDACTED"}`},
		{`{"number":"12345678****000*","orderName":"accountNumber","a":"secret"}`, ``},
		{`["secret","customerName"]`, ``},
		{`"secret"`, ``},
		{`{"billingKey":"b","customerKey":"c","registrationNumber":"0101"}`, `{"billingKey":"REDACTED","customerKey":"REDACTED","registrationNumber":"REDACTED"}`},
		{`{"a":"\\","secret":"\\\"x","b":"\\\\"}`, `{"a":"\\","secret":"REDACTED","b":"\\\\"}`},
		{` [ {"secret":""} ] `, ` [ {"secret":"REDACTED"} ] `},
		{`12`, ``},
	}
	for _, test := range tests {
		if test.want == "" {
			test.want = test.in
		}
		got, err := Redact([]byte(test.in))
		if err != nil || string(got) != test.want {
			t.Errorf("%s became %s, %v", test.in, got, err)
		}
	}
	for _, bad := range []string{"", "<html>", `{"secret":"x`, `{"secret":"x"`, `{"secret":}`, `{} {}`, `{"a":1,}`} {
		if got, err := Redact([]byte(bad)); !errors.Is(err, ErrNotJSON) || got != nil {
			t.Errorf("%s became %s, %v", bad, got, err)
		}
	}
}

// TestRedactSamples: nothing personal is left, and nothing else has changed.
func TestRedactSamples(t *testing.T) {
	entries, err := os.ReadDir(samples)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".json" {
			continue
		}
		body := sample(t, entry.Name())
		got, err := Redact(body)
		if err != nil {
			t.Fatalf("%s: %v", entry.Name(), err)
		}
		checkRedacted(t, body, got)
		if strings.HasPrefix(entry.Name(), "error_") && &got[0] != &body[0] {
			t.Errorf("%s was copied for nothing", entry.Name())
		}
	}
}

// checkRedacted compares the two documents value by value, by a way of its own.
func checkRedacted(t testing.TB, before, after []byte) {
	t.Helper()
	decode := func(body []byte) (out any) {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&out); err != nil {
			t.Fatalf("%q is no JSON any more: %v", body, err)
		}
		return out
	}
	var compare func(key string, hide bool, a, b any)
	compare = func(key string, hide bool, a, b any) {
		if hide && a != nil {
			if b != "REDACTED" {
				t.Errorf("%s is left as %v", key, b)
			}
			return
		}
		switch a := a.(type) {
		case map[string]any:
			b, ok := b.(map[string]any)
			if !ok || len(a) != len(b) {
				t.Errorf("%s has changed its form", key)
				return
			}
			for inner, value := range a {
				hide := strings.EqualFold(key, personalInside)
				for _, name := range personal {
					hide = hide || (len(name) == len(inner) && strings.EqualFold(name, inner))
				}
				if _, object := value.(map[string]any); strings.EqualFold(inner, personalInside) && !object {
					hide = true
				}
				compare(inner, hide, value, b[inner])
			}
		case []any:
			b, ok := b.([]any)
			if !ok || len(a) != len(b) {
				t.Errorf("%s has changed its form", key)
				return
			}
			for i := range a {
				compare("", false, a[i], b[i])
			}
		default:
			if a != b {
				t.Errorf("%s was %v and is %v", key, a, b)
			}
		}
	}
	compare("", false, decode(before), decode(after))
}
