// The queue keeps itself up to date: lines that changed are replaced, those that stay keep focus, place and scroll.
import { waits } from "./alarm.js";
import { get } from "./stream.js";

const LEAST = 400, MOST = 40, STEADY = 350;

export const queue = (box, address, feed) => {
  let offset = 0, chosen = null, moved = -STEADY, hovered = null;
  const every = (part) => [...box.querySelectorAll(part)];
  const find = (report) => box.querySelector(`.line[data-report="${CSS.escape(report)}"]`);

  const tick = () => {
    for (const line of every(".line[data-since]")) {
      const waited = Date.now() + offset - Number(line.dataset.since);
      const age = line.querySelector(".age"), words = waits(waited);
      if (age && age.textContent !== words) age.textContent = words;
      line.classList.toggle("breach", waited >= (line.dataset.rank === "3" ? 900000 : 60000));
    }
  };
  const hear = () => feed(every(".line[data-since]").map((line) => [Number(line.dataset.rank), Number(line.dataset.since)]), Date.now() + offset, "here", every(".line.mine .tag.news").length);
  const mark = () => { for (const line of every(".line")) line.classList.toggle("chosen", line.dataset.report === chosen); };
  const choose = (step) => {
    const all = every(".line");
    if (!all.length) return;
    const at = all.findIndex((line) => line.dataset.report === chosen);
    const first = Math.max(0, all.findIndex((each) => each.dataset.since));
    const line = all[at < 0 ? (step > 0 ? first : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    chosen = line.dataset.report;
    mark();
    line.querySelector(".open").focus();
  };

  // The line that must not move under somebody's hands or eyes.
  const anchor = () => {
    const focused = document.activeElement && document.activeElement.closest("#lines .line");
    if (focused) return focused;
    if (hovered && hovered.isConnected) return hovered;
    return scrollY > 0 ? every(".line").find((line) => line.getBoundingClientRect().bottom > 0) || null : null;
  };
  const say = (fresh) => {
    if (!fresh.length) return;
    const words = fresh[0].querySelector(".open").textContent.replace(/\s+/g, " ").trim();
    document.getElementById("said").textContent = fresh.length > 1 ? `${fresh.length} new. ${words}` : `New. ${words}`;
    const above = fresh.filter((line) => line.getBoundingClientRect().bottom < 0).length;
    const pill = document.getElementById("above");
    if (above) { pill.textContent = `${above} new above`; pill.hidden = false; }
  };

  const put = (list, fresh) => {
    const old = new Map(every(".line").map((line) => [line.dataset.report, line]));
    const told = new Map([...fresh.querySelectorAll(".line")].map((line) => [line.dataset.report, line]));
    const lines = fresh.dataset.order.split(" ").filter(Boolean).map((report) => told.get(report) || old.get(report)).filter(Boolean);
    lines.forEach((line, at) => { if (list.children[at] !== line) list.insertBefore(line, list.children[at] || null); });
    while (list.children.length > lines.length) list.lastElementChild.remove();
    Object.assign(list.dataset, fresh.dataset);
    return lines.filter((line) => !old.has(line.dataset.report) && line.dataset.since);
  };
  const apply = (html, whole) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const list = box.querySelector(".queue"), other = fresh.querySelector(".queue");
    const held = anchor(), report = held && held.dataset.report, top = held ? held.getBoundingClientRect().top : 0;
    const part = held && held.contains(document.activeElement) ? document.activeElement.className.split(" ")[0] || "open" : null;
    const came = put(list, other);
    for (const each of ["p.calm", "p.more"]) box.querySelector(each).replaceWith(fresh.querySelector(each));
    offset = Number(list.dataset.now) - Date.now();
    const again = report && find(report);
    if (again) {
      const by = again.getBoundingClientRect().top - top;
      if (by) { scrollBy({ top: by, behavior: "instant" }); moved = performance.now(); }
      if (part && !again.contains(document.activeElement)) (again.querySelector(`.${part}`) || again.querySelector(".open")).focus({ preventScroll: true });
    }
    mark();
    tick();
    hear();
    if (!whole) say(came);
  };

  // One fetch at a time, and some rest between two; what changes meanwhile is fetched together.
  let busy = false, wanted = new Set(), last = 0, first = true;
  const refresh = async (changed) => {
    for (const report of (changed || "*").split(",")) wanted.add(report);
    if (busy) return;
    busy = true;
    while (wanted.size) {
      const early = LEAST - (performance.now() - last);
      if (early > 0) await new Promise((go) => setTimeout(go, early));
      last = performance.now();
      const all = wanted.has("*") || wanted.size > MOST, some = [...wanted].join(",");
      wanted = new Set();
      const answer = await get(all ? address : `${address}${address.includes("?") ? "&" : "?"}changed=${some}`);
      if (answer) { apply(await answer.text(), first); first = false; }
    }
    busy = false;
  };

  addEventListener("desk-moved", () => { moved = performance.now(); });
  box.addEventListener("pointermove", (event) => { hovered = event.target.closest(".line"); }, { passive: true });
  box.addEventListener("pointerleave", () => { hovered = null; });
  // A press just after lines have moved was meant for another one.
  box.addEventListener("click", (event) => {
    if (event.detail > 0 && performance.now() - moved < STEADY) { event.preventDefault(); event.stopPropagation(); }
  }, { capture: true });
  box.addEventListener("focusin", (event) => { const line = event.target.closest(".line"); if (line) { chosen = line.dataset.report; mark(); } });
  document.getElementById("above").addEventListener("click", (event) => {
    event.currentTarget.hidden = true;
    scrollTo({ top: 0 });
  });
  addEventListener("scroll", () => { if (scrollY < 40) document.getElementById("above").hidden = true; }, { passive: true });
  offset = Number(box.querySelector(".queue").dataset.now) - Date.now();
  tick();
  hear();
  setInterval(tick, 1000);
  return {
    refresh,
    keys: {
      j: () => choose(1),
      k: () => choose(-1),
      c: () => { const line = chosen && find(chosen), claim = line ? line.querySelector("button.claim") : box.querySelector("button.claim"); if (claim) claim.click(); },
    },
  };
};
