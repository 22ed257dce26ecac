package browser

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// Paths are the addresses that Handler answers, in the notation of
// http.ServeMux.
var Paths = []string{
	"GET /v1", "GET /v1/payment-widget", "GET /v2/payment-widget", "GET /v2/standard",
	"GET /browser/widget", "GET /browser/agreement", "GET /browser/assets/{file}",
	"POST /browser/window", "GET /browser/window/{key}", "GET /browser/window/{key}/state",
	"POST /browser/window/{key}/{press}",
}

// maxBody is the largest request that is read, in bytes.
const maxBody = 64 << 10

// WindowPath is where the window of a payment is, below the sandbox's address.
func WindowPath(paymentKey string) string { return "/browser/window/" + paymentKey }

// server answers the browser.
type server struct {
	ledger Ledger
	known  Catalog
	mux    *http.ServeMux
}

// Handler answers Paths from a ledger. The catalog is whom a buyer can choose
// among; its first ones are chosen at the beginning.
func Handler(ledger Ledger, known Catalog) http.Handler {
	s := &server{ledger: ledger, known: known, mux: http.NewServeMux()}
	for path, text := range map[string][]byte{
		"GET /v1": v1Window, "GET /v1/payment-widget": v1Widget, "GET /v2/payment-widget": v1Widget, "GET /v2/standard": v2,
	} {
		s.mux.HandleFunc(path, serveScript(text))
	}
	s.mux.HandleFunc("GET /browser/widget", s.showWidget)
	s.mux.HandleFunc("GET /browser/agreement", s.showAgreement)
	s.mux.HandleFunc("GET /browser/assets/{file}", serveAsset)
	s.mux.HandleFunc("POST /browser/window", s.openWindow)
	s.mux.HandleFunc("GET /browser/window/{key}", s.showWindow)
	s.mux.HandleFunc("GET /browser/window/{key}/state", s.tellState)
	s.mux.HandleFunc("POST /browser/window/{key}/{press}", s.press)
	return s.mux
}

// opened is the answer to a page that asked for a window.
type opened struct {
	Path string `json:"path"`
}

// openWindow takes a script's request for a window.
func (s *server) openWindow(w http.ResponseWriter, r *http.Request) {
	var q Request
	err := readJSON(w, r, &q)
	lang := languageOf(q.Language, r.Header.Get("Accept-Language"))
	if err != nil {
		code := "INVALID_PARAMETERS"
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field == "metadata" {
			code = "INVALID_METADATA"
		}
		answer(w, http.StatusBadRequest, refuse(code).in(lang))
		return
	}
	if e := q.Check(r.Header.Get("Origin")); e != nil {
		answer(w, http.StatusBadRequest, e.in(lang))
		return
	}
	window, e := s.ledger.OpenWindow(q)
	if e != nil {
		answer(w, http.StatusBadRequest, e.in(lang))
		return
	}
	answer(w, http.StatusOK, opened{Path: WindowPath(window.Key)})
}

// standing is what the window's page asks for while it is open.
type standing struct {
	State State `json:"state"`
}

func (s *server) tellState(w http.ResponseWriter, r *http.Request) {
	window, found := s.ledger.Window(r.PathValue("key"))
	if !found {
		answer(w, http.StatusNotFound, refuse("NOT_FOUND_PAYMENT"))
		return
	}
	answer(w, http.StatusOK, standing{State: window.State})
}

// pressed is a button of the window's page.
type pressed struct {
	Tab      string `json:"tab"`
	Embedded bool   `json:"embedded"`
	Choice   Choice `json:"choice"`
	Code     string `json:"code"`
}

// press takes a button of the window's own page. A page of another origin cannot
// send it: JSON needs a preflight, which these addresses do not answer.
func (s *server) press(w http.ResponseWriter, r *http.Request) {
	var q pressed
	window, found := s.ledger.Window(r.PathValue("key"))
	lang := languageOf(window.Request.Language, r.Header.Get("Accept-Language"))
	refused := func(e *Error) { answer(w, http.StatusConflict, e.in(lang)) }
	switch {
	case r.Header.Get("Content-Type") != "application/json", readJSON(w, r, &q) != nil:
		answer(w, http.StatusBadRequest, refuse("INVALID_PARAMETERS").in(lang))
		return
	case !found:
		answer(w, http.StatusNotFound, refuse("NOT_FOUND_PAYMENT").in(lang))
		return
	}
	end := End{Press: Press(r.PathValue("press")), Choice: q.Choice, Code: q.Code}
	if end.Press == "leave" { // the page of a window that is over
		answer(w, http.StatusOK, left(window, lang))
		return
	}
	if e := s.ledger.ClaimWindow(window.Key, q.Tab); e != nil {
		refused(e)
		return
	}
	if end.Press == "open" {
		answer(w, http.StatusOK, standing{State: window.State})
		return
	}
	if e := s.checkEnd(window, end); e != nil {
		refused(e)
		return
	}
	window, e := s.ledger.EndWindow(window.Key, q.Tab, end)
	if e != nil {
		refused(e)
		return
	}
	answer(w, http.StatusOK, outcome(window, end, q.Embedded, lang))
}

// left is what the page hears of a window that was over before a button was
// pressed.
func left(w Window, lang language) Outcome {
	if w.State == Expired {
		return failure(w.Request, "PAY_PROCESS_ABORTED", lang)
	}
	return Outcome{Error: refuse("INVALID_METHOD_TRANSACTION").in(lang)}
}

func (s *server) checkEnd(w Window, end End) *Error {
	switch end.Press {
	case PressPay:
		return end.Choice.Check(w.Request, s.known)
	case PressFail:
		if _, known := refusals[end.Code]; !known {
			return refuse("INVALID_PARAMETERS")
		}
		return nil
	case PressCancel, PressClose, PressExpire:
		return nil
	}
	return refuse("INVALID_PARAMETERS")
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
