package approval_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daesa/approval"
	"daesa/pay"
)

var head = approval.Point{Seq: 1234, Hash: strings.Repeat("9f", 32)}

var until = time.Date(2026, 12, 1, 23, 59, 59, 0, pay.Seoul)

func refund(id, order, amount, currency string) approval.Line {
	return approval.NewLine("refund", id, "tosspayments", order, "tgen_1", amount, currency, "0", "", strings.Repeat("ab", 32), "")
}

// The text is what a person signs: this is all of it.
func TestAStatementIsTextThatAPersonReads(t *testing.T) {
	t.Parallel()
	s := approval.New(approval.ApproveRefunds, head, until, []approval.Line{
		refund("R2", "주문 2", "181.56", "USD"), refund("R1", "A-1", "15000", "KRW"), refund("R3", "", "5000", "KRW")})
	want := `daesa-approval 1
do: refunds approve
journal: 1234 ` + head.Hash + `
until: 2026-12-01T23:59:59+09:00
refund id=R1 mid=tosspayments order=A-1 payment=tgen_1 amount=15000 currency=KRW tax_free=0 account=- reason=` + strings.Repeat("ab", 32) + ` cancel_by=-
refund id=R2 mid=tosspayments order="주문 2" payment=tgen_1 amount=181.56 currency=USD tax_free=0 account=- reason=` + strings.Repeat("ab", 32) + ` cancel_by=-
refund id=R3 mid=tosspayments order=- payment=tgen_1 amount=5000 currency=KRW tax_free=0 account=- reason=` + strings.Repeat("ab", 32) + ` cancel_by=-
count: 3
sum: 20000 KRW
sum: 181.56 USD
`
	if got := text(t, s); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func text(t interface {
	Helper()
	Fatal(...any)
}, s approval.Statement) string {
	t.Helper()
	written, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

// The same content has the same bytes, in whatever order it came; what is read is
// what was written.
func TestAStatementReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		written := text(t, s)
		read, err := approval.Parse([]byte(written))
		if err != nil {
			t.Fatal(err, "\n", written)
		}
		if again := text(t, read); again != written {
			t.Fatalf("%q\n%q", written, again)
		}
		if read.Do != s.Do || read.Head != s.Head || !read.Until.Equal(s.Until) || len(read.Lines) != len(s.Lines) {
			t.Fatalf("%+v\n%+v", s, read)
		}
		for i, line := range s.Lines {
			if !read.Lines[i].Same(line) || read.Lines[i].Of() != line.Of() || read.Lines[i].Get("order") != line.Get("order") {
				t.Fatalf("%q\n%q", line, read.Lines[i])
			}
		}
		shuffled := approval.New(s.Do, s.Head, s.Until, rapid.Permutation(s.Lines).Draw(t, "order"))
		if text(t, shuffled) != written {
			t.Fatal("another order is another text")
		}
	})
}

// drawn is any statement about refunds.
func drawn(t *rapid.T) approval.Statement {
	words := rapid.OneOf(rapid.String(), rapid.StringMatching(`[-_.:/@+#A-Za-z0-9" \\=]{0,12}`), rapid.SampledFrom([]string{"", "-", "--", "\n", "a b", "\u202e", "\xff", `"`, "count: 1"}))
	ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Z0-9]{1,4}`), 1, 6, rapid.ID[string]).Draw(t, "ids")
	all := make([]approval.Line, len(ids))
	for i, id := range ids {
		currency := rapid.SampledFrom([]pay.Currency{pay.KRW, pay.USD, pay.JPY}).Draw(t, "currency")
		amount := rapid.Int64Range(1, 1_000_000_000_000).Draw(t, "amount")
		all[i] = approval.NewLine("refund", id, words.Draw(t, "mid"), words.Draw(t, "order"), words.Draw(t, "payment"), currency.Format(amount), string(currency),
			"0", words.Draw(t, "account"), words.Draw(t, "reason"), words.Draw(t, "by"))
	}
	seconds := rapid.Int64Range(0, 4_000_000_000).Draw(t, "until")
	return approval.New(approval.ApproveRefunds, approval.Point{Seq: rapid.Int64Range(1, 1<<60).Draw(t, "seq"), Hash: head.Hash}, time.Unix(seconds, 0), all)
}

// Every byte counts: whatever is changed of a text, it is another statement or none.
func TestAChangedByteIsNeverTheSameStatement(t *testing.T) {
	t.Parallel()
	written := text(t, approval.New(approval.ApproveRefunds, head, until, []approval.Line{refund("R1", "A-1", "15000", "KRW"), refund("R2", "A 2", "5000", "KRW")}))
	for i := range len(written) {
		for _, with := range []string{"", "0", "9", "a", " ", "\n", "\r\n", "\"", "-", "=", "\x00", "　"} {
			changed := written[:i] + with + written[i+1:]
			if changed == written {
				continue
			}
			if read, err := approval.Parse([]byte(changed)); err == nil && text(t, read) != changed {
				t.Fatalf("byte %d as %q is read as another text", i, with)
			}
		}
	}
}

func TestWhatIsNoStatementIsRefused(t *testing.T) {
	t.Parallel()
	good := text(t, approval.New(approval.ApproveRefunds, head, until, []approval.Line{refund("R1", "A-1", "15000", "KRW"), refund("R2", "A-2", "5000", "KRW")}))
	rows := strings.SplitAfter(good, "\n")
	for name, bad := range map[string]string{
		"nothing":                        "",
		"a BOM before it":                "\ufeff" + good,
		"carriage returns":               strings.ReplaceAll(good, "\n", "\r\n"),
		"no end of its last line":        strings.TrimSuffix(good, "\n"),
		"a line behind it":               good + "refund id=R9\n",
		"another form":                   strings.Replace(good, "daesa-approval 1", "daesa-approval 2", 1),
		"another deed":                   strings.Replace(good, "do: refunds approve", "do: refunds send", 1),
		"the deed of other lines":        strings.Replace(good, "do: refunds approve", "do: close lock", 1),
		"another count":                  strings.Replace(good, "count: 2", "count: 3", 1),
		"another sum":                    strings.Replace(good, "sum: 20000 KRW", "sum: 20001 KRW", 1),
		"no sum":                         strings.Replace(good, "sum: 20000 KRW\n", "", 1),
		"lines in another order":         rows[0] + rows[1] + rows[2] + rows[3] + rows[5] + rows[4] + rows[6] + rows[7],
		"a line twice":                   rows[0] + rows[1] + rows[2] + rows[3] + rows[4] + rows[4] + "count: 2\nsum: 30000 KRW\n",
		"no line":                        rows[0] + rows[1] + rows[2] + rows[3] + "count: 0\n",
		"an amount with commas":          strings.Replace(good, "amount=15000", "amount=15,000", 1),
		"an amount with a zero in front": strings.Replace(good, "amount=15000", "amount=015000", 1),
		"a field that it has not":        strings.Replace(good, " tax_free=0", " tax_free=0 note=x", 1),
		"a field missing":                strings.Replace(good, " tax_free=0", "", 1),
		"quotes that need not be":        strings.Replace(good, "order=A-1", `order="A-1"`, 1),
		"quotes that do not close":       strings.Replace(good, "order=A-1", `order="A-1`, 1),
		"two blanks":                     strings.Replace(good, " mid=", "  mid=", 1),
		"no head":                        strings.Replace(good, head.Hash, "", 1),
		"a head in capitals":             strings.Replace(good, head.Hash, strings.ToUpper(head.Hash), 1),
		"a time of another zone":         strings.Replace(good, "2026-12-01T23:59:59+09:00", "2026-12-01T14:59:59Z", 1),
		"a part of a second":             strings.Replace(good, "23:59:59+", "23:59:59.5+", 1),
		"too long":                       good + strings.Repeat("x", approval.MaxBytes),
	} {
		if bad == good {
			t.Fatalf("%s changes nothing", name)
		}
		var format *approval.FormatError
		if _, err := approval.Parse([]byte(bad)); !errors.As(err, &format) || format.Hint() == "" || format.Error() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be a statement is not written as one.
func TestWhatCannotBeApprovedIsNotWritten(t *testing.T) {
	t.Parallel()
	one := []approval.Line{refund("R1", "A-1", "15000", "KRW")}
	for name, s := range map[string]approval.Statement{
		"no lines":                 approval.New(approval.ApproveRefunds, head, until, nil),
		"no deed":                  approval.New("", head, until, one),
		"lines of another deed":    approval.New(approval.LockMonth, head, until, one),
		"an empty journal":         approval.New(approval.ApproveRefunds, approval.Point{}, until, one),
		"no end":                   approval.New(approval.ApproveRefunds, head, time.Time{}, one),
		"one request twice":        approval.New(approval.ApproveRefunds, head, until, append(one, one...)),
		"a line about nothing":     approval.New(approval.ApproveRefunds, head, until, []approval.Line{refund("", "A-1", "15000", "KRW")}),
		"a sum that does not fit":  approval.New(approval.ApproveRefunds, head, until, []approval.Line{refund("R1", "A", "9223372036854775807", "KRW"), refund("R2", "A", "1", "KRW")}),
		"a line of too few values": approval.New(approval.ApproveRefunds, head, until, []approval.Line{approval.NewLine("refund", "R1")}),
		"an amount that is no sum": approval.New(approval.ApproveRefunds, head, until, []approval.Line{refund("R1", "A-1", "many", "KRW")}),
	} {
		if written, err := s.Text(); err == nil {
			t.Errorf("%s: %s", name, written)
		}
	}
}

func TestALineIsFoundByWhatItIsAbout(t *testing.T) {
	t.Parallel()
	var all []approval.Line
	for i := range 100 {
		all = append(all, refund(fmt.Sprintf("R%02d", 99-i), "A-1", "15000", "KRW"))
	}
	s := approval.New(approval.ApproveRefunds, head, until, all)
	for _, id := range s.IDs() {
		if line, found := s.Line(id); !found || line.Of() != id {
			t.Errorf("%s: %v", id, line)
		}
	}
	if line, found := s.Line("R100"); found || line.Of() != "" || line.Get("amount") != "" {
		t.Errorf("%v", line)
	}
}

func TestTwoLinesSayWhatDiffers(t *testing.T) {
	t.Parallel()
	a, b := refund("R1", "A-1", "15000", "KRW"), refund("R1", "A-2", "15001", "KRW")
	if got := fmt.Sprint(a.Differ(b), a.Differ(a), a.Same(b), a.Same(a)); got != "[order amount] [] false true" {
		t.Error(got)
	}
	if got := fmt.Sprint(a.Differ(approval.NewLine("reopen", "2026-11", "1", "x", "y"))); got != "[line]" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	written, err := approval.New(approval.ApproveRefunds, head, until, []approval.Line{refund("R1", "주문", "15000", "KRW")}).Text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(written)
	f.Fuzz(func(t *testing.T, given []byte) {
		if s, err := approval.Parse(given); err == nil && text(t, s) != string(given) {
			t.Fatalf("%q is read, and written otherwise", given)
		}
	})
}
