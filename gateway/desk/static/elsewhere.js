// The other desks of who has several: their waiting reports count for the alarm of every page, and beside their names
// where one of them is chosen. Asked for, not streamed: a browser has few connections.
import { waits } from "./alarm.js";
import { get, poll } from "./stream.js";

const EVERY = 3000;

export const elsewhere = (bell, own) => {
  const look = async () => {
    const answer = await get("/waiting");
    if (!answer) return;
    const told = await answer.json();
    bell.feed(told.desks.filter((one) => one.events !== own).flatMap((one) => one.waiting), told.now, "elsewhere");
    for (const one of told.desks) {
      const place = document.querySelector(`[data-desk="${CSS.escape(one.events)}"]`);
      const longest = one.waiting.reduce((most, [, since]) => Math.max(most, told.now - since), 0);
      const words = one.waiting.length ? `${one.waiting.length} unanswered, ${waits(longest)}` : "Nobody is waiting";
      if (place && place.textContent !== words) place.textContent = words;
    }
  };
  poll(look, EVERY)(true);
};
