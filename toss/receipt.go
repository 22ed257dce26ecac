package toss

import (
	json "github.com/go-json-experiment/json/v1"

	"daesa/pay"
)

// wireReceipt is the cash receipt of a payment
// (https://docs.tosspayments.com/reference, Payment.cashReceipt).
type wireReceipt struct {
	ReceiptKey string `json:"receiptKey"`
}

// wireIssue is one issue or cancel of a cash receipt, an element of
// Payment.cashReceipts. Their order is not guaranteed.
type wireIssue struct {
	TransactionType string      `json:"transactionType"` // CONFIRM or CANCEL
	IssueStatus     string      `json:"issueStatus"`     // IN_PROGRESS, COMPLETED or FAILED
	Amount          json.Number `json:"amount"`
}

// The words of an issue.
const (
	receiptCancel  = "CANCEL"
	issueRunning   = "IN_PROGRESS"
	issueCompleted = "COMPLETED"
)

// receipt says whether the payment has a cash receipt. One that was cancelled with
// its payment is the payment's still: sale and cancel stand under it both. One that
// was cancelled by itself, while the payment stands, is none.
func (w *wirePayment) receipt(p *pay.Payment) pay.Receipt {
	var issued, taken int64
	var running, listed bool
	for _, issue := range w.Receipts {
		cancels := issue.TransactionType == receiptCancel
		listed = listed || !cancels
		value, err := amount(p.Currency, issue.Amount)
		switch {
		case issue.IssueStatus == issueRunning || err != nil:
			running = running || !cancels
		case issue.IssueStatus != issueCompleted: // nothing came of it
		case cancels:
			taken += value
		default:
			issued += value
		}
	}
	back := int64(0)
	for _, cancel := range p.Cancels {
		if cancel.Status == pay.CancelDone {
			back += cancel.Amount
		}
	}
	switch {
	case issued > 0 && (issued > taken || taken <= back):
		return pay.ReceiptIssued
	case running:
		return pay.ReceiptPending
	case !listed && w.Receipt != nil && w.Receipt.ReceiptKey != "": // older versions have no list
		return pay.ReceiptIssued
	default:
		return pay.ReceiptNone
	}
}
