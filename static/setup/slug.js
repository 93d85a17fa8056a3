// Writes the key from the name until somebody writes a key of their own.
const name = document.getElementById("id_name");
const key = document.getElementById("id_key");

function slug(text) {
  const plain = text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 70);
}

if (name && key) {
  let own = key.value !== "" && key.value !== slug(name.value);
  key.addEventListener("input", () => { own = key.value !== ""; });
  name.addEventListener("input", () => { if (!own) key.value = slug(name.value); });
}
