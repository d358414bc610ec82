// A one-time link has its secret in the fragment: it goes into the form, and out of the address and the history.
const field = document.querySelector("[data-claim]");
const secret = location.hash.slice(1);
if (field && secret) {
  field.value = secret;
  history.replaceState(null, "", location.pathname);
}
