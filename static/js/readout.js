// Reads the values of one day off a chart: under the pointer, or with the arrow keys.
// The numbers are those of the table below the chart, which is all there is without this script.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

/** Return a row of the table as a sentence: day, then each column's name, value and range. */
function sentenceOf(row) {
  const cells = [...row.querySelectorAll("td")].map((cell) => {
    const range = cell.querySelector("small")?.textContent ?? "";
    const value = cell.textContent.slice(0, cell.textContent.length - range.length).trim();
    return `${cell.dataset.l} ${value}${range ? ` (${range})` : ""}`;
  });
  return `${row.querySelector("th").textContent}: ${cells.join("; ")}`;
}

/** Let the charts of a section tell a day in its status line, with a line where the day stands. */
function attach(section) {
  const told = section.querySelector(".readout");
  const plots = [...section.querySelectorAll(".plot")];
  const days = [...section.querySelectorAll("tbody tr")].map(sentenceOf);
  const lines = plots.map((plot) => {
    const line = document.createElementNS(SVG, "line");
    line.setAttribute("class", "cursor");
    line.setAttribute("y2", "100%");
    plot.querySelector("svg").append(line);
    return line;
  });
  let place = days.length;

  function show(next) {
    const kept = Math.min(Math.max(next, 0), days.length - 1);
    if (kept === place) return;
    place = kept;
    for (const line of lines)
      for (const end of ["x1", "x2"]) line.setAttribute(end, `${((place + 0.5) * 100) / days.length}%`);
    for (const line of lines) line.classList.add("on");
    told.textContent = days[place];
  }

  for (const plot of plots) {
    plot.addEventListener("pointermove", (event) => {
      const box = plot.querySelector("svg").getBoundingClientRect();
      show(Math.floor(((event.clientX - box.left) * days.length) / box.width));
    });
  }
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
  plots[0].tabIndex = 0;
  plots[0].setAttribute("role", "group");
  plots[0].setAttribute("aria-label", "Arrow keys read one day after the other");
  plots[0].addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    show(place + steps[event.key]);
  });
  told.textContent = "Point at a day, or press the arrow keys on the chart, to read its values.";
}

for (const told of document.querySelectorAll(".readout")) attach(told.closest("section"));
