// What every page of the desk does by itself: keys, the alarm, and keeping up to date.
import { alarm } from "./alarm.js";
import { elsewhere } from "./elsewhere.js";
import { idle } from "./idle.js";
import { queue } from "./queue.js";
import { get, listen, poll } from "./stream.js";

const body = document.body, dialog = document.getElementById("keys");
const press = (key) => { const found = document.querySelector(`button[data-key="${key}"]`); if (found) found.click(); };
// The keys of this page as it stands: those whose button, field or link is there.
const works = {
  "?": () => true, Esc: () => true, "Ctrl+Enter": () => document.querySelector("main textarea"), q: () => body.dataset.queue, m: () => keys.m,
  j: () => document.querySelector("#lines .line"), k: () => document.querySelector("#lines .line"),
  Enter: () => document.querySelector("#lines .line"), c: () => document.querySelector("#lines .claim"),
};
const isThere = (key) => document.querySelector(`button[data-key="${key}"], [data-focus="${key}"], a[data-go="${key}"]`) || (works[key] && works[key]());
const list = () => {
  for (const term of dialog.querySelectorAll("dt")) {
    term.hidden = term.nextElementSibling.hidden = ![...term.querySelectorAll("kbd")].some((key) => isThere(key.textContent));
  }
  dialog.showModal();
};
const keys = {
  "?": list,
  "/": () => { const found = document.querySelector('[data-focus="/"]'); if (found) { if (found.href) found.click(); else found.focus(); } },
  q: () => { if (body.dataset.queue) location.href = body.dataset.queue; },
  c: () => press("c"),
  x: () => press("x"),
  b: () => press("b"),
};
const work = [];

// The report's own page: what is known and said is kept up to date; what is being written stays.
const PARTS = [".bar", ".acts", ".facts", ".notes", ".thread", ".where-map", ".set-aside", ".standing", ".around-list", ".labels", ".revisions", "section .promises"];
const report = () => {
  const thread = document.querySelector(".thread"), at = location.pathname.split("/").slice(0, 4).join("/");
  if (thread) thread.scrollTop = thread.scrollHeight;
  const renew = async () => {
    const answer = await get(at);
    if (!answer) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const before = thread.children.length, atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 40;
    const hands = document.activeElement.matches("main *") ? document.activeElement : null, top = hands && hands.getBoundingClientRect().top;
    for (const part of PARTS) {
      const old = document.querySelector(part), now = fresh.querySelector(part);
      if (!old || !now || (old.contains(document.activeElement) && old !== document.activeElement)) continue;
      // A button under the pointer stays what it is until the pointer has left.
      if (old.matches(":hover") && old.querySelector("button")) { old.addEventListener("pointerleave", renew, { once: true }); continue; }
      old.replaceChildren(...now.childNodes);
    }
    if (hands && hands.isConnected) scrollBy({ top: hands.getBoundingClientRect().top - top, behavior: "instant" });
    // They can be texted again: the field is there for it once nothing else is being written.
    const busy = [...document.querySelectorAll("main input:not([type=hidden]), main textarea")].some((field) => field.value !== field.defaultValue);
    if (fresh.getElementById("text") && !document.getElementById("text") && !busy) { location.reload(); return; }
    if (thread.children.length > before) {
      if (atEnd) thread.scrollTop = thread.scrollHeight;
      document.getElementById("news").textContent = `${thread.children.length - before} new`;
    }
  };
  let soon = null; // what other reports change here, suggestions above all, may wait
  return (changed) => {
    if (changed.split(",").includes(body.dataset.report)) renew();
    else soon = soon || setTimeout(() => { soon = null; renew(); }, changed === "*" ? 1000 : 20000);
  };
};

if (body.dataset.report && document.querySelector(".thread")) work.push(report());
const others = Number(body.dataset.desks || 0) - (body.dataset.events ? 1 : 0);
const bell = body.dataset.events || others > 0 ? alarm((body.dataset.events || "").replace("/events", "/waiting")) : null;
if (bell) keys.m = bell.toggle;
if (document.getElementById("idle")) idle(bell ? bell.warn : (words) => { document.title = words || document.title; });
if (others > 0) elsewhere(bell, body.dataset.events);
if (body.dataset.events) {
  const place = document.getElementById("live");
  if (body.dataset.lines) {
    const live = queue(document.getElementById("lines"), body.dataset.lines, bell.feed);
    Object.assign(keys, live.keys);
    work.push(live.refresh);
  } else {
    work.push(bell.look);
    bell.look();
  }
  const asking = poll(() => { for (const each of work) each("*"); }, 3000);
  listen(body.dataset.events, {
    changed: (reports) => { for (const each of work) each(reports); },
    live: (on) => {
      asking(!on);
      if (place) place.textContent = on ? "Live" : "Not live: asking every 3 seconds";
    },
  });
}

addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (dialog.open || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
