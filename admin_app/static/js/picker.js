// Searchable choice over a plain control: <select data-picker> is searched in place, <input data-picker="/address"> asks
// the server for {"items": [{"id", "text", "note"}]}. The combobox pattern of ARIA 1.2; without script the control stays.

let serial = 0;

class Picker {
  constructor(control) {
    this.control = control;
    this.url = control.tagName === "SELECT" ? "" : control.dataset.picker;
    this.many = control.multiple === true;
    this.id = `picker-${++serial}`;
    this.items = [];
    this.active = -1;
    this.build();
  }

  build() {
    const { control } = this;
    this.box = document.createElement("div");
    this.box.className = "picker";
    this.input = document.createElement("input");
    this.input.type = "text";
    this.input.autocomplete = "off";
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.id };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    for (const name of ["aria-describedby", "aria-invalid", "placeholder", "aria-label"]) {
      if (control.hasAttribute(name)) this.input.setAttribute(name, control.getAttribute(name));
    }
    if (control.required && !this.many) this.input.setAttribute("aria-required", "true");
    this.list = document.createElement("div");
    this.list.id = this.id;
    this.list.className = "list";
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    // A name of its own: that of the field belongs to the box alone.
    this.list.setAttribute("aria-label", document.documentElement.lang.startsWith("zh") ? "选项" : "Options");
    const label = control.id && document.querySelector(`label[for="${CSS.escape(control.id)}"]`);
    this.input.id = `${this.id}-input`;
    if (label) {
      label.htmlFor = this.input.id;
    }
    this.picked = document.createElement("div");
    this.picked.className = "picked";
    control.before(this.box);
    this.box.append(...(this.many ? [this.picked] : []), this.input, this.list, control);
    control.hidden = true;
    if (this.url) this.hideAsValue();
    else if (control.required) control.required = false;
    this.showValue();
    this.listen();
  }

  // The text box becomes the hidden carrier of the id; its words come with data-text.
  hideAsValue() {
    this.control.type = "hidden";
    this.control.hidden = true;
  }

  showValue() {
    if (this.many) return this.showPills();
    this.input.value = this.url ? this.control.dataset.text || this.control.value : this.control.selectedOptions[0]?.value ? this.control.selectedOptions[0].text : "";
    this.shown = this.input.value;
  }

  showPills() {
    this.picked.replaceChildren(
      ...[...this.control.selectedOptions].map((option) => {
        const pill = document.createElement("span");
        pill.className = "pill";
        pill.textContent = option.text;
        const remove = document.createElement("button");
        remove.type = "button";
        remove.textContent = "×";
        remove.setAttribute("aria-label", `${document.documentElement.lang === "en" ? "Remove" : "移除"} ${option.text}`);
        remove.addEventListener("click", () => {
          option.selected = false;
          this.changed();
          this.input.focus();
        });
        pill.append(remove);
        return pill;
      }),
    );
    this.input.value = "";
  }

  listen() {
    this.input.addEventListener("input", () => this.search(this.input.value));
    this.input.addEventListener("click", () => this.list.hidden && this.search(this.many ? this.input.value : ""));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.leave(), 120));
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
    this.control.form?.addEventListener("reset", () => setTimeout(() => this.showValue()));
  }

  async search(text) {
    const mine = (this.asked = Symbol("search"));
    if (!this.url) return this.show(this.matching(text.trim().toLowerCase()));
    await new Promise((resolve) => setTimeout(resolve, 180));
    if (mine !== this.asked) return;
    const url = new URL(this.url, location.href);
    url.searchParams.set("q", text.trim());
    for (const name of (this.control.dataset.with || "").split(" ").filter(Boolean)) {
      url.searchParams.set(name, this.control.form?.elements[name]?.value || "");
    }
    try {
      const response = await fetch(url, { headers: { Accept: "application/json" } });
      const answer = response.ok ? await response.json() : { items: [] };
      if (mine === this.asked) this.show(answer.items);
    } catch {
      if (mine === this.asked) this.show([]);
    }
  }

  matching(text) {
    const options = [...this.control.options].filter((option) => option.value && !(this.many && option.selected));
    const hits = text ? options.filter((o) => `${o.text} ${o.value} ${o.dataset.search || ""}`.toLowerCase().includes(text)) : options;
    return hits.slice(0, 200).map((o) => ({ id: o.value, text: o.text, note: o.dataset.note || "" }));
  }

  show(items) {
    this.items = items;
    this.active = items.length ? 0 : -1;
    if (!items.length) {
      const none = document.createElement("div");
      none.className = "note";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.setAttribute("aria-selected", "false");
      none.textContent = document.documentElement.lang === "en" ? "Nothing found" : "没有数据";
      this.list.replaceChildren(none);
    } else {
      this.list.replaceChildren(...items.map((item, index) => this.option(item, index)));
    }
    this.open(true);
    this.mark();
  }

  option(item, index) {
    const option = document.createElement("div");
    option.id = `${this.id}-${index}`;
    option.dataset.index = index;
    option.setAttribute("role", "option");
    const text = document.createElement("span");
    text.textContent = item.text;
    option.append(text);
    if (item.note) {
      const note = document.createElement("small");
      note.textContent = item.note;
      option.append(note);
    }
    return option;
  }

  mark() {
    this.list.querySelectorAll("[data-index]").forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === this.active));
      if (index === this.active) option.scrollIntoView({ block: "nearest" });
    });
    if (this.active < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (this.list.hidden) return this.search("");
      if (this.items.length) this.active = (this.active + step + this.items.length) % this.items.length;
      this.mark();
    } else if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      if (this.active >= 0) this.choose(this.active);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.open(false);
    } else if (event.key === "Backspace" && this.many && !this.input.value) {
      const last = [...this.control.selectedOptions].pop();
      if (last) last.selected = false;
      this.changed();
    }
  }

  choose(index) {
    const item = this.items[index];
    if (this.url) {
      this.control.value = item.id;
      this.control.dataset.text = item.text;
    } else {
      [...this.control.options].find((option) => option.value === String(item.id)).selected = true;
    }
    this.open(false);
    this.changed();
  }

  changed() {
    this.showValue();
    this.control.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // An emptied box means no choice; a half-typed text goes back to what was chosen.
  leave() {
    this.open(false);
    if (this.many || this.input.value === this.shown) return;
    if (this.input.value.trim() === "") {
      this.control.value = "";
      this.control.dataset.text = "";
      this.changed();
    } else {
      this.input.value = this.shown;
    }
  }

  open(yes) {
    this.list.hidden = !yes;
    this.input.setAttribute("aria-expanded", String(yes));
    if (!yes) this.input.removeAttribute("aria-activedescendant");
  }
}

export const enhance = (root) => root.querySelectorAll("[data-picker]:not([data-picker-on])").forEach((control) => {
  control.dataset.pickerOn = "1";
  new Picker(control);
});
enhance(document);
document.addEventListener("content-added", (event) => enhance(event.target));
