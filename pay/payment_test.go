package pay

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWhatTossHolds(t *testing.T) {
	t.Parallel()
	approved := time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)
	done := func(amount int64) Cancel { return Cancel{Amount: amount, Status: CancelDone} }
	tests := []struct {
		name           string
		payment        Payment
		held, canceled int64
	}{
		{"a positive balance does not mean paid", Payment{Status: Ready, TotalAmount: 1000, BalanceAmount: 1000}, 0, 0},
		{"aborted", Payment{Status: Aborted, TotalAmount: 1000, BalanceAmount: 1000}, 0, 0},
		{"expired", Payment{Status: Expired, TotalAmount: 1000, BalanceAmount: 1000}, 0, 0},
		{"a virtual account that waits", Payment{Status: WaitingForDeposit, TotalAmount: 1000, BalanceAmount: 1000}, 0, 0},
		{"done", Payment{Status: Done, TotalAmount: 1000, BalanceAmount: 1000, ApprovedAt: approved}, 1000, 0},
		{"cancelled in one go", Payment{Status: Canceled, TotalAmount: 1000, ApprovedAt: approved, Cancels: []Cancel{done(1000)}}, 0, 1000},
		{"a virtual account cancelled before its deposit", Payment{Status: Canceled, TotalAmount: 1000}, 0, 0},
		{"partly cancelled", Payment{Status: PartialCanceled, TotalAmount: 1000, BalanceAmount: 700, ApprovedAt: approved, Cancels: []Cancel{done(300)}}, 700, 300},
		{"emptied by partial cancels", Payment{Status: PartialCanceled, TotalAmount: 1000, ApprovedAt: approved, Cancels: []Cancel{done(300), done(700)}}, 0, 1000},
		{"a foreign cancel in progress", Payment{Status: Done, TotalAmount: 1000, BalanceAmount: 400, ApprovedAt: approved, Cancels: []Cancel{{Amount: 600, Status: CancelInProgress}}}, 1000, 0},
		{"a foreign cancel that was aborted", Payment{Status: Done, TotalAmount: 1000, BalanceAmount: 1000, ApprovedAt: approved, Cancels: []Cancel{{Amount: 600, Status: CancelAborted}}}, 1000, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if held, canceled := test.payment.Held(), test.payment.CanceledAmount(); held != test.held || canceled != test.canceled {
				t.Errorf("holds %d, cancelled %d; want %d and %d", held, canceled, test.held, test.canceled)
			}
		})
	}
}

func TestTheMarkerIsFoundAtTheEndOfAReason(t *testing.T) {
	t.Parallel()
	id := "abcdefghijklmnopqrstuvwxyz"
	for reason, want := range map[string]string{
		WithMarker("고객 변심", id): id, "#rf:" + id + " ": id, "고객 변심": "", "#rf:short": "", "#rf:" + id + " and more": "",
	} {
		if got := Marker(reason); got != want {
			t.Errorf("%q carries %q, want %q", reason, got, want)
		}
	}
}

func TestPrivateTextNeverPrintsItself(t *testing.T) {
	t.Parallel()
	account := RefundAccount{Bank: "88", Number: "110123456789", Holder: "김토스"}
	encoded, err := json.Marshal(account)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(account), fmt.Sprintf("%+v", account), fmt.Sprintf("%#v", account), fmt.Sprintf("%s %q", account.Number, account.Holder), string(encoded), account.Number.LogValue().String()} {
		if strings.Contains(text, "110123456789") || strings.Contains(text, "김토스") {
			t.Errorf("it prints itself: %s", text)
		}
	}
	if account.Number.Reveal() != "110123456789" || Private("").String() != "" {
		t.Error("reveal")
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Method{"카드": Card, "CARD": Card, "card": Card, "가상계좌": VirtualAccount, "휴대폰": Phone, "MOBILE_PHONE": Phone,
		"도서문화상품권": GiftCertificate, "간편결제": EasyPay, "해외간편결제": ForeignEasyPay, "": MethodUnknown} {
		if got, ok := ParseMethod(text); got != want || !ok {
			t.Errorf("%q is %q, %t", text, got, ok)
		}
	}
	if got, ok := ParseMethod("새로운결제"); got != "새로운결제" || ok {
		t.Errorf("an unknown word became %q, %t", got, ok)
	}
	for _, pair := range [][2]Method{{Card, EasyPay}, {EasyPay, Transfer}, {EasyPay, ForeignEasyPay}, {Card, MethodUnknown}, {Phone, Phone}} {
		if !SameMethod(pair[0], pair[1]) || !SameMethod(pair[1], pair[0]) {
			t.Errorf("%v are one", pair)
		}
	}
	for _, pair := range [][2]Method{{Card, Transfer}, {Phone, EasyPay}, {VirtualAccount, Transfer}, {GiftCertificate, EasyPay}} {
		if SameMethod(pair[0], pair[1]) || SameMethod(pair[1], pair[0]) {
			t.Errorf("%v are two", pair)
		}
	}
}
