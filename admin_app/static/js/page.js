// What every page does: menus that close, dialogs, the burger, unsaved changes, ready-made texts, submit once.

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

for (const button of document.querySelectorAll("[data-menu-toggle]")) {
  button.addEventListener("click", () => {
    const open = document.documentElement.classList.toggle("menu-open");
    button.setAttribute("aria-expanded", String(open));
    if (open) document.querySelector("#side-menu a")?.focus();
  });
}

// A dialog is filled from the page that the same link or form shows without scripts.
export function openDialog(dialog, opener) {
  dialog.showModal();
  dialog.addEventListener("close", () => opener?.isConnected && opener.focus(), { once: true });
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    openDialog(document.getElementById(opener.dataset.dialog), opener);
  }
  const from = event.target.closest("a[data-dialog-from]");
  if (from && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    confirmInDialog(from.href, {}, from).catch(() => false).then((shown) => shown || location.assign(from.href));
  }
  const closer = event.target.closest("[data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog")?.close();
  }
  const filler = event.target.closest("[data-fill]");
  if (filler) {
    const scope = filler.closest("dialog, form, body");
    const field = scope.querySelector(`[name="${filler.dataset.fill}"]`);
    field.value = filler.dataset.text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
});

// Fetch the confirmation page of a form and show its card in the dialog; on any trouble, go to the page itself.
export async function confirmInDialog(url, options, opener) {
  const dialog = document.getElementById("page-dialog");
  if (!dialog) return false;
  const response = await fetch(url, { ...options, headers: { "X-Requested-With": "fetch" } });
  const type = response.headers.get("Content-Type") || "";
  if (!response.ok || !type.startsWith("text/html")) return false;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const card = page.querySelector("[data-dialog-content]");
  if (!card) return false;
  dialog.querySelector("h2").textContent = page.querySelector("h1").textContent;
  dialog.querySelector(".body").replaceChildren(...document.importNode(card, true).childNodes);
  openDialog(dialog, opener);
  return true;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.matches("[data-confirm]") && !form.dataset.asked && !event.submitter?.matches("[data-no-dialog]")) {
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    // Read as attributes: a button named "action" hides the form's own property.
    const target = event.submitter?.getAttribute("formaction") || form.getAttribute("action");
    confirmInDialog(target, { method: "POST", body }, event.submitter)
      .catch(() => false)
      .then((shown) => {
        if (shown) return;
        form.dataset.asked = "1";
        form.requestSubmit(event.submitter);
      });
    return;
  }
  form.dataset.sent = "1";
  leaving = true;
  setTimeout(() => delete form.dataset.sent, 8000);
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));

for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// A list whose values begin with the kind that another choice names shows that kind alone.
for (const select of document.querySelectorAll("select[data-narrowed-by]")) {
  const kind = select.form.elements[select.dataset.narrowedBy];
  const narrow = () => {
    for (const option of select.options) {
      option.hidden = option.disabled = option.value !== "" && kind.value !== "" && !option.value.startsWith(`${kind.value}:`);
    }
    if (select.selectedOptions[0]?.disabled) select.value = "";
  };
  kind.addEventListener("change", narrow);
  narrow();
}

// Errors first: the summary takes the focus.
const summary = document.querySelector("[data-error-summary]");
summary?.focus();
// An error leads to its field, and the page moves only where that cannot be seen: never below the bar at the top.
summary?.addEventListener("click", (event) => {
  const field = document.getElementById(event.target.closest("a[href^='#']")?.hash.slice(1) || "");
  if (field && !event.defaultPrevented) {
    event.preventDefault();
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: "nearest" });
  }
});

let leaving = false;
let dirty = false;
for (const form of document.querySelectorAll("form[data-warn-unsaved]")) {
  form.addEventListener("input", () => (dirty = true));
}
window.addEventListener("beforeunload", (event) => {
  if (dirty && !leaving) event.preventDefault();
});

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

// A new captcha by click; the second way is a sound.
for (const button of document.querySelectorAll("[data-reload-image]")) {
  button.addEventListener("click", () => {
    const image = document.getElementById(button.dataset.reloadImage);
    const url = new URL(image.src);
    url.searchParams.set("n", String(Date.now()));
    image.src = url;
  });
}

// The page that is shown without a network; where the browser has no such thing, nothing is missing.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/service-worker.js").catch(() => {});
}
