'use strict';
// The payment window: its buttons, and what the page that opened it hears.
(function () {
  const { key, over } = document.body.dataset;
  const embedded = window.parent !== window;
  const error = document.getElementById('error');
  const auto = new URLSearchParams(location.search).get('auto');
  let busy = false;
  document.documentElement.classList.toggle('alone', !embedded);

  // One tab may have the window. A tab keeps its name while it lives, so that it
  // can load the window again.
  const tab = (function () {
    const fresh = () => [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join('-');
    try {
      const name = `daesa-tab-${key}`;
      if (!sessionStorage.getItem(name)) sessionStorage.setItem(name, fresh());
      return sessionStorage.getItem(name);
    } catch (_) { // a browser that keeps nothing for frames
      return fresh();
    }
  })();

  async function press(action, more) {
    const answer = await fetch(`/browser/window/${encodeURIComponent(key)}/${action}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ tab, embedded, ...more }),
    });
    return { ok: answer.ok, body: await answer.json() };
  }

  function leave(outcome) {
    if (embedded) window.parent.postMessage({ from: 'daesa-window', type: 'done', outcome }, '*');
    else if (outcome.url) location.replace(outcome.url);
    else location.reload(); // nobody to tell: the page says that it is over
  }

  function say(text, field) {
    error.textContent = text;
    error.hidden = !text;
    if (field) field.focus();
  }

  async function act(action, more) {
    if (busy) return;
    busy = true;
    for (const button of document.querySelectorAll('[data-action]')) button.disabled = true;
    try {
      const { ok, body } = await press(action, more);
      if (ok && action === 'expire') location.reload();
      else if (ok) return leave(body);
      else if (body.code === 'NOT_FOUND_PAYMENT_SESSION' || body.code === 'ALREADY_PROCESSED_PAYMENT') location.reload();
      else say(`${body.message} (${body.code})`);
    } catch (failure) {
      say(String(failure));
    }
    busy = false;
    for (const button of document.querySelectorAll('[data-action]')) button.disabled = false;
  }

  function pay() {
    const wrong = fields.faulty();
    if (wrong) return say(wrong.validationMessage, wrong);
    say('');
    act('pay', { choice: fields.choice() });
  }

  const actions = {
    pay, cancel: () => act('cancel'), close: () => act(over ? 'leave' : 'close'), expire: () => act('expire'),
    leave: () => act('leave'), fail: () => act('fail', { code: document.getElementById('code').value }),
  };
  for (const button of document.querySelectorAll('button[data-action]')) {
    if (button.type === 'button') button.addEventListener('click', actions[button.dataset.action]);
  }
  if (fields) fields.form.addEventListener('submit', (event) => { event.preventDefault(); pay(); });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') actions.close(); });
  window.addEventListener('message', (event) => {
    if (event.source === window.parent && event.data && event.data.to === 'daesa-window') actions[event.data.type]?.();
  });

  document.querySelector('.sheet').focus({ preventScroll: true });
  if (over) return;

  press('open').then(({ ok, body }) => {
    if (!ok) {
      fields.form.hidden = true;
      document.querySelector('.tools').hidden = true;
      document.getElementById('other').hidden = body.code !== 'INVALID_METHOD_TRANSACTION';
      return;
    }
    document.body.dataset.ready = '1';
    if (auto === 'fail') {
      const code = new URLSearchParams(location.search).get('code');
      if (code) act('fail', { code });
      else actions.fail();
    } else if (auto && Object.hasOwn(actions, auto)) actions[auto]();
  });

  // The clock is the sandbox's: it may jump.
  setInterval(async () => {
    if (busy || document.hidden) return;
    try {
      const answer = await fetch(`/browser/window/${encodeURIComponent(key)}/state`);
      if (answer.ok && (await answer.json()).state !== 'open' && !busy) location.reload();
    } catch (_) { /* the sandbox has ended; a button will say so */ }
  }, 2000);
})();
