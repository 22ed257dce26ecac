// --- TossPayments, version 1

const words = {
  카드: 'CARD', 가상계좌: 'VIRTUAL_ACCOUNT', 휴대폰: 'MOBILE_PHONE', 계좌이체: 'TRANSFER', 문화상품권: 'CULTURE_GIFT_CERTIFICATE',
  도서문화상품권: 'BOOK_GIFT_CERTIFICATE', 게임문화상품권: 'GAME_GIFT_CERTIFICATE', 해외간편결제: 'FOREIGN_EASY_PAY',
  토스페이: 'TOSSPAY', 토스결제: 'TOSSPAY', 미선택: '',
};

function TossPayments(clientKey) {
  checkClientKey(clientKey);

  // The method may be left out: then the buyer chooses in the window.
  async function requestPayment(...given) {
    const [word, request] = isObject(given[0]) ? ['', given[0]] : given;
    const method = Object.hasOwn(words, word) ? words[word] : word;
    if (method && !Object.values(words).includes(method)) throw refusal('INVALID_PARAMETER');
    checkOrder(request);
    const promised = checkAddresses(request);
    if (request.amount === undefined || !Number.isFinite(Number(request.amount))) throw refusal('INVALID_AMOUNT_VALUE');
    const options = {};
    for (const key of ['useEscrow', 'cardCompany', 'easyPay', 'flowMode', 'cardInstallmentPlan', 'maxCardInstallmentPlan',
      'validHours', 'dueDate', 'provider', 'country']) {
      if (request[key] !== undefined && request[key] !== null) options[key] = request[key];
    }
    const result = await openWindow({
      product: 'PAYMENT', clientKey, method, amount: { value: Number(request.amount), currency: request.currency || 'KRW' },
      options, ...order(request),
    }, { promised, target: request.windowTarget });
    return { paymentKey: result.paymentKey, orderId: result.orderId, amount: Number(result.amount.value) };
  }

  return {
    requestPayment,
    async requestBillingAuth() { throw refusal('NOT_SUPPORTED_METHOD'); },
    cancelPayment() { abort('USER_CANCEL'); },
  };
}
TossPayments.version = version;
window.TossPayments = TossPayments;
