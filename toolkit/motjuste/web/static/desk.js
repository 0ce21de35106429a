// One key, one answer: each element with data-key is what its key presses. Nothing is kept here, and nothing is asked for but by htmx.
"use strict";

const typing = (e) => e.target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");

// an answer waits until the proposal on the page is the one for the choices on it; the button is looked for again then, as htmx may have replaced it
const LOOK = 50; // milliseconds
const AGAIN = 1000; // after which an answer that was lost on the way is asked for once more
let waiting = "";
function settled() {
  const made = document.querySelector("#reponses");
  const shown = [...document.querySelectorAll("fieldset:enabled input[name^=choice-]:checked")];
  return !made || made.value === shown.map((x) => `${x.name.slice(7)}:${x.value}`).join(",");
}
function wait(key) {
  const begun = !waiting;
  waiting = key;
  if (begun) look(0);
}
function look(waited) {
  if (!waiting) return;
  if (settled()) {
    const element = document.querySelector(`[data-key="${CSS.escape(waiting)}"]:not(:disabled)`);
    waiting = "";
    if (element) element.click();
    return;
  }
  if (waited >= AGAIN) {
    document.querySelector("fieldset:enabled input[name^=choice-]:checked").dispatchEvent(new Event("change", { bubbles: true }));
    waited = 0;
  }
  setTimeout(() => look(waited + LOOK), LOOK);
}
for (const name of ["htmx:error", "htmx:response:error"]) document.addEventListener(name, () => (waiting = ""));

function press(element) {
  if (element.matches("[name=action]") && !settled()) wait(element.dataset.key);
  else if (element.matches("summary")) {
    const box = element.parentElement;
    box.open = true;
    (box.querySelector("input:checked, input[type=radio]") || box.querySelector("dt, input") || element).focus();
    box.scrollIntoView({ block: "nearest" });
  } else if (element.matches("textarea")) {
    element.focus();
  } else {
    element.click();
  }
}

// 1 to 9: the next answer for that passage
function turn(number) {
  const box = document.querySelector(`#passage-${number}:enabled`);
  if (!box) return;
  const all = [...box.querySelectorAll("input[type=radio]")];
  const next = all[(all.findIndex((x) => x.checked) + 1) % all.length];
  next.checked = true;
  next.focus();
  next.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("keydown", (e) => {
  if (e.altKey || e.metaKey) return;
  if (e.key === "Escape") {
    const box = e.target.closest("details[open]");
    if (box) box.open = false;
    if (document.activeElement) document.activeElement.blur();
    return;
  }
  const form = document.querySelector("#reponse");
  if (e.ctrlKey) {
    if (e.key === "Enter" && form) {
      e.preventDefault();
      press(form.querySelector("[data-key=a]"));
    }
    return;
  }
  if (typing(e)) {
    // Enter in a reason sends that answer, not the first button of the form
    const send = e.key === "Enter" && e.target.matches("input") && e.target.closest("details")?.querySelector("button");
    if (send) {
      e.preventDefault();
      send.click();
    }
    return;
  }
  if (e.key === "Enter") {
    const send = e.target.matches("input[type=radio]") && e.target.closest("details")?.querySelector("button");
    if (send) {
      e.preventDefault();
      send.click();
    } else if (e.target.matches("input[type=radio]")) {
      e.preventDefault();
    }
    return;
  }
  const key = e.key.toLowerCase();
  const element = document.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`) || (key === "n" && document.querySelector("[data-key=s]"));
  if (element) {
    e.preventDefault();
    press(element);
  } else if (/^[1-9]$/.test(key)) {
    turn(key);
  } else if (key === "p" && form) {
    history.back();
  }
});

// one answer a page: a second press of a key, or a double click, sends nothing more
document.addEventListener("submit", (e) => {
  if (e.target.dataset.sent) e.preventDefault();
  else e.target.dataset.sent = "1";
  setTimeout(() => delete e.target.dataset.sent, 2000); // a file that is saved leaves its page as it is
});
window.addEventListener("pageshow", (e) => {
  // a page of before, shown again by the browser, may be out of date
  if (e.persisted) location.reload();
});

document.addEventListener("change", (e) => {
  const shown = document.querySelector("#coches");
  if (shown && e.target.matches("[name=note]")) shown.textContent = document.querySelectorAll("[name=note]:checked").length;
});

// what could not be sent is said where it was asked for
for (const name of ["htmx:error", "htmx:response:error"]) {
  document.addEventListener(name, () => {
    const place = document.querySelector("#changements, #resultat");
    if (place && !place.querySelector(".lost")) {
      const line = document.createElement("p");
      line.className = "alert lost";
      line.setAttribute("role", "alert");
      line.textContent = document.body.dataset.lost;
      place.append(line);
    }
  });
}
