// The inbox page: shows what /sandbox/events tells, and sends what its buttons say.

import { $, copy, forgetFailure, say } from "./common.js";
import { matcher } from "./filter.js";
import { List } from "./list.js";
import { messages } from "./messages.js";
import { hasFailed, requests } from "./requests.js";
import { notify, showClock, showFaults, showTime } from "./tools.js";

const lists = {
  messages: new List($("messages-panel"), messages((otpId) => showOnly("requests", otpId))),
  requests: new List($("requests-panel"), requests(hasMessage, (otpId) => showOnly("messages", otpId))),
};
for (const list of Object.values(lists)) list.onRender = showCounts;
/** The name of the list that is seen. */
let tab = "messages";

/** Whether this OTP's message is kept. */
function hasMessage(otpId) { return lists.messages.has(otpId); }

// ---- Live ----------------------------------------------------------------------------------------------------------

function listen() {
  const events = new EventSource("/sandbox/events");
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  events.onopen = () => live("yes", "Live");
  // The browser connects again by itself, and the first event then tells everything anew.
  events.onerror = () => live("no", "Reconnecting");
  on("snapshot", (all) => {
    showClock(all.clock);
    showFaults(all.faults);
    showCommand(all.account);
    lists.messages.replace(all.messages);
    lists.requests.replace(all.requests);
  });
  on("message", (message) => {
    if (lists.messages.put(message)) announce(message);
  });
  on("request", (request) => lists.requests.put(request));
  on("clock", (clock) => {
    showClock(clock);
    tick();
  });
  on("faults", showFaults);
}

function live(yes, word) {
  $("live").dataset.live = yes;
  $("live").firstElementChild.textContent = word;
}

/** New messages that nobody was told of yet. */
let unsaid = [];

/** Tells of new messages, once for those that come together. */
function announce(message) {
  unsaid.push(message);
  if (unsaid.length > 1) return;
  setTimeout(() => {
    const [first, ...others] = unsaid;
    say(others.length ? `${unsaid.length} new messages` : `New message to ${first.mobile}, code ${[...first.code].join(" ")}`);
    notify(unsaid);
    unsaid = [];
  }, 300);
}

function tick() {
  showTime();
  lists[tab].refresh();
}

// ---- What is seen --------------------------------------------------------------------------------------------------

function arrange() {
  const words = matcher($("filter").value);
  const state = $("state").value;
  const failed = $("failed").checked;
  lists.messages.show(words, state && ((message) => message.state === state));
  lists.requests.show(words, failed && hasFailed);
}

function showCounts() {
  for (const [name, list] of Object.entries(lists)) {
    $(`${name}-tab`).lastElementChild.textContent = list.total.toLocaleString("en-GB");
  }
  const { messages } = lists;
  const { found, total } = lists[tab];
  $("count").textContent = found === total ? "" : `${found.toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")}`;
  document.title = messages.total ? `(${messages.total}) ANTS OTP sandbox` : "ANTS OTP sandbox";
}

function showTab(name) {
  tab = name;
  for (const other of Object.keys(lists)) {
    const isSeen = other === name;
    $(`${other}-tab`).setAttribute("aria-selected", isSeen);
    $(`${other}-tab`).tabIndex = isSeen ? 0 : -1;
    $(`${other}-panel`).hidden = !isSeen;
    $(`${other}-choice`).hidden = !isSeen;
  }
  lists[name].refresh();
  showCounts();
}

/** What belongs to this OTP, in this list, and the newest of it open. */
function showOnly(name, otpId) {
  $("filter").value = otpId;
  $("state").value = "";
  $("failed").checked = false;
  showTab(name);
  arrange();
  const newest = lists[name].element.firstElementChild;
  if (!newest) return $(`${name}-tab`).focus();
  lists[name].open(newest);
  newest.focus();
}

function showAll() {
  $("filter").value = $("state").value = "";
  $("failed").checked = false;
  arrange();
}

function showCommand(account) {
  const body = JSON.stringify({ otcId: account.otc_id, mobile: "66812345678" });
  $("command").textContent =
    `curl -u ${account.username}:${account.password} -H 'Content-Type: application/json' -d '${body}' ${location.origin}/otp/requestOTP`;
}

// ---- Controls ------------------------------------------------------------------------------------------------------

for (const [name, event] of [["filter", "input"], ["state", "change"], ["failed", "change"]]) {
  $(name).addEventListener(event, arrange);
}
for (const button of document.querySelectorAll(".show-all")) {
  button.addEventListener("click", () => {
    showAll();
    $("filter").focus();
  });
}
for (const name of Object.keys(lists)) $(`${name}-tab`).addEventListener("click", () => showTab(name));
$("copy-command").addEventListener("click", (event) => copy($("command").textContent, event.currentTarget, "The command"));
$("close-toast").addEventListener("click", forgetFailure);

/** The two tabs, as the keyboard knows tabs everywhere. */
function keyOnTab(key) {
  const names = Object.keys(lists);
  const other = names.find((name) => name !== tab);
  const next = { ArrowLeft: other, ArrowRight: other, Home: names[0], End: names.at(-1) }[key];
  if (!next) return false;
  showTab(next);
  $(`${next}-tab`).focus();
  return true;
}

/** What a key does here, or nothing. Elsewhere the arrows scroll, as in any page. */
function actOf(key, target) {
  const list = lists[tab];
  const row = list.rowOf(target);
  const moves = row || target === document.body || target === list.element;
  return {
    "/": () => $("filter").focus(),
    c: tab === "messages" && (() => (row ?? list.element.firstElementChild)?.querySelector(".code").click()),
    ArrowDown: moves && (() => list.step(row, 1)),
    ArrowUp: row && (() => list.step(row, -1)),
    Enter: row === target && (() => list.toggle(row)),
    Escape: !$("toast").hidden && forgetFailure,
  }[key];
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { key, target } = event;
  if (key === "Escape" && target === $("filter")) {
    $("filter").value = "";
    return arrange();
  }
  if (target.matches("input, select, textarea")) return;
  if (target.matches("[role=tab]") && keyOnTab(key)) return event.preventDefault();
  const act = actOf(key, target);
  if (!act) return;
  event.preventDefault();
  act();
});

setInterval(tick, 1000);
arrange();
listen();
