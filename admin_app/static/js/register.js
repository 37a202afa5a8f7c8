// Registration: birth date and sex come from the number; an existing user types one password; nobody without a title chooses its level.

const form = document.querySelector("form[data-register]");
const { number, document_type: type, birth_on: birth, is_existing: existing, title_series: series } = form.elements;

const readNumber = async () => {
  if (!number.value.trim()) return;
  const body = new FormData();
  for (const name of ["csrf_token", "position", "document_type", "number"]) body.set(name, form.elements[name].value);
  const response = await fetch(form.dataset.register, { method: "POST", body });
  if (!response.ok) return;
  const told = await response.json();
  if (told.birth_on) birth.value = told.birth_on;
  if (told.sex) form.querySelector(`input[name=sex][value=${told.sex}]`).checked = true;
};
number.addEventListener("change", readNumber);
type.addEventListener("change", readNumber);

const show = (name, yes) => {
  form.elements[name].closest(".field").hidden = !yes;
};
const follow = () => {
  show("again", !existing.checked);
  const help = document.getElementById("password-help");
  if (help) help.hidden = existing.checked;
  for (const name of ["title_level", "title_qualification"]) show(name, series.value !== "00");
};
existing.addEventListener("change", follow);
series.addEventListener("change", follow);
follow();
