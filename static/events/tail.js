// Keeps the tail of events up to date: asks for it every few seconds while the page is looked at.
const tail = document.getElementById("tail");
const note = document.getElementById("live-note");
const dot = document.getElementById("live-dot");
const button = document.getElementById("live-switch");
const EVERY_MS = 3000, PATIENCE_MS = 15000;
let live = true, shown = "", timer = 0;

// Whoever reads by keyboard or marks a text must not lose the place.
const isHeld = () => tail.contains(document.activeElement) || !getSelection().isCollapsed;

function say(text, works) {
  note.textContent = text;
  dot.classList.toggle("ev-dot-off", !works);
}

async function look() {
  clearTimeout(timer);
  if (live && !document.hidden) {
    try {
      const options = { credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) };
      const answer = await fetch(tail.dataset.url, options);
      if (!answer.ok) throw new Error(answer.status);
      show(await answer.text());
    } catch {
      if (live) say("The server did not answer; trying again", false);
    }
  }
  timer = setTimeout(look, EVERY_MS);
}

function show(html) {
  if (!live) return;
  if (html !== shown && isHeld()) return say("Held while you read", true);
  if (html !== shown) tail.innerHTML = shown = html;
  say(`Live, ${new Date().toLocaleTimeString("en-GB")}`, true);
}

button.addEventListener("click", () => {
  live = !live;
  button.textContent = live ? "Pause" : "Go on";
  say(live ? "Live" : "Paused", live);
  if (live) look();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
button.hidden = dot.hidden = false;
say("Live", true);
timer = setTimeout(look, EVERY_MS);
