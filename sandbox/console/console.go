// Package console shows a sandbox to people: its payments and their lives, its
// webhooks, its clock and faults, what it settles and the shop's passbook, as
// pages that need no script and no build. It holds the sandbox as a test does and
// keeps nothing of its own.
package console

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"daesa/sandbox"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// console is the handler's state.
type console struct {
	s     *sandbox.Sandbox
	pages map[string]*template.Template
}

// root is where the console begins; everything else of it lies under base.
const (
	root = "/sandbox"
	base = "/sandbox/console"
)

// New serves the console under /sandbox and /sandbox/console/, and hands everything
// else on to the sandbox.
func New(s *sandbox.Sandbox) http.Handler {
	c := &console{s: s, pages: parsePages()}
	own := http.NewServeMux()
	own.HandleFunc("GET "+root, c.payments)
	own.HandleFunc("GET "+root+"/{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, root, http.StatusSeeOther) })
	own.HandleFunc("POST "+base+"/payments", c.makePayment)
	own.HandleFunc("GET "+base+"/payments/{key}", c.payment)
	own.HandleFunc("POST "+base+"/payments/{key}/{act}", c.changePayment)
	own.HandleFunc("GET "+base+"/webhooks", c.webhooks)
	own.HandleFunc("POST "+base+"/webhooks/{id}", c.resend)
	own.HandleFunc("GET "+base+"/clock", c.clock)
	own.HandleFunc("POST "+base+"/clock", c.moveClock)
	own.HandleFunc("POST "+base+"/faults", c.changeFaults)
	own.HandleFunc("GET "+base+"/settlements", c.settlements)
	own.HandleFunc("POST "+base+"/settlements", c.changeSettlements)
	own.HandleFunc("GET "+base+"/passbook", c.passbook)

	guarded := s.Durable(s.Guard(own, http.HandlerFunc(c.askToken)))
	all := http.NewServeMux()
	all.Handle("/", s)
	all.Handle(root, guarded)
	all.Handle(base+"/", guarded)
	assets, _ := fs.Sub(assetFiles, "assets") // the name is valid
	all.Handle("GET "+base+"/assets/", http.StripPrefix(base+"/assets", cached(http.FileServerFS(assets))))
	all.Handle("POST "+base+"/enter", http.NewCrossOriginProtection().Handler(http.HandlerFunc(c.enter)))
	return all
}

func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=300")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func parsePages() map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(functions).ParseFS(pageFiles, "pages/layout.html", "pages/parts.html"))
	names, _ := fs.Glob(pageFiles, "pages/*.html") // the pattern is valid
	pages := map[string]*template.Template{}
	for _, name := range names {
		short := strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")
		if short != "layout" && short != "parts" {
			pages[short] = template.Must(template.Must(layout.Clone()).ParseFS(pageFiles, name))
		}
	}
	return pages
}

// page is what every page has.
type page struct {
	English     bool
	Title, Here string // Here: which entry of the navigation this is
	Now         time.Time
	Other       string // this page in the other language
	Said, Wrong string // what the last form came to
	Back        string // where forms of this page lead back to
	Bare        bool   // a page without the navigation
	Refresh     int    // seconds until a browser without script reads it again; 0: never
	Data        any
}

// T chooses between the two languages.
func (p page) T(korean, english string) string {
	if p.English {
		return english
	}
	return korean
}

// languageCookie remembers the language, saidCookie what the last form came to.
const (
	languageCookie = "daesa_console_language"
	saidCookie     = "daesa_console_said"
)

// begin makes the page of a request.
func (c *console) begin(w http.ResponseWriter, r *http.Request, here string) page {
	p := page{Here: here, Now: c.s.Now(), Back: r.URL.RequestURI()}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		p.English = cookie.Value == "en"
	}
	q := r.URL.Query()
	if lang := q.Get("lang"); lang == "en" || lang == "ko" {
		p.English = lang == "en"
		setCookie(w, r, languageCookie, lang, 365*24*60*60)
	}
	q.Set("lang", p.T("en", "ko"))
	p.Other = r.URL.Path + "?" + q.Encode()
	if cookie, err := r.Cookie(saidCookie); err == nil {
		kind, text, _ := strings.Cut(cookie.Value, ":")
		if text, err = url.QueryUnescape(text); err == nil {
			if kind == "wrong" {
				p.Wrong = text
			} else {
				p.Said = text
			}
		}
		setCookie(w, r, saidCookie, "", -1)
	}
	return p
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}

// policy lets pages have their own style and script and nothing from elsewhere.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func (c *console) show(w http.ResponseWriter, name string, status int, p page) {
	var out bytes.Buffer
	if err := c.pages[name].ExecuteTemplate(&out, "layout.html", p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// notFound is the page of what there is none of.
func (c *console) notFound(w http.ResponseWriter, p page) {
	p.Title = p.T("없음", "Not found")
	c.show(w, "missing", http.StatusNotFound, p)
}

// askToken asks a browser for the token.
func (c *console) askToken(w http.ResponseWriter, r *http.Request) {
	p := c.begin(w, r, "")
	p.Title, p.Bare = p.T("접속", "Enter"), true
	if r.Method != http.MethodGet {
		p.Back = root
	}
	c.show(w, "enter", http.StatusUnauthorized, p)
}

// enter takes the token.
func (c *console) enter(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	back := own(r.PostFormValue("back"))
	if !c.s.Enter(w, r, r.PostFormValue("token")) {
		p := c.begin(w, r, "")
		p.Title, p.Bare, p.Back = p.T("접속", "Enter"), true, back
		p.Wrong = p.T("토큰이 맞지 않습니다.", "That is not the token.")
		c.show(w, "enter", http.StatusUnauthorized, p)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// own is an address of the console; anything else becomes its beginning.
func own(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.Scheme != "" || u.Path != root && !strings.HasPrefix(u.Path, base+"/") {
		return root
	}
	return u.RequestURI()
}
