// The tools beside the lists: the clock, the faults, notifications and the reset.

import { $, fail, now, say, send, setClock, setText, timeOf } from "./common.js";

// ---- Clock ---------------------------------------------------------------------------------------------------------

export function showClock(told) {
  const at = Date.parse(told.now);
  // Both clocks are whole seconds off at the most; one that was never moved is shown as this machine's own.
  const offset = told.advanced_seconds === 0 ? 0 : at - Date.now();
  setClock(told.running ? { offset, stands: null } : { offset: 0, stands: at });
  const parts = [];
  if (told.advanced_seconds) parts.push(`moved ahead by ${spanOf(told.advanced_seconds)}`);
  if (!told.running) parts.push("stands still");
  $("moved").textContent = parts.join(", ") || "never moved";
  showTime();
}

export const showTime = () => setText($("time"), timeOf(now()));

function spanOf(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].map(([length, unit]) => {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    return count && `${count} ${unit}`;
  });
  return parts.filter(Boolean).join(" ") || "less than 1 s";
}

$("advance").addEventListener("click", (event) => {
  const { seconds } = event.target.dataset;
  if (seconds) send("Moving the clock", "POST", "/sandbox/clock", { advance_seconds: Number(seconds) });
});

// ---- Faults --------------------------------------------------------------------------------------------------------

/** A fault in words, as its button says it. */
export function faultWord({ fault, code, status, delay_seconds: delay, reset }) {
  const time = delay === undefined ? "" : ` (${delay} s)`;
  const word = {
    refuse: code === 429 ? "HTTP 429" : `error ${code}`,
    silent: "no answer",
    late: `late${time}`,
    slow: `slow${time}`,
    html: ["HTML", status].filter(Boolean).join(" "),
    "cut-before": "cut before answer",
    "cut-after": "cut after answer",
    half: "half an answer",
  }[fault] ?? fault;
  return reset ? `${word}, by a reset` : word;
}

const PATHS = { request: "requestOTP", resend: "resendOTP", verify: "verifyOTP", balance: "balance" };

/** 2 as "2nd": of a rate, each call that is hit. */
function ordinal(count) {
  const suffix = [11, 12, 13].includes(count % 100) ? "th" : ["th", "st", "nd", "rd"][count % 10] ?? "th";
  return `${count}${suffix}`;
}

function whenHit({ calls_left: left, rate, hit }) {
  if (left) return `${left} left`;
  const every = 1 / rate;
  if (rate === 1) return `every call, ${hit} hit`;
  return Number.isInteger(every) ? `every ${ordinal(every)} call, ${hit} hit` : `${+(rate * 100).toFixed(2)} % of calls, ${hit} hit`;
}

export function showFaults(faults) {
  $("set").replaceChildren(...faults.map((fault) => {
    const item = document.createElement("li");
    const [what, left] = [document.createElement("span"), document.createElement("span")];
    what.textContent = faultWord(fault) + (fault.operation ? ` on ${PATHS[fault.operation]}` : "");
    left.textContent = whenHit(fault);
    item.append(what, left);
    return item;
  }));
  $("clear-faults").disabled = faults.length === 0;
}

$("faults").addEventListener("click", (event) => {
  const { fault } = event.target.dataset;
  if (!fault) return;
  const operation = $("operation").value;
  const body = { ...JSON.parse(fault), ...JSON.parse($("often").value), ...(operation && { operation }) };
  send("Setting the fault", "POST", "/sandbox/faults", body);
});
$("clear-faults").addEventListener("click", () => send("Removing the faults", "DELETE", "/sandbox/faults"));

// ---- Notifications -------------------------------------------------------------------------------------------------

/** What the person chose, remembered by this browser where it remembers anything. */
const choice = {
  get() { try { return localStorage.getItem("notify") === "yes"; } catch { return false; } },
  set(wanted) { try { localStorage.setItem("notify", wanted ? "yes" : "no"); } catch { /* Until the page is closed, then. */ } },
};
let wanted = choice.get();

const mayNotify = () => wanted && window.isSecureContext && Notification.permission === "granted";

function showChoice() {
  $("notify").setAttribute("aria-pressed", mayNotify());
}

$("notify").addEventListener("click", async () => {
  if (!window.isSecureContext || !("Notification" in window)) {
    return fail(`The browser allows notifications on localhost alone: open this page as localhost:${location.port}`);
  }
  const permission = mayNotify() ? "no longer wanted" : await Notification.requestPermission();
  wanted = permission === "granted";
  if (permission === "denied") {
    fail("The browser blocks notifications of this page. Allow them in its settings for this site, beside the address, "
      + "and click again.");
  }
  choice.set(wanted);
  showChoice();
  if (mayNotify()) say("New messages will be notified");
});

/** One notification for what came in a short time; none while the person is looking at the page. */
export function notify(messages) {
  if (!mayNotify() || document.hasFocus()) return;
  const { code, mobile } = messages.at(-1);
  const title = messages.length > 1 ? `${messages.length} new messages` : `OTP ${code}`;
  const body = messages.length > 1 ? `The newest: ${code} to ${mobile}` : `to ${mobile}`;
  try {
    const shown = new Notification(title, { body, tag: "ants-otp-sandbox", icon: "/sandbox/page/icon.svg" });
    shown.onclick = () => { window.focus(); shown.close(); };
  } catch {
    // As on Android, where only a service worker may.
    wanted = false;
    showChoice();
    fail("This browser does not show notifications of a page.");
  }
}

showChoice();

// ---- Reset ---------------------------------------------------------------------------------------------------------

$("reset").addEventListener("click", (event) => {
  const button = event.currentTarget;
  const ask = (sure) => {
    button.textContent = sure ? "Click again to delete all" : "Reset the sandbox";
    button.toggleAttribute("data-sure", sure);
  };
  if (button.hasAttribute("data-sure")) {
    send("The reset", "POST", "/sandbox/reset");
    return ask(false);
  }
  ask(true);
  setTimeout(() => ask(false), 4000);
});
