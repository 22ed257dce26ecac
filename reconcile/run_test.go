package reconcile

import (
	"reflect"
	"testing"
)

// TestTheSumOfRunsForgetsNoCount: a count that Run gets one day is summed, too.
func TestTheSumOfRunsForgetsNoCount(t *testing.T) {
	run := Run{Complete: true, Broken: map[Kind]int64{AmountMismatch: 3}, Refunding: map[Kind]int64{RefundFailed: 1}, Refunds: map[string]int64{"held": 2}}
	var next int64
	counts := func(of reflect.Value, visit func(name string, field reflect.Value)) {
		for i := range of.NumField() {
			if field := of.Field(i); field.Type() == reflect.TypeFor[int64]() {
				visit(of.Type().Field(i).Name, field)
			}
		}
	}
	for _, of := range []reflect.Value{reflect.ValueOf(&run).Elem(), reflect.ValueOf(&run.Sample).Elem()} {
		counts(of, func(_ string, field reflect.Value) { next++; field.SetInt(next) })
	}
	sum := SumCounts(run, run)
	for _, pair := range [][2]reflect.Value{{reflect.ValueOf(run), reflect.ValueOf(sum)}, {reflect.ValueOf(run.Sample), reflect.ValueOf(sum.Sample)}} {
		counts(pair[0], func(name string, field reflect.Value) {
			if got := pair[1].FieldByName(name).Int(); got != 2*field.Int() {
				t.Errorf("%s of two runs with %d is %d", name, field.Int(), got)
			}
		})
	}
	if sum.Broken[AmountMismatch] != 6 || sum.Refunding[RefundFailed] != 2 || sum.Refunds["held"] != 4 || next < 15 {
		t.Errorf("%+v", sum)
	}
	if run.Complete = false; !sum.Complete || SumCounts(sum, run).Complete || !SumCounts().Complete {
		t.Error("a sum is complete where all of its runs are")
	}
}
