"use strict";
(() => {
  const body = document.body;
  const lines = document.getElementById("lines");
  const byItself = { headers: { "X-By-Itself": "1" }, cache: "no-store" };
  let touched = Date.now();
  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => { touched = Date.now(); }, { passive: true });

  // One sound, for the oldest breach, as long as it lasts.
  let audio = null, soundOn = false, newest = "";
  const button = document.getElementById("sound");
  const setSound = (on) => {
    soundOn = on;
    if (on && !audio) audio = new AudioContext();
    if (on) audio.resume();
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "Sound on" : "Sound off";
  };
  const sound = () => {
    if (!soundOn || !audio) return;
    for (const [at, pitch] of [[0, 660], [0.22, 880]]) {
      const tone = audio.createOscillator(), volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.value = 0.15;
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.18);
    }
  };

  const waits = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
    return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
  };

  let offset = 0, alarmed = 0;
  const tick = () => {
    let oldest = 0;
    for (const line of lines.querySelectorAll("[data-since]")) {
      const waited = Date.now() + offset - Number(line.dataset.since);
      const age = line.querySelector(".age");
      if (age) age.textContent = waits(waited);
      const limit = line.dataset.rank === "3" ? 900000 : 60000;
      line.classList.toggle("breach", waited >= limit);
      if (waited >= limit) oldest = Math.max(oldest, waited);
    }
    const list = lines.querySelector("[data-waiting]");
    const waiting = list ? Number(list.dataset.waiting) : 0;
    document.title = `${oldest ? "! " : ""}${waiting ? `(${waiting}) ` : ""}Queue`;
    if (oldest && Date.now() - alarmed >= 15000) { alarmed = Date.now(); sound(); }
  };

  let chosen = null;
  const choose = (step) => {
    const all = [...lines.querySelectorAll(".line")];
    if (!all.length) return;
    const at = all.findIndex((line) => line.dataset.report === chosen);
    const line = all[Math.min(all.length - 1, Math.max(0, at + step))];
    chosen = line.dataset.report;
    mark();
    line.querySelector(".open").focus();
  };
  const mark = () => {
    for (const line of lines.querySelectorAll(".line")) line.classList.toggle("chosen", line.dataset.report === chosen);
  };

  const settle = () => {
    const first = lines.querySelector("[data-now]");
    if (first) offset = Number(first.dataset.now) - Date.now();
    mark();
    tick();
    const top = lines.querySelector(".line:not(.held)");
    const said = top ? top.dataset.report : "";
    if (said && said !== newest && newest !== "") document.getElementById("said").textContent = top.querySelector(".open").textContent.replace(/\s+/g, " ").trim();
    newest = said || "-";
  };

  let busy = false, again = false, last = 0;
  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    const early = 400 - (Date.now() - last);
    if (early > 0) await new Promise((go) => setTimeout(go, early));
    last = Date.now();
    try {
      const active = Date.now() - touched < 60000;
      const answer = await fetch(body.dataset.lines, active ? { cache: "no-store" } : byItself);
      if (answer.status === 401 || answer.redirected) { location.href = "/sign-in"; return; }
      if (answer.ok) {
        const focused = document.activeElement && document.activeElement.closest(".line");
        const report = focused && focused.dataset.report;
        const what = focused && (document.activeElement.className || "open");
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        lines.replaceChildren(...fresh.body.childNodes);
        if (report) { const back = lines.querySelector(`[data-report="${report}"] .${what}`); if (back) back.focus({ preventScroll: true }); }
        settle();
      }
    } catch { /* the next try tells */ }
    busy = false;
    if (again) { again = false; refresh(); }
  };

  if (lines) {
    settle();
    setInterval(tick, 1000);
    button.addEventListener("click", () => setSound(!soundOn));
    const live = document.getElementById("live");
    let polling = null;
    const poll = (on) => {
      if (on && !polling) { polling = setInterval(refresh, 3000); live.textContent = "Checking every 3 seconds"; }
      if (!on && polling) { clearInterval(polling); polling = null; }
      if (!on) live.textContent = "Live";
    };
    const stream = new EventSource(body.dataset.events);
    stream.addEventListener("open", () => poll(false));
    stream.addEventListener("changed", refresh);
    stream.addEventListener("error", () => poll(true));
  }

  const text = document.getElementById("text");
  if (text) {
    const count = document.getElementById("count");
    const tell = () => { count.textContent = `${text.value.length} letters. On a lock screen: ${text.value.slice(0, Number(text.dataset.lock))}`; };
    text.addEventListener("input", tell);
    if (text.value) tell();
  }
  const thread = document.querySelector(".thread");
  if (thread) thread.scrollTop = thread.scrollHeight;

  // The report's own page: what is known and said is kept up to date; what is being written stays.
  if (body.dataset.report) {
    const renew = async () => {
      const answer = await fetch(location.pathname.split("/").slice(0, 4).join("/"), byItself);
      if (answer.status === 401 || answer.redirected) { location.href = "/sign-in"; return; }
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const before = thread.children.length;
      for (const part of [".bar", ".facts", ".notes", ".thread"]) {
        const old = document.querySelector(part), now = fresh.querySelector(part);
        if (old && now) old.replaceChildren(...now.childNodes);
      }
      if (thread.children.length > before) {
        thread.scrollTop = thread.scrollHeight;
        document.getElementById("news").textContent = `${thread.children.length - before} new`;
      }
    };
    const stream = new EventSource(body.dataset.events);
    stream.addEventListener("changed", (event) => {
      if (event.data === "*" || event.data.split(",").includes(body.dataset.report)) renew();
    });
  }

  const press = (key) => {
    const found = document.querySelector(`button[data-key="${key}"]`);
    if (found) found.click();
    else if (key === "c" && chosen) { const claim = lines.querySelector(`[data-report="${chosen}"] .claim`); if (claim) claim.click(); }
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.getElementById("keys").open) return;
    const go = {
      j: () => lines && choose(1), k: () => lines && choose(-1), q: () => { if (body.dataset.queue) location.href = body.dataset.queue; },
      r: () => text && text.focus(), n: () => { const note = document.getElementById("note"); if (note) note.focus(); },
      m: () => button && setSound(!soundOn), "?": () => document.getElementById("keys").showModal(),
      c: () => press("c"), x: () => press("x"), b: () => press("b"),
    }[event.key];
    if (go) { event.preventDefault(); go(); }
  });
})();
