// Nobody is signed off without a warning (WCAG 2.2.1): two minutes before the 15 idle ones are over the page says so,
// with a sound, and any key or press keeps who is there. Windows of one browser know of each other's hands.
const WARN = 13 * 60000, TELL = 120000, KEY = "touched";

export const idle = (warn) => {
  const box = document.getElementById("idle");
  let told = Date.now();
  localStorage.setItem(KEY, String(Date.now()));
  const touched = () => Number(localStorage.getItem(KEY)) || 0;
  const show = (on) => {
    if (on !== box.hidden) return;
    box.hidden = !on;
    warn(on ? "Signed off in 2 min" : "");
  };
  const touch = () => {
    localStorage.setItem(KEY, String(Date.now()));
    show(false);
    if (Date.now() - told < TELL) return;
    told = Date.now();
    fetch("/waiting", { cache: "no-store" }).catch(() => {});  // hands at work keep the session
  };
  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, touch, { passive: true, capture: true });
  setInterval(() => show(Date.now() - touched() >= WARN), 5000);
};
