// Comforts. Every page works without this file.
"use strict";
document.documentElement.classList.add("js");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal], [data-copy], [data-tick]");
  if (button?.dataset.reveal) {
    const input = document.getElementById(button.dataset.reveal);
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  } else if (button?.dataset.copy) {
    const source = document.getElementById(button.dataset.copy);
    const label = button.textContent;
    navigator.clipboard?.writeText((source.value ?? source.textContent).trim()).then(() => {
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 1600);
    });
  } else if (button?.dataset.tick) {
    const how = button.dataset.tick;
    for (const box of button.closest("fieldset").querySelectorAll("input[type=checkbox]")) {
      if (how !== "view" || box.value.startsWith("r:")) box.checked = how === "all" || (how === "view" && box.value.startsWith("r:view:"));
    }
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Goes on when every frame of the page has loaded, or after a while without.
const onward = document.querySelector("a[data-continue]");
if (onward) {
  const frames = [...document.querySelectorAll("iframe")];
  const loaded = frames.map((frame) => new Promise((done) => frame.addEventListener("load", done)));
  const patience = new Promise((done) => { setTimeout(done, 5000); });
  const least = new Promise((done) => { setTimeout(done, 1000); });
  Promise.all([Promise.race([Promise.all(loaded), patience]), least]).then(() => location.replace(onward.href));
}

// A second click on a slow form sends nothing twice. The button is not disabled, or its name would not be sent.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 4000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
