package settlefile

import (
	"slices"

	"daesa/internal/table"
)

// The columns of the download, by daesa's names.
const (
	colMID        = "mid"
	colPaidOut    = "paid_out_date"
	colSold       = "sold_date"
	colPaidAt     = "approved_at"
	colCanceledAt = "canceled_at"
	colOrder      = "order_id"
	colStatus     = "status"
	colAmount     = "amount"
	colFee        = "fee"
	colSupply     = "supply_amount"
	colVAT        = "vat"
	colInterest   = "interest_fee"
	colPayOut     = "pay_out_amount"
	colPaymentKey = "payment_key"
	colKey        = "transaction_key"
	colTID        = "tid"
	colMethod     = "method"
	colCardType   = "card_type"
	colIssuer     = "issuer"
	colCurrency   = "currency"
)

// titles are the names of each column, as the download and those who copy it
// write them.
var titles = map[string][]string{
	colMID:        {"상점아이디(MID)", "상점아이디", "MID"},
	colPaidOut:    {"정산액 입금일", "입금일"},
	colSold:       {"매출일"},
	colPaidAt:     {"결제일", "결제일시", "승인일시", "승인일"},
	colCanceledAt: {"취소일시", "취소일"},
	colOrder:      {"주문번호"},
	colStatus:     {"결제상태"},
	colAmount:     {"결제·취소액 (A)", "결제·취소액"},
	colFee:        {"PG수수료 (B)", "PG수수료"},
	colSupply:     {"공급가액"},
	colVAT:        {"부가세", "PG부가세"},
	colInterest:   {"할부수수료"},
	colPayOut:     {"당일 정산액 (C) = (A-B)", "당일 정산액 (C)", "당일 정산액", "정산액"},
	colPaymentKey: {"결제키", "paymentKey"},
	colKey:        {"거래키", "transactionKey"},
	colTID:        {"TID"},
	colMethod:     {"결제수단"},
	colCardType:   {"카드종류"},
	colIssuer:     {"결제기관"},
	colCurrency:   {"통화"},
}

// needed are the columns without which no row can be read; colMID where there are
// several merchants.
var needed = []string{colPaidOut, colSold, colOrder, colAmount, colFee, colPayOut}

// asideColumns are those that a file of refused rows has besides its own.
var asideColumns = []string{"file", "line", "reason"}

// unread are titles of the download of which nothing is taken: what is personal,
// and what says nothing of the money.
var unread = []string{"구매자명", "구매상품", "할부", "카드승인번호", "매입상태", "영수증", "정산상태", "휴대폰요금 수납여부"}

// columns are all names that a file may have.
func columns() []string {
	names := make([]string, 0, len(titles))
	for column := range titles {
		names = append(names, column)
	}
	slices.Sort(names)
	return names
}

func tableOptions(o Options) table.Options {
	names := map[string]string{}
	for column, list := range titles {
		for _, title := range list {
			names[table.Title(title)] = column
		}
	}
	return table.Options{Limits: table.Limits{Rows: mostRows}, Sheet: o.Sheet, Password: o.Password, Own: asideColumns, Columns: names, HeaderWithin: headerWithin,
		IsHeader: func(has func(string) bool) bool { return len(lacking(has, o)) == 0 }}
}

// lacking are the columns that a file would need.
func lacking(has func(string) bool, o Options) []string {
	wanted := needed
	if o.DefaultMID == "" {
		wanted = append(slices.Clone(needed), colMID)
	}
	var missing []string
	for _, column := range wanted {
		if !has(column) {
			missing = append(missing, titles[column][0])
		}
	}
	return missing
}
