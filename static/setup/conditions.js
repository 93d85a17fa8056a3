// Rows beside the JSON of a condition, and the count of units that it lets in. The JSON is what is
// saved: without this script, or for a condition that rows cannot show, it is edited itself.
const box = document.querySelector("[data-count]");
const area = document.getElementById("id_eligibility");
const builder = box?.querySelector("[data-builder]");
const list = box?.querySelector("[data-rows]");
const rich = box?.querySelector("[data-rich]");
const figure = box?.querySelector("[data-figure]");
const OPERATORS = [
  ["$eq", "is"], ["$ne", "is not"], ["$in", "is one of"], ["$nin", "is none of"],
  ["$gt", "is more than"], ["$gte", "is at least"], ["$lt", "is less than"], ["$lte", "is at most"],
  ["$exists", "was sent"], ["$regex", "matches the pattern"],
];
const KNOWN = new Set(OPERATORS.map(([name]) => name));
const WAIT_MS = 400;

// ── reading ──────────────────────────────────────────────────────────────────────────────────
function rowsOf(condition) {
  const rows = [];
  for (const [attribute, wanted] of Object.entries(condition)) {
    if (attribute === "$and" && Array.isArray(wanted)) {
      for (const part of wanted) {
        const inner = rowsOf(part);
        if (!inner) return null;
        rows.push(...inner);
      }
    } else if (attribute.startsWith("$")) {
      return null;
    } else {
      const found = tests(wanted);
      if (!found) return null;
      rows.push(...found.map(([operator, value]) => ({ attribute, operator, value })));
    }
  }
  return rows;
}

function tests(wanted) {
  if (wanted === null || typeof wanted !== "object") return wanted === null ? null : [["$eq", wanted]];
  if (Array.isArray(wanted)) return null;
  const found = Object.entries(wanted).filter(([operator]) => operator !== "$type");
  const simple = found.every(([operator, value]) =>
    KNOWN.has(operator) && value !== null && (typeof value !== "object" || isList(operator, value)));
  return found.length && simple ? found : null;
}

function isList(operator, value) {
  return ["$in", "$nin"].includes(operator) && Array.isArray(value) && value.every((each) => typeof each !== "object");
}

function parsed() {
  const text = area.value.trim();
  if (!text) return {};
  try {
    const found = JSON.parse(text);
    return found && typeof found === "object" && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

// ── writing ──────────────────────────────────────────────────────────────────────────────────
function single(text) {
  const bare = text.trim();
  if (bare === "true" || bare === "false") return bare === "true";
  return bare !== "" && Number.isFinite(Number(bare)) ? Number(bare) : bare.replace(/^"(.*)"$/, "$1");
}

function valueOf(operator, text) {
  if (operator === "$exists") return text.trim() !== "false" && text.trim() !== "no";
  if (operator === "$regex") return text;
  if (operator === "$in" || operator === "$nin") return text.split(",").map(single).filter((each) => each !== "");
  return single(text);
}

function written(value) {
  if (Array.isArray(value)) return value.map(written).join(", ");
  return typeof value === "string" && typeof single(value) !== "string" ? `"${value}"` : String(value);
}

function conditionOf(rows) {
  const parts = rows.map(({ attribute, operator, value }) => ({ [attribute]: operator === "$eq" ? value : { [operator]: value } }));
  const names = new Set(rows.map(({ attribute }) => attribute));
  if (names.size === rows.length) return Object.assign({}, ...parts);
  return { $and: parts };
}

function write() {
  const rows = [...list.children].map((row) => {
    const [attribute, operator, text] = [...row.querySelectorAll("input, select")].map((field) => field.value);
    return { attribute: attribute.trim(), operator, value: valueOf(operator, text) };
  }).filter((row) => row.attribute);
  area.value = rows.length ? JSON.stringify(conditionOf(rows), null, 1) : "";
  area.dispatchEvent(new Event("change", { bubbles: true }));
  count();
}

// ── the rows ─────────────────────────────────────────────────────────────────────────────────
function add(attribute = "", operator = "$eq", value = "") {
  const row = document.createElement("div");
  row.className = "su-row";
  const number = list.children.length + 1;
  const name = field("input", `Attribute, row ${number}`, attribute);
  name.setAttribute("list", "attributes");
  name.placeholder = "attribute";
  const choice = field("select", `Test, row ${number}`, "");
  choice.append(...OPERATORS.map(([key, label]) => new Option(label, key, false, key === operator)));
  const text = field("input", `Value, row ${number}`, value);
  text.placeholder = "value";
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "arm-btn arm-plain";
  remove.textContent = "Remove";
  remove.setAttribute("aria-label", `Remove row ${number}`);
  remove.addEventListener("click", () => { row.remove(); write(); builder.querySelector("[data-add]").focus(); });
  row.append(name, choice, text, remove);
  list.append(row);
  return name;
}

function field(kind, label, value) {
  const made = document.createElement(kind);
  made.setAttribute("aria-label", label);
  if (kind === "input") made.type = "text";
  made.value = value;
  made.addEventListener("change", write);
  return made;
}

function show() {
  const condition = parsed();
  const rows = condition && rowsOf(condition);
  rich.hidden = Boolean(rows);
  list.hidden = !rows;
  builder.querySelector("[data-add]").hidden = !rows;
  list.replaceChildren();
  for (const { attribute, operator, value } of rows || []) add(attribute, operator, written(value));
}

// ── the count ────────────────────────────────────────────────────────────────────────────────
let timer = 0, asked = 0;

function count() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT_MS);
}

async function ask() {
  const mine = ++asked;
  const query = new URLSearchParams({ eligibility: area.value, unit_type: document.getElementById("id_unit_type").value });
  figure.textContent = "Counting the units of the last 7 days …";
  let told;
  try {
    const answer = await fetch(`${box.dataset.count}?${query}`, { headers: { Accept: "application/json" } });
    told = await answer.json();
  } catch {
    told = { problems: ["the server did not answer."] };
  }
  if (mine === asked) tell(told);
}

function tell(told) {
  if (told.problems) {
    figure.textContent = `Not counted: ${told.problems.join(" ")}`;
  } else if (!told.n_units) {
    figure.textContent = "No unit was seen at this site in the last 7 days, so nothing can be counted.";
  } else {
    const number = document.createElement("b");
    number.textContent = told.n_matching;
    figure.replaceChildren(number, ` of ${told.n_units} units seen in the last 7 days match (${told.percent} %).`);
  }
}

if (area && builder && !area.matches(":disabled")) {
  builder.hidden = false;
  show();
  builder.querySelector("[data-add]").addEventListener("click", () => add().focus());
  area.addEventListener("input", () => { show(); count(); });
  document.getElementById("id_unit_type").addEventListener("change", count);
}
