package notify

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"
)

// inbox is a service that people read.
type inbox struct {
	*httptest.Server
	mu       sync.Mutex
	received []string
}

func newInbox(t *testing.T, answer func(w http.ResponseWriter)) *inbox {
	in := &inbox{}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		in.mu.Lock()
		in.received = append(in.received, r.URL.Path+" "+string(body))
		in.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) address(path, query string) string {
	return "generic://" + strings.TrimPrefix(in.URL, "http://") + path + "?disabletls=yes" + query
}

func (in *inbox) texts() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Sorted(slices.Values(in.received))
}

func ok(http.ResponseWriter) {}

func TestEachAddressIsToldForItself(t *testing.T) {
	in := newInbox(t, ok)
	broken := newInbox(t, func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) })
	err := Send(t.Context(), []string{
		in.address("/secret-one", ""),
		"slack://secret-token",
		broken.address("/secret-two", ""),
		"secret-three",
		in.address("/json", "&template=json"),
	}, "제목", "첫 줄\n둘째 줄")
	want := []string{
		`/json {"message":"첫 줄\n둘째 줄","title":"제목"}`,
		"/secret-one 제목\n첫 줄\n둘째 줄",
	}
	if diff := cmp.Diff(want, in.texts()); diff != "" {
		t.Error(diff)
	}
	wrong := "notification address 2 (slack): is no address that can be used\n" +
		"notification address 3 (generic): did not take the message\n" +
		"notification address 4 (unknown service): is no address that can be used"
	if err == nil || err.Error() != wrong {
		t.Errorf("got\n%v\nwant\n%s", err, wrong)
	}
	var one *Error
	if !errors.As(err, &one) || one.Position != 2 {
		t.Errorf("the first failure is %+v", one)
	}
}

func TestOneThatDoesNotAnswerIsGivenUp(t *testing.T) {
	defer func(usual time.Duration) { patience = usual }(patience)
	patience = 50 * time.Millisecond
	release := make(chan struct{})
	defer close(release)
	silent := newInbox(t, func(http.ResponseWriter) { <-release })
	in := newInbox(t, ok)
	err := Send(t.Context(), []string{silent.address("/", ""), in.address("/", "")}, "제목", "글")
	if err == nil || err.Error() != "notification address 1 (generic): did not answer in time" {
		t.Errorf("got %v", err)
	}
	if len(in.texts()) != 1 {
		t.Errorf("the other one was told %v", in.texts())
	}
}

func TestCheckTellsNobody(t *testing.T) {
	in := newInbox(t, ok)
	if err := Check(t.Context(), []string{
		in.address("/", ""),
		"telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=@shop",
		"slack://hook:TTTTTTTTT-BBBBBBBBB-XXXXXXXXXXXXXXXXXXXXXXXX@webhook",
		"smtp://user:password@mail.example.com:587/?from=daesa@example.com&to=finance@example.com",
	}); err != nil {
		t.Error(err)
	}
	if len(in.texts()) != 0 {
		t.Errorf("it was told %v", in.texts())
	}
}

// An address that is wrong in any way is said so, and not repeated.
func TestWrongAddressesAreNotRepeated(t *testing.T) {
	for _, address := range []string{
		"", "canary", "canary://canary", "slack://canary", "discord://canary", "telegram://canary@canary", "://canary",
		"generic+ftp://\x7fcanary", "slack+https://canary", "teams+https://canary", "discord+https://canary/canary", "smtp://canary", "generic://canary:x:y",
		"https://hooks.slack.com/services/canary",
	} {
		err := Check(t.Context(), []string{address})
		if err == nil {
			err = Send(t.Context(), []string{address}, "", "")
		}
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A new version of the library may bring a service; it is decided here how its
// title is shown.
func TestEveryServiceHasItsTitleSomewhere(t *testing.T) {
	titled := []string{"bark", "discord", "generic", "gotify", "ifttt", "join", "lark", "matrix", "notifiarr", "ntfy", "opsgenie",
		"pushbullet", "pushover", "slack", "smtp", "teams", "telegram"}
	known := slices.Sorted(slices.Values(append(titled, untitled...)))
	if diff := cmp.Diff(known, slices.Sorted(slices.Values((&router.ServiceRouter{}).ListServices()))); diff != "" {
		t.Error(diff)
	}
}

func TestSplit(t *testing.T) {
	got := Split(" slack://a\n\tsmtp://b?to=x,y  ")
	if diff := cmp.Diff([]string{"slack://a", "smtp://b?to=x,y"}, got); diff != "" || len(Split("")) != 0 {
		t.Error(diff)
	}
}
