// Passkeys: a form asks our server for options, the browser's authenticator for an answer, and sends that as a form.
// Without WebAuthn the section stays hidden, and the way by password and code is there.
const able = window.PublicKeyCredential?.parseRequestOptionsFromJSON && navigator.credentials;

async function options(form) {
  const fields = new URLSearchParams({ csrf: form.elements.csrf.value, key: form.elements.key.value });
  const answer = await fetch(form.dataset.options, { method: "POST", body: fields, redirect: "manual" });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return answer.json();
}

async function credential(form) {
  const wanted = await options(form);
  if (form.dataset.passkeyForm === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(wanted) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(wanted) });
}

async function send(event) {
  event.preventDefault();
  const form = event.currentTarget, said = form.querySelector("[data-passkey-said]");
  said.textContent = "";
  try {
    form.elements.credential.value = JSON.stringify((await credential(form)).toJSON());
    form.submit();
  } catch {
    said.textContent = said.dataset.failed;
  }
}

if (able) {
  for (const section of document.querySelectorAll("[data-passkey]")) section.hidden = false;
  for (const form of document.querySelectorAll("[data-passkey-form]")) form.addEventListener("submit", send);
}
