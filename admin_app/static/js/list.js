// A list page: ticking rows (ranges with shift, the head's third state), batch buttons, exclusions from a whole-filter selection.

const table = document.querySelector("[data-list]");
if (table) start(table);

function start(table) {
  const form = document.getElementById("batch-form");
  const boxes = [...table.querySelectorAll("input[name=ids]")];
  const all = document.getElementById("tick-all");
  const note = document.querySelector("[data-selected-count]");
  const whole = form?.dataset.selection;
  let count = whole ? Number(form.dataset.count) : 0;
  let last = null;

  const ticked = () => boxes.filter((box) => box.checked).length;
  const refresh = () => {
    const here = ticked();
    for (const box of boxes) box.closest("tr").classList.toggle("selected", box.checked);
    if (all) {
      all.checked = here > 0 && here === boxes.length;
      all.indeterminate = here > 0 && here < boxes.length;
    }
    const n = whole ? count : here;
    if (note) note.textContent = note.dataset.words.replace("{n}", String(n));
    for (const button of document.querySelectorAll("[data-needs-selection]")) button.disabled = n === 0;
    const offer = document.querySelector("[data-offer-all]");
    if (offer) offer.hidden = !(here > 0 && here === boxes.length);
  };

  // One posted exclusion at a time, in order: the server keeps the selection.
  let queue = Promise.resolve();
  const exclude = (changed) => {
    if (!whole || !changed.length) return;
    const body = new FormData();
    for (const name of ["csrf_token", "position"]) body.set(name, form.elements[name].value);
    for (const box of changed) body.append(box.checked ? "include" : "exclude", box.value);
    queue = queue.then(() => fetch(form.dataset.excludeUrl, { method: "POST", body }))
      .then((response) => (response.ok ? response.json() : Promise.reject(new Error("refused"))))
      .then((answer) => { count = answer.count; refresh(); })
      .catch(() => location.reload());
  };

  boxes.forEach((box, index) => box.addEventListener("click", (event) => {
    const changed = [box];
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(last, index), Math.max(last, index)];
      for (const other of boxes.slice(from, to + 1)) {
        if (other !== box && other.checked !== box.checked) {
          other.checked = box.checked;
          changed.push(other);
        }
      }
    }
    last = index;
    exclude(changed);
    refresh();
  }));
  all?.addEventListener("click", () => {
    const changed = boxes.filter((box) => box.checked !== all.checked);
    for (const box of changed) box.checked = all.checked;
    exclude(changed);
    refresh();
  });
  window.addEventListener("pageshow", refresh);
  refresh();
}

// A row's menu floats over the scrolling table instead of being cut off by it; when its row scrolls away from it, it closes.
for (const menu of document.querySelectorAll(".table-wrap details.menu")) {
  const wrap = menu.closest(".table-wrap");
  let anchor = null;
  menu.addEventListener("toggle", () => {
    const panel = menu.querySelector(".panel");
    panel.classList.toggle("floating", menu.open);
    if (!menu.open) return;
    anchor = menu.getBoundingClientRect();
    const below = anchor.bottom + 4 + panel.offsetHeight <= innerHeight;
    panel.style.top = `${below ? anchor.bottom + 4 : Math.max(4, anchor.top - 4 - panel.offsetHeight)}px`;
    panel.style.left = `${Math.max(4, Math.min(anchor.right, innerWidth - 4) - panel.offsetWidth)}px`;
  });
  // The scrolling that brought the row into view is told after the click that opened the menu: it has not moved since.
  const follow = () => {
    if (!menu.open || !anchor) return;
    const { top, left } = menu.getBoundingClientRect();
    if (Math.abs(top - anchor.top) + Math.abs(left - anchor.left) > 2) menu.open = false;
  };
  for (const scroller of [wrap, window]) scroller.addEventListener("scroll", follow, { passive: true });
}

// Columns: order by keyboard or button, nothing is dragged. The list may be inside the dialog.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reorder] [data-move]");
  if (!button) return;
  const item = button.closest("li");
  const other = button.dataset.move === "up" ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (button.dataset.move === "up") other.before(item);
  else other.after(item);
  button.focus();
});
