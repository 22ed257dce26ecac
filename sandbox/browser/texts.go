package browser

import "strings"

// language is what a buyer reads.
type language string

const (
	korean  language = "ko"
	english language = "en"
)

// languageOf is the language that a request names, else the browser's first one.
func languageOf(named, accept string) language {
	switch strings.ToUpper(named) {
	case "":
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(accept)), "en") {
			return english
		}
		return korean
	case "KO":
		return korean
	}
	return english
}

// Error is a refusal in Toss's words.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// in gives the error with its message in a language.
func (e *Error) in(lang language) *Error {
	text, known := refusals[e.Code]
	if !known {
		return e
	}
	if lang == english {
		return &Error{Code: e.Code, Message: text[1]}
	}
	return &Error{Code: e.Code, Message: text[0]}
}

// English is the same refusal in English.
func (e *Error) English() *Error { return e.in(english) }

func refuse(code string) *Error { return (&Error{Code: code}).in(korean) }

// Refuse makes the error of a code, with its Korean message where this room has
// one.
func Refuse(code string) *Error { return refuse(code) }

// refusals are the codes of the scripts and of the window in both languages.
var refusals = map[string][2]string{
	"PAY_PROCESS_CANCELED": {"사용자에 의해 결제가 취소되었습니다.", "Payment has been canceled by the customer."},
	"PAY_PROCESS_ABORTED":  {"결제 진행 중 승인에 실패하여 결제가 중단되었습니다.", "Payment has been canceled or has not been processed."},
	"REJECT_CARD_COMPANY":  {"결제 승인이 거절되었습니다.", "Payment was rejected."},
	"USER_CANCEL":          {"취소되었습니다.", "It was canceled."},

	"INVALID_STOPPED_CARD":                      {"정지된 카드 입니다.", "This is a suspended card."},
	"INVALID_CARD_EXPIRATION":                   {"카드 정보를 다시 확인해주세요. (유효기간)", "Please check the card's expiration date again."},
	"INVALID_CARD_LOST_OR_STOLEN":               {"분실 혹은 도난 카드입니다.", "This is a lost or stolen card."},
	"EXCEED_MAX_DAILY_PAYMENT_COUNT":            {"하루 결제 가능 횟수를 초과했습니다.", "The number of payments allowed in a day is exceeded."},
	"EXCEED_MAX_PAYMENT_AMOUNT":                 {"하루 결제 가능 금액을 초과했습니다.", "The amount allowed in a day is exceeded."},
	"RESTRICTED_TRANSFER_ACCOUNT":               {"계좌는 등록 후 12시간 뒤부터 결제할 수 있습니다. 관련 정책은 해당 은행으로 문의해주세요.", "The account can pay from twelve hours after its registration on."},
	"COMMON_ERROR":                              {"일시적인 오류가 발생했습니다. 잠시 후 다시 시도해주세요.", "This is a temporary error. Please try again in a few minutes."},
	"UNKNOWN_PAYMENT_ERROR":                     {"결제에 실패했어요. 같은 문제가 반복된다면 은행이나 카드사로 문의해주세요.", "Payment failed. If the same problem occurs, please contact your bank or credit card company."},
	"FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING": {"결제가 완료되지 않았어요. 다시 시도해주세요.", "Payment has not been completed. Please try again."},

	"ALREADY_PROCESSED_PAYMENT":   {"이미 처리된 결제 입니다.", "This payment has already been processed."},
	"NOT_FOUND_PAYMENT":           {"존재하지 않는 결제 입니다.", "There is no such payment."},
	"NOT_FOUND_PAYMENT_SESSION":   {"결제 시간이 만료되어 결제 진행 데이터가 존재하지 않습니다.", "The time for this payment has run out."},
	"INVALID_METHOD_TRANSACTION":  {"이미 다른 요청을 수행하고 있어요.", "Another request is already under way."},
	"NOT_SELECTED_PAYMENT_METHOD": {"결제수단이 아직 선택되지 않았어요. 결제수단을 선택해 주세요.", "Please choose a payment method."},
	"NEED_CARD_PAYMENT_DETAIL":    {"카드 결제 정보를 선택해주세요.", "Please choose the card's details."},
	"NEED_REFUND_ACCOUNT_DETAIL":  {"환불계좌 정보를 모두 입력해주세요.", "Please enter the whole refund account."},
	"INVALID_BANK":                {"유효하지 않은 은행입니다.", "This bank is not known."},
	"INVALID_PHONE_NUMBER":        {"휴대폰 번호를 확인해주세요.", "Please check the phone number."},

	"INVALID_CLIENT_KEY":           {"ClientKey 형태가 올바르지 않습니다.", "The client key is not well formed."},
	"INVALID_CUSTOMER_KEY":         {"고객키는 영문 대소문자, 숫자, 특수문자 -, _, =, ., @로 2자 이상 50자 이하여야 합니다.", "The customer key has 2 to 50 letters, digits and -, _, =, ., @."},
	"INSECURE_KEY_USAGE":           {"시크릿 키는 클라이언트 코드에 노출되면 안 됩니다. 구매자를 식별하는 customerKey 값을 사용해주세요.", "A secret key must not appear in a page. Use a customerKey that names the buyer."},
	"INVALID_PARAMETERS":           {"필수 파라미터를 누락하거나, 정의되지 않은 파라미터를 추가하거나, 파라미터의 타입이 올바르지 않을 때 발생합니다.", "A parameter is missing or of the wrong type."},
	"INVALID_ORDER_ID":             {"orderId는 영문 대소문자, 숫자, 특수문자(-, _, =)만 허용합니다. 6자 이상 64자 이하여야 합니다.", "An orderId has 6 to 64 letters, digits and -, _, =."},
	"INVALID_ORDER_NAME":           {"orderName은 필수 값입니다. 100자 이하여야 합니다.", "An orderName is needed, of at most 100 characters."},
	"DUPLICATED_ORDER_ID":          {"이미 승인 및 취소가 진행된 중복된 주문번호 입니다. 다른 주문번호로 진행해주세요.", "This order id has already been approved or canceled. Please use another one."},
	"INVALID_AMOUNT_CURRENCY":      {"잘못된 통화 값입니다.", "This currency is not supported."},
	"INVALID_AMOUNT_VALUE":         {"결제금액이 올바르지 않습니다.", "The amount is not valid."},
	"BELOW_ZERO_AMOUNT":            {"금액은 0보다 커야 합니다.", "The amount must be above 0."},
	"INVALID_METADATA":             {"올바르지 않은 metadata 형식입니다.", "The metadata is not valid."},
	"EXCEED_MAX_DUE_DATE":          {"가상 계좌의 최대 유효만료 기간을 초과했습니다.", "The virtual account would be valid for too long."},
	"NOT_SUPPORTED_METHOD":         {"지원되지 않는 결제수단입니다.", "This payment method is not supported."},
	"NOT_SUPPORTED_PROMISE":        {"Promise 방식을 지원하지 않습니다. successUrl, failUrl을 사용해주세요.", "A promise is not supported. Use successUrl and failUrl."},
	"INCORRECT_SUCCESS_URL_FORMAT": {"잘못된 successUrl 입니다.", "The successUrl is not valid."},
	"INCORRECT_FAIL_URL_FORMAT":    {"잘못된 failUrl 입니다.", "The failUrl is not valid."},
}

// failCodes are what the window can be told to fail with, the first by itself.
var failCodes = []string{
	"REJECT_CARD_COMPANY", "PAY_PROCESS_ABORTED", "INVALID_STOPPED_CARD", "INVALID_CARD_EXPIRATION",
	"INVALID_CARD_LOST_OR_STOLEN", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_PAYMENT_AMOUNT",
	"RESTRICTED_TRANSFER_ACCOUNT", "COMMON_ERROR", "UNKNOWN_PAYMENT_ERROR", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
}

// words are the labels of the pages.
var words = map[string][2]string{
	"account":       {"계좌번호", "Account number"},
	"agreeAll":      {"전체 동의", "I agree to everything"},
	"allAtOnce":     {"일시불", "All at once"},
	"amount":        {"결제 금액", "Amount"},
	"back":          {"쇼핑몰로 돌아가기", "Back to the shop"},
	"bank":          {"은행", "Bank"},
	"cancel":        {"취소", "Cancel"},
	"cardCompany":   {"카드사", "Card issuer"},
	"cardType":      {"카드 종류", "Type of card"},
	"carrier":       {"통신사", "Carrier"},
	"choose":        {"선택", "Choose"},
	"close":         {"결제창 닫기", "Close the payment window"},
	"credit":        {"신용카드", "Credit card"},
	"debit":         {"체크카드", "Debit card"},
	"depositor":     {"입금자명", "Depositor"},
	"done":          {"인증을 마쳤습니다. 쇼핑몰로 돌아갑니다.", "Authenticated. Going back to the shop."},
	"easyBy":        {"결제 방법", "Paid from"},
	"easyCard":      {"등록된 카드", "A registered card"},
	"easyMoney":     {"계좌·머니", "Account or balance"},
	"email":         {"이메일", "E-mail"},
	"expire":        {"유효시간 끝내기", "Let it expire"},
	"fail":          {"실패시키기", "Fail"},
	"failCode":      {"에러 코드", "Error code"},
	"giftID":        {"상품권 사이트 아이디", "Account with the gift card's site"},
	"giftPassword":  {"상품권 비밀번호", "Its password"},
	"holder":        {"예금주", "Account holder"},
	"instalment":    {"할부", "Instalments"},
	"method":        {"결제수단", "Payment method"},
	"monthsSuffix":  {"개월", " months"},
	"noMoney":       {"모의 결제입니다. 실제로 결제되지 않습니다.", "This is a pretend payment. No money moves."},
	"optional":      {"선택", "optional"},
	"order":         {"주문 상품", "Order"},
	"otherTab":      {"이 결제창은 다른 탭에서 열려 있습니다.", "This payment window is open in another tab."},
	"over.closed":   {"닫힌 결제창입니다. 쇼핑몰에서 다시 결제를 시작해 주세요.", "This window was closed. Please begin again in the shop."},
	"over.expired":  {"결제 유효시간이 만료되었습니다.", "The time for this payment has run out."},
	"over.failed":   {"결제가 중단되었습니다.", "This payment has failed."},
	"over.paid":     {"이미 인증을 마친 결제입니다.", "This payment was already authenticated."},
	"over.unknown":  {"결제창을 찾을 수 없습니다.", "There is no such payment window."},
	"pay":           {"결제하기", "Pay"},
	"phone":         {"휴대폰 번호", "Phone number"},
	"refund":        {"환불 계좌", "Refund account"},
	"refundNone":    {"환불 계좌를 남기지 않음", "Leave no refund account"},
	"required":      {"필수", "required"},
	"sandbox":       {"모의 결제창", "Pretend payment"},
	"tools":         {"테스트 도구", "For testing"},
	"terms":         {"약관 동의", "Terms"},
	"term.payment":  {"전자결제 서비스 이용약관", "Terms of the payment service"},
	"term.privacy":  {"개인정보 수집 및 이용 동의", "Use of personal data"},
	"term.benefits": {"혜택 알림 수신 동의", "News about benefits"},
	"title":         {"결제", "Payment"},
	"transferBank":  {"출금 은행", "Bank"},
	"vaBank":        {"입금 은행", "Bank of the virtual account"},
	"window":        {"결제창", "Payment window"},
}

// say is a label; a key that is not there is a mistake that a test finds.
func say(key string, lang language) string {
	if lang == english {
		return words[key][1]
	}
	return words[key][0]
}
