// Sends files as soon as they are chosen; without a script the button does it.
for (const form of document.querySelectorAll("form[data-chosen]")) {
  for (const field of form.querySelectorAll("[type=file]")) field.addEventListener("change", () => form.requestSubmit());
}
