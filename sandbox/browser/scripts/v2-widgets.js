// --- widgets of version 2

function widgetsOf(clientKey, customerKey) {
  let amount = null;
  let methods = null;
  let agreement = null;
  let whole = null; // a window with both

  const show = (widget) => widget.send({ type: 'amount', ...amount, text: moneyText(amount) });
  const pick = (state) => ({ code: state.method.code });
  const status = (state) => ({
    agreedRequiredTerms: state.agreed,
    agreements: state.terms.map(({ id, required, agreed }) => ({ term: { id, required }, agreed })),
  });

  function checkAmount(given) {
    if (!isObject(given)) throw refusal('INVALID_PARAMETERS');
    if (typeof given.value !== 'number' || !Number.isFinite(given.value)) throw refusal('INVALID_AMOUNT_VALUE');
    if (given.value < 0) throw refusal('BELOW_ZERO_AMOUNT');
    if (!['KRW', 'USD', 'JPY'].includes(given.currency)) throw refusal('INVALID_AMOUNT_CURRENCY');
    return { value: given.value, currency: given.currency };
  }

  async function setAmount(given) {
    const before = amount;
    amount = checkAmount(given);
    for (const widget of [methods, whole && whole.widget]) if (widget) show(widget);
    if (methods && before && before.currency !== amount.currency) { // other methods
      const frame = new URL(methods.frame.src);
      frame.searchParams.set('currency', amount.currency);
      methods.frame.src = frame.href;
    }
  }

  // subscribe gives a listener of a widget the first value at once: what is
  // agreed or chosen from the beginning would otherwise never be said.
  function subscribe(widget, names, event, call, read, changed) {
    if (!names.includes(event)) throw refusal('INVALID_PARAMETER', '허용하지 않는 이벤트입니다.');
    if (typeof call !== 'function') throw refusal('INVALID_PARAMETER', '콜백 함수가 올바르지 않습니다.');
    widget.ready.then(() => { if (widget.here()) call(read(widget.state)); });
    widget.listen((type, state, before) => {
      if (type === 'state' && changed(state, before)) call(read(state));
    });
  }

  async function renderPaymentMethods(params) {
    if (!isObject(params)) throw refusal('INVALID_PARAMETERS');
    if (!amount) throw refusal('NOT_SETUP_AMOUNT');
    if (methods && methods.here()) throw refusal('PAYMENT_METHODS_WIDGET_ALREADY_RENDERED');
    checkVariant(params.variantKey);
    const mine = widgetFrame(elementOf(params.selector), '/browser/widget', { currency: amount.currency }, '결제수단');
    methods = mine;
    mine.listen((type) => { if (type === 'ready') show(mine); });
    await mine.ready;
    show(mine);
    return {
      on(event, call) {
        subscribe(mine, ['paymentMethodSelect'], event, call, pick,
          (state, before) => !before || state.method.code !== before.method.code);
      },
      async getSelectedPaymentMethod() { return pick(await mine.inspect()); },
      async destroy() {
        mine.remove();
        if (methods === mine) methods = null;
      },
    };
  }

  async function renderAgreement(params) {
    if (!isObject(params)) throw refusal('INVALID_PARAMETERS');
    if (agreement && agreement.here()) throw refusal('AGREEMENT_WIDGET_ALREADY_RENDERED');
    checkVariant(params.variantKey);
    const mine = widgetFrame(elementOf(params.selector), '/browser/agreement', {}, '약관 동의');
    agreement = mine;
    await mine.ready;
    return {
      on(event, call) { subscribe(mine, ['agreementStatusChange'], event, call, status, () => true); },
      async destroy() {
        mine.remove();
        if (agreement === mine) agreement = null;
      },
    };
  }

  function result({ paymentType, paymentKey, orderId, amount: paid }) {
    return { paymentType, paymentKey, orderId, amount: { value: Number(paid.value), currency: paid.currency } };
  }

  const details = (request) => {
    const of = (key) => (isObject(request[key]) ? request[key] : {});
    return {
      useEscrow: of('transfer').useEscrow === true || of('virtualAccount').useEscrow === true,
      country: of('foreignEasyPay').country || '',
    };
  };

  async function requestPayment(request) {
    checkOrder(request);
    const promised = checkAddresses(request);
    if (!amount) throw refusal('NOT_SETUP_AMOUNT');
    if (amount.value <= 0) throw refusal('BELOW_ZERO_AMOUNT');
    const chosen = whole ? whole.widget.state : await checkChosen(methods, agreement);
    if (whole) checkDetails(chosen);
    const foreign = ['paypal', 'foreign_easy_pay'].includes(chosen.method.kind);
    if (promised && (foreign || isPhone())) throw refusal('NOT_SUPPORTED_PROMISE');
    if (whole) whole.close();
    return result(await openWindow({
      product: 'WIDGET', clientKey, customerKey, amount, choice: chosen.choice, options: details(request), ...order(request),
    }, { promised, target: request.windowTarget }));
  }

  // requestPaymentWindow, of old, shows all methods in the window itself.
  async function requestPaymentWindow(request, options) {
    checkOrder(request);
    const promised = checkAddresses(request);
    const sum = checkAmount(request.amount);
    const keys = (options && options.variantKey) || {};
    checkVariant(keys.paymentMethod);
    checkVariant(keys.agreement);
    if (promised && isPhone()) throw refusal('NOT_SUPPORTED_PROMISE');
    return result(await openWindow({
      product: 'WIDGET', clientKey, customerKey, amount: sum, options: details(request), ...order(request),
    }, { promised, target: request.windowTarget }));
  }

  async function renderPaymentWindow(params) {
    if (params !== undefined && !isObject(params)) throw refusal('INVALID_PARAMETERS');
    if (!amount) throw refusal('NOT_SETUP_AMOUNT');
    if (whole) throw refusal('PAYMENT_WINDOW_ALREADY_RENDERED');
    const keys = (params && params.variantKey) || {};
    checkVariant(keys.paymentMethod);
    checkVariant(keys.agreement);
    const calls = { paymentRequest: [], cancel: [] };
    const pending = [];
    const widget = widgetFrame(null, '/browser/widget', {
      currency: amount.currency, amount: String(amount.value), whole: '1', ...(auto && { auto }),
    }, '결제창');
    const shown = cover('', '결제창', widget.frame);
    whole = {
      widget,
      close() {
        widget.remove();
        shown.remove();
        whole = null;
      },
    };
    shown.dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      widget.send({ type: 'close' });
    });
    const emit = (event, value) => {
      if (calls[event].length === 0) pending.push([event, value]); // said before anybody listens
      for (const call of calls[event]) call(value);
    };
    widget.listen((type, state) => {
      if (type === 'request') emit('paymentRequest', { paymentMethod: pick(state) });
      if (type === 'cancel') {
        if (whole) whole.close();
        emit('cancel');
      }
    });
    await widget.ready;
    return {
      on(event, call) {
        if (!Object.hasOwn(calls, event)) throw refusal('INVALID_PARAMETER', '허용하지 않는 이벤트입니다.');
        if (typeof call !== 'function') throw refusal('INVALID_PARAMETER', '콜백 함수가 올바르지 않습니다.');
        calls[event].push(call);
        for (const [name, value] of pending.splice(0)) {
          if (name === event) call(value);
          else pending.push([name, value]);
        }
      },
      async destroy() { if (whole) whole.close(); },
    };
  }

  return { setAmount, renderPaymentMethods, renderAgreement, requestPayment, requestPaymentWindow, renderPaymentWindow };
}
