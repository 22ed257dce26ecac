// --- The widgets within the page

function elementOf(selector) {
  let element = null;
  try {
    element = document.querySelector(selector);
  } catch (_) { /* no selector at all */ }
  if (!element) throw refusal('INVALID_SELECTOR');
  return element;
}

// The sandbox has no admin where variants are made: it takes every name but an
// empty one and those that begin with "invalid".
function checkVariant(key) {
  if (key === undefined || key === null) return;
  if (typeof key !== 'string' || key === '' || /^invalid/i.test(key)) throw refusal('INVALID_VARIANT_KEY');
}

// widgetFrame puts a page of the sandbox into an element and follows its state.
function widgetFrame(element, path, params, title) {
  const frame = document.createElement('iframe');
  const listeners = [];
  const query = new URLSearchParams({ ...params, origin: window.location.origin });
  if (home.searchParams.get('locale')) query.set('language', home.searchParams.get('locale'));
  frame.title = title;
  frame.style.cssText = 'display:block;width:100%;height:0;border:0;background:transparent;color-scheme:light';
  frame.src = `${home.origin}${path}?${query}`;

  let ready;
  let waiting = [];
  const widget = {
    frame,
    state: null,
    ready: new Promise((resolve) => { ready = resolve; }),
    listen(call) { listeners.push(call); },
    send(message) { if (frame.contentWindow) frame.contentWindow.postMessage({ to: 'daesa-widget', ...message }, home.origin); },
    // inspect asks for the state as it is at this moment.
    async inspect() {
      await widget.ready;
      return new Promise((resolve) => {
        waiting.push(resolve);
        widget.send({ type: 'inspect' });
      });
    },
    here: () => frame.isConnected,
    remove() { stop(); frame.remove(); },
  };
  const stop = hear(frame, 'daesa-widget', (message) => {
    if (message.type === 'height') {
      frame.style.height = `${message.height}px`;
      return;
    }
    const before = widget.state;
    widget.state = message.state || widget.state;
    if (message.type === 'ready') ready();
    if (message.answer) {
      waiting.splice(0).forEach((resolve) => resolve(widget.state));
      return;
    }
    for (const call of listeners) call(message.type, widget.state, before);
  });
  if (element) element.replaceChildren(frame);
  return widget;
}

// checkChosen is what a request needs of the widgets; it gives the choice.
async function checkChosen(methods, agreement) {
  if (!methods || !methods.here()) throw refusal('NOT_SELECTED_PAYMENT_METHOD');
  const chosen = await methods.inspect();
  if (!chosen.method) throw refusal('NOT_SELECTED_PAYMENT_METHOD');
  checkDetails(chosen);
  if (agreement && agreement.here() && !(await agreement.inspect()).agreed) {
    throw refusal('NEED_AGREEMENT_WITH_REQUIRED_TERMS');
  }
  return chosen;
}

function checkDetails({ missing, method }) {
  if (!missing) return;
  if (method.kind === 'card') throw refusal('NEED_CARD_PAYMENT_DETAIL');
  if (method.kind === 'virtual_account') throw refusal('NEED_REFUND_ACCOUNT_DETAIL');
  throw refusal('INVALID_PARAMETERS');
}

// moneyText is an amount on a button.
function moneyText({ value, currency }) {
  if (currency === 'USD') return `$${value.toFixed(2)}`;
  return `${value.toLocaleString('ko-KR')}원 `;
}
