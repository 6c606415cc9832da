// The alarm of every desk page: a sound when something urgent comes, and again for as long as one waits too long; the
// window's title; a note of the system where the browser may show it. One sound, for the one that has waited longest.
import { get } from "./stream.js";

const AGAIN = 15000, PAST = 3, DANGER = 0;
const NAMES = ["Danger", "Happening now", "Not yet known when", "Over"];
const limit = (rank) => rank === PAST ? 900000 : 60000;

export const waits = (ms) => {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
};

// The first and the second tone of one alarm; deeper where nobody is in danger.
const tones = (rank) => rank === DANGER ? [[0, 784], [0.2, 1047], [0.4, 784]] : [[0, 523], [0.25, 659]];
const sound = (audio, rank) => {
  for (const [at, pitch] of tones(rank)) {
    const tone = audio.createOscillator(), volume = audio.createGain(), from = audio.currentTime + at;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(0.2, from + 0.02);
    volume.gain.linearRampToValueAtTime(0, from + 0.17);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 0.18);
  }
};

const note = (title) => {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(title, { tag: "desk", renotify: true, silent: true });
  shown.onclick = () => { window.focus(); shown.close(); };
};

export const alarm = (url) => {
  const button = document.getElementById("sound"), place = document.getElementById("unanswered"), yours = document.getElementById("yours");
  const title = document.title;
  const told = { here: [], elsewhere: [] }, newest = {};
  let audio = null, on = localStorage.getItem("sound") === "on", waiting = [], offset = 0, notice = "";

  const show = () => {
    const ready = on && audio && audio.state === "running";
    button.textContent = ready ? "Sound is on" : on ? "Sound: press any key" : "Switch sound on";
    button.classList.toggle("on", Boolean(ready));
  };
  const ready = () => {
    if (!on) return;
    audio = audio || new AudioContext();
    audio.onstatechange = show;
    audio.resume().then(show, show);
  };
  const toggle = () => {
    on = !on;
    localStorage.setItem("sound", on ? "on" : "off");
    if (on) {
      ready();
      if ("Notification" in window && Notification.permission === "default") Notification.requestPermission();
    } else if (audio) audio.suspend();
    show();
  };
  // Of several windows one sounds, the first that can: it writes down what for.
  const ring = (name, value, rank, words) => {
    const sounds = on && audio && audio.state === "running";
    if (!sounds && !document.hidden) return;
    localStorage.setItem(name, String(value));
    if (sounds) sound(audio, rank);
    note(words);
  };

  const tick = () => {
    const now = Date.now() + offset;
    const late = waiting.filter(([rank, since]) => now - since >= limit(rank)).sort((a, b) => a[1] - b[1]);
    const longest = waiting.reduce((most, [, since]) => Math.max(most, now - since), 0);
    const others = url && told.elsewhere.length ? `, ${told.elsewhere.length} of them elsewhere` : "";
    place.textContent = waiting.length ? `${waiting.length} unanswered, ${waits(longest)}${others}` : "Nobody is waiting";
    place.classList.toggle("late", late.length > 0);
    document.title = notice ? `! ${notice}` : late.length ? `! ${waits(now - late[0][1])} unanswered · ${title}` : waiting.length ? `(${waiting.length}) ${title}` : title;
    if (!late.length) localStorage.removeItem("alarmed");
    else if (Math.abs(Date.now() - Number(localStorage.getItem("alarmed"))) >= AGAIN) {
      ring("alarmed", Date.now(), late[0][0], `${NAMES[late[0][0]]}: unanswered for ${waits(now - late[0][1])}`);
    }
  };
  // What came or was given back since the last look; what waits already when a page opens is no news.
  const arrivals = (where) => {
    const before = newest[where], last = told[where].reduce((most, [, since]) => Math.max(most, since), 0);
    const fresh = before === undefined ? [] : told[where].filter(([rank, since]) => since > before && rank < PAST);
    newest[where] = Math.max(before || 0, last);
    if (!fresh.length || Number(localStorage.getItem("arrived")) >= newest[where]) return;
    const rank = Math.min(...fresh.map(([each]) => each));
    ring("arrived", newest[where], rank, `${NAMES[rank]}: a new report`);
  };
  // `where` is this page's own queue, or the other desks of who has several.
  const feed = (found, now, where = "here", mine = null) => {
    if (mine !== null) {
      if (yours.hidden !== !mine && newest[where] !== undefined) dispatchEvent(new Event("desk-moved"));
      yours.hidden = !mine;
      yours.href = document.body.dataset.queue || "#lines";
      yours.textContent = `${mine} of yours ${mine === 1 ? "has" : "have"} news`;
    }
    told[where] = found;
    waiting = [...told.here, ...told.elsewhere];
    offset = now - Date.now();
    arrivals(where);
    tick();
  };
  // For pages that do not show the queue: asked for once a second at most.
  let soon = null, asked = 0;
  const look = () => {
    soon = soon || setTimeout(async () => {
      soon = null;
      asked = Date.now();
      const answer = await get(url);
      if (!answer) return;
      const found = await answer.json();
      feed(found.waiting, found.now, "here", found.mine);
    }, Math.max(0, asked + 1000 - Date.now()));
  };

  button.addEventListener("click", toggle);
  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => { if (on && (!audio || audio.state !== "running")) ready(); }, { passive: true });
  ready();
  show();
  document.getElementById("alarm").classList.add("shown");
  setInterval(tick, 1000);
  // Something that is no report stands in the title until it is taken back, and is heard where the sound is on.
  const warn = (words) => {
    notice = words;
    tick();
    if (!words) return;
    if (on && audio && audio.state === "running") sound(audio, PAST);
    note(words);
  };
  return { feed, look, toggle, warn };
};
