"use strict";
// The page of one report, and the search: keys that lead to a field, approved replies, the weight of a text being written.
(() => {
  const csrf = () => document.querySelector('input[name="csrf"]').value;

  // What a text weighs and what R1 says of it, by the server's own knowledge, a moment after the last letter.
  const parts = (told, each) => {
    const [one, part] = told.encoding === "gsm7" ? [160, 153] : [70, 67];
    const room = told.segments > 1 ? told.segments * part : one;
    const found = [`${told.segments} ${told.segments === 1 ? "segment" : "segments"}, ${told.units} of ${room} ${told.encoding === "gsm7" ? "GSM-7" : "UCS-2"}`];
    if (told.costly.length) found.push(`costly: ${told.costly.join(" ")}`);
    if (told.segments > told.most) found.push(`longer than ${told.most} segments: it will not be sent`);
    if (told.why === "words") found.push(`shows on a lock screen, will not be sent: ${told.words.join(", ")}`);
    if (told.why === "sure") found.push(`you will be asked whether it is safe to say ${told.words.join(", ")}`);
    if (told.blanks) found.push(each ? "what stands in braces is filled for each" : "a blank in braces is left");
    return found;
  };
  const weigh = (field) => {
    const place = document.getElementById(field.dataset.told);
    let waiting = null, number = 0;
    const ask = async () => {
      const mine = ++number;
      if (!field.value) { place.textContent = ""; place.classList.remove("wrong"); return; }
      try {
        const answer = await fetch(field.dataset.check, { method: "POST", body: new URLSearchParams({ csrf: csrf(), text: field.value }), cache: "no-store" });
        if (!answer.ok || mine !== number) return;
        const told = await answer.json();
        place.textContent = `${parts(told, field.id !== "text").join(" · ")}. On a lock screen: ${told.shown}`;
        place.classList.toggle("wrong", Boolean(told.why) || told.segments > told.most || (told.blanks && field.id === "text"));
      } catch { place.textContent = ""; }
    };
    field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 150); });
    if (field.value) ask();
  };
  for (const field of document.querySelectorAll("textarea[data-check]")) weigh(field);

  // An approved reply is put where it can be changed, the cursor at its end or at the first blank.
  const put = (field, words) => {
    if (!field || !words) return;
    field.value = words;
    field.dispatchEvent(new Event("input"));
  };
  for (const box of document.querySelectorAll("[data-choose]")) {
    const replies = box.querySelector("select"), language = box.querySelector("[data-language]");
    const choose = () => {
      const chosen = replies.selectedOptions[0];
      if (!chosen.value) return;
      if (box.dataset.choose !== "text") {
        for (const field of document.querySelectorAll(`textarea[id^="${box.dataset.choose}-"]`)) put(field, chosen.dataset[field.lang]);
        return;
      }
      const field = document.getElementById("text");
      field.lang = language.value;
      put(field, chosen.dataset[language.value]);
      const blank = /\{[a-z]+\}/.exec(field.value);
      field.setSelectionRange(blank ? blank.index : field.value.length, blank ? blank.index + blank[0].length : field.value.length);
    };
    for (const each of [replies, language]) if (each) each.addEventListener("change", choose);
    const button = box.querySelector("[data-without-script]");
    if (button) button.hidden = true;
    replies.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); const field = document.querySelector(box.dataset.choose === "text" ? "#text" : `textarea[id^="${box.dataset.choose}-"]`); field.focus(); }
    });
  }

  // Keys that lead to a field, or press a button; `?` lists them.
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    if (document.getElementById("keys").open) return;
    const found = document.querySelector(`[data-focus="${CSS.escape(event.key)}"]`);
    if (!found) return;
    event.preventDefault();
    if (!found.matches("a, button, summary")) { found.focus(); if (found.matches("input")) found.select(); return; }
    if (found.matches("button")) { found.focus(); return; }  // what changes something is pressed on purpose
    found.click();
    if (found.matches("summary")) { const field = found.parentElement.querySelector("select, textarea"); (found.parentElement.open && field ? field : found).focus(); }
  });
})();
