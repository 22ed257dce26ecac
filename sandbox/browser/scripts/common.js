// What all scripts share: refusals, checks, and the payment window over the page.

const script = document.currentScript;
const home = new URL((script && script.src) || 'https://js.tosspayments.com/');
const auto = home.searchParams.get('auto') || '';
const failCode = home.searchParams.get('code') || '';
const ANONYMOUS = '@@ANONYMOUS';
const version = '0.0.0-sandbox';

const messages = {
  AGREEMENT_WIDGET_ALREADY_RENDERED: '하나의 약관 위젯만을 사용할 수 있어요.',
  BELOW_ZERO_AMOUNT: '금액은 0보다 커야 합니다.',
  INCORRECT_FAIL_URL_FORMAT: '잘못된 failUrl 입니다.',
  INCORRECT_SUCCESS_URL_FORMAT: '잘못된 successUrl 입니다.',
  INSECURE_KEY_USAGE: '시크릿 키는 클라이언트 코드에 노출되면 안 됩니다. 구매자를 식별하는 customerKey 값을 사용해주세요.',
  INVALID_AMOUNT_CURRENCY: '잘못된 통화 값입니다.',
  INVALID_AMOUNT_VALUE: '결제금액이 올바르지 않습니다.',
  INVALID_CLIENT_KEY: 'ClientKey 형태가 올바르지 않습니다.',
  INVALID_CUSTOMER_KEY: '고객키는 영문 대소문자, 숫자, 특수문자 -, _, =, ., @로 2자 이상 50자 이하여야 합니다.',
  INVALID_METADATA: '올바르지 않은 metadata 형식입니다.',
  INVALID_METHOD_TRANSACTION: '이미 다른 요청을 수행하고 있어요.',
  INVALID_PARAMETER: '허용하지 않는 값입니다.',
  INVALID_PARAMETERS: '필수 파라미터를 누락하거나, 정의되지 않은 파라미터를 추가하거나, 파라미터의 타입이 올바르지 않을 때 발생합니다.',
  INVALID_SELECTOR: 'selector에 해당하는 HTML 요소를 찾을 수 없습니다. selector 값을 다시 확인해주세요.',
  INVALID_VARIANT_KEY: 'variantKey 에 해당하는 위젯을 찾을 수 없습니다. variantKey 값을 다시 확인해주세요.',
  NEED_AGREEMENT_WITH_REQUIRED_TERMS: '필수 약관에 동의해주세요.',
  NEED_CARD_PAYMENT_DETAIL: '카드 결제 정보를 선택해주세요.',
  NEED_REFUND_ACCOUNT_DETAIL: '환불계좌 정보를 모두 입력해주세요.',
  NETWORK_ERROR: '네트워크 에러가 발생했습니다. 모의 결제 서버가 떠 있는지 확인해주세요.',
  NOT_REGISTERED_REDIRECT_URL: '리다이렉트 URL이 등록되지 않았습니다. 개발정보 페이지에서 등록해주세요.',
  NOT_SELECTED_PAYMENT_METHOD: '결제수단이 아직 선택되지 않았어요. 결제수단을 선택해 주세요.',
  NOT_SETUP_AMOUNT: '결제금액이 설정되지 않았습니다. setAmount를 호출해주세요.',
  NOT_SUPPORTED_API_INDIVIDUAL_KEY: '결제위젯 연동 키의 클라이언트 키로 SDK를 연동해주세요. API 개별 연동 키는 지원하지 않습니다.',
  NOT_SUPPORTED_METHOD: '지원되지 않는 결제수단입니다.',
  NOT_SUPPORTED_PROMISE: 'Promise 방식을 지원하지 않습니다. successUrl, failUrl을 사용해주세요.',
  NOT_SUPPORTED_WIDGET_KEY: 'API 개별 연동 키의 클라이언트 키로 SDK를 연동해주세요. 결제위젯 연동 키는 지원하지 않습니다.',
  PAYMENT_METHODS_WIDGET_ALREADY_RENDERED: '하나의 결제수단 위젯만을 사용할 수 있어요.',
  PAYMENT_REQUEST_ABORTED: '결제 요청이 중단되었습니다.',
  PAYMENT_WINDOW_ALREADY_RENDERED: '하나의 결제창만을 사용할 수 있어요.',
  USER_CANCEL: '취소되었습니다.',
};

// refusal is what Toss's scripts throw: an error with a code.
function refusal(code, message) {
  const error = new Error(message || messages[code] || code);
  error.name = 'TossPaymentsError';
  error.code = code;
  return error;
}

function checkClientKey(key) {
  if (typeof key !== 'string' || !/^(test|live)_g?ck_\w+$/.test(key)) throw refusal('INVALID_CLIENT_KEY');
}

function checkCustomerKey(key) {
  if (typeof key === 'string' && /^(test|live)_g?sk_/.test(key)) throw refusal('INSECURE_KEY_USAGE');
  if (typeof key !== 'string' || !/^[\w\-=.@]{2,50}$/.test(key)) throw refusal('INVALID_CUSTOMER_KEY');
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const given = (value) => value !== undefined && value !== null && value !== '';

// isPhone says whether the page is on a phone, where a window takes its place.
const isPhone = () => /Mobi|Android|iPhone|iPad/i.test(navigator.userAgent);

// checkAddresses says whether the page waits for a promise: it has neither.
function checkAddresses({ successUrl, failUrl }) {
  if (!given(successUrl) && !given(failUrl)) return true;
  const good = (address) => {
    try {
      return typeof address === 'string' && /^https?:$/.test(new URL(address).protocol);
    } catch (_) {
      return false;
    }
  };
  if (!good(successUrl)) throw refusal('INCORRECT_SUCCESS_URL_FORMAT');
  if (!good(failUrl)) throw refusal('INCORRECT_FAIL_URL_FORMAT');
  return false;
}

function checkOrder(request) {
  if (!isObject(request) || typeof request.orderId !== 'string' || typeof request.orderName !== 'string') {
    throw refusal('INVALID_PARAMETERS');
  }
  if (given(request.metadata) && (!isObject(request.metadata) ||
    Object.values(request.metadata).some((value) => typeof value !== 'string'))) throw refusal('INVALID_METADATA');
}

// order is what all requests say, in the words of the sandbox.
function order(request) {
  const out = { orderId: request.orderId, orderName: request.orderName };
  for (const key of ['successUrl', 'failUrl', 'customerName', 'customerMobilePhone', 'taxFreeAmount', 'metadata']) {
    if (given(request[key])) out[key] = request[key];
  }
  const language = request.language || request.locale || (request.card && request.card.language) || home.searchParams.get('locale');
  if (given(language)) out.language = language;
  return out;
}

// --- The window over the page

let current = null; // the window that is open

// cover shows a page of the sandbox, or a frame that holds one, over the shop's,
// alone for keyboard and screen reader, and gives the focus back when it goes.
function cover(path, title, ready) {
  const before = document.activeElement;
  const dialog = document.createElement('dialog');
  const frame = ready || document.createElement('iframe');
  dialog.id = '___tosspayments_dimmer___';
  frame.id = '___tosspayments_iframe___';
  frame.title = title;
  if (!ready) frame.src = home.origin + path;
  dialog.style.cssText = 'position:fixed;inset:0;width:100%;height:100%;max-width:none;max-height:none;margin:0;padding:0;' +
    'border:0;background:rgba(0,0,0,.5);overflow:hidden;z-index:2147483647';
  frame.style.cssText = 'display:block;width:100%;height:100%;border:0;background:transparent;color-scheme:light';
  dialog.appendChild(frame);
  document.body.appendChild(dialog);
  if (dialog.showModal) dialog.showModal();
  else dialog.setAttribute('open', '');
  frame.focus();
  const scroll = document.documentElement.style.overflow;
  document.documentElement.style.overflow = 'hidden';
  return {
    dialog,
    frame,
    remove() {
      document.documentElement.style.overflow = scroll;
      dialog.remove();
      if (before && before.focus) before.focus();
    },
  };
}

// hear calls with the messages of one frame of the sandbox's until it is told to
// stop.
function hear(frame, from, call) {
  const listener = (event) => {
    if (event.source === frame.contentWindow && event.origin === home.origin && event.data && event.data.from === from) {
      call(event.data);
    }
  };
  window.addEventListener('message', listener);
  return () => window.removeEventListener('message', listener);
}

async function ask(body) {
  let answer;
  let reply;
  try {
    answer = await fetch(`${home.origin}/browser/window`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    reply = await answer.json();
  } catch (_) {
    throw refusal('NETWORK_ERROR');
  }
  if (!answer.ok) throw refusal(reply.code, reply.message);
  return reply.path;
}

// openWindow opens a payment window and waits for its end. Where the page has
// given addresses the browser goes there and the promise is never kept; a window
// that is closed rejects it.
async function openWindow(body, { target, promised }) {
  if (current) throw refusal('INVALID_METHOD_TRANSACTION');
  const mine = { abort: null };
  current = mine;
  try {
    const query = new URLSearchParams(auto ? { auto, ...(failCode && { code: failCode }) } : {}).toString();
    const path = await ask(body) + (query && `?${query}`);
    if (mine.aborted) throw mine.aborted;
    if (!promised && (isPhone() || target === 'self')) {
      window.location.assign(home.origin + path);
      return await new Promise(() => {});
    }
    return await showWindow(path, mine);
  } finally {
    if (current === mine) current = null;
  }
}

function showWindow(path, mine) {
  return new Promise((resolve, reject) => {
    const shown = cover(path, '결제창');
    const end = () => { stop(); shown.remove(); };
    const stop = hear(shown.frame, 'daesa-window', ({ type, outcome }) => {
      if (type !== 'done') return;
      if (outcome.url) {
        stop();
        window.location.assign(outcome.url);
        return;
      }
      end();
      if (outcome.error) reject(refusal(outcome.error.code, outcome.error.message));
      else resolve(outcome.result);
    });
    mine.abort = (error) => { end(); reject(error); };
    shown.dialog.addEventListener('cancel', (event) => {
      event.preventDefault(); // the window itself closes, so that the sandbox knows
      shown.frame.contentWindow.postMessage({ to: 'daesa-window', type: 'close' }, home.origin);
    });
  });
}

// A page that comes back from the browser's memory has its window behind it.
window.addEventListener('pageshow', (event) => { if (event.persisted) abort('USER_CANCEL'); });

// abort closes the window that is open, if there is one.
function abort(code) {
  if (!current) return;
  const mine = current;
  mine.aborted = refusal(code);
  current = null;
  if (mine.abort) mine.abort(mine.aborted);
}
