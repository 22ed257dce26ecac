// --- PaymentWidget, version 1

function PaymentWidget(clientKey, customerKey) {
  checkClientKey(clientKey);
  checkCustomerKey(customerKey);
  let methods = null;
  let agreement = null;
  let amount = null;

  function readAmount(given) {
    const read = isObject(given) ? given : { value: given };
    const out = { value: Number(read.value), currency: read.currency || 'KRW', country: read.country };
    if (read.value === undefined || read.value === null || !Number.isFinite(out.value)) throw refusal('INVALID_AMOUNT_VALUE');
    if (out.value < 0) throw refusal('BELOW_ZERO_AMOUNT');
    return out;
  }
  const show = () => methods.send({ type: 'amount', ...amount });

  function renderPaymentMethods(selector, price, options) {
    const element = elementOf(selector);
    amount = readAmount(price);
    checkVariant(options && options.variantKey);
    if (methods) methods.remove();
    const mine = widgetFrame(element, '/browser/widget', { currency: amount.currency }, '결제수단');
    methods = mine;
    mine.listen((type) => { if (type === 'ready') show(); });
    return {
      UPDATE_REASON: { COUPON: 'COUPON', POINT: 'POINT' },
      updateAmount(price) {
        amount = { ...readAmount(price), currency: amount.currency, country: amount.country };
        show();
      },
      // customRequest and its like belong to methods of the shop's own, which the
      // sandbox does not have: nobody ever calls.
      on(event, call) {
        if (event === 'ready') mine.ready.then(() => call());
      },
      getSelectedPaymentMethod() {
        const chosen = mine.state && mine.state.method;
        if (!chosen) return { type: 'NORMAL', method: '카드' };
        if (chosen.provider) return { type: 'NORMAL', method: chosen.word, easyPay: { provider: chosen.provider } };
        return { type: 'NORMAL', method: chosen.word };
      },
    };
  }

  function renderAgreement(selector, options) {
    const element = elementOf(selector);
    checkVariant(options && options.variantKey);
    if (agreement) agreement.remove();
    const mine = widgetFrame(element, '/browser/agreement', {}, '약관 동의');
    agreement = mine;
    const status = (state) => ({
      agreedRequiredTerms: Boolean(state && state.agreed),
      terms: state ? state.terms.map((term) => ({ ...term, content: '' })) : [],
    });
    return {
      on(_event, call) {
        mine.ready.then(() => call(status(mine.state)));
        mine.listen((type, state) => { if (type === 'state') call(status(state)); });
      },
      getAgreementStatus: () => status(mine.state),
    };
  }

  async function requestPayment(request) {
    checkOrder(request);
    const promised = checkAddresses(request);
    if (!methods) throw refusal('NOT_SELECTED_PAYMENT_METHOD');
    const { choice } = await checkChosen(methods, agreement);
    const result = await openWindow({
      product: 'WIDGET', clientKey, customerKey, amount: { value: amount.value, currency: amount.currency }, choice,
      options: { useEscrow: request.useEscrow === true }, ...order(request),
    }, { promised });
    return { paymentType: result.paymentType, paymentKey: result.paymentKey, orderId: result.orderId, amount: Number(result.amount.value) };
  }

  return { renderPaymentMethods, renderAgreement, requestPayment };
}
PaymentWidget.ANONYMOUS = ANONYMOUS;
PaymentWidget.version = version;
window.PaymentWidget = PaymentWidget;
