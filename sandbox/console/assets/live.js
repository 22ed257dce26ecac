"use strict";
// The parts that are marked data-live are read again every few seconds, unless
// somebody is using them. Without this script the page is as it was sent.
(() => {
  const every = 4000;
  const refresh = async () => {
    if (document.hidden) return;
    let text;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      text = await answer.text();
    } catch {
      return;
    }
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(part.id);
      const used = part.contains(document.activeElement) || part.querySelector("details[open]");
      if (now && !used && part.innerHTML !== now.innerHTML) part.innerHTML = now.innerHTML;
    }
  };
  setInterval(refresh, every);
})();
