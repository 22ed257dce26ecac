package sandbox

// koreanMethod is the `method` of Toss. PayPal's is 간편결제 too, with PayPal as
// its provider.
var koreanMethod = map[Method]string{
	Card: "카드", EasyPay: "간편결제", Transfer: "계좌이체", VirtualAccount: "가상계좌", Phone: "휴대폰",
	GiftCertificate: "문화상품권", PayPal: "간편결제", ForeignEasyPay: "간편결제",
}

// englishMethod is what a request with Accept-Language: en-US gets.
var englishMethod = map[Method]string{
	Card: "CARD", EasyPay: "EASY_PAY", Transfer: "TRANSFER", VirtualAccount: "VIRTUAL_ACCOUNT",
	Phone: "MOBILE_PHONE", GiftCertificate: "CULTURE_GIFT_CERTIFICATE", PayPal: "EASY_PAY", ForeignEasyPay: "EASY_PAY",
}

type bank struct{ code, korean, english string }

// banks are Toss's two-character codes. Kookmin is 06 here although its
// national code is 004.
var banks = []bank{
	{"39", "경남", "KYONGNAMBANK"}, {"34", "광주", "GWANGJUBANK"}, {"12", "단위농협", "LOCALNONGHYEOP"},
	{"32", "부산", "BUSANBANK"}, {"45", "새마을", "SAEMAUL"}, {"64", "산림", "SANLIM"}, {"88", "신한", "SHINHAN"},
	{"48", "신협", "SHINHYEOP"}, {"27", "씨티", "CITI"}, {"20", "우리", "WOORI"}, {"71", "우체국", "POST"},
	{"50", "저축", "SAVINGBANK"}, {"37", "전북", "JEONBUKBANK"}, {"35", "제주", "JEJUBANK"},
	{"90", "카카오", "KAKAOBANK"}, {"89", "케이", "KBANK"}, {"92", "토스", "TOSSBANK"}, {"81", "하나", "HANA"},
	{"54", "HSBC", "HSBC"}, {"03", "기업", "IBK"}, {"06", "국민", "KOOKMIN"}, {"31", "대구", "DAEGUBANK"},
	{"02", "산업", "KDBBANK"}, {"11", "농협", "NONGHYEOP"}, {"23", "SC제일", "SC"}, {"07", "수협", "SUHYEOP"},
	{"S8", "교보", "KYOBO_SECURITIES"}, {"SE", "대신", "DAISHIN_SECURITIES"}, {"SK", "메리츠", "MERITZ_SECURITIES"},
	{"S5", "미래에셋", "MIRAE_ASSET_SECURITIES"}, {"SM", "부국", "BOOKOOK_SECURITIES"},
	{"S3", "삼성", "SAMSUNG_SECURITIES"}, {"SN", "신영", "SHINYOUNG_SECURITIES"},
	{"S2", "신한금융투자", "SHINHAN_INVESTMENT"}, {"S0", "유안타", "YUANTA_SECURITES"},
	{"SJ", "유진", "EUGENE_INVESTMENT_AND_SECURITIES"}, {"SQ", "카카오페이증권", "KAKAOPAY_SECURITIES"},
	{"SB", "키움", "KIWOOM"}, {"ST", "토스증권", "TOSS_SECURITIES"}, {"SR", "펀드온라인코리아", "KOREA_FOSS_SECURITIES"},
	{"SH", "하나금융투자", "HANA_INVESTMENT_AND_SECURITIES"}, {"S9", "하이", "HI_INVESTMENT_AND_SECURITIES"},
	{"S6", "한국투자", "KOREA_INVESTMENT_AND_SECURITIES"}, {"SG", "한화", "HANHWA_INVESTMENT_AND_SECURITIES"},
	{"SA", "현대차", "HYUNDAI_MOTOR_SECURITIES"}, {"SI", "DB", "DB_INVESTMENT_AND_SECURITIES"},
	{"S4", "KB", "KB_SECURITIES"}, {"SP", "다올", "DAOL_INVESTMENT_AND_SECURITIES"},
	{"SO", "LIG", "LIG_INVESTMENT_AND_SECURITIES"}, {"SL", "NH", "NH_INVESTMENT_AND_SECURITIES"},
	{"SD", "SK", "SK_SECURITIES"},
}

// bankCode reads a bank by its code, its Korean or its English name.
func bankCode(word string) (string, bool) {
	for _, b := range banks {
		if word == b.code || word == b.korean || word == b.english {
			return b.code, true
		}
	}
	return "", false
}

func bankName(code string) string {
	for _, b := range banks {
		if b.code == code {
			return b.korean
		}
	}
	return code
}

// cards are issuers by code, with the name that older versions print.
var cards = []bank{
	{"41", "신한", "SHINHAN"}, {"11", "국민", "KOOKMIN"}, {"51", "삼성", "SAMSUNG"}, {"61", "현대", "HYUNDAI"},
	{"71", "롯데", "LOTTE"}, {"21", "하나", "HANA"}, {"91", "농협", "NONGHYEOP"}, {"W1", "우리", "WOORI"},
	{"31", "비씨", "BC"}, {"3K", "기업비씨", "IBK_BC"}, {"15", "카카오뱅크", "KAKAOBANK"}, {"3A", "케이뱅크", "KBANK"},
}

var easyProviders = []string{"토스페이", "카카오페이", "네이버페이", "삼성페이", "애플페이", "페이코"}

const alipay = "알리페이"

// englishProvider is what a request with Accept-Language: en-US gets.
var englishProvider = map[string]string{
	"토스페이": "TOSSPAY", "카카오페이": "KAKAOPAY", "네이버페이": "NAVERPAY", "삼성페이": "SAMSUNGPAY",
	"애플페이": "APPLEPAY", "페이코": "PAYCO", "PAYPAL": "PAYPAL", alipay: "ALIPAY",
}

// Bank is a bank or a securities company: Toss's code and its two names.
type Bank struct{ Code, Korean, English string }

// Banks are those into which a refund can be paid.
func Banks() []Bank {
	list := make([]Bank, 0, len(banks))
	for _, b := range banks {
		list = append(list, Bank{b.code, b.korean, b.english})
	}
	return list
}
