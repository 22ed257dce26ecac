package sandbox

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// walk reads a list as a client does, until an empty page; it gives the orders
// of each page by their number.
func (h *hands) walk(query string, limit int) (pages [][]int) {
	after := ""
	for {
		var page []int
		rows := h.list(fmt.Sprintf("%s&limit=%d%s", query, limit, after))
		for _, row := range rows {
			var n int
			if _, err := fmt.Sscanf(row["orderId"].(string), "ORDER-%d", &n); err != nil {
				h.t.Fatal(err)
			}
			page = append(page, n)
			after = "&startingAfter=" + row["transactionKey"].(string)
		}
		pages = append(pages, page)
		if len(page) == 0 {
			return pages
		}
	}
}

func TestAListThatIsCut(t *testing.T) {
	for spec, want := range map[string][][]int{
		"":                        {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10}, nil},
		"page-cap=3":              {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {10}, nil},
		"page-cap=100":            {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10}, nil},
		"page-short=2":            {{1, 2, 3, 4}, {5, 6, 8}, {9, 10}, nil},
		"page-early=1":            {{1, 2}, {3, 4, 5, 6}, {7, 8, 9, 10}, nil},
		"page-empty=1":            {nil},
		"page-empty=2":            {{1, 2, 3, 4}, nil},
		"leave-out=1+6+10":        {{2, 3, 4, 5}, {7, 8, 9}, nil},
		"leave-out=11":            {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10}, nil},
		"page-cap=2,page-empty=3": {{1, 2}, {3, 4}, nil},
	} {
		t.Run(spec, func(t *testing.T) {
			h := begin(t, Options{})
			for i := range 10 {
				h.pay(NewPayment{OrderID: fmt.Sprintf("ORDER-%02d", i+1), At: noon.Add(time.Duration(i-20) * time.Minute)})
			}
			f, err := ParseFaults(spec)
			if err != nil {
				t.Fatal(err)
			}
			h.s.SetFaults(f)
			for range 2 { // a list that is begun again is cut again
				if diff := cmp.Diff(want, h.walk(today, 4)); diff != "" {
					t.Error(diff)
				}
			}
			h.s.SetFaults(Faults{})
			if whole := slices.Concat(h.walk(today, 100)...); len(whole) != 10 {
				t.Errorf("without faults it shows %v", whole)
			}
		})
	}
}

// A row that is left out is left out of every stretch that has it.
func TestARowIsLeftOutOfEveryStretch(t *testing.T) {
	h := begin(t, Options{})
	for i := range 6 {
		h.pay(NewPayment{OrderID: fmt.Sprintf("ORDER-%02d", i+1), At: noon.Add(time.Duration(i-6) * time.Hour)})
	}
	h.s.SetFaults(Faults{Cuts: Cuts{LeaveOut: []int{4}}})
	const day = "2026-11-21"
	for stretch, want := range map[string][]int{"T00:00:00&endDate=" + day + "T08:59:59": {1, 2, 3}, "T09:00:00&endDate=" + day + "T23:59:59": {5, 6}} {
		if diff := cmp.Diff(want, h.walk("startDate="+day+stretch, 100)[0]); diff != "" {
			t.Errorf("%s: %s", stretch, diff)
		}
	}
}

func TestCutsThatAreNone(t *testing.T) {
	for _, spec := range []string{"page-cap=0", "page-cap=-1", "page-short=x", "page-empty=1.5", "leave-out=", "leave-out=3+", "leave-out=0"} {
		if _, err := ParseFaults(spec); err == nil {
			t.Errorf("%s is taken", spec)
		}
	}
}
