// The review page: evidence viewer by keyboard, J K A R keys that can be switched off, the next item at once.

const page = document.querySelector("[data-review]");
if (page) start(page);

function start(page) {
  const KEYS_OFF = "ce-review-keys-off";
  const stage = page.querySelector("[data-stage]");
  const thumbs = [...page.querySelectorAll("[data-evidence]")];
  const toggle = document.querySelector("[data-keys-toggle]");
  let zoom = 1;
  let turn = 0;
  let current = 0;

  const draw = () => {
    const image = stage?.querySelector("img");
    if (image) image.className = `z${zoom} r${turn}`;
  };
  const show = (index) => {
    if (!thumbs.length) return;
    current = (index + thumbs.length) % thumbs.length;
    const chosen = thumbs[current];
    thumbs.forEach((thumb, i) => thumb.setAttribute("aria-pressed", String(i === current)));
    zoom = 1;
    turn = 0;
    if (chosen.dataset.image === "1") {
      const image = new Image();
      image.src = chosen.dataset.evidence;
      image.alt = chosen.textContent.trim();
      stage.replaceChildren(image);
    } else {
      const link = document.createElement("a");
      link.href = chosen.dataset.evidence;
      link.target = "_blank";
      link.rel = "noopener";
      link.className = "btn big";
      link.textContent = `${stage.dataset.openWord}: ${chosen.textContent.trim()}`;
      const box = document.createElement("p");
      box.className = "empty";
      box.append(link);
      stage.replaceChildren(box);
    }
    draw();
  };
  thumbs.forEach((thumb, index) => thumb.addEventListener("click", () => show(index)));
  const act = {
    in: () => { zoom = Math.min(4, zoom + 1); draw(); },
    out: () => { zoom = Math.max(1, zoom - 1); draw(); },
    turn: () => { turn = (turn + 90) % 360; draw(); },
    next: () => show(current + 1),
    previous: () => show(current - 1),
  };
  for (const button of page.querySelectorAll("[data-view]")) button.addEventListener("click", () => act[button.dataset.view]());
  show(0);

  if (toggle) {
    toggle.checked = localStorage.getItem(KEYS_OFF) !== "1";
    toggle.addEventListener("change", () => localStorage.setItem(KEYS_OFF, toggle.checked ? "0" : "1"));
  }
  const press = {
    j: "[data-key-next]", k: "[data-key-previous]", a: "[data-key-approve]", r: "[data-key-reject]",
  };
  document.addEventListener("keydown", (event) => {
    if (toggle && !toggle.checked) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [role=combobox], dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "+" || key === "=") return act.in();
    if (key === "-") return act.out();
    if (key === "]") return act.next();
    if (key === "[") return act.previous();
    const target = press[key] && document.querySelector(press[key]);
    if (!target || target.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    const reason = key === "r" && document.getElementById(target.dataset.reason || "");
    if (reason && !reason.value.trim()) return reason.focus();
    target.click();
  });
}
