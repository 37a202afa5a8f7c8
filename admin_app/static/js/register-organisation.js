// Registration of an organisation: of two fields only the one that the answer above them asks for is shown.

const form = document.querySelector("form[data-register-organisation]");
const fields = form.elements;

const show = (name, yes) => {
  const field = fields[name]?.closest(".field");
  if (field) field.hidden = !yes;
};

const follow = () => {
  if (fields.has_superior) {
    show("superior_id", fields.has_superior.value === "yes");
    show("hr_id", fields.has_superior.value === "no");
  }
  if (fields.is_existing) {
    const isExisting = fields.is_existing.value === "existing";
    for (const name of ["again", "real_name", "phone", "email", "landline"]) show(name, !isExisting);
    const help = document.getElementById("password-help");
    if (help) help.hidden = isExisting;
  }
};
for (const name of ["has_superior", "is_existing"]) {
  for (const choice of fields[name] || []) choice.addEventListener("change", follow);
}
follow();
