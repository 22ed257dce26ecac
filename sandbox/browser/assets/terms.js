'use strict';
// The terms of the widget.
const terms = (function () {
  const all = document.querySelector('.terms [name=all]');
  if (!all) return null;
  const each = [...document.querySelectorAll('.terms [name=term]')];

  function follow() {
    const agreed = each.filter((box) => box.checked).length;
    all.checked = agreed === each.length;
    all.indeterminate = agreed > 0 && agreed < each.length;
  }
  all.addEventListener('change', () => { for (const box of each) box.checked = all.checked; follow(); });
  for (const box of each) box.addEventListener('change', follow);
  return {
    status() {
      return each.map((box) => ({
        id: box.value, required: box.dataset.required === 'true', agreed: box.checked,
        title: box.closest('label').querySelector('[data-title]').textContent,
      }));
    },
    agreed() { return each.every((box) => box.checked || box.dataset.required !== 'true'); },
  };
})();
