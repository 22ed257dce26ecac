package shop

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// What goes wrong on purpose. None of it belongs into a shop.

// Mistake is something that goes wrong with one order.
type Mistake string

// The mistakes that an order can be made with. ConsoleCancel comes later, by a
// button of the order list.
const (
	Tampered      Mistake = "tampered"
	Unchecked     Mistake = "unchecked"
	LostConfirm   Mistake = "lost-confirm"
	ClosedTab     Mistake = "closed-tab"
	ConsoleCancel Mistake = "console-cancel"
)

// choice is a mistake as the order form offers it.
type choice struct {
	Mistake     Mistake
	Name, Words string
}

var mistakes = []choice{
	{"", "아무것도", "가이드대로 결제합니다."},
	{Tampered, "금액 조작", "구매자가 브라우저에서 금액을 1,000원으로 바꿉니다. 가게가 알아채고 승인하지 않습니다."},
	{Unchecked, "금액 조작, 검사 누락", "같은 조작인데 가게가 저장한 금액과 견주지 않습니다."},
	{LostConfirm, "승인 응답 유실", "토스는 승인했는데 가게가 그 응답을 받지 못합니다."},
	{ClosedTab, "결제 뒤 창 닫기", "가상계좌에 입금했는데 웹훅이 가게에 닿지 않습니다."},
}

// noticed says how the order list calls a mistake.
func (m Mistake) noticed() string {
	if m == ConsoleCancel {
		return "콘솔 취소"
	}
	for _, c := range mistakes {
		if c.Mistake == m && m != "" {
			return c.Name
		}
	}
	return ""
}

func (m Mistake) known() bool { return m == "" || m != ConsoleCancel && m.noticed() != "" }

// deaf says whether the order's webhooks get lost.
func (m Mistake) deaf() bool {
	return m == LostConfirm || m == ClosedTab || m == ConsoleCancel
}

// tamperedTo is what a buyer who changes the amount asks for, in won.
const tamperedTo = 1_000

// asked is the amount that the page asks for: the order's, or what the buyer has
// made of it in the browser.
func (o Order) asked() int64 {
	if o.Mistake == Tampered || o.Mistake == Unchecked {
		return tamperedTo
	}
	return o.Amount
}

// believed is the amount that the address says.
func (s *Shop) believed(r *http.Request) int64 {
	amount, _ := strconv.ParseInt(r.FormValue("amount"), 10, 64) // Toss refuses 0
	return amount
}

var errLost = errors.New("the answer was lost on its way")

// deposit is the buyer at the bank, who pays a virtual account. At Toss's test
// system it is a button of the developer centre.
func (s *Shop) deposit(w http.ResponseWriter, r *http.Request) {
	s.pretend(w, r, deposit, Order.Waiting)
}

// consoleCancel is somebody of the shop who cancels in Toss's console, and tells
// nobody.
func (s *Shop) consoleCancel(w http.ResponseWriter, r *http.Request) {
	s.change(r.PathValue("id"), func(o *Order) {
		if o.Status == Paid {
			o.Mistake = ConsoleCancel
		}
	})
	s.pretend(w, r, consoleCancel, func(o Order) bool { return o.Status == Paid })
}

// The acts of people whom the shop's program does not see, as the pretend Toss
// calls them.
const (
	deposit       = "deposit"
	consoleCancel = "cancel"
)

// pretend does what happens without the shop's program, by an address that only the
// pretend Toss has.
func (s *Shop) pretend(w http.ResponseWriter, r *http.Request, act string, may func(Order) bool) {
	o, found := s.book.find(r.PathValue("id"))
	if !found || !may(o) {
		s.say(w, http.StatusConflict, "지금은 할 수 없습니다", "주문의 상태가 맞지 않습니다.", "")
		return
	}
	done, err := http.NewRequestWithContext(r.Context(), http.MethodPost, s.TossURL+"/sandbox/payments/"+o.PaymentKey+"/"+act, strings.NewReader("{}"))
	if err == nil {
		var answer *http.Response
		if answer, err = s.toss.http.Do(done); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				err = errors.New(answer.Status)
			}
		}
	}
	if err != nil {
		s.say(w, http.StatusBadGateway, "하지 못했습니다", err.Error(), "")
		return
	}
	http.Redirect(w, r, "/orders?done="+act, http.StatusSeeOther)
}

// closeDay ends the day and shows what its night found.
func (s *Shop) closeDay(w http.ResponseWriter, r *http.Request) {
	if s.CloseDay == nil {
		http.NotFound(w, r)
		return
	}
	night, err := s.CloseDay(r.Context())
	if err != nil {
		s.say(w, http.StatusInternalServerError, "하루를 마감하지 못했습니다", err.Error(), "")
		return
	}
	s.show(w, http.StatusOK, "night", page{Title: night.Day + " 마감", Night: night})
}
