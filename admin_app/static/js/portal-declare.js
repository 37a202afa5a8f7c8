// The declaration's form with scripts: the learning form's fields at once, hours while typing, files as they are chosen.
// Everything goes through the form's own address, and what comes back is the page that it shows without scripts.

const form = document.querySelector("form[data-declare]");
const PHOTO_SIDE = 2600;
let queue = Promise.resolve();
let waiting = 0;

// One after the other: each answer brings the list of files as it is then.
function enqueue(task) {
  waiting += 1;
  queue = queue.then(task).finally(() => (waiting -= 1));
}

const parse = (text) => new DOMParser().parseFromString(text, "text/html");
const address = () => form.getAttribute("action");
// What was refused stays until files are chosen again: the next file that goes well must not hide it.
let refusals = [];
const note = (text) => {
  const place = document.getElementById("upload-note");
  if (place) place.textContent = [...refusals, text].filter(Boolean).join(" ");
};
const say = (name, file) => form.dataset[name].replace("{name}", file?.name ?? "");

function values(extra = {}) {
  const body = new FormData(form);
  body.delete("attachments");
  body.delete("step");
  for (const [name, value] of Object.entries(extra)) body.append(name, value);
  return body;
}

async function post(url, body) {
  const response = await fetch(url, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
  if (!response.ok || !(response.headers.get("Content-Type") || "").startsWith("text/html")) throw new Error(String(response.status));
  return parse(await response.text());
}

// --- the learning forms of the chosen type --------------------------------------------------------------------------

const type = form?.elements.namedItem("declaration_type");
const code = form?.elements.namedItem("form_code");
const groups = code ? [...code.querySelectorAll("optgroup")] : [];

function showForms() {
  for (const group of groups) {
    const fits = !type.value || group.querySelector("option").dataset.type === type.value;
    if (!fits) group.remove();
    else code.append(group);
  }
  const chosen = code.selectedOptions[0];
  if (chosen?.dataset.type && type.value && chosen.dataset.type !== type.value) code.value = "";
}

async function load() {
  const parts = document.getElementById("form-parts");
  if (!code.value) {
    parts.replaceChildren();
    return;
  }
  parts.setAttribute("aria-busy", "true");
  try {
    const page = await post(address(), values({ step: "choose" }));
    const fresh = page.getElementById("form-parts");
    parts.replaceChildren(...document.importNode(fresh, true).childNodes);
    parts.dataset.form = fresh.dataset.form;
    afterChange();
  } catch {
    form.querySelector('[name="step"][value="choose"]').click();
  } finally {
    parts.removeAttribute("aria-busy");
  }
}

// --- hours while typing ---------------------------------------------------------------------------------------------

let timer;
let asked = 0;
let filled = "";

function proposeSoon() {
  clearTimeout(timer);
  timer = setTimeout(propose, 350);
}

async function propose() {
  const place = document.getElementById("proposal");
  if (!place) return;
  const mine = ++asked;
  try {
    const page = await post(form.dataset.propose, values());
    if (mine !== asked) return;
    const fresh = [...page.body.childNodes];
    if (page.body.textContent.trim() !== place.textContent.trim()) place.replaceChildren(...fresh.map((n) => document.importNode(n, true)));
    takeOver(place);
  } catch {
    // The hours are computed again when the form is saved.
  }
}

// The field follows the rule until somebody types a figure of her own.
function takeOver(place) {
  const hours = form.elements.namedItem("requested_hours");
  const offered = place.querySelector("[data-fill]")?.dataset.text ?? "";
  if (hours && (hours.value === "" || hours.value === filled) && document.activeElement !== hours) {
    hours.value = offered;
    filled = offered;
  }
}

// --- fields that depend on a tick -----------------------------------------------------------------------------------

function showDependent() {
  for (const block of form.querySelectorAll("[data-shown-with]")) {
    const tick = document.getElementById(block.dataset.shownWith);
    block.hidden = Boolean(tick) && !tick.checked;
  }
}

// --- evidence -------------------------------------------------------------------------------------------------------

async function smaller(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, PHOTO_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.86));
  return new File([blob], file.name.replace(/\.[^.]+$/, "") + ".jpg", { type: "image/jpeg" });
}

async function prepared(file) {
  const ending = file.name.split(".").pop().toLowerCase();
  const accepted = form.querySelector("[data-files]").accept.split(",");
  const isPicture = ["image/jpeg", "image/png", "image/bmp"].includes(file.type);
  if (!accepted.includes(`.${ending}`)) throw new Error(say("wrongKind", file));
  if (file.size <= Number(form.dataset.maxBytes)) return file;
  // A photo from the phone is made smaller here; a scan as PDF cannot be.
  const small = isPicture ? await smaller(file).catch(() => file) : file;
  if (small.size > Number(form.dataset.maxBytes)) throw new Error(say("tooLarge", file));
  return small;
}

function showEvidence(page) {
  const fresh = page.getElementById("attachments-block");
  if (!fresh) throw new Error(say("failed"));
  document.getElementById("attachments-block").replaceWith(document.importNode(fresh, true));
  const answer = page.querySelector("form[data-declare]");
  form.setAttribute("action", answer.getAttribute("action"));
  if (/\/edit(\?|$)/.test(address())) history.replaceState(null, "", address());
}

async function upload(file) {
  note(say("uploading", file));
  try {
    const body = values({ step: "attach" });
    body.append("attachments", await prepared(file));
    const page = await post(address(), body);
    showEvidence(page);
    const refused = page.getElementById("attachments-error");
    if (refused) refusals.push(refused.textContent.trim());
    note(refused ? "" : say("uploaded", file));
  } catch (error) {
    refusals.push(error.message.length > 3 ? error.message : say("failed"));
    note("");
  }
}

async function remove(key) {
  try {
    const page = await post(address(), values({ remove: key }));
    showEvidence(page);
    form.querySelector("[data-files]").focus();
  } catch {
    note(say("failed"));
  }
}

// --- all together ---------------------------------------------------------------------------------------------------

function afterChange() {
  showDependent();
  proposeSoon();
}

if (form && code) {
  showForms();
  showDependent();
  filled = form.elements.namedItem("requested_hours")?.value ?? "";
  if (filled && filled !== document.querySelector("#proposal [data-fill]")?.dataset.text) filled = "\u0000";
  form.addEventListener("change", (event) => {
    if (event.target === type) showForms();
    if (event.target === type || event.target === code || event.target.name === "year") load();
    else if (event.target.matches("[data-files]")) {
      refusals = [];
      for (const file of [...event.target.files]) enqueue(() => upload(file));
      event.target.value = "";
    } else afterChange();
  });
  form.addEventListener("input", (event) => event.target.type !== "file" && proposeSoon());
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.name === "remove") {
      event.preventDefault();
      enqueue(() => remove(button.value));
    } else if (button?.matches("[data-attach]")) {
      event.preventDefault();
      form.querySelector("[data-files]").click();
    }
  });
  // Saving waits until the last file has arrived.
  form.addEventListener("submit", (event) => {
    if (!waiting) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // A form does not submit again while its own event is still running: hence the timeout.
    queue.then(() => setTimeout(() => form.requestSubmit(event.submitter)));
  }, true);
}
