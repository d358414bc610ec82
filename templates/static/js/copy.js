// A button beside a command that copies it; without a script the text can be selected.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.closest(".copy").querySelector("pre").textContent);
    button.textContent = button.dataset.done;
  });
}
