package pay

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bank is a bank or a securities company to which Toss sends money.
type Bank struct {
	Code    string // two characters: what a refund names
	Code3   string // three digits: what payouts, and other companies, name
	Korean  string
	English string
}

// banks are Toss's codes (https://docs.tosspayments.com/reference/codes).
// Kookmin is 06, although its national code is 004. Four names stand in full,
// because KB, NH, SK and DB alone are no names (see shortName). Toss Money is
// left out: it has no code.
var banks = []Bank{
	{"39", "039", "경남", "KYONGNAMBANK"},
	{"34", "034", "광주", "GWANGJUBANK"},
	{"12", "012", "단위농협", "LOCALNONGHYEOP"},
	{"32", "032", "부산", "BUSANBANK"},
	{"45", "045", "새마을", "SAEMAUL"},
	{"64", "064", "산림", "SANLIM"},
	{"88", "088", "신한", "SHINHAN"},
	{"48", "048", "신협", "SHINHYEOP"},
	{"27", "027", "씨티", "CITI"},
	{"20", "020", "우리", "WOORI"},
	{"71", "071", "우체국", "POST"},
	{"50", "050", "저축", "SAVINGBANK"},
	{"37", "037", "전북", "JEONBUKBANK"},
	{"35", "035", "제주", "JEJUBANK"},
	{"90", "090", "카카오", "KAKAOBANK"},
	{"89", "089", "케이", "KBANK"},
	{"92", "092", "토스", "TOSSBANK"},
	{"81", "081", "하나", "HANA"},
	{"54", "054", "홍콩상하이", "HSBC"},
	{"03", "003", "기업", "IBK"},
	{"06", "004", "국민", "KOOKMIN"},
	{"31", "031", "대구", "DAEGUBANK"},
	{"02", "002", "산업", "KDBBANK"},
	{"11", "011", "농협", "NONGHYEOP"},
	{"23", "023", "SC제일", "SC"},
	{"07", "007", "수협", "SUHYEOP"},

	{"S8", "261", "교보", "KYOBO_SECURITIES"},
	{"SE", "267", "대신", "DAISHIN_SECURITIES"},
	{"SK", "287", "메리츠", "MERITZ_SECURITIES"},
	{"S5", "238", "미래에셋", "MIRAE_ASSET_SECURITIES"},
	{"SM", "290", "부국", "BOOKOOK_SECURITIES"},
	{"S3", "240", "삼성", "SAMSUNG_SECURITIES"},
	{"SN", "291", "신영", "SHINYOUNG_SECURITIES"},
	{"S2", "278", "신한금융투자", "SHINHAN_INVESTMENT"},
	{"S0", "209", "유안타", "YUANTA_SECURITES"}, // spelt so
	{"SJ", "280", "유진", "EUGENE_INVESTMENT_AND_SECURITIES"},
	{"SQ", "288", "카카오페이증권", "KAKAOPAY_SECURITIES"},
	{"SB", "264", "키움", "KIWOOM"},
	{"ST", "271", "토스증권", "TOSS_SECURITIES"},
	{"SR", "294", "펀드온라인코리아", "KOREA_FOSS_SECURITIES"},
	{"SH", "270", "하나금융투자", "HANA_INVESTMENT_AND_SECURITIES"},
	{"S9", "262", "하이", "HI_INVESTMENT_AND_SECURITIES"},
	{"S6", "243", "한국투자", "KOREA_INVESTMENT_AND_SECURITIES"},
	{"SG", "269", "한화", "HANHWA_INVESTMENT_AND_SECURITIES"},
	{"SA", "263", "현대차", "HYUNDAI_MOTOR_SECURITIES"},
	{"SI", "279", "DB금융투자", "DB_INVESTMENT_AND_SECURITIES"},
	{"S4", "218", "KB증권", "KB_SECURITIES"},
	{"SP", "227", "다올", "DAOL_INVESTMENT_AND_SECURITIES"},
	{"SO", "292", "LIG", "LIG_INVESTMENT_AND_SECURITIES"},
	{"SL", "247", "NH투자증권", "NH_INVESTMENT_AND_SECURITIES"},
	{"SD", "266", "SK증권", "SK_SECURITIES"},
}

// Banks are all of them, banks before securities companies.
func Banks() []Bank { return append([]Bank(nil), banks...) }

// otherNames are those by which people and Toss's own lists also know them,
// newer names of renamed companies among them.
var otherNames = map[string][]string{
	"39": {"BNK경남"}, "12": {"지역농협", "지역농축협"}, "32": {"BNK부산"}, "45": {"새마을금고", "MG새마을금고"},
	"64": {"산림조합"}, "27": {"한국씨티"}, "71": {"우체국예금보험"}, "50": {"저축은행중앙회"}, "89": {"K뱅크"},
	"81": {"KEB하나"}, "03": {"IBK기업"}, "06": {"KB국민"}, "31": {"DGB대구", "iM뱅크", "아이엠뱅크"},
	"02": {"KDB산업"}, "11": {"NH농협"}, "07": {"Sh수협"},
	"S2": {"신한투자증권", "SHINHAN_SECURITIES"}, "S0": {"YUANTA_SECURITIES"}, "SJ": {"유진투자증권"},
	"SR": {"한국포스증권"}, "SH": {"하나증권"}, "S9": {"하이투자증권", "iM증권"}, "SG": {"한화투자증권"},
	"SP": {"KTB", "KTB투자증권", "다올투자증권"}, "SO": {"LIG투자증권"},
}

var (
	banksByCode  = indexBanks(func(b Bank) string { return b.Code })
	banksByCode3 = indexBanks(func(b Bank) string { return b.Code3 })
	banksByName  = bankNames()
)

func indexBanks(key func(Bank) string) map[string]Bank {
	index := make(map[string]Bank, len(banks))
	for _, bank := range banks {
		index[key(bank)] = bank
	}
	return index
}

// bankNames gives every name with those that bear it; a test says that nobody
// shares one.
func bankNames() map[string][]Bank {
	names := map[string][]Bank{}
	for _, bank := range banks {
		for _, name := range append([]string{bank.Korean, bank.English}, otherNames[bank.Code]...) {
			names[foldName(name)] = append(names[foldName(name)], bank)
		}
	}
	for _, bank := range banks {
		for _, name := range append([]string{bank.Korean}, otherNames[bank.Code]...) {
			short, cut := strings.CutSuffix(foldName(name), "증권")
			if cut && !shortName(short) && len(names[short]) == 0 {
				names[short] = []Bank{bank} // 토스 stays the bank
			}
		}
	}
	return names
}

// shortName says whether a name is two Latin letters: to a person KB and NH are
// banks, and SK is another company's code.
func shortName(name string) bool { return len(name) <= 2 }

func (b Bank) securities() bool { return strings.HasPrefix(b.Code, "S") }

// FindBank finds a bank by any of Toss's forms: the two-character code, the
// three digits, the Korean name with or without 은행, 뱅크 or 증권, or the
// English one. A code counts only as Toss writes it, in capitals: Sh is how
// people write 수협, SH a securities company.
func FindBank(text string) (Bank, bool) {
	text = strings.TrimSpace(strings.Map(halfWidth, text))
	if bank, ok := banksByCode[text]; ok {
		return bank, true
	}
	if bank, ok := banksByCode3[text]; ok {
		return bank, true
	}
	name := foldName(text)
	if found := banksByName[name]; len(found) == 1 {
		return found[0], true
	}
	for _, suffix := range []string{"은행", "뱅크", "증권"} {
		short, cut := strings.CutSuffix(name, suffix)
		found := banksByName[short]
		if cut && len(found) == 1 && found[0].securities() == (suffix == "증권") {
			return found[0], true
		}
	}
	return Bank{}, false
}

// foldName leaves of a name what people write alike.
func foldName(name string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r = halfWidth(r); r == '_' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, name))
}

// halfWidth turns the wide forms of a Korean keyboard into ASCII.
func halfWidth(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '\u3000':
		return ' '
	}
	return r
}

// Longest texts that Toss documents for a refund account.
const (
	accountNumberLongest = 20
	holderLongest        = 60
)

// AccountError says what is wrong with a refund account. It never repeats what
// was given.
type AccountError struct {
	Field  string // bank, account_number or holder_name
	Reason string
}

func (e *AccountError) Error() string { return e.Field + " " + e.Reason }

// NewRefundAccount gives an account as Toss takes it, or an *AccountError: the
// bank's code, the number's digits, the holder without blanks around.
func NewRefundAccount(bank, number, holder string) (RefundAccount, error) {
	var a RefundAccount
	var err error
	if a.Bank, err = ParseBank(bank); err != nil {
		return RefundAccount{}, err
	}
	if a.Number, err = ParseAccountNumber(number); err != nil {
		return RefundAccount{}, err
	}
	if a.Holder, err = ParseHolder(holder); err != nil {
		return RefundAccount{}, err
	}
	return a, nil
}

// ParseBank gives the two-character code of a bank (see FindBank), or an
// *AccountError.
func ParseBank(text string) (code string, err error) {
	bank, ok := FindBank(text)
	switch {
	case strings.TrimSpace(text) == "":
		return "", &AccountError{"bank", "is empty"}
	case !ok:
		return "", &AccountError{"bank", "is no bank that Toss knows; write its code, such as 06 or 004, or its name, such as 국민"}
	}
	return bank.Code, nil
}

// ParseAccountNumber gives the digits of an account number, or an
// *AccountError. People write blanks and hyphens between them.
func ParseAccountNumber(text string) (Private, error) {
	digits := strings.Map(func(r rune) rune {
		if r = halfWidth(r); unicode.IsSpace(r) || strings.ContainsRune("-‐‑‒–—―−", r) {
			return -1
		}
		return r
	}, text)
	reason := ""
	switch {
	case strings.TrimSpace(text) == "":
		reason = "is empty"
	case !onlyDigits(digits):
		reason = "has something else than digits, blanks and hyphens"
	case digits == "":
		reason = "has no digits"
	case len(digits) > accountNumberLongest:
		reason = "has more than 20 digits"
	default:
		return Private(digits), nil
	}
	return "", &AccountError{"account_number", reason}
}

// ParseHolder gives a holder's name without the blanks around it, or an
// *AccountError. What cannot be seen is refused, since banks compare names.
func ParseHolder(text string) (Private, error) {
	name := strings.TrimSpace(text)
	reason := ""
	switch {
	case name == "":
		reason = "is empty"
	case !utf8.ValidString(name) || strings.ContainsFunc(name, invisible):
		reason = "has a control character, or one that cannot be seen"
	case utf8.RuneCountInString(name) > holderLongest:
		reason = "is longer than 60 characters"
	default:
		return Private(name), nil
	}
	return "", &AccountError{"holder_name", reason}
}

// invisible also finds the character that stands for one that was lost.
func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError
}

// Masking shows so many characters of an account number.
const (
	maskFrom   = 10 // digits; a shorter number shows less
	shownFirst = 3
	shownLast  = 4
	shownShort = 2
)

// MaskNumber shows the first three and the last four characters of an account
// number of at least ten digits, else the last two; the rest is *.
func MaskNumber(number string) string {
	runes := []rune(number)
	digits := 0
	for _, r := range runes {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	from, to := 0, len(runes)-shownShort
	if digits >= maskFrom {
		from, to = shownFirst, len(runes)-shownLast
	}
	if to <= 0 { // nothing would be hidden
		to = len(runes)
	}
	for i := from; i < to; i++ {
		runes[i] = '*'
	}
	return string(runes)
}

// MaskHolder shows the first letter of a name; the rest is *.
func MaskHolder(name string) string {
	runes := []rune(name)
	for i := 1; i < len(runes); i++ {
		runes[i] = '*'
	}
	return string(runes)
}
