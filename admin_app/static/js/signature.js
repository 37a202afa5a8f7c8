// Ed25519 signatures as strictly as the platform itself checks them; needs tweetnacl (global nacl).
// A plain script, not a module: it also stands inside the pages that are saved as one file.
"use strict";

const ceSignature = (() => {
  // The order of the curve's group, lowest byte first: a signature whose second half is not below it has a twin.
  const ORDER = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0x10,
  ];

  // Returns the bytes of URL-safe base64 without padding; throws for any other text.
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

  // Says whether the text of a signature is that of a public key, also as text, over exactly these bytes.
  function holds(key, signed, text) {
    const signature = bytesOf(text);
    if (signature.length !== 64 || !isBelowOrder(signature.slice(32))) return false;
    return nacl.sign.detached.verify(signed, signature, bytesOf(key));
  }

  return { bytesOf, holds };
})();
