// Saves what was changed in a step a moment after it was changed, so that nothing is lost on
// leaving by any link. Steps whose saving starts something warn instead. Without this script the
// buttons save.
const form = document.querySelector("form#setup");
const said = document.getElementById("saved");
const IDLE_MS = 1500;
let changed = false, leaving = false, timer = 0, running = null, savedAt = 0;

function say(text) { if (said && said.textContent !== text) said.textContent = text; }

async function save() {
  clearTimeout(timer);
  if (running || !changed || leaving) return;
  changed = false;
  const body = new FormData(form);
  body.set("go", "stay");
  running = send(body).catch(() => {
    changed = true;
    say("Not saved: the server did not answer. The buttons try again.");
  });
  await running;
  running = null;
  if (changed && !leaving) timer = setTimeout(save, IDLE_MS);
}

async function send(body) {
  const answer = await fetch(location.href, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true });
  const told = await answer.json();
  if (answer.ok) form.elements.version.value = told.version;
  if (answer.ok) savedAt = Date.now();
  say(answer.ok ? "Draft saved just now." : `Not saved: ${told.problem}`);
}

function tell() {
  if (!savedAt || changed) return;
  const minutes = Math.floor((Date.now() - savedAt) / 60000);
  if (minutes > 0) say(`Draft saved ${minutes} min ago.`);
}

if (form) {
  const saves = form.hasAttribute("data-autosave");
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("change", () => {
    changed = true;
    if (!saves) return;
    clearTimeout(timer);
    timer = setTimeout(save, IDLE_MS);
  });
  form.addEventListener("submit", (event) => {
    leaving = true;
    clearTimeout(timer);
    if (!running) return;
    // What is being saved raises the version; the page would collide with itself.
    event.preventDefault();
    const { submitter } = event;
    running.then(() => setTimeout(() => form.requestSubmit(submitter), 0));
  });
  addEventListener("beforeunload", (event) => {
    if (!changed || leaving) return;
    if (saves) save();
    else event.preventDefault();
  });
  setInterval(tell, 20000);
}
