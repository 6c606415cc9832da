// What is being written stays in this tab until it is sent: through a reload, a key pressed too early, a session that
// ended. Another person who signs in here finds none of it, and of confidential reports nothing is kept.
const me = document.getElementById("me"), path = location.pathname.split("/").slice(0, 4).join("/");
const kept = `draft ${me ? me.dataset.person : ""} ${path}`;
// What a page shows once a text was sent or kept: where it has grown since, the draft is done with.
const SHOWN = { text: ".thread li.staff", note: ".notes li:not(.small)" };
// How many texts of theirs there were: what came since is said, and nothing is sent before it is read.
const counts = (field) => [...field.form.querySelectorAll('input[name^="began"]')];
const began = (field) => Object.fromEntries(counts(field).map((each) => [each.name, each.value]));
const shown = (field) => [...document.querySelectorAll(SHOWN[field.id] || ".told")];
const grown = (field) => shown(field).length;

for (const key of Object.keys(sessionStorage)) {
  if (key.startsWith("draft ") && me && !key.startsWith(`draft ${me.dataset.person} `)) sessionStorage.removeItem(key);
}
if (document.body.dataset.report && !(document.body.dataset.queue || "").includes("team=confidential")) {
  const drafts = JSON.parse(sessionStorage.getItem(kept) || "{}");
  const keep = () => {
    if (Object.keys(drafts).length) sessionStorage.setItem(kept, JSON.stringify(drafts)); else sessionStorage.removeItem(kept);
  };
  for (const field of document.querySelectorAll("main textarea[id]")) {
    const last = drafts[field.id];
    if (field.defaultValue) delete drafts[field.id];  // the desk gave it back itself
    else if (last && "sent" in last && grown(field) > last.sent) {
      delete drafts[field.id];
      shown(field).at(-1).scrollIntoView({ block: "nearest" });  // on a phone it stands far below
    }
    else if (last && !field.value) {
      field.value = last.words;
      for (const each of counts(field)) if (each.name in last.began) each.value = last.began[each.name];
    }
    if (field.value && !field.defaultValue) field.closest("details")?.setAttribute("open", "");
    if (field.value && !field.defaultValue && !drafts[field.id]) drafts[field.id] = { words: field.value, began: began(field) };
    field.addEventListener("input", () => {
      if (field.value) drafts[field.id] = { words: field.value, began: began(field) }; else delete drafts[field.id];
      keep();
    });
    field.form.addEventListener("submit", () => {
      if (!field.value) return;
      drafts[field.id] = { words: field.value, began: began(field), sent: SHOWN[field.id] ? grown(field) : 0 };
      keep();
    });
  }
  keep();
}
