package config

// The words of settlement.cycle, close.bank and close.invoice_basis.
const (
	Daily   = "daily"
	Weekly  = "weekly"
	Monthly = "monthly"

	Passbook = "passbook"
	Assumed  = "assumed"

	BasisSold = "sold"
	BasisPaid = "paid"
)

// Settlement says how it is known what the provider settles and pays out, and
// what that is judged by.
type Settlement struct {
	// Mode is SettlementAPI, or, where the key may not ask for it,
	// SettlementFiles or SettlementOff: then a night does not.
	Mode string `yaml:"mode"`
	// Cycle is how often the provider settles: Daily, Weekly or Monthly.
	Cycle PerMethod[string] `yaml:"cycle"`
	// LateBankDays is how many bank days after its sold date a transaction may
	// still be without a settlement row.
	LateBankDays PerMethod[int] `yaml:"late_bank_days"`
	// Fees are what was agreed with the provider; none: no fee is checked.
	Fees []Fee `yaml:"fees"`
}

// PerMethod is a value for each payment method.
type PerMethod[T any] struct {
	Card            T `yaml:"card"`
	Transfer        T `yaml:"transfer"`
	VirtualAccount  T `yaml:"virtual_account"`
	EasyPay         T `yaml:"easy_pay"`
	ForeignEasyPay  T `yaml:"foreign_easy_pay"`
	Phone           T `yaml:"phone"`
	GiftCertificate T `yaml:"gift_certificate"`
}

// methods are the words for payment methods, in the order of PerMethod.
var methods = []string{"card", "transfer", "virtual_account", "easy_pay", "foreign_easy_pay", "phone", "gift_certificate"}

func (p PerMethod[T]) values() []T {
	return []T{p.Card, p.Transfer, p.VirtualAccount, p.EasyPay, p.ForeignEasyPay, p.Phone, p.GiftCertificate}
}

// Map gives the values by the method's word.
func (p PerMethod[T]) Map() map[string]T {
	byMethod := make(map[string]T, len(methods))
	for i, value := range p.values() {
		byMethod[methods[i]] = value
	}
	return byMethod
}

// Fee is one rule of what was agreed: which settlement rows it is of, and what
// the provider takes of each, without VAT. What is "" counts for every row.
type Fee struct {
	MID      string `yaml:"mid"`
	Method   string `yaml:"method"`
	CardType string `yaml:"card_type"` // as the provider writes it
	Issuer   string `yaml:"issuer"`    // the issuer's code
	Provider string `yaml:"provider"`  // of easy pay
	Rate     Rate   `yaml:"rate"`
	Fixed    int64  `yaml:"fixed"` // in the smallest unit, for each row
	From     string `yaml:"from"`  // YYYY-MM-DD, of the approval; "": always
}

// which is what tells a rule from another one.
func (f Fee) which() Fee {
	f.Rate, f.Fixed = 0, 0
	return f
}

// Bank says which passbooks the shop has.
type Bank struct {
	Accounts []BankAccount `yaml:"accounts"`
}

// BankAccount is one passbook.
type BankAccount struct {
	// Name is the shop's own word for it, by which its lines are kept. It stands
	// once in the file.
	Name string `yaml:"name"`
	// NumberLast4 are the last four digits of its number; "": files are not
	// checked to be of it.
	NumberLast4 string `yaml:"number_last4"`
	// MIDs are the merchants whose payouts come there; absent: the only merchant.
	MIDs []string `yaml:"mids"`
	// Payer are words by which the provider is known among those who pay in.
	Payer []string `yaml:"payer"`
}

// Account returns the passbook of that name.
func (b Bank) Account(name string) (BankAccount, bool) {
	for _, account := range b.Accounts {
		if account.Name == name {
			return account, true
		}
	}
	return BankAccount{}, false
}

// Close says how a month is closed.
type Close struct {
	// FirstMonth is YYYY-MM; "": the first one that is read whole.
	FirstMonth string `yaml:"first_month"`
	// Bank is Passbook, or Assumed: then a payout counts as paid on its date.
	Bank string `yaml:"bank"`
	// InvoiceBasis is the date by which the provider's monthly fee invoice goes:
	// BasisSold or BasisPaid.
	InvoiceBasis string   `yaml:"invoice_basis"`
	Vouchers     Vouchers `yaml:"vouchers"`
}

// Vouchers are the accounts of the shop's books, each as "CODE NAME" or a name
// alone, and the columns of the voucher table.
type Vouchers struct {
	Receivable  string `yaml:"receivable"`
	Bank        string `yaml:"bank"`
	Fee         string `yaml:"fee"`
	FeeVAT      string `yaml:"fee_vat"`
	Sales       string `yaml:"sales"` // "": the shop books its sales itself
	SalesFree   string `yaml:"sales_free"`
	SalesReturn string `yaml:"sales_return"`
	SalesVAT    string `yaml:"sales_vat"`
	Suspense    string `yaml:"suspense"`
	OtherIncome string `yaml:"other_income"`
	Partner     string `yaml:"partner"`
	// Columns are titles of the neutral table, in the order that the shop's
	// program wants; none: all of them.
	Columns []string `yaml:"columns"`
}

// voucherColumns are the titles that close.vouchers.columns may name: those of
// the neutral table, and debit and credit apart.
var voucherColumns = []string{
	"전표일자", "전표번호", "순번", "구분", "계정코드", "계정명", "거래처코드", "거래처명", "금액", "적요", "증빙구분", "부서/프로젝트",
	"차변금액", "대변금액",
}

// defaultSettlement is a settlement section that says nothing. A phone
// payment is settled when the bill is paid, a gift certificate by the month.
func defaultSettlement() Settlement {
	return Settlement{
		Mode:         SettlementAPI,
		Cycle:        PerMethod[string]{Daily, Daily, Daily, Daily, Daily, Daily, Daily},
		LateBankDays: PerMethod[int]{Card: 3, Transfer: 3, VirtualAccount: 3, EasyPay: 3, ForeignEasyPay: 7, Phone: 65, GiftCertificate: 45},
		Fees:         []Fee{},
	}
}

func defaultClose() Close {
	return Close{
		Bank: Passbook, InvoiceBasis: BasisSold,
		Vouchers: Vouchers{
			Receivable: "108 외상매출금", Bank: "103 보통예금", Fee: "831 수수료비용", FeeVAT: "135 부가세대급금",
			SalesVAT: "255 부가세예수금", Suspense: "257 가수금", OtherIncome: "930 잡이익", Columns: []string{},
		},
	}
}
