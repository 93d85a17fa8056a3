// Shows a report as soon as it is computed: looks at the page again until it no longer waits.
const WAIT_MS = 3000;

async function look() {
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("[data-pending]")) return location.reload();
  } catch {
    // The server is away; the next look may find it.
  }
  setTimeout(look, WAIT_MS);
}

setTimeout(look, WAIT_MS);
