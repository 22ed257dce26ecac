// --- TossPayments, version 2

const windowMethods = ['CARD', 'TRANSFER', 'VIRTUAL_ACCOUNT', 'MOBILE_PHONE', 'CULTURE_GIFT_CERTIFICATE',
  'BOOK_GIFT_CERTIFICATE', 'GAME_GIFT_CERTIFICATE', 'FOREIGN_EASY_PAY'];

function paymentOf(clientKey, customerKey) {
  async function requestPayment(request) {
    if (!isObject(request) || !isObject(request.amount)) throw refusal('INVALID_PARAMETERS');
    if (!windowMethods.includes(request.method)) throw refusal('NOT_SUPPORTED_METHOD');
    checkOrder(request);
    const { value, currency } = request.amount;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw refusal('INVALID_AMOUNT_VALUE');
    if (value <= 0) throw refusal('BELOW_ZERO_AMOUNT');
    const promised = checkAddresses(request);
    if (promised && (request.method === 'FOREIGN_EASY_PAY' || isPhone())) throw refusal('NOT_SUPPORTED_PROMISE');
    const of = { CARD: 'card', TRANSFER: 'transfer', VIRTUAL_ACCOUNT: 'virtualAccount', FOREIGN_EASY_PAY: 'foreignEasyPay' };
    const given = request[of[request.method]] || {};
    const options = {};
    for (const key of ['useEscrow', 'cardCompany', 'easyPay', 'flowMode', 'cardInstallmentPlan', 'maxCardInstallmentPlan',
      'validHours', 'dueDate', 'refundReceiveAccount', 'provider', 'country']) {
      if (given[key] !== undefined && given[key] !== null) options[key] = given[key];
    }
    const result = await openWindow({
      product: 'PAYMENT', clientKey, customerKey, method: request.method, amount: { value, currency }, options, ...order(request),
    }, { promised, target: request.windowTarget });
    return {
      paymentKey: result.paymentKey, orderId: result.orderId,
      amount: { value: Number(result.amount.value), currency: result.amount.currency },
    };
  }

  return {
    requestPayment,
    async requestBillingAuth() { throw refusal('NOT_SUPPORTED_METHOD'); },
    async destroy() { abort('PAYMENT_REQUEST_ABORTED'); },
  };
}

// A shop without a registered address gets this of every method of brandpay.
function brandpay() {
  const refuse = async () => { throw refusal('NOT_REGISTERED_REDIRECT_URL'); };
  return {
    requestPayment: refuse, changePassword: refuse, addPaymentMethod: refuse, openSettings: refuse,
    changeOneTouchPay: refuse, isOneTouchPayEnabled: refuse, requestBillingAuth: refuse,
  };
}

function TossPayments(clientKey) {
  const check = (params, wanted, code) => {
    checkClientKey(clientKey);
    checkCustomerKey(params && params.customerKey);
    if (!wanted.test(clientKey)) throw refusal(code);
  };
  return {
    widgets(params) {
      check(params, /^(test|live)_gck_/, 'NOT_SUPPORTED_API_INDIVIDUAL_KEY');
      return widgetsOf(clientKey, params.customerKey);
    },
    payment(params) {
      check(params, /^(test|live)_ck_/, 'NOT_SUPPORTED_WIDGET_KEY');
      return paymentOf(clientKey, params.customerKey);
    },
    brandpay(params) {
      check(params, /^(test|live)_ck_/, 'NOT_SUPPORTED_WIDGET_KEY');
      return brandpay();
    },
  };
}
TossPayments.ANONYMOUS = ANONYMOUS;
TossPayments.version = version;
window.TossPayments = TossPayments;
