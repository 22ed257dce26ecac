package reports

import (
	"strings"
	"testing"

	"daesa/reconcile"
)

// TestABreakSaysThatItsTaxFreePartIsNeeded: finance reads in its row why nobody
// has asked for the refund.
func TestABreakSaysThatItsTaxFreePartIsNeeded(t *testing.T) {
	for remark, want := range map[reconcile.Remark]string{
		"": "쇼핑몰은 취소, 토스는 미취소 → 환불 요청", reconcile.TaxPartNeeded: "면세금액을 정해 환불 진행", reconcile.TaxPartDiffers: "면세금액도 서로 다름",
	} {
		night := sampleNight("sample")
		for i := range night.Breaks {
			if night.Breaks[i].Kind == reconcile.CancelNotExecuted {
				night.Breaks[i].Remark = remark
			}
		}
		if text := dump(t, drawn(t, []Snapshot{night}, Options{})); !strings.Contains(text, want) {
			t.Errorf("remark %q: no row says %q", remark, want)
		}
	}
}
