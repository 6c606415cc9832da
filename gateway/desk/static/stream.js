// One live stream for all windows of a desk: a browser opens six connections to a host and no more, so that the window
// which holds the lock listens and tells the others. Silence counts as failure; then each page asks by itself.
const SILENT = 40000;

export const listen = (url, { changed, live }) => {
  const talk = new BroadcastChannel(`desk ${url}`);
  let state = null, heard = Date.now(), leads = false;
  const tell = (on) => { if (on !== state) { state = on; live(on); } };
  const hear = (told) => {
    heard = Date.now();
    tell(told.live);
    if (told.changed) { changed(told.changed); dispatchEvent(new CustomEvent("desk-changed")); }
    if (told.presence) dispatchEvent(new CustomEvent("desk-presence", { detail: told.presence }));
  };
  const say = (told) => { talk.postMessage(told); hear(told); };

  const open = () => {
    const stream = new EventSource(url);
    stream.addEventListener("open", () => say({ live: true }));
    stream.addEventListener("alive", () => say({ live: true }));
    stream.addEventListener("presence", (event) => say({ live: true, presence: event.data }));
    stream.addEventListener("changed", (event) => say({ live: true, changed: event.data }));
    stream.addEventListener("error", () => {
      say({ live: false });
      if (stream.readyState === EventSource.CLOSED) setTimeout(open, 5000);
    });
  };
  const lead = () => { leads = true; open(); return new Promise(() => {}); };

  talk.onmessage = (event) => {
    if (!event.data.ask) hear(event.data);
    else if (leads) talk.postMessage({ live: state === true, changed: "*" });
  };
  talk.postMessage({ ask: true });
  if (navigator.locks) navigator.locks.request(`desk ${url}`, lead); else lead();
  setInterval(() => { if (Date.now() - heard > SILENT) tell(false); }, 5000);
};

// Fetches again and again while it is on.
export const poll = (fetches, every) => {
  let timer = null;
  return (on) => {
    if (on && timer === null) { fetches(); timer = setInterval(fetches, every); }
    if (!on && timer !== null) { clearInterval(timer); timer = null; }
  };
};

let touched = Date.now();
for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => { touched = Date.now(); }, { passive: true });

// A fetch that keeps nobody signed in whose hands are still; null where there is nothing new to show.
export const get = async (url) => {
  const still = Date.now() - touched >= 60000;
  try {
    const answer = await fetch(url, { cache: "no-store", headers: still ? { "X-By-Itself": "1" } : {} });
    if (answer.status === 401 || answer.redirected) location.href = "/sign-in";
    return answer.ok && !answer.redirected ? answer : null;
  } catch { return null; }
};
