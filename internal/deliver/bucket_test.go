package deliver

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daesa/internal/hint"
)

const storeSecret = "canary-secret"

// object is what a store was given.
type object struct {
	Method, Path, Type, Content string
	Signed                      bool
}

// newStore is a store that speaks S3 and knows one key.
func newStore(t *testing.T, answer func(w http.ResponseWriter)) (env func(string) (string, bool), given *[]object) {
	t.Helper()
	given = &[]object{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*given = append(*given, object{r.Method, r.URL.Path, r.Header.Get("Content-Type"), chunks(t, r), signed(r)})
		answer(w)
	}))
	t.Cleanup(server.Close)
	return variables(map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": storeSecret,
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "ap-northeast-2"}), given
}

// chunks reads a body that was sent in signed chunks.
func chunks(t *testing.T, r *http.Request) string {
	body := bufio.NewReader(r.Body)
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		plain, err := io.ReadAll(body)
		if err != nil {
			t.Error(err)
		}
		return string(plain)
	}
	var content strings.Builder
	for {
		line, err := body.ReadString('\n')
		size, _, _ := strings.Cut(line, ";")
		n, badSize := strconv.ParseInt(size, 16, 64)
		if err != nil || badSize != nil {
			t.Errorf("chunk %q: %v %v", line, err, badSize)
			return ""
		}
		if n == 0 {
			return content.String()
		}
		if _, err := io.CopyN(&content, body, n); err != nil {
			t.Error(err)
		}
		if _, err := body.ReadString('\n'); err != nil {
			t.Error(err)
		}
	}
}

// signed reckons the signature (AWS Signature Version 4) of a request again.
func signed(r *http.Request) bool {
	fields := map[string]string{}
	for field := range strings.SplitSeq(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	id, scope, _ := strings.Cut(fields["Credential"], "/")
	if id != "AKID" || !strings.HasSuffix(scope, "/ap-northeast-2/s3/aws4_request") {
		return false
	}
	canonical := r.Method + "\n" + r.URL.EscapedPath() + "\n" + r.URL.RawQuery + "\n"
	for name := range strings.SplitSeq(fields["SignedHeaders"], ";") {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + fields["SignedHeaders"] + "\n" + r.Header.Get("X-Amz-Content-Sha256")
	text := fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", r.Header.Get("X-Amz-Date"), scope, sha256.Sum256([]byte(canonical)))
	key := []byte("AWS4" + storeSecret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return hmac.Equal([]byte(fields["Signature"]), []byte(hex.EncodeToString(mac(key, text))))
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	_, _ = m.Write([]byte(text)) // it never fails
	return m.Sum(nil)
}

func TestABucketGetsTheFileSigned(t *testing.T) {
	env, given := newStore(t, func(w http.ResponseWriter) { w.Header().Set("ETag", `"e"`) })
	content := strings.Repeat("a workbook of some size ", 10_000)
	for _, place := range []string{"s3://finance/daesa/2026/", "s3://finance"} {
		bucket, err := Open(place, env)
		if err != nil {
			t.Fatal(err)
		}
		if err := bucket.Put(t.Context(), book(t, content)); err != nil {
			t.Fatal(err)
		}
	}
	const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	want := []object{
		{"PUT", "/finance/daesa/2026/book.xlsx", xlsx, content, true},
		{"PUT", "/finance/book.xlsx", xlsx, content, true},
	}
	if diff := cmp.Diff(want, *given); diff != "" {
		t.Error(diff)
	}
}

func TestABucketThatRefusesIsSaid(t *testing.T) {
	env, given := newStore(t, func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<Error><Code>AccessDenied</Code><Message>"+storeSecret+"</Message></Error>")
	})
	bucket, err := Open("s3://finance", env)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, bucket.Put(t.Context(), book(t, "x")), "putting book.xlsx into bucket finance: the store answered AccessDenied (403)")
	if len(*given) != 1 {
		t.Errorf("it was asked %d times", len(*given))
	}
}

func TestAStoreWithoutARegionIsAskedForTheBucketsOwn(t *testing.T) {
	var puts []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("location") {
			w.Header().Set("Content-Type", "application/xml")
			_, _ = io.WriteString(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">ap-northeast-2</LocationConstraint>`)
			return
		}
		puts = append(puts, r.Method+" "+r.URL.Path)
		_ = chunks(t, r)
		if !signed(r) { // for ap-northeast-2
			w.WriteHeader(http.StatusForbidden)
		}
		w.Header().Set("ETag", `"e"`)
	}))
	t.Cleanup(server.Close)
	bucket, err := Open("s3://finance", variables(map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": storeSecret, "AWS_ENDPOINT_URL": server.URL}))
	if err != nil {
		t.Fatal(err)
	}
	if err := bucket.Put(t.Context(), book(t, "x")); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"PUT /finance/book.xlsx"}, puts); diff != "" {
		t.Error(diff)
	}
}

func TestAClockThatDiffersFromTheStoresIsNamed(t *testing.T) {
	env, _ := newStore(t, func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<Error><Code>RequestTimeTooSkewed</Code></Error>")
	})
	bucket, err := Open("s3://finance", env)
	if err != nil {
		t.Fatal(err)
	}
	err = bucket.Put(t.Context(), book(t, "x"))
	if advice := hint.Of(err); !strings.Contains(advice, "clock") {
		t.Errorf("%v, hint %q", err, advice)
	}
}

func TestABucketThatCannotBeReachedIsSaid(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	bucket, err := Open("s3://finance", variables(map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": storeSecret, "AWS_ENDPOINT_URL": server.URL}))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, bucket.Put(t.Context(), book(t, "x")), "connection refused")
}
