// Checks the receipt of a record against the daily roots that stand in this page, as models/receipts.py does on the server.
// Nothing is sent for it; needs sha256.js and signature.js. A plain script: it stands inside the page that is saved as one file.
"use strict";

(() => {
  const box = document.querySelector("[data-receipt]");
  if (!box) return;
  const { keys, days, words, steps, states } = JSON.parse(box.dataset.receipt);
  const PURPOSE = "ce-receipt:";
  const MOST_BYTES = 2 * 1024 * 1024;
  const MOST_ROWS = 300;
  const DEEPEST = 64;
  const HEAD = {
    platform: isText,
    record: isNumber,
    person: isText,
    organisation: isText,
    year: isNumber,
    form: isText,
    title: isText,
    state: isText,
    requested_tenths: isNumber,
    granted_tenths: (value) => value === null || isNumber(value),
    issued_at: isText,
  };

  // --- parts, each of the type that it must have ---

  function isText(value) {
    return typeof value === "string";
  }

  function isNumber(value) {
    return Number.isSafeInteger(value) && value >= 0;
  }

  function isHash(value) {
    return isText(value) && /^[0-9a-f]{64}$/.test(value);
  }

  function must(isRight) {
    if (!isRight) throw new Error("shape");
  }

  function listOf(value, isRight) {
    must(Array.isArray(value) && value.length <= MOST_ROWS && value.every(isRight));
    return value;
  }

  function rowOf(row) {
    must(isText(row.text) && (row.batch === null || isNumber(row.batch)) && isNumber(row.place));
    listOf(row.path, isHash);
    const values = JSON.parse(row.text);
    must(typeof values === "object" && values !== null && !Array.isArray(values));
    return { ...row, values, leaf: hex(ceSha256(utf8(row.text))) };
  }

  function batchOf(batch) {
    must(isHash(batch.root) && (batch.previous === "" || isHash(batch.previous)) && isText(batch.day));
    must([batch.rows, batch.place, batch.size].every(isNumber));
    listOf(batch.path, isHash);
    return batch;
  }

  function partsOf(text) {
    const receipt = JSON.parse(text);
    must(receipt.kind === "ce-receipt" && receipt.version === 1 && isText(receipt.head) && isText(receipt.signature));
    const head = JSON.parse(receipt.head);
    for (const [name, isRight] of Object.entries(HEAD)) must(isRight(head[name]));
    listOf(head.rows, isHash);
    const rows = listOf(receipt.rows, (row) => row).map(rowOf);
    const batches = listOf(receipt.batches, (batch) => batch).map(batchOf);
    must(rows.length > 0 && rows.every((row) => row.batch === null || row.batch < batches.length));
    return { head, headText: receipt.head, signature: receipt.signature, rows, batches };
  }

  // --- the check ---

  function utf8(text) {
    return new TextEncoder().encode(text);
  }

  function hex(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function hashOf(first, ...hashes) {
    const pairs = hashes.join("").match(/../g);
    return hex(ceSha256(Uint8Array.from([first, ...pairs.map((pair) => parseInt(pair, 16))])));
  }

  // Returns the root to which a path leads from the leaf at a place of a tree (RFC 9162); null for a path of another shape.
  function rootFrom(leaf, place, size, path) {
    if (place >= size || path.length > DEEPEST) return null;
    let [node, last, found] = [place, size - 1, hashOf(0, leaf)];
    for (const step of path) {
      if (last === 0) return null;
      if (node % 2 || node === last) {
        found = hashOf(1, step, found);
        while (node && !(node % 2)) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
      } else {
        found = hashOf(1, found, step);
      }
      [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    }
    return last === 0 ? found : null;
  }

  function isSigned(parts, key) {
    try {
      const body = parts.signature.slice(parts.signature.indexOf(".") + 1).replace(/={1,2}$/, "");
      return ceSignature.holds(key, utf8(PURPOSE + parts.headText), body);
    } catch {
      return false;
    }
  }

  // Returns the hashes of the rows as they were issued; null where the head cannot say them.
  function checkHead(parts, broken) {
    const key = parts.signature.split(".")[0];
    if (!Object.hasOwn(keys, key)) broken.push(["other_key", {}]);
    else if (!isSigned(parts, keys[key])) broken.push(["changed_head", {}]);
    else if (parts.head.rows.length !== parts.rows.length)
      broken.push(["other_rows", { n: parts.head.rows.length, m: parts.rows.length }]);
    else return parts.head.rows;
    return null;
  }

  function checkBatch(batch, n, broken) {
    if (!batch.day) return true;
    if (!Object.hasOwn(days, batch.day)) {
      broken.push(["other_day", { n, day: batch.day.slice(0, 10) }]);
      return false;
    }
    const link = hex(ceSha256(utf8(`${batch.previous}:${batch.root}:${batch.rows}`)));
    const isWhole = rootFrom(link, batch.place, batch.size, batch.path) === days[batch.day];
    if (!isWhole) broken.push(["changed_batch", { n, day: batch.day }]);
    return isWhole;
  }

  function checkRow(row, n, leaves, parts, wholeBatches, broken) {
    const shown = { values: row.values, day: "", isWhole: false };
    if (leaves && leaves[n - 1] !== row.leaf) {
      broken.push(["changed_row", { n }]);
      return shown;
    }
    if (row.batch === null) return { ...shown, isWhole: leaves !== null };
    const batch = parts.batches[row.batch];
    if (rootFrom(row.leaf, row.place, batch.rows, row.path) !== batch.root) {
      // Without the head's word for it, whether the row or its proof was changed cannot be told apart.
      broken.push([leaves ? "changed_proof" : "changed_row", { n }]);
      return shown;
    }
    return { ...shown, day: batch.day, isWhole: wholeBatches[row.batch] };
  }

  // Returns what the receipt says and what is wrong with it; throws for what is no receipt at all.
  function check(text) {
    const parts = partsOf(text);
    const broken = [];
    const leaves = checkHead(parts, broken);
    const wholeBatches = parts.batches.map((batch, n) => checkBatch(batch, n + 1, broken));
    const rows = parts.rows.map((row, n) => checkRow(row, n + 1, leaves, parts, wholeBatches, broken));
    return { head: parts.head, rows, broken, nWaiting: rows.filter((row) => row.isWhole && !row.day).length };
  }

  // --- in words ---

  function say(name, params = {}) {
    return words[name].replace(/%\((\w+)\)s/g, (_whole, key) => String(params[key]));
  }

  function hours(tenths) {
    return (tenths / 10).toFixed(1);
  }

  // A stored time in Asia/Shanghai, eight hours before UTC all the year; what is none as it stands.
  function moment(at) {
    const time = isText(at) ? Date.parse(at) : NaN;
    if (Number.isNaN(time)) return String(at);
    return new Date(time + 8 * 3600 * 1000).toISOString().slice(0, 16).replace("T", " ");
  }

  function noteOf(changes) {
    const pair = changes?.granted_tenths;
    if (!Array.isArray(pair) || pair.length !== 2) return "";
    if (Number.isSafeInteger(pair[1])) return say("granted", { hours: hours(pair[1]) });
    return Number.isSafeInteger(pair[0]) ? say("taken_back", { hours: hours(pair[0]) }) : "";
  }

  function add(parent, tag, text, kind = "") {
    const made = document.createElement(tag);
    made.textContent = text;
    if (kind) made.className = kind;
    parent.append(made);
    return made;
  }

  function showRow(list, { values, day, isWhole }) {
    const line = add(list, "li", "", isWhole ? (day ? "approved" : "pending") : "rejected");
    const step = `${values.subject_kind}.${values.action}`;
    const head = add(line, "p", "");
    add(head, "strong", Object.hasOwn(steps, step) ? steps[step] : String(values.action));
    head.append(" ");
    if (!isWhole) add(head, "span", `✗ ${say("row_broken")}`, "status rejected");
    else if (day) add(head, "span", `✓ ${say("root_of", { day })}`, "status approved");
    else add(head, "span", say("row_waits"), "status pending");
    const who = [moment(values.at), values.actor_name, values.organisation_name].filter(Boolean);
    add(line, "p", who.map(String).join(" · "), "muted");
    const note = noteOf(values.changes);
    if (note) add(line, "p", note);
    if (values.reason) add(line, "p", say("opinion", { text: values.reason }));
  }

  function fill({ head, rows, broken, nWaiting }) {
    const said = {
      ...head,
      record: `${head.record} · ${head.title || head.form}`,
      state: Object.hasOwn(states, head.state) ? states[head.state] : head.state,
      requested_tenths: hours(head.requested_tenths),
      granted_tenths: head.granted_tenths === null ? say("undecided") : hours(head.granted_tenths),
      issued_at: moment(head.issued_at),
    };
    for (const place of box.querySelectorAll("[data-said]")) place.textContent = String(said[place.dataset.said]);
    box.querySelector("[data-number-of-rows]").textContent = say("whole", { n: rows.length });
    box.querySelector("[data-waiting]").textContent = nWaiting ? say("not_yet", { n: nWaiting }) : "";
    const [faults, list] = [box.querySelector("[data-broken]"), box.querySelector("[data-rows]")];
    faults.replaceChildren();
    list.replaceChildren();
    for (const [name, params] of broken) add(faults, "li", say(name, params));
    for (const row of rows) showRow(list, row);
  }

  function show(text) {
    let found = "unreadable";
    try {
      must(utf8(text).length <= MOST_BYTES);
      const checked = check(text);
      fill(checked);
      found = checked.broken.length ? "broken" : checked.nWaiting ? "waiting" : "whole";
    } catch {
      // What is no receipt is told in one sentence.
    }
    box.hidden = false;
    for (const part of box.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(found);
    box.scrollIntoView({ block: "start" });
  }

  const form = document.querySelector("[data-receipt-form]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [file] = form.querySelector("input").files;
    const isRead = file && file.size <= MOST_BYTES;
    show(file ? (isRead ? await file.text() : "") : form.querySelector("textarea").value);
  });
})();
