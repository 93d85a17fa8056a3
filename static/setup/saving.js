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
  try {
    running = fetch(location.href, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true });
    const answer = await running;
    const told = await answer.json();
    if (answer.ok) form.elements.version.value = told.version;
    if (answer.ok) savedAt = Date.now();
    say(answer.ok ? "Draft saved just now." : `Not saved: ${told.problem}`);
  } catch {
    changed = true;
    say("Not saved: the server did not answer. The buttons try again.");
  } finally {
    running = null;
  }
  if (changed) timer = setTimeout(save, IDLE_MS);
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
  form.addEventListener("submit", () => { leaving = true; });
  addEventListener("beforeunload", (event) => {
    if (!changed || leaving) return;
    if (saves) save();
    else event.preventDefault();
  });
  setInterval(tell, 20000);
}
