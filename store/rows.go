package store

import (
	"cmp"
	"time"

	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// orderRow is an order as the tables hold it.
type orderRow struct {
	MID               string `db:"mid"`
	OrderID           string `db:"order_id"`
	PaymentKey        string `db:"payment_key"`
	Method            string `db:"method"`
	Status            string `db:"status"`
	Amount            int64  `db:"amount"`
	CanceledAmount    int64  `db:"canceled_amount"`
	RefundedElsewhere int64  `db:"refunded_elsewhere"`
	TaxFreeAmount     int64  `db:"tax_free_amount"`
	PG                string `db:"pg"`
	Currency          string `db:"currency"`
	OrderedAt         Time   `db:"ordered_at"`
	PaidAt            Time   `db:"paid_at"`
	CanceledAt        Time   `db:"canceled_at"`
	CustomerRef       string `db:"customer_ref"`
	MixedRefunds      int64  `db:"mixed_refunds"`
	PaidUnknown       int64  `db:"paid_unknown"`
}

func (r orderRow) order() *pay.Order {
	if r.OrderID == "" {
		return nil
	}
	return &pay.Order{
		MID: r.MID, ID: r.OrderID, PaymentKey: r.PaymentKey, Method: pay.Method(r.Method),
		Status: pay.OrderStatus(r.Status), Amount: r.Amount, CanceledAmount: r.CanceledAmount,
		RefundedElsewhere: r.RefundedElsewhere, TaxFreeAmount: r.TaxFreeAmount, PG: r.PG,
		Currency: pay.Currency(r.Currency), OrderedAt: r.OrderedAt.Time, PaidAt: r.PaidAt.Time,
		CanceledAt: r.CanceledAt.Time, CustomerRef: r.CustomerRef,
		MixedRefunds: r.MixedRefunds != 0, PaidUnknown: r.PaidUnknown != 0,
	}
}

// paymentRow is a looked-up payment as the tables hold it.
type paymentRow struct {
	MID                string `db:"mid"`
	PaymentKey         string `db:"payment_key"`
	OrderID            string `db:"order_id"`
	Status             string `db:"status"`
	Method             string `db:"method"`
	Behind             string `db:"behind"`
	Provider           string `db:"provider"`
	Currency           string `db:"currency"`
	TotalAmount        int64  `db:"total_amount"`
	BalanceAmount      int64  `db:"balance_amount"`
	Approved           int64  `db:"approved"`
	Held               int64  `db:"held"`
	RequestedAt        Time   `db:"requested_at"`
	ApprovedAt         Time   `db:"approved_at"`
	LastCanceledAt     Time   `db:"last_canceled_at"`
	LastTransactionKey string `db:"last_transaction_key"`
	RefundStatus       string `db:"refund_status"`
	Waiting            int64  `db:"waiting"`
	Follow             int64  `db:"follow"`
	LookedUpAt         Time   `db:"looked_up_at"`
	ApprovalNumber     string `db:"approval_number"`
	TaxFreeLeft        *int64 `db:"tax_free_left"` // null: an older program looked
	TaxFreePaid        *int64 `db:"tax_free_paid"`
	TossMID            string `db:"toss_mid"`
	CashReceipt        string `db:"cash_receipt"` // "": an older program looked
}

func newPaymentRow(p pay.Payment, lookedUpAt time.Time) paymentRow {
	taxFreePaid := p.TaxFreePaid()
	row := paymentRow{
		MID: p.MID, PaymentKey: plain(p.PaymentKey), OrderID: plain(p.OrderID), Status: plain(string(p.Status)), Method: plain(string(p.Method)),
		Behind: string(p.Behind), Provider: plain(p.Provider), Currency: string(p.Currency), TotalAmount: p.TotalAmount,
		BalanceAmount: p.BalanceAmount, Approved: p.Approved(), Held: p.Held(), RequestedAt: at(p.RequestedAt),
		ApprovedAt: at(p.ApprovedAt), LastTransactionKey: p.LastTransactionKey, Waiting: flag(p.Waiting()),
		Follow: flag(reconcile.Follows(p)), LookedUpAt: at(lookedUpAt), TossMID: plain(p.SaidMID), ApprovalNumber: plain(p.ApprovalNumber),
		TaxFreeLeft: &p.TaxFreeAmount, TaxFreePaid: &taxFreePaid, CashReceipt: string(p.Receipt),
	}
	if p.Account != nil {
		row.RefundStatus = string(p.Account.Refund)
	}
	for _, cancel := range p.Cancels {
		row.LastCanceledAt = at(pay.Latest(row.LastCanceledAt.Time, cancel.CanceledAt))
	}
	return row
}

// paymentColumns are in the order of values.
const paymentColumns = `mid, payment_key, order_id, status, method, behind, provider, currency, total_amount, balance_amount,
	approved, held, requested_at, approved_at, last_canceled_at, last_transaction_key, refund_status, waiting, follow, looked_up_at,
	tax_free_left, tax_free_paid, approval_number, toss_mid, cash_receipt`

func (r paymentRow) values() []any {
	return []any{r.MID, r.PaymentKey, r.OrderID, r.Status, r.Method, r.Behind, r.Provider, r.Currency, r.TotalAmount, r.BalanceAmount,
		r.Approved, r.Held, r.RequestedAt, r.ApprovedAt, r.LastCanceledAt, r.LastTransactionKey, r.RefundStatus, r.Waiting, r.Follow, r.LookedUpAt,
		r.TaxFreeLeft, r.TaxFreePaid, r.ApprovalNumber, r.TossMID, r.CashReceipt}
}

// payment is the payment as far as it is kept: what a rule about money asks
// for. Where the tax-free part is not kept, parts says so.
func (r paymentRow) payment() (p pay.Payment, parts bool) {
	p = pay.Payment{
		MID: r.MID, PaymentKey: r.PaymentKey, OrderID: r.OrderID, Status: pay.PaymentStatus(r.Status), Method: pay.Method(r.Method),
		Behind: pay.Method(r.Behind), Provider: r.Provider, Currency: pay.Currency(r.Currency), TotalAmount: r.TotalAmount,
		BalanceAmount: r.BalanceAmount, RequestedAt: r.RequestedAt.Time, ApprovedAt: r.ApprovedAt.Time, LastTransactionKey: r.LastTransactionKey,
	}
	if r.RefundStatus != "" {
		p.Account = &pay.VirtualAccountState{Refund: pay.RefundStatus(r.RefundStatus)}
	}
	if r.TaxFreeLeft != nil {
		p.TaxFreeAmount = *r.TaxFreeLeft
	}
	return p, r.TaxFreeLeft != nil
}

// breakRow is a break as the table holds it.
type breakRow struct {
	ID             string `db:"id"`
	MID            string `db:"mid"`
	OrderID        string `db:"order_id"`
	PaymentKey     string `db:"payment_key"`
	Kind           string `db:"kind"`
	Status         string `db:"status"`
	Origin         string `db:"origin"`
	Currency       string `db:"currency"`
	LocalAmount    *int64 `db:"local_amount"`
	ProviderAmount *int64 `db:"provider_amount"`
	LocalStatus    string `db:"local_status"`
	ProviderStatus string `db:"provider_status"`
	Method         string `db:"method"`
	Owed           int64  `db:"owed"`
	MovedAt        Time   `db:"moved_at"`
	CancelBy       Time   `db:"cancel_by"`
	AtRisk         int64  `db:"at_risk"`
	FirstSeen      string `db:"first_seen"`
	LastSeen       string `db:"last_seen"`
	Since          string `db:"since"`
	Nights         int    `db:"nights"`
	RecheckOn      string `db:"recheck_on"`
	Resolution     string `db:"resolution"`
	ResolvedBy     string `db:"resolved_by"`
	ResolvedAt     Time   `db:"resolved_at"`
	Note           string `db:"note"`
	Owner          string `db:"owner"`
	LocalPG        string `db:"local_pg"`
	Remark         string `db:"remark"`
	RefundID       string `db:"refund_id"`
	Refunding      int64  `db:"refunding"`
	Subject        string `db:"subject"`
	OfOrder        string `db:"of_order"`
	Amount         *int64 `db:"amount"`
	Share          *int64 `db:"share"`
	RebateSupply   int64  `db:"rebate_supply"`
	RebateVAT      int64  `db:"rebate_vat"`
}

// newBreakRow writes a refunding break as resolved and waiting: so the version
// before this one reads it, too.
func newBreakRow(b reconcile.Break) breakRow {
	status := b.Status
	if status == reconcile.Refunding {
		status = reconcile.Resolved
	}
	return breakRow{
		ID: b.ID, MID: b.MID, OrderID: cmp.Or(b.Subject, b.OrderID), PaymentKey: b.PaymentKey, Kind: string(b.Kind),
		Status: string(status), Origin: string(b.Origin), Currency: string(b.Currency),
		LocalAmount: b.LocalAmount, ProviderAmount: b.ProviderAmount, LocalStatus: b.LocalStatus,
		ProviderStatus: b.ProviderStatus, Method: string(b.Method), Owed: b.Owed, MovedAt: at(b.MovedAt),
		CancelBy: at(b.CancelBy), AtRisk: flag(b.AtRisk), FirstSeen: string(b.FirstSeen),
		LastSeen: string(b.LastSeen), Since: string(b.Since), Nights: b.Nights, RecheckOn: string(b.RecheckOn),
		Resolution: string(b.Resolution), ResolvedBy: b.ResolvedBy, ResolvedAt: at(b.ResolvedAt), Note: b.Note, Owner: b.Owner,
		Remark: string(b.Remark), RefundID: b.RefundID, Refunding: flag(b.Status == reconcile.Refunding), LocalPG: b.LocalPG,
		Subject: b.Subject, OfOrder: ofOrder(b), Amount: b.Amount, Share: b.Share, RebateSupply: b.Rebate.Supply, RebateVAT: b.Rebate.VAT,
	}
}

// ofOrder is the order of a break that is not known by it.
func ofOrder(b reconcile.Break) string {
	if b.Subject == "" {
		return ""
	}
	return b.OrderID
}

// order is the order of a break, whatever it is known by.
func (r breakRow) order() string {
	if r.Subject == "" {
		return r.OrderID
	}
	return r.OfOrder
}

func (r breakRow) breakOf() reconcile.Break {
	return reconcile.Break{
		ID: r.ID,
		Finding: reconcile.Finding{
			MID: r.MID, OrderID: r.order(), PaymentKey: r.PaymentKey, Kind: reconcile.Kind(r.Kind),
			Origin: reconcile.Origin(r.Origin), Currency: pay.Currency(r.Currency), LocalAmount: r.LocalAmount,
			ProviderAmount: r.ProviderAmount, LocalStatus: r.LocalStatus, ProviderStatus: r.ProviderStatus,
			Method: pay.Method(r.Method), MovedAt: r.MovedAt.Time, Owed: r.Owed, LocalPG: r.LocalPG,
			Timing: r.Status == string(reconcile.Timing), Remark: reconcile.Remark(r.Remark),
			Subject: r.Subject, Amount: r.Amount, Share: r.Share,
		},
		Status: r.status(), FirstSeen: pay.Day(r.FirstSeen), LastSeen: pay.Day(r.LastSeen),
		Nights: r.Nights, Since: pay.Day(r.Since), RecheckOn: pay.Day(r.RecheckOn),
		Resolution: reconcile.Disposition(r.Resolution), ResolvedBy: r.ResolvedBy, ResolvedAt: r.ResolvedAt.Time,
		Note: r.Note, Owner: r.Owner, CancelBy: r.CancelBy.Time, AtRisk: r.AtRisk != 0, RefundID: r.RefundID,
		Rebate: reconcile.RebateOf{Supply: r.RebateSupply, VAT: r.RebateVAT},
	}
}

func (r breakRow) status() reconcile.Status {
	if r.Status == string(reconcile.Resolved) && r.Refunding != 0 {
		return reconcile.Refunding
	}
	return reconcile.Status(r.Status)
}

// refundRow is a refund request as the table holds it.
type refundRow struct {
	ID                 string `db:"id"`
	MID                string `db:"mid"`
	OrderID            string `db:"order_id"`
	PaymentKey         string `db:"payment_key"`
	Method             string `db:"method"`
	Amount             int64  `db:"amount"`
	TaxFreeAmount      int64  `db:"tax_free_amount"`
	Currency           string `db:"currency"`
	Reason             string `db:"reason"`
	Ref                string `db:"ref"`
	Batch              string `db:"batch"`
	BreakID            string `db:"break_id"`
	State              string `db:"state"`
	CancelBy           Time   `db:"cancel_by"`
	Attempts           int    `db:"attempts"`
	IdempotencyKey     string `db:"idempotency_key"`
	TransactionKey     string `db:"transaction_key"`
	ErrorCode          string `db:"error_code"`
	ErrorMessage       string `db:"error_message"`
	RequestedBy        string `db:"requested_by"`
	RequestedAt        Time   `db:"requested_at"`
	ApprovedBy         string `db:"approved_by"`
	FinishedAt         Time   `db:"finished_at"`
	Version            int64  `db:"version"`
	LeaseOwner         string `db:"lease_owner"`
	LeaseUntil         Time   `db:"lease_until"`
	NextAt             Time   `db:"next_at"`
	SentAt             Time   `db:"sent_at"`
	LookedAt           Time   `db:"looked_at"`
	ApprovedAt         Time   `db:"approved_at"`
	AccountFingerprint string `db:"account_print"`
	PlannedForeign     int64  `db:"planned_foreign"`
	SameAs             string `db:"same_as"`
	InProgress         int64  `db:"in_progress"`
	Approval           string `db:"approval"`
	Strangers          int64  `db:"strangers"`
}

func newRefundRow(r refunds.Request) refundRow {
	return refundRow{
		ID: r.ID, MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Method: string(r.Method),
		Amount: r.Amount, TaxFreeAmount: r.TaxFreeAmount, Currency: string(r.Currency), Reason: r.Reason,
		Ref: r.Ref, Batch: r.Batch, BreakID: r.BreakID, State: string(r.State), CancelBy: at(r.CancelBy),
		RequestedBy: r.RequestedBy, RequestedAt: at(r.RequestedAt), Approval: r.Approval, ApprovedAt: at(r.ApprovedAt),
		AccountFingerprint: r.AccountFingerprint, PlannedForeign: r.PlannedForeign, SameAs: r.SameAs, ErrorCode: r.ErrorCode,
		FinishedAt: at(r.FinishedAt),
	}
}

func (r refundRow) request() refunds.Request {
	return refunds.Request{
		ID: r.ID, MID: r.MID, OrderID: r.OrderID, PaymentKey: r.PaymentKey, Method: pay.Method(r.Method),
		Amount: r.Amount, TaxFreeAmount: r.TaxFreeAmount, Currency: pay.Currency(r.Currency), Reason: r.Reason,
		Ref: r.Ref, Batch: r.Batch, BreakID: r.BreakID, State: refunds.State(r.State), CancelBy: r.CancelBy.Time,
		Attempts: r.Attempts, IdempotencyKey: r.IdempotencyKey, TransactionKey: r.TransactionKey,
		ErrorCode: r.ErrorCode, ErrorMessage: r.ErrorMessage, RequestedBy: r.RequestedBy,
		RequestedAt: r.RequestedAt.Time, ApprovedBy: r.ApprovedBy, FinishedAt: r.FinishedAt.Time,
		Approval: r.Approval, ApprovedAt: r.ApprovedAt.Time, AccountFingerprint: r.AccountFingerprint, PlannedForeign: r.PlannedForeign,
		SameAs: r.SameAs, Version: r.Version, NextAt: r.NextAt.Time, LeaseOwner: r.LeaseOwner, Strangers: r.Strangers,
	}
}

func flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}
