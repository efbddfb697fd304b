// Keeps the page of a move up to date. Without this script, the page loads itself anew.
"use strict";

const PAUSE = 3000;
const PAUSE_AFTER_FAILURE = 10000;

async function look(live) {
  // A page in the background is not looked at, and asks for nothing.
  if (document.hidden) return PAUSE;
  const response = await fetch(live.dataset.live, {
    credentials: "same-origin",
    cache: "no-store",
    headers: { accept: "text/html" },
  });
  if (response.redirected) {
    // The move is on another screen by now.
    location.assign(response.url);
    return null;
  }
  if (!response.ok) return PAUSE_AFTER_FAILURE;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.querySelector("[data-live]");
  if (!next) {
    // Somebody is needed.
    location.reload();
    return null;
  }
  replace(live, next);
  return PAUSE;
}

// What has not changed stays as it is: where the focus is, what is open, what was read out.
function replace(live, next) {
  const [old, fresh] = [[...live.children], [...next.children]];
  const isAlike = old.length === fresh.length && old.every((one, at) => one.tagName === fresh[at].tagName);
  if (!isAlike) {
    live.replaceChildren(...fresh);
    return;
  }
  old.forEach((one, at) => {
    if (one.innerHTML === fresh[at].innerHTML && one.value === fresh[at].value) return;
    if (one.tagName === "PROGRESS") {
      one.max = fresh[at].max;
      one.value = fresh[at].value;
    } else {
      one.className = fresh[at].className;
      one.replaceChildren(...fresh[at].childNodes);
    }
  });
}

async function follow(live) {
  let pause = PAUSE;
  while (pause !== null) {
    await new Promise((wake) => setTimeout(wake, pause));
    pause = await look(live).catch(() => PAUSE_AFTER_FAILURE);
  }
}

const live = document.querySelector("[data-live]");
if (live) follow(live);
