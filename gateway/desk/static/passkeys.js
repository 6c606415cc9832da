/* Passkeys (W3C Web Authentication): a form asks for options, an authenticator answers, the form carries the answer. */
(() => {
  "use strict";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  async function options(form) {
    const token = form.elements.namedItem("csrf");
    const body = new URLSearchParams(token ? { csrf: token.value } : {});
    const answer = await fetch(form.dataset.options, { method: "POST", body });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(found.problem || "Sign in again.");
    return found;
  }

  async function create(found) {
    const made = await navigator.credentials.create({
      publicKey: {
        ...found,
        challenge: bytes(found.challenge),
        user: { ...found.user, id: bytes(found.user.id) },
        excludeCredentials: known(found.excludeCredentials),
      },
    });
    return [made, {
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports ? made.response.getTransports() : [],
    }];
  }

  async function get(found) {
    const made = await navigator.credentials.get({
      publicKey: { ...found, challenge: bytes(found.challenge), allowCredentials: known(found.allowCredentials) },
    });
    const handle = made.response.userHandle;
    return [made, {
      authenticatorData: text(made.response.authenticatorData),
      signature: text(made.response.signature),
      userHandle: handle ? text(handle) : null,
    }];
  }

  async function send(form) {
    const found = await options(form);
    const [made, response] = await (form.dataset.passkey === "create" ? create(found) : get(found));
    form.elements.namedItem("credential").value = JSON.stringify({
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      clientExtensionResults: made.getClientExtensionResults(),
      authenticatorAttachment: made.authenticatorAttachment,
      response: { clientDataJSON: text(made.response.clientDataJSON), ...response },
    });
    form.submit();
  }

  function reason(error) {
    if (error.name === "InvalidStateError") return "This device holds a passkey of yours already.";
    if (error.name === "NotAllowedError") return "Nothing was done. Try again when you are ready.";
    return error.message || "That did not work. Try again.";
  }

  if (!window.PublicKeyCredential) return;
  for (const note of document.querySelectorAll("[data-without]")) note.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const problem = form.querySelector(".problem");
    const button = form.querySelector("button");
    form.hidden = false;
    button.disabled = false;  // disabled in the page: sent before this runs it would carry nothing
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      problem.hidden = true;
      button.disabled = true;
      send(form).catch((error) => {
        problem.textContent = reason(error);
        problem.hidden = false;
        button.disabled = false;
      });
    });
  }
})();
