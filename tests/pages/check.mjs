// Opens every page of the gallery in Chromium, and looks for what keeps people from using it.
//
//   node check.mjs FOLDER        what `cargo run -p pagurus-pages --example gallery -- FOLDER` has written
//
// ONLY=TEXT        only the pages with this in their path
// SCREENSHOTS=DIR  keeps a picture of each page, size and theme
// CHROMIUM=PATH    the browser, `/usr/bin/chromium` by default
//
// A page fails if axe finds something serious, if it is wider than the screen, or if the browser
// complains about it, such as for what the policy forbids. The exit status is 1 then.
import assert from "node:assert/strict";
import { createECDH } from "node:crypto";
import { mkdir, readFile, readdir } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import puppeteer from "puppeteer-core";

const [folder] = process.argv.slice(2);
assert(folder, "which folder?");
const { ONLY = "", SCREENSHOTS, CHROMIUM = "/usr/bin/chromium" } = process.env;
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const POLICY = await readFile(path.join(folder, "content-security-policy.txt"), "utf8");

const PHONE = { name: "phone", width: 360, height: 740 };
const SMALL = { name: "small", width: 320, height: 640 };
const DESKTOP = { name: "desktop", width: 1280, height: 900 };
// In which sizes and themes pages are opened, and whether axe looks at them there. The language of a page
// changes its widths, not its colours.
const VIEWS = {
  english: [
    [PHONE, "light", true],
    [PHONE, "dark", true],
    [DESKTOP, "light", true],
    [DESKTOP, "dark", true],
  ],
  french: [
    [SMALL, "light", false],
    [DESKTOP, "dark", true],
  ],
  long: [
    [SMALL, "light", true],
    [DESKTOP, "light", false],
  ],
  hostile: [[SMALL, "light", false]],
  rtl: [[PHONE, "dark", true]],
};
// Of pages that differ in a sentence, one view is enough.
const IS_ALIKE = /(-\d+|move-state-.*)\.html$/;
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

// What is answered to a path instead of the file there.
const instead = new Map();
const asked = [];
const server = http.createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  asked.push(pathname);
  const answer = instead.get(pathname);
  if (answer?.location) return response.writeHead(303, answer).end();
  try {
    const file = path.join(folder, answer?.file ?? path.normalize(pathname));
    const bytes = await readFile(file);
    const type = TYPES[path.extname(file)];
    response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await puppeteer.launch({
  executablePath: CHROMIUM,
  // Chromium's own sandbox does not run for root, and nothing is opened but what is in the folder.
  args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"],
});
const failures = [];
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

// Opens a tab whose requests to others are answered here, as there is no network.
async function open({ script = true } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.sent = [];
  page.complaints = [];
  page.on("console", (message) => {
    // Here nobody has pressed anything before the page that leads back into an application.
    const isExpected = message.text().startsWith("Not allowed to launch 'example.skyfeed.app:");
    if (["error", "warn"].includes(message.type()) && !isExpected) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("dialog", (dialog) => {
    page.complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.setJavaScriptEnabled(script);
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    if (request.url().startsWith(origin)) return request.continue();
    if (/^(data|blob):/.test(request.url())) return request.continue();
    page.sent.push({ url: request.url(), method: request.method(), body: request.postData() });
    // "No content" leaves the page where it is.
    if (request.isNavigationRequest()) return request.respond({ status: 204 });
    return request.respond({ status: 200, contentType: "image/png", body: PIXEL });
  });
  return page;
}

function fail(where, what) {
  failures.push(`${where}: ${what}`);
  console.error(`FAILED ${where}: ${what}`);
}

async function check(page, file, [size, theme, isForAxe]) {
  const where = `${file} (${size.name}, ${theme})`;
  page.complaints.length = 0;
  await page.setViewport({ ...size, deviceScaleFactor: 1 });
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: theme },
    { name: "prefers-reduced-motion", value: "reduce" },
  ]);
  await page.goto(`${origin}/${file}`, { waitUntil: "load" });
  const opened = await page.evaluate(() => {
    // What is folded is looked at, too.
    const closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((one) => (one.open = true));
    return closed.length;
  });
  const { width, widest } = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isInside = (one) => one.closest("pre, .hidden, .skip") !== null;
    const wide = [...document.body.querySelectorAll("*")].filter(
      (one) => !isInside(one) && one.getBoundingClientRect().right > width + 1,
    );
    return { width, widest: wide.map((one) => `${one.tagName}.${one.className}`).slice(0, 3) };
  });
  if (widest.length > 0) fail(where, `wider than ${width} pixels: ${widest.join(", ")}`);
  if (isForAxe) await look(page, where);
  for (const complaint of page.complaints) fail(where, `the browser says: ${complaint}`);
  if (SCREENSHOTS) {
    if (opened > 0) {
      await page.evaluate(() => document.querySelectorAll("details[open]").forEach((one) => (one.open = false)));
    }
    const name = `${file.replace("/", "-").replace(".html", "")}-${size.name}-${theme}.png`;
    await page.screenshot({ path: path.join(SCREENSHOTS, name), fullPage: true });
  }
}

async function look(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, impact, help, nodes } of violations) {
    const examples = nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join("\n    ");
    const text = `${impact}: ${id}: ${help}\n    ${examples}`;
    if (["serious", "critical"].includes(impact)) fail(where, text);
    else console.log(`note ${where}: ${text}`);
  }
}

// The scripts do what pages promise.
const deeds = {
  async "a key that was made fits its public half, and only that is in the form"() {
    const page = await open();
    await page.goto(`${origin}/english/recovery-key-add.html`);
    await page.click("[data-make]");
    await page.waitForSelector("[data-made]:not([hidden])");
    const { sent, privateHalf, save, name } = await page.evaluate(() => ({
      sent: Object.fromEntries(new FormData(document.querySelector("form:has([name=key])"))),
      privateHalf: document.querySelector("[data-private]").value,
      save: document.querySelector("[data-save]").href,
      name: document.querySelector("[data-save]").download,
    }));
    const key = unbase58(privateHalf);
    assert.deepEqual([...key.subarray(0, 2)], [0x86, 0x26]);
    const curve = createECDH("prime256v1");
    curve.setPrivateKey(key.subarray(2));
    const point = unbase58(sent.key.replace(/^did:key:/, ""));
    assert.deepEqual([...point.subarray(0, 2)], [0x80, 0x24]);
    assert.equal(point.subarray(2).toString("hex"), curve.getPublicKey("hex", "compressed"));
    assert(!JSON.stringify(sent).includes(privateHalf), "the private half would be sent");
    assert.match(name, /^recovery-key-.*\.txt$/);
    const file = await page.evaluate(async (url) => (await fetch(url)).text(), save).catch(() => null);
    // The policy forbids to fetch it, so that it is read by name only.
    assert(file === null || file === `${privateHalf}\n`);
    assert.match(save, /^blob:/);
  },

  async "a move on its way looks at itself, and goes where it leads"() {
    const page = await open();
    instead.set("/move/progress", { file: "english/move-state-private.html" });
    await page.goto(`${origin}/english/move-moving.html`);
    await page.evaluate(() => (document.querySelector("[data-live] details").open = true));
    await page.waitForFunction(() => document.querySelector(".now").textContent === "Preferences come");
    const isOpen = await page.evaluate(() => document.querySelector("[data-live] details").open);
    assert(isOpen, "what was open has closed");
    instead.set("/move/progress", { location: "/english/move-review.html" });
    await page.waitForFunction(() => location.pathname === "/english/move-review.html");
    instead.delete("/move/progress");
  },

  async "a move on its way is loaded anew where there are no scripts"() {
    const page = await open({ script: false });
    await page.goto(`${origin}/english/move-moving.html`);
    const before = asked.filter((one) => one === "/english/move-moving.html").length;
    await new Promise((wake) => setTimeout(wake, 6500));
    const after = asked.filter((one) => one === "/english/move-moving.html").length;
    assert(after > before, "it was not loaded again");
  },

  async "an answer that is a form is sent by itself"() {
    const page = await open();
    await page.goto(`${origin}/english/form-post.html`);
    await new Promise((wake) => setTimeout(wake, 500));
    const [{ url, method, body }] = page.sent.filter((one) => one.method === "POST");
    assert.equal(`${method} ${url}`, "POST https://skyfeed.example/callback");
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), { code: "cod-1", state: '"><script>' });
  },

  async "the keyboard reaches everything, from the content on"() {
    const page = await open();
    await page.goto(`${origin}/english/consent.html`);
    await page.keyboard.press("Tab");
    const first = await page.evaluate(() => {
      const { outlineStyle } = getComputedStyle(document.activeElement);
      return [document.activeElement.className, document.activeElement.getBoundingClientRect().left >= 0, outlineStyle];
    });
    assert.deepEqual(first, ["skip", true, "solid"]);
    await page.keyboard.press("Enter");
    const reached = new Set();
    for (let presses = 0; presses < 120; presses += 1) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.id));
    }
    for (const wanted of ["Authorize", "Deny access", "Use another account", "allow-2", "Technical details"]) {
      assert(reached.has(wanted), `${wanted} was not reached`);
    }
  },
};

function unbase58(text) {
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  assert.equal(text[0], "z");
  let number = 0n;
  for (const letter of text.slice(1)) number = number * 58n + BigInt(alphabet.indexOf(letter));
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
}

let passed = 0;
try {
  if (SCREENSHOTS) await mkdir(SCREENSHOTS, { recursive: true });
  const work = [];
  for (const [kind, views] of Object.entries(VIEWS)) {
    for (const name of (await readdir(path.join(folder, kind))).sort()) {
      const file = `${kind}/${name}`;
      const some = IS_ALIKE.test(name) ? views.slice(0, 1) : views;
      if (file.includes(ONLY)) work.push(...some.map((view) => [file, view]));
    }
  }
  assert(work.length > 0, "there are no pages");
  const tabs = await Promise.all([open(), open()]);
  await Promise.all(
    tabs.map(async (tab) => {
      for (let next = work.shift(); next; next = work.shift()) {
        const before = failures.length;
        await check(tab, ...next).catch((error) => fail(next[0], error.stack));
        if (failures.length === before) passed += 1;
      }
    }),
  );
  if (!ONLY) {
    for (const [name, deed] of Object.entries(deeds)) {
      const before = failures.length;
      await deed().catch((error) => fail(name, error.stack));
      if (failures.length === before) passed += 1;
    }
  }
} finally {
  await browser.close();
  server.close();
}
console.log(`pages: ${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
