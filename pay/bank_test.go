package pay

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// formsOf are all ways in which a bank may be written.
func formsOf(b Bank) []string {
	forms := []string{b.Code, " " + b.Code + " ", b.Code3, b.Korean, b.English, strings.ToLower(b.English), strings.ReplaceAll(b.English, "_", " ")}
	suffixes := []string{"은행", " 은행", "뱅크"}
	if b.securities() {
		suffixes = []string{"증권", " 증권"}
	}
	for _, name := range append([]string{b.Korean}, otherNames[b.Code]...) {
		forms = append(forms, name, strings.ToLower(name), strings.Join(strings.Split(name, ""), " "))
		if !slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) }) {
			for _, suffix := range suffixes {
				forms = append(forms, name+suffix)
			}
		}
	}
	return forms
}

func TestEveryBankIsFoundByEachOfItsForms(t *testing.T) {
	owner := map[string]Bank{}
	for _, bank := range banks {
		for _, form := range formsOf(bank) {
			if other, taken := owner[form]; taken && other != bank {
				t.Errorf("%q is %v and %v", form, other, bank)
			}
			owner[form] = bank
			if got, ok := FindBank(form); !ok || got != bank {
				t.Errorf("%q: got %v %v, want %v", form, got, ok, bank)
			}
		}
	}
	for name, bearers := range banksByName {
		if len(bearers) != 1 {
			t.Errorf("%q is the name of %v", name, bearers)
		}
	}
	if len(banksByCode) != len(banks) || len(banksByCode3) != len(banks) || len(banks) != 26+25 {
		t.Error("a code stands twice, or a bank is missing:", len(banks))
	}
	for code := range otherNames {
		if _, ok := banksByCode[code]; !ok {
			t.Errorf("%q has other names and no name", code)
		}
	}
}

func TestFindBank(t *testing.T) {
	for text, want := range map[string]string{
		"06": "06", "004": "06", "국민": "06", "국민은행": "06", " KB 국민 은행 ": "06", "kookmin": "06", "０６": "06",
		"토스": "92", "토스뱅크": "92", "토스은행": "92", "토스증권": "ST", "toss securities": "ST", "토스머니": "",
		"SK": "SK", "sk": "", "SK증권": "SD", "SH": "SH", "Sh": "", "Sh수협은행": "07",
		"KB": "", "NH": "", "DB": "", "kb증권": "S4", "NH투자": "SL", "NH투자증권": "SL", "NH농협": "11",
		"SC": "23", "sc": "23", "SC은행": "23", "hsbc": "54", "ＨＳＢＣ": "54",
		"신한": "88", "신한은행": "88", "신한증권": "", "신한투자증권": "S2", "하나증권": "SH", "삼성": "S3", "삼성은행": "",
		"카카오": "90", "카카오뱅크": "90", "카카오페이": "SQ", "교보": "S8", "교보증권": "S8",
		"": "", " ": "", "은행": "", "증권": "", "6": "", "04": "", "006": "", "0004": "", "증권은행": "",
	} {
		got, ok := FindBank(text)
		if got.Code != want || ok != (want != "") {
			t.Errorf("%q: got %+v %v, want %q", text, got, ok, want)
		}
	}
}

func TestNewRefundAccount(t *testing.T) {
	long := strings.Repeat("1", 20)
	for _, test := range []struct {
		bank, number, holder string
		want                 RefundAccount
		field                string
	}{
		{"국민은행", "110-234 567890", " 김 토스 ", RefundAccount{"06", "110234567890", "김 토스"}, ""},
		{"088", "１１０－２３４　５", "(주)가게", RefundAccount{"88", "1102345", "(주)가게"}, ""},
		{"ST", long, strings.Repeat("가", 60), RefundAccount{"ST", Private(long), Private(strings.Repeat("가", 60))}, ""},
		{"20", "0012–3", "O'Neil", RefundAccount{"20", "00123", "O'Neil"}, ""},
		{"", "987654321", "김토스", RefundAccount{}, "bank"},
		{"없는은행", "987654321", "김토스", RefundAccount{}, "bank"},
		{"20", "", "김토스", RefundAccount{}, "account_number"},
		{"20", " - ", "김토스", RefundAccount{}, "account_number"},
		{"20", "987654321A", "김토스", RefundAccount{}, "account_number"},
		{"20", "98765.4321", "김토스", RefundAccount{}, "account_number"},
		{"20", "٣٤٥٦٧", "김토스", RefundAccount{}, "account_number"},
		{"20", long + "1", "김토스", RefundAccount{}, "account_number"},
		{"20", "987654321", " ", RefundAccount{}, "holder_name"},
		{"20", "987654321", "김\n토스", RefundAccount{}, "holder_name"},
		{"20", "987654321", "김\u200b토스", RefundAccount{}, "holder_name"},
		{"20", "987654321", "김\xff토스", RefundAccount{}, "holder_name"},
		{"20", "987654321", "김\ufffd토스", RefundAccount{}, "holder_name"},
		{"20", "987654321", strings.Repeat("가", 61), RefundAccount{}, "holder_name"},
	} {
		got, err := NewRefundAccount(test.bank, test.number, test.holder)
		if got != test.want {
			t.Errorf("%q %q %q: %s", test.bank, test.number, test.holder, cmp.Diff(test.want.Number.Reveal(), got.Number.Reveal()))
		}
		if test.field == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		var wrong *AccountError
		if !errors.As(err, &wrong) || wrong.Field != test.field || wrong.Reason == "" {
			t.Errorf("%q %q %q: %v, want a fault of %s", test.bank, test.number, test.holder, err, test.field)
			continue
		}
		for _, private := range []string{"98765", "토스", long, "가가"} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("%v repeats %q", err, private)
			}
		}
	}
}

func TestRefundAccountsAreNormal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, err := NewRefundAccount(rapid.SampledFrom(banks).Draw(t, "bank").Korean, rapid.StringMatching(`[0-9０-９ -]{1,25}`).Draw(t, "number"), rapid.String().Draw(t, "holder"))
		if err != nil {
			return
		}
		if again, err := NewRefundAccount(a.Bank, a.Number.Reveal(), a.Holder.Reveal()); err != nil || again != a {
			t.Fatal("it is not the same account again:", err)
		}
	})
}

func TestMask(t *testing.T) {
	for number, want := range map[string]string{
		"": "", "1": "*", "12": "**", "123": "*23", "123456789": "*******89", "1234567890": "123***7890",
		"12345678901234567890": "123*************7890", "110-234-567890": "110*******7890", "가나다라마바사아자차카": "*********차카",
	} {
		if got := MaskNumber(number); got != want {
			t.Errorf("%q: got %q, want %q", number, got, want)
		}
	}
	for name, want := range map[string]string{"": "", "김": "김", "김토스": "김**", "김 토스": "김***", "Ann": "A**"} {
		if got := MaskHolder(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestAMaskHides(t *testing.T) {
	numbers := rapid.OneOf(rapid.StringMatching(`[0-9]{0,30}`), rapid.StringMatching(`[0-9 -]{0,30}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		number := numbers.Draw(t, "number")
		masked := MaskNumber(number)
		shown := 0
		for _, r := range masked {
			if unicode.IsDigit(r) {
				shown++
			}
		}
		if shown > 7 || utf8.RuneCountInString(masked) != utf8.RuneCountInString(number) {
			t.Fatalf("%q became %q", number, masked)
		}
		if number != "" && !strings.Contains(masked, "*") {
			t.Fatalf("%q hides nothing", masked)
		}
	})
}
