package toss

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	json "github.com/go-json-experiment/json/v1"

	"daesa/pay"
)

// wirePayment is what daesa reads of a Payment
// (https://docs.tosspayments.com/reference, versions 1.4 to 2022-11-16).
type wirePayment struct {
	Version            string       `json:"version"`
	MID                string       `json:"mId"`
	PaymentKey         string       `json:"paymentKey"`
	OrderID            string       `json:"orderId"`
	Currency           string       `json:"currency"`
	Method             string       `json:"method"`
	Status             string       `json:"status"`
	TotalAmount        json.Number  `json:"totalAmount"`
	BalanceAmount      json.Number  `json:"balanceAmount"`
	TaxFreeAmount      json.Number  `json:"taxFreeAmount"`
	RequestedAt        string       `json:"requestedAt"`
	ApprovedAt         string       `json:"approvedAt"`
	LastTransactionKey string       `json:"lastTransactionKey"`
	TransactionKey     string       `json:"transactionKey"` // its name until 2022-07-27
	UseEscrow          bool         `json:"useEscrow"`
	PartialCancelable  *bool        `json:"isPartialCancelable"`
	Secret             string       `json:"secret"`
	Country            string       `json:"country"`
	Card               *wireCard    `json:"card"`
	Account            *wireAccount `json:"virtualAccount"`
	Transfer           *struct{}    `json:"transfer"`
	Phone              *struct{}    `json:"mobilePhone"`
	GiftCertificate    *wireGift    `json:"giftCertificate"`
	EasyPay            *wireWallet  `json:"easyPay"`
	ForeignEasyPay     *wireWallet  `json:"foreignEasyPay"` // until 2022-06-08
	Cancels            []wireCancel `json:"cancels"`
	Receipt            *wireReceipt `json:"cashReceipt"`
	Receipts           []wireIssue  `json:"cashReceipts"`
	Failure            *struct {
		Code string `json:"code"`
	} `json:"failure"`
}

type wireCard struct {
	Amount    json.Number `json:"amount"`
	ApproveNo string      `json:"approveNo"`
}

type wireGift struct {
	ApproveNo string `json:"approveNo"`
}

type wireAccount struct {
	AccountNumber string             `json:"accountNumber"`
	BankCode      string             `json:"bankCode"`
	Bank          string             `json:"bank"` // its name until 2022-07-27
	CustomerName  string             `json:"customerName"`
	DueDate       string             `json:"dueDate"`
	Expired       bool               `json:"expired"`
	RefundStatus  string             `json:"refundStatus"`
	RefundAccount *wireRefundAccount `json:"refundReceiveAccount"`
}

type wireRefundAccount struct {
	BankCode      string `json:"bankCode"`
	Bank          string `json:"bank"`
	AccountNumber string `json:"accountNumber"`
	HolderName    string `json:"holderName"`
}

type wireCancel struct {
	TransactionKey   string      `json:"transactionKey"`
	CancelAmount     json.Number `json:"cancelAmount"`
	TaxFreeAmount    json.Number `json:"taxFreeAmount"`
	RefundableAmount json.Number `json:"refundableAmount"`
	CancelReason     string      `json:"cancelReason"`
	CanceledAt       string      `json:"canceledAt"`
	CancelStatus     string      `json:"cancelStatus"` // absent in old versions: DONE
	CancelRequestID  string      `json:"cancelRequestId"`
}

// payment reads the answer of a look-up or a cancel, and refuses one that
// lacks what money is decided on, or whose sums do not agree.
func (c *Client) payment(body []byte) (pay.Payment, error) {
	w, p, err := decodePayment(body)
	if err != nil {
		return pay.Payment{}, err
	}
	for _, field := range []struct{ name, text string }{
		{"paymentKey", w.PaymentKey}, {"orderId", w.OrderID}, {"status", w.Status},
		{"totalAmount", w.TotalAmount.String()}, {"balanceAmount", w.BalanceAmount.String()},
	} {
		if field.text == "" {
			return pay.Payment{}, fmt.Errorf("the answer is no payment: %s is missing", field.name)
		}
	}
	if err := checkSums(p); err != nil {
		return pay.Payment{}, err
	}
	p.MID = c.opts.merchantOf(p.SaidMID)
	return p, nil
}

// decodePayment reads a Payment of any version. Unknown fields are ignored,
// unknown words kept, absent fields empty.
func decodePayment(body []byte) (wirePayment, pay.Payment, error) {
	var w wirePayment
	if err := json.Unmarshal(body, &w); err != nil {
		return w, pay.Payment{}, shape("payment", err)
	}
	p, err := w.noun()
	return w, p, err
}

func (w *wirePayment) noun() (p pay.Payment, err error) {
	p = pay.Payment{
		MID:                w.MID,
		SaidMID:            w.MID,
		PaymentKey:         w.PaymentKey,
		OrderID:            w.OrderID,
		Version:            w.Version,
		Status:             pay.PaymentStatus(w.Status),
		Currency:           currencyOf(w.Currency),
		LastTransactionKey: cmp.Or(w.LastTransactionKey, w.TransactionKey),
		UseEscrow:          w.UseEscrow,
		PartialCancelable:  w.PartialCancelable == nil || *w.PartialCancelable, // Toss decides where it does not say
		Country:            w.Country,
		Secret:             pay.Private(w.Secret),
	}
	if w.Failure != nil {
		p.FailureCode = w.Failure.Code
	}
	switch {
	case w.Card != nil:
		p.ApprovalNumber = w.Card.ApproveNo
	case w.GiftCertificate != nil:
		p.ApprovalNumber = w.GiftCertificate.ApproveNo
	}
	p.Method, p.Behind, p.Provider = w.method()
	if p.RequestedAt, err = timeOf("requestedAt", w.RequestedAt); err != nil {
		return p, err
	}
	if p.ApprovedAt, err = timeOf("approvedAt", w.ApprovedAt); err != nil {
		return p, err
	}
	if p.Account, err = w.Account.noun(); err != nil {
		return p, err
	}
	if err := w.money(&p); err != nil {
		return p, err
	}
	p.Receipt = w.receipt(&p)
	return p, nil
}

// money reads the amounts and the cancels, and turns millionths of a dollar
// into cents where that is exact for all of them.
func (w *wirePayment) money(p *pay.Payment) error {
	normal := []*int64{&p.TotalAmount, &p.BalanceAmount, &p.TaxFreeAmount}
	for i, field := range []struct {
		name   string
		number json.Number
	}{{"totalAmount", w.TotalAmount}, {"balanceAmount", w.BalanceAmount}, {"taxFreeAmount", w.TaxFreeAmount}} {
		value, err := amount(p.Currency, field.number)
		if err != nil {
			return fmt.Errorf("%s: %w", field.name, err)
		}
		*normal[i] = value
	}
	if len(w.Cancels) > 0 {
		p.Cancels = make([]pay.Cancel, len(w.Cancels))
	}
	for i := range w.Cancels {
		cancel, err := w.Cancels[i].noun(p.Currency)
		if err != nil {
			return fmt.Errorf("cancels[%d]: %w", i, err)
		}
		p.Cancels[i] = cancel
	}
	for i := range p.Cancels {
		normal = append(normal, &p.Cancels[i].Amount, &p.Cancels[i].TaxFreeAmount, &p.Cancels[i].RefundableAmount)
	}
	p.Currency = pay.Normal(p.Currency, normal...)
	slices.SortStableFunc(p.Cancels, compareCancels)
	return nil
}

// compareCancels puts the oldest first; of one second the one that left more.
// A cancel without a time has not happened yet.
func compareCancels(a, b pay.Cancel) int {
	if a.CanceledAt.IsZero() != b.CanceledAt.IsZero() {
		if a.CanceledAt.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.CanceledAt.Compare(b.CanceledAt), cmp.Compare(b.RefundableAmount, a.RefundableAmount))
}

func (w *wireCancel) noun(currency pay.Currency) (pay.Cancel, error) {
	cancel := pay.Cancel{
		TransactionKey: w.TransactionKey,
		Reason:         w.CancelReason,
		Status:         pay.CancelStatus(cmp.Or(w.CancelStatus, string(pay.CancelDone))),
		RequestID:      w.CancelRequestID,
	}
	if w.CancelAmount == "" {
		return cancel, fmt.Errorf("cancelAmount is missing")
	}
	for _, field := range []struct {
		name   string
		number json.Number
		into   *int64
	}{
		{"cancelAmount", w.CancelAmount, &cancel.Amount},
		{"taxFreeAmount", w.TaxFreeAmount, &cancel.TaxFreeAmount},
		{"refundableAmount", w.RefundableAmount, &cancel.RefundableAmount},
	} {
		value, err := amount(currency, field.number)
		if err != nil {
			return cancel, fmt.Errorf("%s: %w", field.name, err)
		}
		*field.into = value
	}
	var err error
	cancel.CanceledAt, err = timeOf("canceledAt", w.CanceledAt)
	return cancel, err
}

func (w *wireAccount) noun() (*pay.VirtualAccountState, error) {
	if w == nil {
		return nil, nil //nolint:nilnil // a payment without a virtual account
	}
	due, err := timeOf("virtualAccount.dueDate", w.DueDate)
	if err != nil {
		return nil, err
	}
	state := &pay.VirtualAccountState{
		BankCode:      cmp.Or(w.BankCode, w.Bank),
		AccountNumber: pay.Private(w.AccountNumber),
		CustomerName:  pay.Private(w.CustomerName),
		DueDate:       due,
		Expired:       w.Expired,
		Refund:        pay.RefundStatus(w.RefundStatus),
	}
	if refund := w.RefundAccount; refund != nil && refund.AccountNumber != "" {
		state.RefundAccount = &pay.RefundAccount{
			Bank:   cmp.Or(refund.BankCode, refund.Bank),
			Number: pay.Private(refund.AccountNumber),
			Holder: pay.Private(refund.HolderName),
		}
	}
	return state, nil
}

// foreignWallets are parts of the names of wallets that are settled abroad, in
// both scripts. PayPal is documented (https://docs.tosspayments.com/reference);
// how Toss names the others is not, so country and currency are asked as well.
var foreignWallets = []string{"paypal", "페이팔", "alipay", "알리페이", "wechat", "위챗", "gcash", "truemoney", "grabpay", "shopeepay"}

// method classes a payment by Toss's word and by the objects in it, because
// the reference calls a card behind easy pay 카드 and newer answers call the
// same thing 간편결제. behind is what pays behind easy pay: a card object, or
// else an account.
func (w *wirePayment) method() (m, behind pay.Method, provider string) {
	m, _ = pay.ParseMethod(w.Method)
	wallet := w.EasyPay
	if w.ForeignEasyPay.used() {
		return pay.ForeignEasyPay, pay.MethodUnknown, w.ForeignEasyPay.Provider
	}
	if wallet != nil {
		provider = wallet.Provider
	}
	switch {
	case m == pay.MethodUnknown:
		m = w.methodByObjects()
	case (m == pay.Card || m == pay.Transfer) && wallet.used():
		m = pay.EasyPay
	}
	if m == pay.ForeignEasyPay || w.foreign(m, provider) {
		return pay.ForeignEasyPay, pay.MethodUnknown, provider
	}
	if m != pay.EasyPay {
		return m, pay.MethodUnknown, provider
	}
	switch {
	case w.Card != nil && (positive(w.Card.Amount) || wallet == nil || !positive(wallet.Amount)):
		return m, pay.Card, provider
	case wallet.used() || w.Transfer != nil:
		return m, pay.Transfer, provider
	default:
		return m, pay.MethodUnknown, provider
	}
}

func (w *wirePayment) methodByObjects() pay.Method {
	switch {
	case w.Account != nil:
		return pay.VirtualAccount
	case w.Phone != nil:
		return pay.Phone
	case w.GiftCertificate != nil:
		return pay.GiftCertificate
	case w.EasyPay.used():
		return pay.EasyPay
	case w.Card != nil:
		return pay.Card
	case w.Transfer != nil:
		return pay.Transfer
	default:
		return pay.MethodUnknown
	}
}

// foreign says whether easy pay, or an approved payment that names no method,
// was made abroad: by the wallet's name, or without a card in another currency
// or country.
func (w *wirePayment) foreign(m pay.Method, provider string) bool {
	if m != pay.EasyPay && (m != pay.MethodUnknown || w.ApprovedAt == "") {
		return false
	}
	provider = strings.ToLower(provider)
	if provider != "" && slices.ContainsFunc(foreignWallets, func(name string) bool { return strings.Contains(provider, name) }) {
		return true
	}
	abroad := currencyOf(w.Currency) != pay.KRW || (w.Country != "" && !strings.EqualFold(w.Country, "KR"))
	return w.Card == nil && abroad
}

// checkSums holds a payment to Toss's own arithmetic: total less the finished
// cancels is the balance. Nothing is documented for the time in which a
// foreign cancel runs, nor for states in which nothing was paid; a virtual
// account that was cancelled before its deposit, or whose deposit was reversed
// (version 1.4 and older), is CANCELED without money having moved.
func checkSums(p pay.Payment) error {
	if p.TotalAmount < 0 || p.BalanceAmount < 0 {
		return sums("totalAmount %d or balanceAmount %d is negative", p.TotalAmount, p.BalanceAmount)
	}
	rest := p.TotalAmount
	settled := true
	for _, cancel := range p.Cancels {
		if cancel.Amount < 0 {
			return sums("a cancelAmount is %d", cancel.Amount)
		}
		switch cancel.Status {
		case pay.CancelDone:
			left, err := pay.Add(rest, -cancel.Amount)
			if err != nil {
				return sums("%w", err)
			}
			rest = left
		case pay.CancelAborted:
		default:
			settled = false
		}
	}
	if rest < 0 || p.BalanceAmount > p.TotalAmount {
		return sums("totalAmount %d is less than the finished cancels or than balanceAmount %d", p.TotalAmount, p.BalanceAmount)
	}
	paid := p.Status == pay.Done || p.Status == pay.PartialCanceled || p.Status == pay.Canceled
	unpaid := p.Status == pay.Canceled &&
		(p.ApprovedAt.IsZero() || (p.Method == pay.VirtualAccount && len(p.Cancels) == 0 && strings.HasPrefix(p.Version, "1.")))
	if !settled || !paid || unpaid || rest == p.BalanceAmount {
		return nil
	}
	return sums("the amounts do not agree: totalAmount %d less finished cancels is %d, but balanceAmount is %d (smallest units of %s)",
		p.TotalAmount, rest, p.BalanceAmount, clean(string(p.Currency), 10))
}

// sumsError says that a payment's own amounts contradict each other.
type sumsError struct{ error }

func sums(format string, values ...any) error { return &sumsError{fmt.Errorf(format, values...)} }
