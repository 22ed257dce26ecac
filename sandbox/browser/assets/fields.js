'use strict';
// The methods and their fields, of the window and of the widget.
const fields = (function () {
  const form = document.getElementById('form');
  if (!form) return null;

  function method() { return form.querySelector('input[name=method]:checked'); }

  function visible() {
    const chosen = method();
    return chosen && [...form.querySelectorAll('[data-fields]')].find(
      (set) => set.dataset.fields.split(' ').includes(chosen.dataset.kind));
  }

  // Only the chosen method's fields are there: the others are disabled too, so
  // that nobody tabs into them and no check looks at them.
  function show() {
    const set = visible();
    for (const other of form.querySelectorAll('[data-fields]')) {
      other.hidden = other !== set;
      other.disabled = other !== set;
    }
    const debit = named('cardType') === '체크';
    for (const months of form.querySelectorAll('[data-months]')) {
      months.hidden = debit || months.dataset.off === '1';
      months.querySelector('select').disabled = months.hidden;
    }
    const none = form.querySelector('[name=refundNone]');
    for (const field of form.querySelectorAll('[data-refund] input:not([name=refundNone]), [data-refund] select')) {
      field.disabled = Boolean(none && none.checked);
    }
  }

  function named(name) {
    const set = visible();
    const field = set && set.querySelector(`[name=${name}]`);
    return field && !field.disabled ? field.value.trim() : '';
  }

  // choice is what the buyer has entered, in the words of the sandbox.
  function choice() {
    const chosen = method();
    if (!chosen) return {};
    const out = { method: chosen.value };
    const add = (key, value) => { if (value) out[key] = value; };
    add('cardCompany', named('cardCompany'));
    add('cardType', named('cardType'));
    add('months', Number(named('months')));
    add('money', named('money') === '1');
    add('bank', named('bank'));
    add('depositor', named('depositor'));
    add('phone', named('phone').replace(/[- ]/g, ''));
    const number = named('refundNumber').replace(/[- ]/g, '');
    if (number || named('refundBank') || named('refundHolder')) {
      out.refund = { bankCode: named('refundBank'), accountNumber: number, holderName: named('refundHolder') };
    }
    return out;
  }

  // faulty marks what is missing or wrong and returns the first of it.
  function faulty() {
    const set = visible();
    let first = null;
    for (const field of set ? set.querySelectorAll('input, select') : []) {
      const wrong = !field.disabled && !field.checkValidity();
      if (wrong) field.setAttribute('aria-invalid', 'true');
      else field.removeAttribute('aria-invalid');
      if (wrong && !first) first = field;
    }
    return first;
  }

  form.addEventListener('change', show);
  show();
  return { form, method, visible, show, choice, faulty };
})();
