// Windows to choose from a list (弹窗选择). A select or hidden field stays the carrier of the value; the window shows the
// page of the list, its search, and takes the chosen row. Without script the select, or the page itself, is used.

const dialog = document.getElementById("popup");
const body = dialog.querySelector(".body");
let field = null;

class PopupField {
  constructor(carrier, text, opener, url) {
    Object.assign(this, { carrier, text, opener, url });
    for (const element of [text, opener]) {
      element.addEventListener("click", (event) => {
        event.preventDefault();
        this.open();
      });
    }
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.open();
      }
    });
  }

  address() {
    const url = new URL(this.url, location.href);
    for (const name of (this.carrier.dataset.needs || "").split(" ").filter(Boolean)) {
      url.searchParams.set(name, this.carrier.form.elements[name]?.value || "");
    }
    return url;
  }

  async open() {
    field = this;
    await load(this.address());
    if (!dialog.open) dialog.showModal();
    body.querySelector("input[type=search]")?.focus();
  }

  choose(value, words) {
    if (this.carrier.tagName === "SELECT" && ![...this.carrier.options].some((option) => option.value === value)) {
      this.carrier.add(new Option(words, value));
    }
    this.carrier.value = value;
    this.text.value = words;
    this.carrier.dispatchEvent(new Event("change", { bubbles: true }));
    this.carrier.dispatchEvent(new Event("input", { bubbles: true }));
  }

  clear() {
    this.carrier.value = "";
    this.text.value = "";
  }
}

async function load(url) {
  const response = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const content = page.querySelector("[data-popup-content]") || page.querySelector("main");
  dialog.querySelector("h2").textContent = page.querySelector("h1")?.textContent || "";
  body.replaceChildren(...document.importNode(content, true).childNodes);
}

body.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  const url = field.address();
  url.searchParams.set("q", body.querySelector("input[type=search]").value);
  load(url);
});
body.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-value]");
  if (!chosen) return;
  event.preventDefault();
  field.choose(chosen.dataset.value, chosen.dataset.text);
  dialog.close();
});
dialog.addEventListener("close", () => field?.text.focus());

const fields = new Map();
for (const box of document.querySelectorAll("[data-popup-field]")) {
  const carrier = box.querySelector("[data-popup-value]");
  const opener = box.querySelector("[data-popup-open]");
  fields.set(carrier.name, new PopupField(carrier, box.querySelector("[data-popup-text]"), opener, opener.href));
}
for (const select of document.querySelectorAll("select[data-popup]")) {
  const text = document.createElement("input");
  text.type = "text";
  text.readOnly = true;
  text.id = `${select.id}-text`;
  text.placeholder = select.options[0].text;
  text.value = select.value ? select.selectedOptions[0].text : "";
  for (const name of ["aria-describedby", "aria-invalid"]) if (select.hasAttribute(name)) text.setAttribute(name, select.getAttribute(name));
  const label = document.querySelector(`label[for="${select.id}"]`);
  label.htmlFor = text.id;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = document.documentElement.lang === "en" ? "Choose" : "选择";
  button.setAttribute("aria-label", `${button.textContent} ${label.textContent.trim()}`);
  const box = document.createElement("div");
  box.className = "pick";
  box.append(text, button);
  select.after(box);
  select.hidden = true;
  fields.set(select.name, new PopupField(select, text, button, `/register/codes/${select.dataset.popup}`));
}

// What depends on another field starts anew when that one changes.
document.addEventListener("change", (event) => {
  for (const other of fields.values()) {
    if ((other.carrier.dataset.needs || "").split(" ").includes(event.target.name)) other.clear();
  }
});
// An error in the summary leads to the box that can be seen.
document.querySelector("[data-error-summary]")?.addEventListener("click", (event) => {
  const known = fields.get(event.target.closest("a")?.hash.slice(1));
  if (known) {
    event.preventDefault();
    known.text.focus();
  }
});
