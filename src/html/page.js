"use strict";
// Sorts, filters, zooms and copies. The page can be read without it.
(() => {
  const all = (selector, of) => Array.from((of || document).querySelectorAll(selector));
  const table = document.getElementById("ca-table");
  const input = document.getElementById("ca-filter");
  const shown = document.getElementById("ca-shown");
  const choices = all(".ca-choice");
  let verdict = "";
  let cause = "";

  document.documentElement.classList.add("ca-on");

  // A row or a bar stays if it has the chosen verdict and cause; a row also needs the text.
  const filter = () => {
    const text = input.value.trim().toLowerCase();
    const fits = (element) =>
      (!verdict || element.dataset.verdict === verdict) && (!cause || element.dataset.cause === cause);
    let count = 0;
    const rows = all("tbody tr", table);
    for (const row of rows) {
      row.hidden = !fits(row) || !row.textContent.toLowerCase().includes(text);
      count += row.hidden ? 0 : 1;
    }
    for (const bar of all(".ca-bar"))
      bar.classList.toggle("ca-off", !fits(bar));
    for (const choice of choices) {
      const pressed = verdict !== "" && choice.dataset.verdict === verdict && choice.dataset.cause === cause;
      choice.setAttribute("aria-pressed", String(pressed));
    }
    shown.value = count + " of " + rows.length + " shown";
  };

  for (const choice of choices)
    choice.addEventListener("click", () => {
      const again = choice.getAttribute("aria-pressed") === "true";
      verdict = again ? "" : choice.dataset.verdict;
      cause = again ? "" : choice.dataset.cause;
      filter();
    });
  input.addEventListener("input", filter);
  document.getElementById("ca-all").addEventListener("click", () => {
    verdict = cause = input.value = "";
    filter();
  });

  // Numbers in a name or a time sort as numbers.
  const order = new Intl.Collator("en", { numeric: true });
  const sortBy = (index, down) => {
    const body = table.tBodies[0];
    const keyed = Array.from(body.rows, (row) => [row.cells[index].textContent, row]);
    keyed.sort((a, b) => order.compare(a[0], b[0]) * (down ? -1 : 1));
    body.append(...keyed.map((pair) => pair[1]));
  };
  all("thead th", table).forEach((head, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of all("thead th", table))
        other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sortBy(index, down);
    });
  });

  // Places in the timeline are per cent of its width. The axis gets more marks as it grows.
  const timeline = document.getElementById("ca-timeline");
  const axis = document.getElementById("ca-axis");
  const marks = axis ? Array.from(axis.children) : [];
  const steps = [];
  for (let power = 0.001; power < 1000; power *= 10)
    steps.push(power, 2 * power, 5 * power);
  for (const second of [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400])
    steps.push(second * 1000);
  const label = (time, step, days) => {
    const whole = new Date(Math.floor(time)).toISOString();
    const micro = String(Math.round((time - Math.floor(time)) * 1000)).padStart(3, "0");
    const end = step >= 1000 ? 19 : 23;
    return whole.slice(days ? 5 : 11, end).replace("T", " ") + (step < 1 ? micro : "");
  };
  const drawAxis = (zoom) => {
    const first = Number(timeline.dataset.first);
    const span = Number(timeline.dataset.span);
    const day = (time) => Math.floor(time / 86400000);
    let step = steps.find((one) => span / zoom / one < 8) || 86400000;
    while (span / zoom / step >= 8)
      step *= 2;
    const made = [];
    const add = (tag, attributes) => {
      const element = document.createElementNS(timeline.namespaceURI, tag);
      for (const name of Object.keys(attributes))
        element.setAttribute(name, attributes[name]);
      made.push(element);
      return element;
    };
    for (let i = Math.ceil(first / step); i * step <= first + span; i++) {
      const x = ((i * step - first) / span) * 98.5 + "%";
      add("line", { class: "ca-grid", x1: x, x2: x, y1: 18, y2: timeline.getAttribute("height") });
      add("text", { class: "ca-axis", x: x, y: 14, "text-anchor": "middle" }).textContent =
        label(i * step, step, day(first) !== day(first + span));
    }
    axis.replaceChildren(...made);
  };
  let zoom = 1;
  for (const button of all("[data-zoom]"))
    button.addEventListener("click", () => {
      const factor = Number(button.dataset.zoom);
      const frame = timeline.parentElement;
      const middle = (frame.scrollLeft + frame.clientWidth / 2) / frame.scrollWidth;
      zoom = factor === 0 ? 1 : Math.min(256, Math.max(1, zoom * factor));
      timeline.setAttribute("width", zoom * 100 + "%");
      if (zoom === 1)
        axis.replaceChildren(...marks);
      else
        drawAxis(zoom);
      frame.scrollLeft = middle * frame.scrollWidth - frame.clientWidth / 2;
    });

  // Without the clipboard the text is selected, for the reader to copy.
  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };
  for (const button of all("[data-copy]"))
    button.addEventListener("click", () => {
      const done = () => {
        button.textContent = "copied";
      };
      const code = button.parentElement.querySelector("code");
      if (navigator.clipboard)
        navigator.clipboard.writeText(button.dataset.copy).then(done, () => select(code));
      else
        select(code);
    });

  // A link to a closed diagram opens it.
  const open = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
    }
  };
  window.addEventListener("hashchange", open);
  open();
  filter();
})();
