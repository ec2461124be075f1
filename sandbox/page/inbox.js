// The inbox page: shows what /sandbox/events tells, and sends what its buttons say. Text is put in as text, never as HTML.
"use strict";

const KEPT = 500;

const $ = (id) => document.getElementById(id);
const list = $("messages");
/** Each message shown: its list item and what was last told of it, by OTP id. The oldest stands first. */
const shown = new Map();
/** The sandbox's clock: how far it is ahead of this machine's, in ms, or where it stands still. */
let clock = { offset: 0, stands: null };

const now = () => clock.stands ?? Date.now() + clock.offset;
const say = (text) => { $("said").textContent = text; };

// ---- Live ----------------------------------------------------------------------------------------------------------

function listen() {
  const events = new EventSource("/sandbox/events");
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  events.onopen = () => live("yes", "Live");
  // The browser connects again by itself, and the first event then tells everything anew.
  events.onerror = () => live("no", "Reconnecting");
  on("snapshot", (all) => {
    for (const { item } of shown.values()) item.remove();
    shown.clear();
    all.messages.forEach((message) => show(message));
    showClock(all.clock);
    showFaults(all.faults);
    showCommand(all.account);
    arrange();
  });
  on("message", (message) => {
    const fresh = show(message, "fresh");
    if (fresh) say(`New message to ${message.mobile}, code ${[...message.code].join(" ")}`);
    arrange();
  });
  on("clock", showClock);
  on("faults", showFaults);
}

function live(yes, word) {
  $("live").dataset.live = yes;
  $("live").firstElementChild.textContent = word;
}

// ---- Messages ------------------------------------------------------------------------------------------------------

/** Shows a message, or what is new about it. Answers whether it was not there before. */
function show(message, look) {
  const before = shown.get(message.otp_id);
  const item = before?.item ?? newItem(message);
  if (!before && look) item.classList.add(look);
  shown.set(message.otp_id, { item, message });
  const set = (name, text) => {
    const place = item.querySelector("." + name);
    if (place.textContent !== text) place.textContent = text;
  };
  item.dataset.state = message.state;
  item.dataset.delivery = message.delivery;
  set("state", stateOf(message));
  set("delivery", message.delivery.toLowerCase());
  set("expires", message.expires_at ? dateOf(message.expires_at) : "never");
  set("report", reportOf(message.report));
  if (!before) {
    list.prepend(item);
    if (shown.size > KEPT) forgetOldest();
  }
  return !before;
}

function newItem(message) {
  const item = $("message").content.cloneNode(true).firstElementChild;
  const set = (name, text) => { item.querySelector("." + name).textContent = text; };
  item.dataset.id = message.otp_id;
  item.setAttribute("aria-label", `Message to ${message.mobile}`);
  set("mobile", message.mobile);
  set("sender", `from ${message.sender}`);
  set("sent", timeOf(message.sent_at));
  item.querySelector(".sent").dateTime = message.sent_at ?? "";
  set("text", message.text);
  set("digits", message.code);
  set("reference", message.reference_code);
  set("id", message.otp_id);
  const code = item.querySelector(".code");
  code.setAttribute("aria-label", `Copy the code ${message.code}`);
  code.addEventListener("click", () => copy(message.code, item.querySelector(".hint"), "The code"));
  const decide = item.querySelector(".decide");
  decide.querySelector("button").addEventListener("click", () => {
    post("/sandbox/reports", { otp_id: message.otp_id, status: decide.querySelector("select").value });
  });
  return item;
}

function forgetOldest() {
  const [id, { item }] = shown.entries().next().value;
  item.remove();
  shown.delete(id);
}

function stateOf(message) {
  if (message.state !== "waiting" || !message.expires_at) return message.state;
  const left = Math.max(0, Math.round((Date.parse(message.expires_at) - now()) / 1000));
  return left < 6000 ? `waiting ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "waiting";
}

function reportOf(report) {
  if (!report) return "not asked for";
  const outcome = report.outcome && `: ${report.outcome}`;
  const attempts = report.attempts > 1 ? ` after ${report.attempts} attempts` : "";
  return `${report.state}${attempts}${outcome}, ${report.url}`;
}

/** Only what matches the filter is seen; tells how many those are. */
function arrange() {
  const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const state = $("state").value;
  let seen = 0;
  for (const { item, message } of shown.values()) {
    const text = [message.mobile, message.sender, message.text, message.otp_id, message.delivery].join(" ").toLowerCase();
    item.hidden = (state && message.state !== state) || !words.every((word) => text.includes(word));
    if (!item.hidden) seen += 1;
  }
  list.hidden = seen === 0;
  $("empty").hidden = shown.size > 0;
  $("none").hidden = shown.size === 0 || seen > 0;
  const count = shown.size === 1 ? "1 message" : `${shown.size} messages`;
  $("count").textContent = seen === shown.size ? count : `${seen} of ${shown.size}`;
  document.title = shown.size ? `(${shown.size}) ANTS OTP sandbox` : "ANTS OTP sandbox";
}

// ---- Clock ---------------------------------------------------------------------------------------------------------

function showClock(told) {
  const at = Date.parse(told.now);
  clock = told.running ? { offset: at - Date.now(), stands: null } : { offset: 0, stands: at };
  // Both clocks are whole seconds off at the most; one that was never moved is shown as this machine's own.
  if (told.running && told.advanced_seconds === 0) clock.offset = 0;
  const parts = [];
  if (told.advanced_seconds) parts.push(`moved ahead by ${spanOf(told.advanced_seconds)}`);
  if (!told.running) parts.push("stands still");
  $("moved").textContent = parts.join(", ") || "never moved";
  tick();
}

function tick() {
  $("time").textContent = timeOf(now());
  for (const { item, message } of shown.values()) {
    if (message.state !== "waiting" || item.hidden) continue;
    const place = item.querySelector(".state");
    const text = stateOf(message);
    if (place.textContent !== text) place.textContent = text;
  }
}

const timeOf = (date) => new Date(date).toLocaleTimeString("en-GB");
const dateOf = (date) => new Date(date).toLocaleString("en-GB");

function spanOf(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].map(([length, unit]) => {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    return count && `${count} ${unit}`;
  });
  return parts.filter(Boolean).join(" ") || "less than 1 s";
}

// ---- Faults --------------------------------------------------------------------------------------------------------

function showFaults(faults) {
  $("set").replaceChildren(...faults.map((fault) => {
    const item = document.createElement("li");
    const what = document.createElement("span");
    what.textContent = [fault.fault, fault.code ?? fault.status, fault.operation && `on ${fault.operation}`].filter(Boolean).join(" ");
    const left = document.createElement("span");
    left.textContent = fault.calls_left ? `${fault.calls_left} to go` : `${fault.rate * 100} %, hit ${fault.hit}`;
    item.append(what, left);
    return item;
  }));
  $("clear-faults").disabled = faults.length === 0;
}

// ---- Sending -------------------------------------------------------------------------------------------------------

async function send(method, path, body) {
  try {
    const answer = await fetch(path, { method, body: body && JSON.stringify(body) });
    if (!answer.ok) say((await answer.json()).error.description);
  } catch {
    say("The sandbox does not answer.");
  }
}
const post = (path, body) => send("POST", path, body);

function showCommand(account) {
  const body = JSON.stringify({ otcId: account.otc_id, mobile: "66812345678" });
  $("command").textContent =
    `curl -u ${account.username}:${account.password} -H 'Content-Type: application/json' -d '${body}' ${location.origin}/otp/requestOTP`;
}

async function copy(text, place, what) {
  const word = place.textContent;
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} was copied`);
  } catch {
    done = "Failed";
    say("The browser does not let this page copy.");
  }
  if (word === done) return;
  place.textContent = done;
  setTimeout(() => { place.textContent = word; }, 1500);
}

// ---- Controls ------------------------------------------------------------------------------------------------------

$("filter").addEventListener("input", arrange);
$("state").addEventListener("input", arrange);
$("clear-filter").addEventListener("click", () => {
  $("filter").value = $("state").value = "";
  arrange();
  $("filter").focus();
});
$("copy-command").addEventListener("click", (event) => copy($("command").textContent, event.currentTarget, "The command"));
$("advance").addEventListener("click", (event) => {
  const { seconds } = event.target.dataset;
  if (seconds) post("/sandbox/clock", { advance_seconds: Number(seconds) });
});
$("faults").addEventListener("click", (event) => {
  const { fault } = event.target.dataset;
  if (!fault) return;
  const operation = $("operation").value;
  post("/sandbox/faults", { ...JSON.parse(fault), ...JSON.parse($("often").value), ...(operation && { operation }) });
});
$("clear-faults").addEventListener("click", () => send("DELETE", "/sandbox/faults"));
$("reset").addEventListener("click", (event) => {
  const button = event.currentTarget;
  const ask = (sure) => {
    button.textContent = sure ? "Really forget everything?" : "Forget everything";
    button.toggleAttribute("data-sure", sure);
  };
  if (button.hasAttribute("data-sure")) {
    post("/sandbox/reset");
    return ask(false);
  }
  ask(true);
  setTimeout(() => ask(false), 4000);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target === $("filter")) {
    $("filter").value = "";
    return arrange();
  }
  if (event.target.matches("input, select, textarea")) return;
  const items = [...list.children].filter((item) => !item.hidden);
  const here = event.target.closest?.("#messages > li");
  const act = {
    "/": () => $("filter").focus(),
    c: () => (here ?? items[0])?.querySelector(".code").click(),
    ArrowDown: () => items[here ? items.indexOf(here) + 1 : 0]?.focus(),
    ArrowUp: () => here && items[items.indexOf(here) - 1]?.focus(),
  }[event.key];
  // Elsewhere the arrows scroll, as in any page.
  if (!act || (event.key.startsWith("Arrow") && !here && event.target !== document.body)) return;
  event.preventDefault();
  act();
});

setInterval(tick, 1000);
arrange();
listen();
