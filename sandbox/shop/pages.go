package shop

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"time"
)

//go:embed pages
var files embed.FS

// page is what the pages are drawn of; each uses some of it.
type page struct {
	Title, Toss, Clock string
	Products           []Product
	Mistakes           []choice
	Order              Order
	Script             scriptData
	Orders             []Order
	Closes             bool
	Words, Code, Again string
	Night              Night
}

// scriptData is what the script of the payment page is given.
type scriptData struct {
	ClientKey string `json:"clientKey"`
	OrderID   string `json:"orderId"`
	OrderName string `json:"orderName"`
	Amount    int64  `json:"amount"`
	Asked     int64  `json:"asked"`
}

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"won": won, "moment": moment, "status": statusWord, "mistake": Mistake.noticed,
}).ParseFS(files, "pages/*.html"))

// show writes a page.
func (s *Shop) show(w http.ResponseWriter, code int, name string, p page) {
	p.Toss, p.Clock = s.TossURL, moment(s.Now())
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(out.Bytes())
}

// say shows a page with one message; again is an order that may be paid once more.
func (s *Shop) say(w http.ResponseWriter, code int, title, words, again string) {
	s.show(w, code, "message", page{Title: title, Words: words, Again: again})
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "pages/shop.css")
}

// seoul is the shop's time. It has no summer time.
var seoul = time.FixedZone("KST", 9*60*60)

func moment(t time.Time) string { return t.In(seoul).Format("2006-01-02 15:04") }

func statusWord(o Order) string {
	switch o.Status {
	case Paid:
		return "결제 완료"
	case Canceled:
		return "취소"
	case Failed:
		return "결제 실패"
	}
	if o.Waiting() {
		return "입금 대기"
	}
	return "결제 전"
}

// won is an amount as people read it.
func won(amount int64) string {
	digits := strconv.FormatInt(amount, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + "원"
}
