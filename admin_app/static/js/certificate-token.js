// Checks the signed token of a certificate in the reader's own browser. Nothing is sent for it; needs tweetnacl (global nacl).
// A plain script, not a module: it also stands inside the page that is saved as one file.
"use strict";

(() => {
  const box = document.querySelector("[data-token-keys]");
  if (!box) return;
  const keys = JSON.parse(box.dataset.tokenKeys);
  const PURPOSE = "ce-certificate:";
  const MOST = 1500;
  // The order of the curve's group, lowest byte first: a signature whose second half is not below it has a twin.
  const ORDER = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0x10,
  ];

  function bytesOf(text) {
    if (!/^[A-Za-z0-9_-]+$/.test(text)) throw new Error("shape");
    const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    // Bits left over at the end must be nought, or a changed last character would go unnoticed.
    const again = btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    if (again !== text) throw new Error("shape");
    return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  }

  function isBelowOrder(half) {
    for (let n = 31; n >= 0; n--) if (half[n] !== ORDER[n]) return half[n] < ORDER[n];
    return false;
  }

  function tokenIn(text) {
    const typed = text.trim();
    const start = typed.indexOf("#t=");
    return start < 0 ? typed : typed.slice(start + 3);
  }

  // Returns [what was found, what the token says].
  function check(token) {
    try {
      if (token.length > MOST) return ["changed", null];
      const parts = token.split(".");
      if (parts.length !== 4 || parts[0] !== "1") return ["changed", null];
      if (!Object.hasOwn(keys, parts[1])) return ["key", null];
      const signature = bytesOf(parts[3]);
      if (signature.length !== 64 || !isBelowOrder(signature.slice(32))) return ["changed", null];
      const signed = new TextEncoder().encode(PURPOSE + parts.slice(0, 3).join("."));
      if (!nacl.sign.detached.verify(signed, signature, bytesOf(keys[parts[1]]))) return ["changed", null];
      const [number, year, name, tenths, issuer, issuedOn] = JSON.parse(
        new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(parts[2])),
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

  function show(token) {
    let [found, said] = check(token);
    if (said && box.dataset.tokenNumber && said.number !== box.dataset.tokenNumber) found = "other";
    box.hidden = false;
    for (const part of box.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(found);
    if (!said) return;
    fill(said);
    if (found === "whole") addState(said.number);
  }

  function readAddress() {
    if (location.hash.startsWith("#t=")) show(location.hash.slice(3));
  }

  const form = document.querySelector("[data-token-form]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    show(tokenIn(form.querySelector("textarea").value));
    box.scrollIntoView({ block: "nearest" });
  });
  window.addEventListener("hashchange", readAddress);
  readAddress();
})();
