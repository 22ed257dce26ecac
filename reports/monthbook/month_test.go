package monthbook

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var out = flag.String("out", "", "write the sample month's workbook to this path")

// TestWriteTheSampleMonth writes the workbook for people to look at:
//
//	go test ./reports/monthbook -run TestWriteTheSampleMonth -out /tmp/month.xlsx
func TestWriteTheSampleMonth(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, newSample(1).month(false), Options{}); err != nil {
		t.Fatal(err)
	}
	if *out != "" {
		if err := os.WriteFile(*out, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
