'use strict';
// The widget within a shop's page: tells the script what the buyer has chosen.
(function () {
  const whole = Boolean(document.body.dataset.whole);
  const origin = new URLSearchParams(location.search).get('origin') || '*';
  const form = document.getElementById('form');
  const tell = (type, more) => window.parent.postMessage(
    { from: 'daesa-widget', type, ...more }, origin === 'null' ? '*' : origin);

  function state() {
    const out = {};
    if (typeof fields !== 'undefined' && fields) {
      const chosen = fields.method();
      const wrong = [...(fields.visible() ? fields.visible().querySelectorAll('input, select') : [])].find(
        (field) => !field.disabled && !field.checkValidity());
      out.method = chosen && { code: chosen.value, kind: chosen.dataset.kind, word: chosen.dataset.word,
        provider: chosen.dataset.provider };
      out.choice = fields.choice();
      out.missing = Boolean(wrong);
    }
    if (typeof terms !== 'undefined' && terms) {
      out.terms = terms.status();
      out.agreed = terms.agreed();
    }
    return out;
  }

  form.addEventListener('change', () => tell('state', { state: state() }));
  form.addEventListener('input', () => tell('state', { state: state() }));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!whole) return;
    const wrong = fields.faulty();
    if (wrong) return say(wrong.validationMessage, wrong);
    if (!terms.agreed()) return say(document.querySelector('.terms legend').textContent, document.querySelector('.terms input'));
    say('');
    tell('request', { state: state() });
  });

  function say(text, field) {
    const error = document.getElementById('error');
    error.textContent = text;
    error.hidden = !text;
    if (field) field.focus();
  }

  window.addEventListener('message', (event) => {
    const message = event.data;
    if (event.source !== window.parent || !message || message.to !== 'daesa-widget') return;
    if (message.type === 'inspect') tell('state', { state: state(), answer: true });
    if (message.type === 'close') tell('cancel');
    if (message.type === 'amount') {
      for (const months of document.querySelectorAll('[data-months]')) {
        months.dataset.off = message.currency === 'KRW' && message.value >= 50000 ? '' : '1';
      }
      if (fields) fields.show();
      const button = document.querySelector('[data-action=pay]');
      if (button && message.text) button.firstChild.textContent = message.text;
    }
  });
  for (const button of document.querySelectorAll('[data-action=close], [data-action=cancel]')) {
    button.addEventListener('click', () => tell('cancel'));
  }
  if (whole) {
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape') tell('cancel'); });
    document.querySelector('.sheet').focus({ preventScroll: true });
  } else {
    new ResizeObserver(() => tell('height', { height: Math.ceil(form.getBoundingClientRect().height) + 8 })).observe(form);
  }
  tell('ready', { state: state() });
  const auto = new URLSearchParams(location.search).get('auto');
  if (whole && auto) (auto === 'pay' || auto === 'fail' ? form.requestSubmit() : tell('cancel'));
})();
