package refunds

// What people are to do. None of it asks for a transfer by hand before it is
// sure that the provider does not pay as well: the same code also stands beside
// a request whose outcome is still unknown.
var (
	nothingToDo = advice{daesaActs, false, "별도 조치가 필요 없습니다", "nothing is left to do"}
	tryAgain    = advice{daesaActs, true,
		"daesa가 먼저 조회한 뒤 자동으로 다시 시도합니다. 그동안 수기이체나 상점관리자 취소를 하지 마세요",
		"daesa looks the payment up and tries again by itself; until then neither transfer by hand nor cancel in Toss's console"}
	mindGateway = advice{daesaActs, true,
		"몇 분 뒤 먼저 조회하고 같은 멱등키로 다시 시도합니다. 계속되면 운영자가 응답 내용(refunds show)과 프록시·방화벽을 확인해 주세요. 그동안 수기이체나 상점관리자 취소를 하지 마세요",
		"in some minutes daesa looks the payment up and tries again under the same key; if it goes on, an operator looks at the answer (refunds show) and at proxies and firewalls. Until then neither transfer by hand nor cancel in Toss's console"}
	waitForIt = advice{daesaActs, true,
		"처리가 끝나면 daesa가 결과를 조회합니다. 그동안 수기이체나 상점관리자 취소를 하지 마세요",
		"daesa looks up the outcome when it is there; until then neither transfer by hand nor cancel in Toss's console"}
	willSend = advice{daesaActs, true, "다음 실행 때 자동으로 취소를 요청합니다", "the next run sends the cancel"}
	watch    = advice{daesaActs, false, "daesa가 조회해 결과를 기록합니다", "daesa looks up the outcome and records it"}

	newAccount = advice{serviceActs, true,
		"고객에게 계좌를 다시 확인해 새 계좌로 등록해 주세요 (다시 결재가 필요합니다)",
		"ask the customer again and enter the new account (it needs a new approval)"}
	firstAccount = advice{serviceActs, true,
		"고객에게 환불계좌(은행, 계좌번호, 예금주)를 받아 등록해 주세요 (등록 후 결재가 필요합니다)",
		"ask the customer for the refund account (bank, number, holder) and enter it (it then needs an approval)"}
	wakeUser = advice{serviceActs, true,
		"고객에게 간편결제 휴면 해제를 안내한 뒤 다시 요청해 주세요. 어려우면 재무에 수기이체를 요청해 주세요",
		"ask the customer to wake the dormant wallet, then ask for the refund again; if that fails, finance transfers by hand"}

	byTransfer = advice{financeActs, false,
		"상점관리자에서 취소되지 않았음을 확인한 뒤 고객에게 수기이체하고, 이체 사실을 daesa에 기록해 주세요",
		"make sure in Toss's console that nothing was cancelled, transfer by hand, and record the transfer in daesa"}
	wholeOrTransfer = advice{financeActs, true,
		"취소되지 않았음을 확인한 뒤 전액 취소로 다시 요청하거나, 해당 금액을 수기이체하고 daesa에 기록해 주세요",
		"make sure that nothing was cancelled, then ask for the whole amount, or transfer this one by hand and record it in daesa"}
	lookAndResolve = advice{financeActs, true,
		"상점관리자에서 취소 내역을 확인한 뒤, 요청자가 아닌 담당자가 실행 여부를 daesa에 기록해 주세요 (refunds resolve)",
		"look at the cancels in Toss's console; another person than the requester then records in daesa whether it ran (refunds resolve)"}
	smallerAmount = advice{financeActs, true,
		"이미 취소되거나 이체된 금액을 확인하고, 금액을 고쳐 다시 요청해 주세요",
		"check what was cancelled or transferred already, and ask again for the right amount"}
	rightParts = advice{financeActs, true,
		"남은 과세·면세 금액을 확인하고, 면세금액을 고쳐 다른 참조번호로 다시 요청해 주세요",
		"check what is left taxable and tax-free, and ask again with the right tax-free part, under another ref"}
	raiseLimit = advice{financeActs, true,
		"토스페이먼츠에 한도 상향을 요청하거나, 한도가 갱신된 뒤 다시 요청해 주세요",
		"ask Toss Payments for a higher limit, or ask for the refund again when the limit is renewed"}
	giveWord = advice{financeActs, true,
		"요청자가 아닌 담당자가 내용을 확인하고 결재해 주세요",
		"another person than the requester checks and approves it"}
	giveWordAgain = advice{financeActs, true,
		"바뀐 내용을 확인하고, 그래도 필요한 환불이면 다시 결재해 주세요",
		"check what has changed, and approve it again if it is still owed"}
	signIt = advice{financeActs, true,
		"요청자가 아닌 담당자가 결재서를 확인하고 서명해 주세요 (refunds approve --statement)",
		"another person than the requester looks at a statement of it and signs it (refunds approve --statement)"}
	signAgain = advice{financeActs, true,
		"daesa audit verify로 무엇이 바뀌었는지 확인하고, 그래도 필요한 환불이면 새 결재서에 서명해 주세요 (refunds approve --statement)",
		"see by daesa audit verify what was changed; if it is still owed, sign a new statement of it (refunds approve --statement)"}
	alignShop = advice{financeActs, false,
		"쇼핑몰 주문과 토스 거래를 확인해 주문 상태를 맞추고, 환불이 더 필요하면 새로 요청해 주세요",
		"compare the shop's order with Toss's payment and mend the order; ask anew if more is owed"}
	checkPaid = advice{financeActs, false,
		"주문과 결제 상태를 확인해 주세요. 입금 전 가상계좌는 환불이 아니라 발급 취소로 처리합니다",
		"check the order and the payment; a virtual account before its deposit is closed, not refunded"}
	closeAccount = advice{financeActs, true,
		"전액으로 가상계좌 발급 취소를 다시 요청해 주세요",
		"ask again to close the virtual account as a whole"}
	askAnew = advice{financeActs, true, "내용을 확인해 고친 뒤 새로 요청해 주세요", "correct it and ask anew"}

	nameThePayment = advice{financeActs, true,
		"daesa explain 주문번호에서 결제를 확인하고, 환불할 결제의 결제키로 요청해 주세요",
		"look at the payments by daesa explain ORDER, and ask by the key of the one that goes back"}

	putBack = advice{operatorActs, true,
		"daesa.yaml에 이 가맹점을 다시 적어 주세요. 더 쓰지 않는 가맹점이면 재무가 요청을 철회하고(refunds withdraw) 다른 방법으로 환불해야 합니다",
		"put the merchant back into daesa.yaml; if it is gone for good, finance withdraws the request (refunds withdraw) and gives the money back in another way"}
	liftOrWithdraw = advice{operatorActs, true,
		"daesa.yaml의 환불 한도를 올리거나, 요청을 철회하고(refunds withdraw) 다른 방법으로 환불해 주세요",
		"raise the limit in daesa.yaml, or withdraw the request (refunds withdraw) and give the money back in another way"}
	liftOrWait = advice{daesaActs, true,
		"한도가 새로 시작되면 자동으로 보냅니다. 더 빨라야 하면 운영자가 daesa.yaml의 한도를 올려 주세요",
		"it is sent by itself when the limit begins anew; if that is too late, the operator raises it in daesa.yaml"}
	setClock = advice{operatorActs, true,
		"서버의 시각을 맞춘 뒤(NTP) 다시 실행해 주세요",
		"set the machine's clock (NTP) and run again"}
	switchOn = advice{operatorActs, true,
		"보내도 되면 daesa.yaml에 refunds.send: true를 적어 주세요",
		"write refunds.send: true into daesa.yaml when it may be sent"}
	takeBrakeOff = advice{operatorActs, true,
		"멈춘 이유를 확인한 뒤 daesa refunds resume으로 다시 시작해 주세요",
		"look at why it was paused, then daesa refunds resume"}

	checkKey = advice{operatorActs, true,
		"daesa.yaml의 시크릿 키와 환경(테스트·라이브)을 확인한 뒤 다시 실행해 주세요. 그때까지 전송이 멈춥니다",
		"check the secret key and its environment (test or live) in daesa.yaml and run again; until then nothing is sent"}
	checkMerchant = advice{operatorActs, true,
		"MID와 결제 키, 시크릿 키의 환경(테스트·라이브)이 서로 맞는지 확인해 주세요",
		"check that the MID, the payment key and the environment (test or live) of the secret key belong together"}
	checkRequest = advice{operatorActs, true,
		"시도 내역(refunds show)의 코드와 trace id를 개발 담당자에게 전달해 주세요. 고친 뒤 새로 요청해야 합니다",
		"give the code and the trace id of the attempt (refunds show) to the developers; when it is mended, ask anew"}
	checkLimits = advice{operatorActs, true,
		"daesa.yaml의 환불 한도를 확인해 주세요. 한도가 새로 시작되면 자동으로 전송합니다",
		"check the refund limits in daesa.yaml; it is sent by itself when they begin anew"}
	verifyJournal = advice{operatorActs, true,
		"데이터베이스를 그대로 두고 daesa audit verify로 무엇이 바뀌었는지, 누가 바꿨는지 확인해 주세요. 확인 전에는 수기이체나 상점관리자 취소를 하지 마세요",
		"leave the database as it is, and find out by daesa audit verify what was changed, and by whom; until then neither transfer by hand nor cancel in Toss's console"}
	mendMerchant = advice{operatorActs, true,
		"daesa.yaml의 merchants.mid와 also_mids를 상점관리자의 상점아이디와 맞춰 주세요 (daesa doctor가 키의 상점아이디를 알려 줍니다). 이 상점의 결제가 아니면 refunds resolve로 종결해 주세요",
		"let merchants.mid and also_mids in daesa.yaml agree with Toss's console (daesa doctor says whose key it is); if the payment is not this shop's, close the request by refunds resolve"}
	findDatabase = advice{operatorActs, true,
		"데이터베이스를 복구했다면 daesa refunds run --after-restore를 실행하고 이후의 환불 파일을 다시 등록해 주세요. 아니면 같은 키를 쓰는 다른 데이터베이스나 다른 설치를 확인한 뒤, 요청자가 아닌 담당자가 refunds resolve로 기록해 주세요",
		"if the database was restored, run daesa refunds run --after-restore and import the files that came later again; else look for another database or another installation with the same key, and then another person than the requester says so by refunds resolve"}
	oldKeyBack = advice{operatorActs, true,
		"이전 시크릿 키와 주소로 다시 실행해 결과를 확정하거나, 상점관리자에서 취소 여부를 확인해 주세요",
		"run once more with the former secret key and address to settle it, or look at the payment in Toss's console"}

	askToss = advice{tossActs, true,
		"trace id와 함께 사유를 문의해 주세요. 취소할 수 없다고 확인되면 재무가 수기이체합니다",
		"ask for the reason with the trace id; once it is sure that it cannot be cancelled, finance transfers by hand"}
	askPayout = advice{tossActs, false,
		"송금 상태와 재송금 방법을 문의해 주세요. 확인 전에는 수기이체하지 마세요 (취소를 다시 보내지 않습니다)",
		"ask where the money is and how to pay it out again; do not transfer by hand before that (no second cancel is sent)"}
	askAboutCode = advice{tossActs, true,
		"상점관리자에서 실제 취소 여부를 확인하고, 코드와 trace id로 문의해 주세요",
		"look in Toss's console whether it was cancelled, and ask with the code and the trace id"}
)

// sentences of the provider's codes (toss/failure.go names the source of each)
// and of daesa's own reasons.
var sentences = map[string]entry{
	// Cancelled already; by whom a look-up says.
	"ALREADY_CANCELED_PAYMENT":  {ko: "이미 취소된 결제입니다", en: "the payment was cancelled before", do: &lookAndResolve},
	"ALREADY_REFUND_PAYMENT":    {ko: "이미 환불된 결제입니다", en: "the payment was refunded before", do: &lookAndResolve},
	"ALREADY_REFUNDING_PAYMENT": {ko: "이미 환불이 진행 중인 결제입니다", en: "a refund of the payment is under way already", do: &lookAndResolve},

	// The balance.
	"NOT_MATCHES_REFUNDABLE_AMOUNT": {ko: "취소 가능 금액이 daesa가 확인한 금액과 다릅니다", en: "the balance is not what daesa saw before", do: &lookAndResolve},
	"NOT_CANCELABLE_AMOUNT":         {ko: "취소 가능 금액을 넘거나 남은 금액이 없습니다", en: "more than is left, or nothing is left to cancel", do: &lookAndResolve},

	// The refund account.
	"INVALID_REFUND_ACCOUNT_INFO":   {ko: "환불계좌의 계좌번호와 예금주가 일치하지 않습니다", en: "the refund account's number and holder do not match", do: &newAccount},
	"INVALID_REFUND_ACCOUNT_NUMBER": {ko: "환불계좌번호가 올바르지 않습니다", en: "the refund account's number is wrong", do: &newAccount},
	"INVALID_BANK":                  {ko: "환불계좌의 은행이 올바르지 않습니다", en: "the refund account's bank is not known", do: &newAccount},
	"FORBIDDEN_BANK_REFUND_REQUEST": {ko: "입금을 받을 수 없는 환불계좌입니다", en: "the refund account cannot receive money", do: &newAccount},
	"NOT_ALLOWED_REFUND_BANK":       {ko: "환불할 수 없는 은행입니다", en: "refunds to this bank are not possible", do: &newAccount},
	"ACCOUNT_OWNER_CHECK_FAILED":    {ko: "환불계좌의 예금주를 확인하지 못했습니다", en: "the refund account's holder could not be checked", do: &newAccount},
	"ALREADY_CLOSE_ACCOUNT":         {ko: "이미 해지된 환불계좌입니다", en: "the refund account is closed", do: &newAccount},

	"EXCEED_MAX_REFUND_DUE": {ko: "토스페이먼츠의 취소기한이 지났습니다", en: "Toss Payments' refund period is over", do: &byTransfer, over: true},

	// It says try again; money may have moved.
	"PROVIDER_ERROR":                            {ko: "결제 기관에 일시적인 오류가 있습니다", en: "the payment provider has a temporary fault", do: &tryAgain},
	"FORBIDDEN_CONSECUTIVE_REQUEST":             {ko: "같은 결제의 취소 요청 간격이 너무 짧았습니다", en: "cancels of one payment followed too fast", do: &tryAgain},
	"NOT_AVAILABLE_BANK":                        {ko: "은행 서비스 시간이 아닙니다", en: "the bank is closed at this hour", do: &tryAgain},
	"FAILED_INTERNAL_SYSTEM_PROCESSING":         {ko: "토스페이먼츠 내부 처리에 실패했습니다", en: "Toss Payments failed inside", do: &tryAgain},
	"FAILED_REFUND_PROCESS":                     {ko: "은행 응답 지연 등으로 환불 처리에 실패했습니다", en: "the refund failed, for instance because the bank was slow", do: &tryAgain},
	"FAILED_METHOD_HANDLING_CANCEL":             {ko: "결제수단사의 취소 처리에 실패했습니다", en: "the method's provider failed to cancel", do: &tryAgain},
	"FAILED_PARTIAL_REFUND":                     {ko: "부분 환불에 실패했습니다 (은행 점검, 해지 계좌 등)", en: "the partial refund failed (maintenance, a closed account or another cause)", do: &tryAgain},
	"COMMON_ERROR":                              {ko: "토스페이먼츠에 일시적인 오류가 있습니다", en: "Toss Payments has a temporary fault", do: &tryAgain},
	"FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING": {ko: "결제 기관의 내부 처리에 실패했습니다", en: "the payment system failed inside", do: &tryAgain},
	"FAILED_DB_PROCESSING":                      {ko: "토스페이먼츠가 결과를 저장하지 못했다고 답했습니다", en: "Toss Payments says it could not store the outcome", do: &tryAgain},
	"UNKNOWN_ERROR":                             {ko: "토스페이먼츠가 알 수 없는 오류라고 답했습니다", en: "Toss Payments reports an unknown error", do: &tryAgain},
	"UNKNOWN_PAYMENT_ERROR":                     {ko: "토스페이먼츠가 알 수 없는 결제 오류라고 답했습니다", en: "Toss Payments reports an unknown payment error", do: &tryAgain},
	"MAINTAINED_METHOD":                         {ko: "결제수단이 점검 중입니다", en: "the payment method is under maintenance", do: &tryAgain},
	"IDEMPOTENT_REQUEST_PROCESSING":             {ko: "같은 취소 요청이 아직 처리 중입니다", en: "the same cancel is still being processed", do: &waitForIt},
	"TOO_MANY_REQUESTS":                         {ko: "요청이 많아 토스페이먼츠가 잠시 받지 않습니다", en: "Toss Payments takes no more calls for a moment", do: &tryAgain},

	// The secret key.
	"UNAUTHORIZED_KEY":            {ko: "시크릿 키가 인증되지 않았습니다", en: "the secret key is not accepted", do: &checkKey},
	"INCORRECT_BASIC_AUTH_FORMAT": {ko: "시크릿 키의 인증 형식이 올바르지 않습니다", en: "the form of the secret key's header is wrong", do: &checkKey},
	"INVALID_API_KEY":             {ko: "잘못된 시크릿 키입니다", en: "the secret key is wrong", do: &checkKey},
	"INVALID_CLIENT_KEY":          {ko: "시크릿 키 자리에 다른 키가 쓰였습니다", en: "another key stands where the secret key belongs", do: &checkKey},
	"NOT_FOUND_MERCHANT":          {ko: "이 키의 상점을 찾을 수 없습니다", en: "no merchant has this key", do: &checkKey},

	// Perhaps not even Toss's answer.
	"NOT_FOUND": {ko: "중간 서버가 주소를 찾지 못했다고 답했을 수 있습니다", en: "a gateway in between may have answered that it does not know the address", do: &lookAndResolve},

	// No such payment.
	"NOT_FOUND_PAYMENT":       {ko: "이 상점에 없는 결제입니다", en: "the merchant has no such payment", do: &checkMerchant},
	"INVALID_PAYMENT_KEY":     {ko: "결제 키가 올바르지 않습니다", en: "the payment key is malformed", do: &checkMerchant},
	"INVALID_PAGING_KEY":      {ko: "목록의 다음 쪽을 찾는 값이 올바르지 않습니다", en: "a paging key was refused", do: &watch},
	"INVALID_TRANSACTION_KEY": {ko: "목록을 이어 읽을 거래 키가 올바르지 않습니다", en: "a transaction key for paging was refused", do: &watch},

	// Refused.
	"EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT":       {ko: "부분 취소하면 남는 금액이 즉시할인 금액보다 작아집니다", en: "what would be left is less than the instant discount", do: &wholeOrTransfer},
	"INVALID_REQUEST":                            {ko: "취소 요청의 형식이 올바르지 않습니다", en: "the cancel request is malformed", do: &checkRequest},
	"REFUND_REJECTED":                            {ko: "환불이 거절되었습니다", en: "the refund was refused", do: &askToss},
	"FORBIDDEN_REQUEST":                          {ko: "허용되지 않은 요청이라고 거절되었습니다", en: "the request is not allowed", do: &askToss},
	"NOT_CANCELABLE_PAYMENT":                     {ko: "취소할 수 없는 결제입니다", en: "the payment cannot be cancelled", do: &askToss},
	"NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER":    {ko: "휴면 회원의 결제라 취소할 수 없습니다", en: "the payer's account is dormant, so the payment cannot be cancelled", do: &wakeUser},
	"NOT_ALLOWED_PARTIAL_REFUND":                 {ko: "부분 취소할 수 없는 결제입니다 (에스크로, 현금카드 등)", en: "no partial cancel is possible (escrow, a cash card or the like)", do: &wholeOrTransfer},
	"NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT": {ko: "입금 전 가상계좌는 일부만 취소할 수 없습니다", en: "a virtual account before its deposit cannot be cancelled in part", do: &closeAccount},
	"EXCEED_CANCEL_LIMIT":                        {ko: "상점의 취소 한도를 모두 썼습니다", en: "the merchant's cancel limit is used up", do: &raiseLimit},
	"EXCEED_MAX_REFUND_AMOUNT":                   {ko: "상점의 환불 한도를 넘었습니다", en: "the merchant's refund limit is passed", do: &raiseLimit},
	"INVALID_REFUND_AMOUNT":                      {ko: "환불 금액이 올바르지 않습니다", en: "the refund's amount is wrong", do: &smallerAmount},
	"NOT_SUPPORTED_REFUND":                       {ko: "환불이 지원되지 않는 결제입니다", en: "refunds of this payment are not supported", do: &askToss},
	"EXCEEDS_TRANSFER_AMOUNT_MAXIMUM":            {ko: "1회 송금 한도를 넘는 금액입니다", en: "more than one transfer may carry", do: &askToss},
	"NOT_ENOUGH_AMOUNT":                          {ko: "잔액이 부족하다는 답을 받았습니다 (지급대행의 코드)", en: "the balance is too low, says a code of payouts", do: &askToss},
	"BELOW_ZERO_AMOUNT":                          {ko: "금액이 0 이하입니다", en: "the amount is not above zero", do: &smallerAmount},
	"INVALID_CURRENCY":                           {ko: "통화가 올바르지 않습니다", en: "the currency is wrong", do: &askAnew},
	"NOT_SUPPORTED_METHOD":                       {ko: "지원되지 않는 결제수단입니다", en: "the payment method is not supported", do: &askToss},
	"NOT_SUPPORTED_PROCESS":                      {ko: "지원되지 않는 처리입니다", en: "the operation is not supported", do: &askToss},
	"INVALID_IDEMPOTENCY_KEY":                    {ko: "멱등키가 올바르지 않습니다", en: "the idempotency key is wrong", do: &checkRequest},
	"API_VERSION_UPDATE_NEEDED":                  {ko: "더 새로운 API 버전이 필요합니다", en: "a newer version of the API is needed", do: &checkRequest},
	"DUPLICATED_ORDER_ID":                        {ko: "이미 쓰인 주문번호라는 답을 받았습니다", en: "the order id was used before", do: &checkRequest},
	"EXCEED_MAX_QUERY_LIMIT":                     {ko: "조회 건수 한도를 넘었습니다", en: "more was asked for than one query may give", do: &checkRequest},
	"EXCEED_MAX_DUE_DATE":                        {ko: "가상계좌 입금기한의 최대 기간을 넘었습니다", en: "the due date is too far away", do: &checkRequest},
	"EXCEED_MAX_VALID_HOURS":                     {ko: "가상계좌 유효시간의 최대값을 넘었습니다", en: "the valid hours are too many", do: &checkRequest},
	"INVALID_DATE":                               {ko: "날짜가 올바르지 않습니다", en: "a date is wrong", do: &checkRequest},
	"INVALID_ISO_DATE_FORMAT":                    {ko: "날짜 형식이 올바르지 않습니다", en: "a date is malformed", do: &checkRequest},
	"INVALID_REQUIRED_PARAM":                     {ko: "필수 항목이 빠졌습니다", en: "a required field is missing", do: &checkRequest},
	"INVALID_TEST_CODE":                          {ko: "테스트 코드가 올바르지 않습니다", en: "the test code is wrong", do: &checkRequest},
	"NOT_FOUND_METHOD":                           {ko: "결제수단을 찾을 수 없습니다", en: "the payment method was not found", do: &checkRequest},
	"NOT_FOUND_BILLING":                          {ko: "자동결제 정보를 찾을 수 없습니다", en: "the billing record was not found", do: &checkRequest},
	"PAYOUT_NOT_FOUND":                           {ko: "지급대행 내역을 찾을 수 없습니다", en: "the payout was not found", do: &checkRequest},
	"NOT_MATCHES_CUSTOMER_KEY":                   {ko: "고객 키가 일치하지 않습니다", en: "the customer key does not match", do: &checkRequest},

	// They may tell of a first call that did run.
	"DUPLICATED_REQUEST":        {ko: "중복된 요청이라는 답을 받았습니다", en: "the request was called a duplicate", do: &lookAndResolve},
	"ALREADY_COMPLETED_PAYMENT": {ko: "이미 처리가 끝난 결제라는 답을 받았습니다", en: "the payment was called complete already", do: &lookAndResolve},

	// Daesa's own: the way of a request.
	WhyAsked:      {ko: "환불이 요청되었습니다", en: "the refund was asked for", do: &giveWord},
	WhyWord:       {ko: "결재가 끝났습니다", en: "a person has approved it", do: &willSend},
	WhyUnderLimit: {ko: "결재 기준 금액 이하라 결재 없이 진행합니다", en: "the amount needs no approval", do: &willSend},
	WhySend:       {ko: "취소 요청을 보냅니다", en: "the cancel is sent", do: &watch},
	WhySendAgain:  {ko: "같은 멱등키로 취소 요청을 다시 보냅니다", en: "the cancel is sent again with the same key", do: &watch},
	WhyNewAttempt: {ko: "앞선 요청이 실행되지 않아 새 멱등키로 다시 보냅니다", en: "the former call did not run, so it is sent with a new key", do: &watch},
	WhyFound:      {ko: "토스 거래에서 이 요청의 취소를 찾았습니다", en: "Toss shows the cancel of this request", do: &nothingToDo},
	WhyAnswered:   {ko: "취소 완료되었습니다", en: "it was cancelled", do: &nothingToDo},
	WhyPaidOut:    {ko: "환불계좌로 환불 완료되었습니다", en: "the money was paid out to the refund account", do: &nothingToDo},
	WhyOnItsWay:   {ko: "환불이 접수되어 송금을 기다립니다", en: "it was accepted, and the money is on its way", do: &watch},
	WhyWithdrawn:  {ko: "요청이 철회되었습니다", en: "the request was withdrawn", do: &nothingToDo},

	// Nobody knows yet.
	WhyNoAnswer:    {ko: "취소 요청의 응답을 받지 못해 결과 미확인입니다", en: "the cancel got no answer, so its outcome is unknown", do: &tryAgain},
	WhyNotSent:     {ko: "토스페이먼츠에 연결하지 못해 요청이 전송되지 않았습니다", en: "Toss Payments could not be reached, and nothing was sent", do: &tryAgain},
	WhyNoCode:      {ko: "토스페이먼츠의 오류 코드가 없는 응답을 받아 결과 미확인입니다 (중간의 프록시나 방화벽이 답했을 수 있습니다)", en: "the answer bears no code of Toss Payments, so the outcome is unknown (a proxy or a firewall may have answered)", do: &mindGateway},
	WhySums:        {ko: "응답에 적힌 금액이 서로 맞지 않아 믿을 수 없습니다", en: "the amounts in the answer contradict each other, so it is not believed", do: &mindGateway},
	WhyLeaseOver:   {ko: "처리하던 프로그램이 중단되어 결과 미확인입니다", en: "the program stopped during the call, so its outcome is unknown", do: &tryAgain},
	WhyUnreachable: {ko: "토스페이먼츠에서 결제를 조회하지 못했습니다", en: "the payment could not be looked up at Toss Payments", do: &tryAgain},
	WhyInFlight:    {ko: "이 결제의 취소가 아직 처리 중입니다", en: "a cancel of this payment is still being processed", do: &waitForIt},
	WhyQuiet:       {ko: "앞선 전송이 늦게 실행될 수 있어 결과 확정을 기다립니다", en: "a former call may still arrive, so the outcome is not final yet", do: &waitForIt},

	// A person looks.
	WhyBalanceMoved:   {ko: "취소 가능 금액이 보낼 때와 달라졌습니다", en: "the balance has moved since the cancel was sent", do: &lookAndResolve},
	WhyAltered:        {ko: "환불 요청의 내용이 daesa 밖에서 바뀌어 감사기록과 다릅니다", en: "the request was changed outside of daesa, and is not what the journal says of it", do: &verifyJournal},
	WhyAmountDiffers:  {ko: "토스의 취소 내역이 이 요청의 금액이나 건수와 맞지 않습니다", en: "Toss's cancels do not agree with this request in amount or number", do: &lookAndResolve},
	WhyNoReference:    {ko: "취소되었다는 답이 있으나 이 요청의 참조번호가 있는 취소가 없습니다", en: "it is called cancelled, but no cancel carries the reference of this request", do: &lookAndResolve},
	WhyKeyTooOld:      {ko: "멱등키 유효기간이 지나 같은 요청을 다시 보낼 수 없습니다", en: "the idempotency key is too old to be sent again", do: &lookAndResolve},
	WhyTooMany:        {ko: "여러 번 시도했으나 일시 오류가 계속됩니다", en: "the temporary fault goes on after several attempts", do: &lookAndResolve},
	WhySecretChanged:  {ko: "보낸 뒤 시크릿 키나 주소가 바뀌어 같은 요청을 다시 보낼 수 없습니다", en: "the secret key or address has changed, so the same call cannot be sent again", do: &oldKeyBack},
	WhyPayoutFailed:   {ko: "취소되었으나 환불계좌로 송금하지 못했습니다", en: "it was cancelled, but the payout to the refund account failed", do: &askPayout},
	WhyPayoutLate:     {ko: "취소되었으나 송금 완료가 오래 확인되지 않습니다", en: "it was cancelled, but the payout has been missing for long", do: &askPayout},
	WhyForeignAborted: {ko: "해외 결제의 취소가 중단되었습니다", en: "the cancel of the foreign payment was aborted", do: &lookAndResolve},
	WhyVanished:       {ko: "토스에 있던 취소 내역이 더 이상 보이지 않습니다", en: "a cancel that Toss showed is not there any more", do: &askPayout},

	// Whose payment it is, and whose references it bears.
	WhyOtherMerchant:    {ko: "토스페이먼츠가 알려 준 상점아이디가 설정과 달라 보내지 않았습니다", en: "Toss Payments names another merchant than the configuration, so it was not sent", do: &mendMerchant},
	WhyMerchantNotNamed: {ko: "어느 상점의 결제인지 확인되지 않아 보내지 않았습니다", en: "nothing says whose payment it is, so it was not sent", do: &mendMerchant},
	WhyUnknownReference: {ko: "이 데이터베이스에 없는 daesa 참조번호의 취소가 있어 보내지 않았습니다", en: "the payment bears a cancel with a daesa reference that this database does not know, so it was not sent", do: &findDatabase},
	WhyTwoInFlight:      {ko: "한 결제에 두 건의 취소가 동시에 진행 중이었습니다", en: "two cancels of one payment were on their way at once", do: &lookAndResolve},

	// An order that was paid more than once.
	WhySeveralPayments: {ko: "주문에 결제가 여러 건 있어 어느 결제의 환불인지 정할 수 없습니다", en: "the order has several payments, so that it does not say which one goes back", do: &nameThePayment},
	WhySentOnAnother:   {ko: "같은 주문의 다른 결제에 이 요청의 참조번호로 된 취소가 이미 있어 보내지 않았습니다", en: "another payment of the order bears a cancel with the reference of this request already, so it was not sent", do: &alignShop},
	WhyNotTooMuch:      {ko: "환불하면 토스에 남는 결제 금액이 쇼핑몰 주문 금액보다 적어져 중복 결제 환불로 보내지 않습니다", en: "less than what the shop holds of the order would stay at Toss, so it is not given back as a duplicate", do: &alignShop},

	// It is not sent as it is.
	WhyForeignCancel:    {ko: "결재 뒤 daesa 밖에서 취소된 금액이 있습니다", en: "something was cancelled outside daesa since the approval", do: &giveWordAgain},
	WhyNotSigned:        {ko: "서명된 결재가 없습니다", en: "no signed approval stands for it", do: &signIt},
	WhySignedOtherwise:  {ko: "요청의 내용이 서명한 내용과 다릅니다", en: "it is not what was signed", do: &signAgain},
	WhySignatureRefused: {ko: "결재서의 서명이 인정되지 않습니다. 키가 폐기되었거나 등록되지 않았거나 결재서가 바뀌었습니다", en: "the signature on its approval is not accepted: its key is revoked or not allowed, or the statement was changed", do: &signAgain},
	WhyApprovalVoid:     {ko: "결재 뒤 내용이 바뀌어 결재가 무효가 되었습니다", en: "it was changed after its approval, which is void", do: &giveWordAgain},
	WhyAlready:          {ko: "이미 환불되어 취소할 금액이 없습니다", en: "it was refunded already, and nothing is left to cancel", do: &alignShop},
	WhyNotOwed:          {ko: "더 이상 이 금액을 환불할 필요가 없습니다", en: "this amount is no longer owed", do: &alignShop},
	WhyDeadline:         {ko: "취소기한이 지났습니다", en: "the cancel deadline has passed", do: &byTransfer, over: true},
	WhyNeedsAccount:     {ko: "가상계좌 환불계좌 미등록", en: "the virtual account's refund has no account to go to", do: &firstAccount},
	WhyOverLimit:        {ko: "daesa의 환불 한도에 걸려 보내지 않았습니다", en: "a refund limit of daesa is reached, so it was not sent", do: &checkLimits},
	WhyPartial:          {ko: "부분 취소할 수 없는 결제입니다", en: "the payment cannot be cancelled in part", do: &wholeOrTransfer},
	WhyNotPaid:          {ko: "결제되지 않아 환불할 금액이 없습니다", en: "it was never paid, so nothing can be refunded", do: &checkPaid},
	WhyRefusedBare:      {ko: "사유 코드 없이 거절되었습니다", en: "it was refused without a code", do: &askToss},
	WhyTaxPart:          {ko: "요청한 면세금액이 남은 과세·면세 금액과 맞지 않습니다", en: "its tax-free part does not fit what is left, taxable and tax-free", do: &rightParts},
	WhyAboveBalance:     {ko: "요청 금액이 환불할 수 있는 금액보다 큽니다", en: "more is asked for than can be refunded", do: &smallerAmount},
	WhyCurrency:         {ko: "요청의 통화가 결제 통화와 다릅니다", en: "the request is in another currency than the payment", do: &askAnew},

	// What an open request waits for.
	WhyAwaitsApproval: {ko: "결재 대기", en: "waiting for an approval", do: &giveWord},
	WhyNotConfigured:  {ko: "설정(daesa.yaml)에 없는 가맹점 · 전송·조회 불가", en: "the merchant is not in daesa.yaml, so that nothing is sent or looked up", do: &putBack},
	WhyAboveSingle:    {ko: "1건 한도(max_single) 초과 · 전송 불가", en: "above refunds.max_single, so never sent under this limit", do: &liftOrWithdraw},
	WhyAboveRun:       {ko: "1회 실행 한도(max_amount) 초과 · 전송 불가", en: "above refunds.max_amount, so never sent under this limit", do: &liftOrWithdraw},
	WhyAboveDay:       {ko: "1일 한도(max_amount_per_day) 초과 · 전송 불가", en: "above refunds.max_amount_per_day, so never sent under this limit", do: &liftOrWithdraw},
	WhyNoCount:        {ko: "환불 건수 한도(max_count, max_count_per_day) 0건 · 전송 불가", en: "refunds.max_count or max_count_per_day is 0, so that nothing can be sent", do: &liftOrWithdraw},
	WhyBlocked:        {ko: "환불 한도가 없는 통화 · 전송 불가", en: "refunds in this currency have no limit above 0, so that none can be sent", do: &liftOrWithdraw},
	WhyDayFull:        {ko: "금일 환불 한도 소진", en: "today's refund limits are used up", do: &liftOrWait},
	WhyKeyRefused:     {ko: "시크릿 키 인증 실패", en: "Toss does not accept the secret key of this merchant", do: &checkKey},
	WhyClock:          {ko: "서버 시각 오차(토스와 5분 초과)", en: "the machine's clock and Toss's differ by more than five minutes", do: &setClock},
	WhySendFalse:      {ko: "자동 전송 꺼짐(refunds.send: false)", en: "refunds.send is false, so that nothing is sent", do: &switchOn},
	WhyPaused:         {ko: "환불 일시 중지(refunds pause)", en: "refunds are paused (refunds pause)", do: &takeBrakeOff},
	WhyNextRun:        {ko: "다음 환불 실행 대기", en: "waiting for the next refund run", do: &willSend},
	WhyRetryLater:     {ko: "다음 시도 시각 대기", en: "waiting for the moment of the next try", do: &tryAgain},
	WhyBeingSent:      {ko: "전송 중", en: "being sent at this moment", do: &waitForIt},
	WhyLookedUp:       {ko: "전송 결과 미확인 · 재조회 예정", en: "the outcome is not known, and is looked up again", do: &tryAgain},
	WhyMustLook:       {ko: "자동 판단 불가 · 보류", en: "no rule explains what Toss shows, so nothing is done by itself", do: &lookAndResolve},
}

// innerCodes stand in brackets in the provider's messages: those of PortOne's
// list of them (tosspayments-code.xlsx, translated), and ES12 also of
// https://techchat.tosspayments.com/m/1327972624625696840. Each is Korean and
// English.
var innerCodes = map[string][2]string{
	"ES12": {"에스크로 상태라 부분 취소할 수 없음", "the state of the escrow allows no partial cancel"},
	"RF02": {"은행 서비스 시간 외", "outside the bank's hours"},
	"RF03": {"은행의 일 환불 한도 초과", "the bank's daily refund sum is exceeded"},
	"RF08": {"상점의 월 환불 한도 초과", "the merchant's monthly refund sum is exceeded"},
	"RF10": {"실시간 환불 기간이 지나 오프라인 환불로 진행", "the period of real-time refunds is over, an offline refund follows"},
	"RF11": {"시간 초과된 환불, 다음 날 다시 시도 가능", "a refund that timed out can be tried again on the next day"},
	"RF12": {"은행의 환불 한도가 0원", "the refund limit at the bank is zero"},
	"RF13": {"상점의 환불 한도가 0원", "the refund limit of the merchant is zero"},
	"RF15": {"이미 환불됨", "refunded already"},
	"RF20": {"환불할 수 없는 은행", "the bank cannot refund"},
	"RF21": {"환불 기간 경과", "the refund period is over"},
	"RF23": {"환불 진행 중", "a refund is in progress"},
	"RF25": {"환불 진행 중", "a refund is in progress"},
	"RF26": {"계좌 형식 오류", "the account's format is wrong"},
	"RF27": {"입금액을 넘는 환불", "above the deposited sum"},
	"RF29": {"계좌 환불 접수됨", "the transfer refund was accepted"},
	"RF30": {"에스크로라 부분 환불할 수 없음", "escrow allows no partial refund"},
	"RF31": {"가상계좌 번호로는 환불받을 수 없음", "a virtual account's number cannot receive the refund"},
	"RF32": {"같은 요청이 다른 금액으로 환불됨", "the same request was refunded with another amount"},
	"RF33": {"같은 요청이 다른 금액으로 진행 중", "the same request is in progress with another amount"},
	"RF34": {"은행 응답 지연, 나중에 다시 시도", "the bank is slow, try later"},
	"RF35": {"이미 환불됨", "refunded already"},
	"RF36": {"현금카드는 부분 취소할 수 없음", "a cash card allows no partial cancel"},
	"C053": {"부분 취소 금액이 원거래보다 큼", "the part is above the original"},
	"C079": {"취소할 금액이 남아 있지 않음", "nothing is left to cancel"},
	"C090": {"부분 취소할 수 없는 카드", "the card allows no partial cancel"},
	"C091": {"할부 거래만 부분 취소 가능", "only instalments can be cancelled in part"},
	"C092": {"일시불 거래만 부분 취소 가능", "only lump sums can be cancelled in part"},
	"C093": {"처리되지 않은 건이 있음", "an unprocessed item exists"},
	"C094": {"금액 확인 필요", "the amount is to be checked"},
	"C107": {"포인트 거래는 부분 취소할 수 없음", "a deal with points allows no partial cancel"},
	"C108": {"즉시할인 거래는 부분 취소할 수 없음", "an instant discount allows no partial cancel"},
	"C112": {"남은 금액 불일치", "the rest does not match"},
	"S060": {"취소 기간 경과", "the cancel period is over"},
	"W010": {"당월에만 취소 가능", "only within the same month"},
	"W702": {"12개월 이내에만 취소 가능", "only within 12 months"},
	"225":  {"휴대폰 결제 취소 기간 경과", "the phone payment's cancel period is over"},
	"316":  {"휴대폰 결제 이용 금액 초과", "above the sum that was paid by phone"},
	"318":  {"휴대폰 결제 중복 취소", "the phone payment was cancelled twice"},
}
