package shop

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
)

// An order's way through the shop, from top to bottom.

// 1. The buyer chooses.
func (s *Shop) showProducts(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "products", page{Title: "오늘의 물건", Products: products, Mistakes: mistakes})
}

// 2. The shop reckons the amount and keeps it with the order's number, before any
// window opens: afterwards this is what a browser's words are held against.
func (s *Shop) order(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.FormValue("number"))
	mistake := Mistake(r.FormValue("mistake"))
	for _, p := range products {
		if p.ID != r.FormValue("product") || err != nil || number < 1 || number > mostOfOne || !mistake.known() {
			continue
		}
		o := Order{Name: p.Name, Amount: p.Price * int64(number), Status: Pending, OrderedAt: s.Now(), Mistake: mistake}
		if number > 1 {
			o.Name += " " + strconv.Itoa(number) + "개"
		}
		o = s.book.add(o)
		if s.Changed != nil {
			s.Changed()
		}
		http.Redirect(w, r, "/orders/"+o.ID+"/pay", http.StatusSeeOther)
		return
	}
	s.say(w, http.StatusBadRequest, "주문할 수 없습니다", "상품과 수량을 다시 골라 주세요.", "")
}

// 3. The page with the widget. Its script is pages/pay.html.
func (s *Shop) showPayment(w http.ResponseWriter, r *http.Request) {
	o, found := s.book.find(r.PathValue("id"))
	switch {
	case !found:
		s.say(w, http.StatusNotFound, "없는 주문입니다", "주문 번호를 확인해 주세요.", "")
	case o.PaymentKey != "" || o.Status == Paid || o.Status == Canceled:
		http.Redirect(w, r, "/orders", http.StatusSeeOther)
	default:
		s.show(w, http.StatusOK, "pay", page{Title: "결제하기", Order: o, Script: scriptData{
			ClientKey: s.ClientKey, OrderID: o.ID, OrderName: o.Name, Amount: o.Amount, Asked: o.asked(),
		}})
	}
}

// 4. Toss sends the browser here once the buyer has authenticated. No money has
// moved yet, and what the address says may come from anybody: the shop compares it
// with its own order and confirms its own amount.
func (s *Shop) success(w http.ResponseWriter, r *http.Request) {
	orderID, paymentKey := r.FormValue("orderId"), r.FormValue("paymentKey")
	o, found := s.book.find(orderID)
	if !found || paymentKey == "" {
		s.say(w, http.StatusNotFound, "없는 주문입니다", "결제를 승인하지 않았습니다. 돈은 나가지 않았습니다.", "")
		return
	}
	if o.PaymentKey == paymentKey { // the buyer has loaded the page again
		s.showResult(w, o)
		return
	}
	amount := o.Amount
	if r.FormValue("amount") != strconv.FormatInt(o.Amount, 10) {
		if o.Mistake != Unchecked {
			s.change(orderID, func(o *Order) { o.Note = "결제창의 금액이 주문 금액과 달라 승인하지 않았습니다" })
			s.say(w, http.StatusBadRequest, "결제 금액이 주문과 다릅니다", "결제를 승인하지 않았습니다. 돈은 나가지 않았습니다.", orderID)
			return
		}
		amount = s.believed(r)
	}
	p, err := s.confirm(r.Context(), paymentKey, orderID, amount)
	if o.Mistake == LostConfirm {
		err = errLost
	}
	if no := (*refusal)(nil); errors.As(err, &no) {
		s.change(orderID, func(o *Order) { o.Note = no.Message })
		s.say(w, http.StatusBadRequest, "결제가 승인되지 않았습니다", no.Message, orderID)
		return
	}
	if err != nil {
		s.change(orderID, func(o *Order) { o.Note = "승인 결과를 듣지 못했습니다" })
		s.say(w, http.StatusBadGateway, "결제 결과를 확인하지 못했습니다", "잠시 뒤 주문 내역을 확인해 주세요.", "")
		return
	}
	o, _ = s.change(orderID, func(o *Order) { o.learn(p, s.Now()) })
	s.showResult(w, o)
}

// confirm confirms. Where no answer came, or Toss says that it was done before, it
// asks how the payment stands: a confirm that got lost may have taken the money.
func (s *Shop) confirm(ctx context.Context, paymentKey, orderID string, amount int64) (payment, error) {
	p, err := s.toss.confirm(ctx, paymentKey, orderID, amount)
	no := (*refusal)(nil)
	if err == nil || errors.As(err, &no) && no.Code != "ALREADY_PROCESSED_PAYMENT" {
		return p, err
	}
	return s.toss.look(ctx, paymentKey)
}

func (s *Shop) showResult(w http.ResponseWriter, o Order) {
	title := "결제가 끝났습니다"
	if o.Waiting() {
		title = "아래 계좌로 입금해 주세요"
	}
	s.show(w, http.StatusOK, "result", page{Title: title, Order: o})
}

// 5. Or Toss sends the browser here. An order is not always named: a buyer who
// closes the window comes with PAY_PROCESS_CANCELED alone. Nothing is done for it:
// the order still waits, and may be paid.
func (s *Shop) fail(w http.ResponseWriter, r *http.Request) {
	orderID := r.FormValue("orderId")
	if _, found := s.book.find(orderID); !found {
		orderID = ""
	}
	title := "결제하지 못했습니다"
	if r.FormValue("code") == "PAY_PROCESS_CANCELED" {
		title = "결제를 취소했습니다"
	}
	s.show(w, http.StatusOK, "message", page{Title: title, Words: r.FormValue("message"), Code: r.FormValue("code"), Again: orderID})
}

// 6. Afterwards: what was bought, and what may be done about it.
func (s *Shop) showOrders(w http.ResponseWriter, r *http.Request) {
	orders := s.Orders()
	slices.Reverse(orders) // the newest first
	s.show(w, http.StatusOK, "orders", page{Title: "주문 내역", Orders: orders, Words: doneWords[r.FormValue("done")], Closes: s.CloseDay != nil})
}

// doneWords say what a button has done.
var doneWords = map[string]string{
	"canceled":    "결제를 취소했습니다.",
	"refund":      "환불을 접수했습니다. 대사가 밤에 환불을 제안합니다.",
	deposit:       "구매자가 입금했습니다. 웹훅이 오면 결제 완료가 됩니다.",
	consoleCancel: "토스 콘솔에서 취소했습니다. 가게는 모릅니다.",
}

// cancel is the shop's own cancel. A card is cancelled at Toss at once. A virtual
// account is not: Toss gives it back to an account that the shop does not keep, so
// the shop only writes down that it is owed, and leaves it to daesa, which has
// captured the account.
func (s *Shop) cancel(w http.ResponseWriter, r *http.Request) {
	o, found := s.book.find(r.PathValue("id"))
	if !found || o.Status != Paid {
		s.say(w, http.StatusConflict, "취소할 수 없는 주문입니다", "결제가 끝난 주문만 취소할 수 있습니다.", "")
		return
	}
	if o.ByAccount() {
		s.change(o.ID, func(o *Order) {
			o.Status, o.Canceled, o.CanceledAt = Canceled, o.Amount, s.Now()
			o.Note = "환불 접수: 토스에는 아직 보내지 않았습니다"
		})
		http.Redirect(w, r, "/orders?done=refund", http.StatusSeeOther)
		return
	}
	p, err := s.toss.cancel(r.Context(), o.PaymentKey, "고객 변심")
	if err != nil {
		s.say(w, http.StatusBadGateway, "취소하지 못했습니다", err.Error(), "")
		return
	}
	s.change(o.ID, func(o *Order) { o.learn(p, s.Now()) })
	http.Redirect(w, r, "/orders?done=canceled", http.StatusSeeOther)
}
