"use strict";
// Keeps the live part of the page current: takes each update from the office and changes in place
// what differs, so that focus, selection and scroll position stay where they are.
(() => {
  const status = document.getElementById("status");
  const shape = document.getElementById("status-shape");
  const text = document.getElementById("status-text");
  const say = (state, sign, words) => {
    status.dataset.state = state;
    shape.textContent = sign;
    if (text.textContent !== words) text.textContent = words;
  };

  const sameKind = (a, b) =>
    a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

  const mark = (node) => {
    const cell = node.parentElement && node.parentElement.closest("td");
    if (!cell) return;
    cell.classList.add("changed");
    setTimeout(() => cell.classList.remove("changed"), 2000);
  };

  const morph = (now, then) => {
    if (now.nodeType === Node.TEXT_NODE) {
      if (now.data !== then.data) {
        now.data = then.data;
        mark(now);
      }
      return;
    }
    for (const { name, value } of [...then.attributes])
      if (name !== "class" && now.getAttribute(name) !== value) now.setAttribute(name, value);
    for (const { name } of [...now.attributes])
      if (name !== "class" && !then.hasAttribute(name)) now.removeAttribute(name);
    let old = now.firstChild;
    for (const next of [...then.childNodes]) {
      const kept = next.id ? [...now.children].find((child) => child.id === next.id) : null;
      if (kept && kept !== old) now.insertBefore(kept, old);
      const current = kept || old;
      if (current && sameKind(current, next)) {
        morph(current, next);
        old = current.nextSibling;
      } else {
        now.insertBefore(next, old);
        if (next.nodeType === Node.TEXT_NODE) mark(next);
      }
    }
    while (old) {
      const gone = old;
      old = old.nextSibling;
      gone.remove();
    }
  };

  const events = new EventSource(status.dataset.events);
  events.addEventListener("today", (event) => {
    const parsed = new DOMParser().parseFromString(event.data, "text/html");
    const then = parsed.getElementById("live");
    morph(document.getElementById("live"), document.adoptNode(then));
    say("live", "●", `${status.dataset.live} · ${then.dataset.summary}`);
  });
  events.addEventListener("error", () => say("lost", "▲", status.dataset.lost));
})();
