package orders

import (
	"strings"
	"testing"

	"daesa/pay"
)

const godomallHead = "주문 번호,상품주문번호,주문상태,총 결제 금액,카드 환불금액,현금 환불금액,예치금 환불금액,결제방법,주문일자,입금일자,클레임 완료일자\n"

// A file that shows only the cancelled item of an order made the whole order
// cancelled, and the night asked for all of it.
func TestItemsThatAreAllCancelledWithoutAFigureAskForNothing(t *testing.T) {
	t.Parallel()
	const imwebHead = "주문번호,주문섹션번호,주문섹션품목번호,주문상태,최종주문금액,품목실결제가,주문일\n"
	good, bad := read(t, write(t, imwebHead+"202611270012,S2,P2,거래취소,50000,10000,2026-11-27 10:00:00\n"), by(t, "imweb"))
	if len(good) != 1 || len(bad) > 0 || good[0].Status != pay.OrderCanceled || !good[0].MixedRefunds {
		t.Errorf("%+v %v", good, bad)
	}
	stored := pay.Order{MID: "shop", ID: "202611270012", Status: pay.OrderPaid, Amount: 50_000, PG: pay.PGToss, Currency: pay.KRW, OrderedAt: good[0].OrderedAt}
	columns := columnsOf(func(name string) bool {
		return name == orderID || name == status || name == amount || name == orderedAt
	}) | columnMixedRefunds
	if !columns.Stores("mixed_refunds") || !columns.Merge(stored, good[0]).MixedRefunds {
		t.Error("the mark is not stored")
	}
}

// A card refund of 0 beside a refund as deposit was read as all of it being owed
// to the card.
func TestNothingByCardIsNotAllByCard(t *testing.T) {
	t.Parallel()
	good, bad := read(t, write(t, godomallHead+"2611270001,1,환불완료,50000,0,0,50000,신용카드,2026-11-27 10:00:00,2026-11-27 10:01:00,2026-11-27 20:00:00\n"), by(t, "godomall"))
	if len(good) != 1 || len(bad) > 0 || !good[0].MixedRefunds {
		t.Errorf("%+v %v", good, bad)
	}
	good, _ = read(t, write(t, godomallHead+"2611270001,1,환불완료,50000,50000,0,0,신용카드,2026-11-27 10:00:00,2026-11-27 10:01:00,2026-11-27 20:00:00\n"), by(t, "godomall"))
	if len(good) != 1 || good[0].MixedRefunds || good[0].CanceledAmount != 50_000 {
		t.Errorf("a figure says what goes back: %+v", good)
	}
}

// Of two refunds within an order the larger was taken, and the other forgotten;
// a negative one beside a 0 was taken for nothing.
func TestTwoRefundsOfOneOrderAreRefused(t *testing.T) {
	t.Parallel()
	row := func(item, word, refund string) string {
		return "2611270011," + item + "," + word + ",50000," + refund + ",0,0,신용카드,2026-11-27 10:00:00,2026-11-27 10:01:00,2026-11-27 20:00:00\n"
	}
	for refunds, reason := range map[string]string{
		row("1", "환불완료", "10000") + row("2", "환불완료", "15000") + row("3", "배송완료", "0"): "differs within the order",
		row("1", "환불완료", "-12000") + row("2", "배송완료", "0"):                            "negative",
	} {
		good, bad := read(t, write(t, godomallHead+refunds), by(t, "godomall"))
		if len(good) != 0 || len(bad) != 1 || !strings.Contains(bad[0], reason) {
			t.Errorf("%+v %v, want %s", good, bad, reason)
		}
	}
	good, bad := read(t, write(t, godomallHead+row("1", "환불완료", "10000")+row("2", "환불완료", "10000")+row("3", "배송완료", "0")), by(t, "godomall"))
	if len(good) != 1 || len(bad) > 0 || good[0].CanceledAmount != 10_000 {
		t.Errorf("the same figure on two rows, and 0 on the third: %+v %v", good, bad)
	}
}

// Two orders of the largest number there is made every night fail, and no order
// was named.
func TestAnAmountThatNoOrderHasIsRefused(t *testing.T) {
	t.Parallel()
	_, bad := read(t, write(t, "order_id,status,amount,ordered_at\nA,paid,9223372036854775807,2026-11-27\n"), by(t, DefaultProfile))
	if len(bad) != 1 || !strings.Contains(bad[0], "is too large for an order") {
		t.Error(bad)
	}
}

// Rows of one order of which some leave the merchant empty became two orders,
// and the import failed in the database.
func TestRowsOfOneOrderMayLeaveItsMerchantEmpty(t *testing.T) {
	t.Parallel()
	options := by(t, "cafe24")
	profile, err := profileOf(t, "extends: cafe24\ncolumns: {mid: [상점아이디]}\n")
	if err != nil {
		t.Fatal(err)
	}
	options.Profile = profile
	good, bad := read(t, write(t, "주문번호,주문상태,총 결제금액,실제 환불금액,주문일시,상점아이디\n"+
		"20261127-0000001,취소완료,50000,20000,2026-11-27 10:00:00,\n20261127-0000001,배송중,50000,0,2026-11-27 10:00:00,shop\n"), options)
	if len(good) != 1 || len(bad) > 0 || good[0].Status != pay.OrderPartiallyCanceled {
		t.Errorf("%+v %v", good, bad)
	}
}

// A reference to no group, as $1_ is, dropped digits of every order number.
func TestAReplacementThatNamesNoPartIsRefused(t *testing.T) {
	t.Parallel()
	for to, lost := range map[string]string{"$1_$2": "$1_", "$1$3": "$3", "${1}_$2": "", "$1-$2": "", "A$$1": "", "${year}": "${year}"} {
		_, err := profileOf(t, "extends: cafe24\norder_number: {match: '^([0-9]+)-([0-9]+)$', to: '"+to+"'}\n")
		if lost == "" && err != nil || lost != "" && (err == nil || !strings.Contains(err.Error(), lost+" names no part of match")) {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// A profile of one's own may say that the largest figure counts.
func TestTheLargestOfAnOrdersRefundsCountsWhereItsProfileSaysSo(t *testing.T) {
	t.Parallel()
	options := by(t, "godomall")
	profile, err := profileOf(t, "extends: godomall\nfold: {canceled_amount: max}\n")
	if err != nil {
		t.Fatal(err)
	}
	options.Profile = profile
	for _, figures := range [][2]string{{"10000", "15000"}, {"15000", "10000"}} {
		var rows strings.Builder
		for i, figure := range figures {
			rows.WriteString("2611270011," + string(rune('1'+i)) + ",환불완료,50000," + figure + ",0,0,신용카드,2026-11-27 10:00:00,2026-11-27 10:01:00,2026-11-27 20:00:00\n")
		}
		good, bad := read(t, write(t, godomallHead+rows.String()), options)
		if len(good) != 1 || len(bad) > 0 || good[0].CanceledAmount != 15_000 {
			t.Errorf("%v: %+v %v", figures, good, bad)
		}
	}
}
