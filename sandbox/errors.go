package sandbox

import "fmt"

// Error is a refusal in Toss's words.
type Error struct {
	Status  int    // HTTP
	Code    string // as Toss lists it
	Message string // Korean, as a merchant would read it
}

func (e *Error) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

// codes are the answers that the sandbox can give, each also on request with
// the header TossPayments-Test-Code.
var codes = map[string]Error{}

func init() {
	for _, e := range []Error{
		{400, "ALREADY_CANCELED_PAYMENT", "이미 취소된 결제 입니다."},
		{400, "ALREADY_PROCESSED_PAYMENT", "이미 처리된 결제 입니다."},
		{400, "ALREADY_REFUND_PAYMENT", "이미 환불된 결제입니다."},
		{400, "ALREADY_REFUNDING_PAYMENT", "환불이 진행 중인 결제입니다."},
		{400, "BELOW_MINIMUM_AMOUNT", "신용카드는 결제금액이 100원 이상, 계좌는 200원이상부터 결제가 가능합니다."},
		{400, "DUPLICATED_ORDER_ID", "이미 승인 및 취소가 진행된 중복된 주문번호 입니다. 다른 주문번호로 진행해주세요."},
		{400, "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT", "즉시할인금액보다 적은 금액은 부분취소가 불가능합니다."},
		{400, "FORBIDDEN_BANK_REFUND_REQUEST", "고객 계좌가 입금이 되지 않는 상태입니다."},
		{400, "INVALID_API_KEY", "잘못된 시크릿키 연동 정보 입니다."},
		{400, "INVALID_BANK", "유효하지 않은 은행입니다."},
		{400, "INVALID_CURRENCY", "잘못된 통화 값입니다."},
		{400, "INVALID_DATE", "날짜 데이터가 잘못 되었습니다."},
		{400, "INVALID_IDEMPOTENCY_KEY", "멱등키는 300자 이하여야 합니다."},
		{400, "INVALID_PAGING_KEY", "잘못된 페이징 키 입니다."},
		{400, "INVALID_REFUND_ACCOUNT_INFO", "환불 계좌번호와 예금주명이 일치하지 않습니다."},
		{400, "INVALID_REFUND_ACCOUNT_NUMBER", "잘못된 환불 계좌번호입니다."},
		{400, "INVALID_REFUND_AMOUNT", "잘못된 환불 금액입니다."},
		{400, "INVALID_REQUEST", "잘못된 요청입니다."},
		{400, "INVALID_REQUIRED_PARAM", "필수 파라미터가 누락되었습니다."},
		{400, "INVALID_TEST_CODE", "유효하지 않은 테스트 코드 입니다."},
		{400, "INVALID_TRANSACTION_KEY", "잘못된 페이징 키 입니다."},
		{400, "NOT_MATCHES_REFUNDABLE_AMOUNT", "잔액 결과가 일치하지 않습니다."},
		{400, "PROVIDER_ERROR", "일시적인 오류가 발생했습니다. 잠시 후 다시 시도해주세요."},
		{400, "REFUND_REJECTED", "환불이 거절됐습니다. 결제사에 문의 부탁드립니다."},
		{401, "UNAUTHORIZED_KEY", "인증되지 않은 시크릿 키 혹은 클라이언트 키 입니다."},
		{403, "EXCEED_CANCEL_LIMIT", "취소 한도를 초과했습니다."},
		{403, "EXCEED_MAX_REFUND_AMOUNT", "환불 한도를 초과했습니다."},
		{403, "EXCEED_MAX_REFUND_DUE", "환불 가능한 기간이 지났습니다."},
		{403, "FORBIDDEN_CONSECUTIVE_REQUEST", "반복적인 요청은 허용되지 않습니다. 잠시 후 다시 시도해주세요."},
		{403, "FORBIDDEN_REQUEST", "허용되지 않은 요청입니다."},
		{403, "INCORRECT_BASIC_AUTH_FORMAT", "잘못된 요청입니다. ':' 를 포함해 인코딩해주세요."},
		{403, "NOT_ALLOWED_PARTIAL_REFUND", "에스크로 주문, 현금 카드 결제 등의 이유로 부분 환불이 불가합니다."},
		{403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", "입금 대기중인 결제는 부분 환불이 불가합니다."},
		{403, "NOT_ALLOWED_REFUND_BANK", "환불이 불가능한 은행입니다."},
		{403, "NOT_AVAILABLE_BANK", "은행 서비스 시간이 아닙니다."},
		{403, "NOT_CANCELABLE_AMOUNT", "취소 할 수 없는 금액 입니다."},
		{403, "NOT_CANCELABLE_PAYMENT", "취소 할 수 없는 결제 입니다."},
		{403, "NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", "휴면 처리된 회원의 결제는 취소할 수 없습니다."},
		{403, "NOT_SUPPORTED_REFUND", "환불을 지원하지 않는 결제 입니다."},
		{403, "REJECT_CARD_COMPANY", "결제 승인이 거절되었습니다."},
		{404, "NOT_FOUND", "존재하지 않는 정보 입니다."},
		{404, "NOT_FOUND_PAYMENT", "존재하지 않는 결제 입니다."},
		{404, "NOT_FOUND_PAYMENT_SESSION", "결제 시간이 만료되어 결제 진행 데이터가 존재하지 않습니다."},
		{409, "IDEMPOTENT_REQUEST_PROCESSING", "이전 멱등 요청이 처리중입니다."},
		{429, "TOO_MANY_REQUESTS", "요청이 너무 많습니다. 잠시 후 다시 시도해주세요."},
		{500, "COMMON_ERROR", "일시적인 오류가 발생했습니다. 잠시 후 다시 시도해주세요."},
		{500, "FAILED_INTERNAL_SYSTEM_PROCESSING", "내부 시스템 처리 작업이 실패했습니다. 잠시 후 다시 시도해주세요."},
		{500, "FAILED_METHOD_HANDLING_CANCEL", "취소 중 결제 시 사용한 결제 수단 처리과정에서 일시적인 오류가 발생했습니다."},
		{500, "FAILED_PARTIAL_REFUND", "은행 점검, 해약 계좌 등의 사유로 부분 환불이 실패했습니다."},
		{500, "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "결제가 완료되지 않았어요. 다시 시도해주세요."},
		{500, "FAILED_REFUND_PROCESS", "은행 응답시간 지연이나 일시적인 오류로 환불요청에 실패했습니다."},
		{500, "UNKNOWN_PAYMENT_ERROR", "결제에 실패했어요. 같은 문제가 반복된다면 은행이나 카드사로 문의해주세요."},
	} {
		codes[e.Code] = e
	}
}

// refuse makes the error of a code; the code must be in the table.
func refuse(code string) *Error {
	e, ok := codes[code]
	if !ok {
		panic("sandbox: no error code " + code)
	}
	return &e
}

// refuseBecause is refuse with another message.
func refuseBecause(code, message string) *Error {
	e := refuse(code)
	e.Message = message
	return e
}
