// Makes a recovery key in the browser. Only its public half goes into the form.
"use strict";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
// The codes that multicodec has for keys of P-256, as they are written.
const PUBLIC = [0x80, 0x24];
const PRIVATE = [0x86, 0x26];

function base58(bytes) {
  let number = 0n;
  for (const byte of bytes) number = number * 256n + BigInt(byte);
  let text = "";
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  // Neither code begins with a zero, so that there are no leading ones.
  return `z${text}`;
}

function bytesOf(base64url) {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

async function make() {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  const { x, y, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  // A point on the curve is its x, and whether its y is odd.
  const isOdd = bytesOf(y).at(-1) & 1;
  return {
    publicHalf: `did:key:${base58([...PUBLIC, 2 + isOdd, ...bytesOf(x)])}`,
    privateHalf: base58([...PRIVATE, ...bytesOf(d)]),
  };
}

function set(maker) {
  const part = (name) => maker.querySelector(`[data-${name}]`);
  const input = maker.closest("form").querySelector("[name=key]");
  let file = null;
  part("make").addEventListener("click", async () => {
    try {
      const { publicHalf, privateHalf } = await make();
      input.value = publicHalf;
      part("private").value = privateHalf;
      if (file) URL.revokeObjectURL(file);
      file = URL.createObjectURL(new Blob([`${privateHalf}\n`], { type: "text/plain" }));
      part("save").href = file;
      part("save").download = maker.dataset.name;
      part("made").hidden = false;
      part("failed").hidden = true;
      part("private").focus();
      part("private").select();
    } catch {
      part("failed").hidden = false;
    }
  });
  maker.hidden = false;
}

for (const maker of document.querySelectorAll("[data-key-maker]")) set(maker);
