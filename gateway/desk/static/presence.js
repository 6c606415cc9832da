// Who is at the desk, who reads or writes in a report, what came since somebody began to write; pages of the shift that
// keep themselves up to date; the keys that lead there. What is heard comes over the live stream (`stream.js`).
import "./draft.js";

const body = document.body, report = body.dataset.report;
const csrf = () => { const found = document.querySelector('input[name="csrf"]'); return found ? found.value : ""; };
const me = document.getElementById("me") ? document.getElementById("me").dataset.person : "";
const WORDS = { writing: "is writing", reading: "is reading this" };
const known = new Map();

const sentence = (found, words) => (found || []).filter(([person, , doing]) => person !== me && WORDS[doing])
  .map(([, shown, doing]) => `${shown} ${words ? words[doing] : WORDS[doing]}.`).join(" ");
const put = (place, words) => { if (place && place.textContent !== words) place.textContent = words; };

// The lines of the queue are replaced as they change: what is known is put on them again.
const mark = () => {
  for (const line of document.querySelectorAll("#lines .line")) {
    const words = sentence(known.get(line.dataset.report), { writing: "is writing", reading: "is reading it" });
    let place = line.querySelector(".there");
    if (!place && words) { place = document.createElement("span"); place.className = "there"; line.querySelector(".open").append(place); }
    if (place && !words) place.remove(); else put(place, words);
  }
};
addEventListener("desk-presence", (event) => {
  const told = JSON.parse(event.detail);
  for (const [id, found] of Object.entries(told.reports)) if (found.length) known.set(id, found); else known.delete(id);
  const more = told.count > told.people.length ? ` and ${told.count - told.people.length} more` : "";
  put(document.getElementById("people"), told.count ? `On the desk: ${told.people.join(", ")}${more}` : "");
  if (report) put(document.getElementById("present"), sentence(known.get(report)));
  mark();
});
const lines = document.getElementById("lines");
if (lines) new MutationObserver(mark).observe(lines, { childList: true, subtree: true });

// What this page says of who looks at it: rarely, and at once when it begins, ends or goes.
const say = (doing, more = {}) => {
  const path = location.pathname.split("/").slice(0, 4).join("/");
  fetch(`${path}/presence`, { method: "POST", keepalive: true, headers: { "X-By-Itself": "1" }, body: new URLSearchParams({ csrf: csrf(), doing, ...more }) }).catch(() => {});
};
if (report) {
  const text = document.getElementById("text"), place = document.getElementById("came"), thread = document.querySelector(".thread");
  const fields = [...document.querySelectorAll("#text, textarea[id^='to-all-']")], draft = () => fields.some((field) => field.value);
  let written = 0, sends = false;
  const said = () => Math.max(0, ...[...thread.querySelectorAll("li.them[data-number]")].map((line) => Number(line.dataset.number)));
  let began = said();
  // From the first letter the questions rest; they go on when nothing is left to send, or nobody has typed for a minute.
  const writes = (field) => {
    if (!field.value || Date.now() - written < 15000) return;
    written = Date.now();
    say("writing", field === text ? {} : { to: "all" });
  };
  const leaves = () => { if (written && !draft()) { written = 0; say("reading", { draft: "no" }); } };
  for (const field of fields) {
    field.addEventListener("input", () => { writes(field); if (!field.value) leaves(); });
    field.addEventListener("blur", leaves);
    field.form.addEventListener("submit", () => { sends = true; });
    writes(field); // a draft that came back
  }
  if (text) {
    text.addEventListener("input", () => {
      // Who goes on typing below the notice has seen what came.
      if (!text.value || place.textContent) document.getElementById("began").value = String(said());
      if (!text.value) began = said();
    });
    const notice = () => {
      const came = said() - began;
      if (text.value && came > 0) put(place, `${came} new ${came === 1 ? "text" : "texts"} since you began. Read before you send.`);
      else if (!text.value) { put(place, ""); began = said(); document.getElementById("began").value = String(said()); }
    };
    if (text.value && !text.defaultValue) { began = Number(document.getElementById("began").value); notice(); } // what was kept
    new MutationObserver(notice).observe(thread, { childList: true });
  }
  setInterval(() => { if (!document.hidden) say(Date.now() - written < 20000 ? "writing" : "reading"); }, 50000);
  document.addEventListener("visibilitychange", () => say(document.hidden ? "away" : "reading"));
  addEventListener("pagehide", () => say("away", written && !sends ? { draft: "no" } : {}));
}

// Board and scores: looked at anew when something changed, at most four times a minute, for each look is written down.
const renewed = document.querySelectorAll(".renewed");
if (renewed.length) {
  let soon = null;
  addEventListener("desk-changed", () => {
    soon = soon || setTimeout(async () => {
      soon = null;
      const answer = await fetch(location.href, { cache: "no-store", headers: { "X-By-Itself": "1" } });
      if (answer.status === 401) { location.href = "/sign-in"; return; }
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of renewed) {
        const now = fresh.getElementById(part.id);
        if (now && !part.contains(document.activeElement)) part.replaceChildren(...now.childNodes);
      }
    }, 15000);
  });
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  if (document.getElementById("keys").open) return;
  const link = document.querySelector(`a[data-go="${CSS.escape(event.key)}"]`);
  const field = !report && document.querySelector(`main [data-focus="${CSS.escape(event.key)}"]`);
  if (link) { event.preventDefault(); link.click(); } else if (field) { event.preventDefault(); field.focus(); }
});
