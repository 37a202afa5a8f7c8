// Checks the signed token of a certificate in the reader's own browser. Nothing is sent for it; needs signature.js.
// A plain script, not a module: it also stands inside the page that is saved as one file.
"use strict";

(() => {
  const box = document.querySelector("[data-token-keys]");
  if (!box) return;
  const keys = JSON.parse(box.dataset.tokenKeys);
  const PURPOSE = "ce-certificate:";
  const MOST = 1500;

  function tokenIn(text) {
    const typed = text.trim();
    const start = typed.indexOf("#t=");
    return start < 0 ? typed : typed.slice(start + 3);
  }

  // Returns the number that the address leads to; empty where no address was put in.
  function numberIn(text) {
    const found = /\/verify\/([^/?#]+)/.exec(text.split("#t=")[0]);
    return found ? found[1] : "";
  }

  // Returns [what was found, what the token says].
  function check(token) {
    try {
      if (token.length > MOST) return ["changed", null];
      const parts = token.split(".");
      if (parts.length !== 4 || parts[0] !== "1") return ["changed", null];
      if (!Object.hasOwn(keys, parts[1])) return ["key", null];
      const signed = new TextEncoder().encode(PURPOSE + parts.slice(0, 3).join("."));
      if (!ceSignature.holds(keys[parts[1]], signed, parts[3])) return ["changed", null];
      const [number, year, name, tenths, issuer, issuedOn] = JSON.parse(
        new TextDecoder("utf-8", { fatal: true }).decode(ceSignature.bytesOf(parts[2])),
      );
      return ["whole", { number, year, name, tenths, issuer, issuedOn }];
    } catch {
      return ["changed", null];
    }
  }

  function fill(said) {
    const shown = { ...said, hours: said.tenths === null ? box.dataset.tokenExempt : String(said.tenths / 10) };
    for (const place of box.querySelectorAll("[data-said]")) place.textContent = String(shown[place.dataset.said]);
    for (const link of box.querySelectorAll("[data-token-link]")) {
      link.href = `${link.dataset.tokenLink}/${encodeURIComponent(said.number)}`;
    }
  }

  // Only the page that the platform itself serves asks; the saved one never does.
  async function addState(number) {
    const place = box.querySelector("[data-token-state]");
    if (!place) return;
    place.textContent = "";
    try {
      const answer = await fetch(`${place.dataset.tokenState}/${encodeURIComponent(number)}/state`, {
        headers: { Accept: "application/json" },
      });
      if (!answer.ok) throw new Error("later");
      const state = await answer.json();
      place.textContent = `${place.dataset.words} ${state.word}`;
      place.className = `status ${state.kind}`;
    } catch {
      place.textContent = place.dataset.without;
      place.className = "status draft";
    }
  }

  function show(token, expected) {
    let [found, said] = check(token);
    if (said && expected && said.number !== expected) found = "other";
    box.hidden = false;
    for (const part of box.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(found);
    if (!said) return;
    fill(said);
    if (found === "whole") addState(said.number);
  }

  function readAddress() {
    if (location.hash.startsWith("#t=")) show(location.hash.slice(3), box.dataset.tokenNumber);
  }

  const form = document.querySelector("[data-token-form]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = form.querySelector("textarea").value;
    show(tokenIn(typed), box.dataset.tokenNumber || numberIn(typed));
    box.scrollIntoView({ block: "nearest" });
  });
  window.addEventListener("hashchange", readAddress);
  readAddress();
})();
