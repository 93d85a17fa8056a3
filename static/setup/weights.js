// Redraws the bar of the split while weights are typed; the saved page draws it from the server.
const bar = document.querySelector("[data-weights]");
const fields = [...document.querySelectorAll("input[name^=weight_]")];

function redraw() {
  const weights = fields.map((field) => Number(field.value));
  if (weights.some((weight) => !(weight > 0))) return;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const parts = [...bar.querySelectorAll(".arm-bar > svg")];
  const words = [...bar.querySelectorAll(".arm-legend > li")];
  let start = 0;
  weights.forEach((weight, index) => {
    const width = (100 * weight) / total;
    parts[index]?.setAttribute("x", `${start}%`);
    parts[index]?.setAttribute("width", `${width}%`);
    const label = fields[index].labels[0].textContent;
    const text = `${label}: ${Number(width.toFixed(2))} %, from ${Number(start.toFixed(2))} to ${Number((start + width).toFixed(2))}`;
    if (words[index]) words[index].lastChild.textContent = text;
    start += width;
  });
}

if (bar) fields.forEach((field) => field.addEventListener("input", redraw));
