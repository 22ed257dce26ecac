package toss

import (
	"fmt"
	"testing"

	"daesa/pay"
)

// TestAPaymentSaysWhetherItHasACashReceipt, in the words of Toss's reference.
func TestAPaymentSaysWhetherItHasACashReceipt(t *testing.T) {
	issue := func(kind, status string, amount int) string {
		return fmt.Sprintf(`{"receiptKey":"r","orderId":"o","type":"소득공제","transactionType":%q,"issueStatus":%q,"amount":%d,"customerIdentityNumber":"01012345678"}`, kind, status, amount)
	}
	const back = `{"transactionKey":"c1","cancelAmount":40000,"refundableAmount":0,"cancelStatus":"DONE","canceledAt":"2026-11-22T10:00:00+09:00"}`
	one := `{"type":"소득공제","receiptKey":"r","issueNumber":"1","amount":100000,"taxFreeAmount":0}`
	for name, test := range map[string]struct {
		receipt, issues, cancels string
		want                     pay.Receipt
	}{
		"nothing was asked for":                         {"null", "null", "", pay.ReceiptNone},
		"issued, in a version without the list":         {one, "null", "", pay.ReceiptIssued},
		"issued":                                        {one, issue("CONFIRM", "COMPLETED", 100000), "", pay.ReceiptIssued},
		"the tax office has not answered":               {one, issue("CONFIRM", "IN_PROGRESS", 100000), "", pay.ReceiptPending},
		"the tax office has refused":                    {one, issue("CONFIRM", "FAILED", 100000), "", pay.ReceiptNone},
		"refused, then issued":                          {one, issue("CONFIRM", "COMPLETED", 100000) + "," + issue("CONFIRM", "FAILED", 100000), "", pay.ReceiptIssued},
		"taken back, although the payment stands":       {"null", issue("CANCEL", "COMPLETED", 100000) + "," + issue("CONFIRM", "COMPLETED", 100000), "", pay.ReceiptNone},
		"a cancel of it that failed":                    {one, issue("CANCEL", "FAILED", 100000) + "," + issue("CONFIRM", "COMPLETED", 100000), "", pay.ReceiptIssued},
		"partly taken back with a part of the payment":  {one, issue("CANCEL", "COMPLETED", 40000) + "," + issue("CONFIRM", "COMPLETED", 100000), back, pay.ReceiptIssued},
		"taken back whole and issued anew for the rest": {one, issue("CANCEL", "COMPLETED", 100000) + "," + issue("CONFIRM", "COMPLETED", 60000) + "," + issue("CONFIRM", "COMPLETED", 100000), back, pay.ReceiptIssued},
	} {
		t.Run(name, func(t *testing.T) {
			issues := test.issues
			if issues != "null" {
				issues = "[" + issues + "]"
			}
			_, p, err := decodePayment([]byte(fmt.Sprintf(`{"paymentKey":"p","orderId":"o","status":"DONE","method":"계좌이체","currency":"KRW",
				"totalAmount":100000,"balanceAmount":100000,"cashReceipt":%s,"cashReceipts":%s,"cancels":[%s]}`, test.receipt, issues, test.cancels)))
			if err != nil || p.Receipt != test.want {
				t.Errorf("%q, want %q (%v)", p.Receipt, test.want, err)
			}
		})
	}
}

// TestACashReceiptThatWentWithItsPaymentIsStillOne: sale and cancel stand under it.
func TestACashReceiptThatWentWithItsPaymentIsStillOne(t *testing.T) {
	_, p, err := decodePayment([]byte(`{"paymentKey":"p","orderId":"o","status":"CANCELED","method":"계좌이체","currency":"KRW","totalAmount":100000,"balanceAmount":0,
		"cashReceipt":null,"cashReceipts":[{"transactionType":"CONFIRM","issueStatus":"COMPLETED","amount":100000},{"transactionType":"CANCEL","issueStatus":"COMPLETED","amount":100000}],
		"cancels":[{"transactionKey":"c","cancelAmount":100000,"refundableAmount":0,"cancelStatus":"DONE","canceledAt":"2026-11-22T10:00:00+09:00"}]}`))
	if err != nil || p.Receipt != pay.ReceiptIssued {
		t.Errorf("%q (%v)", p.Receipt, err)
	}
}
