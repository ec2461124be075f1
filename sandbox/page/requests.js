// A call of the service in the list: its row, and request and answer that open below it.

import { copyOf, dateOf, setText, whenOf } from "./common.js";
import { faultWord } from "./tools.js";

/** Whether the caller did not get a plain yes: the service refused, or a fault hit the answer. */
export const hasFailed = (request) => request.code !== 0 || request.fault !== null;

/** What `List` wants to know of requests. `showMessage` leads from a request to its message, where `hasMessage` knows one. */
export function requests(hasMessage, showMessage) {
  return {
    what: "requests",
    kept: 1000,
    id: (request) => String(request.id),
    text: (request) => [request.method, request.path, request.mobile, request.status, request.code, request.name,
      request.reason, request.fault].join(" "),
    row,
    refresh: (item, request) => {
      setText(item.querySelector("time"), whenOf(request.time));
      const link = item.querySelector(".to-message");
      if (link) link.hidden = !hasMessage(request.otp_id);
    },
    details: (request) => details(request, showMessage),
  };
}

function row(request) {
  const item = copyOf("request");
  const set = (name, text) => setText(item.querySelector("." + name), text);
  const what = request.operation ?? request.path;
  item.dataset.outcome = request.code !== 0 ? "refused" : request.fault ? "hit" : "done";
  item.setAttribute("aria-label", `Call ${request.id}: ${what}, ${request.name}`);
  set("operation", what);
  item.querySelector(".operation").title = `${request.method} ${request.path}`;
  set("mobile", request.mobile ?? "");
  set("status", String(request.status));
  set("name", request.name);
  set("reason", reasonOf(request));
  item.querySelector(".reason").title = reasonOf(request);
  const time = item.querySelector("time");
  time.dateTime = request.time;
  time.title = dateOf(request.time);
  item.querySelector(".open").setAttribute("aria-label", `Request and answer of call ${request.id}`);
  return item;
}

function reasonOf({ reason, fault }) {
  const hit = fault && fault !== "refuse" ? `Fault: ${faultWord({ fault })}.` : "";
  return [hit, reason].filter(Boolean).join(" ");
}

function details(request, showMessage) {
  const element = copyOf("request-details");
  const set = (name, text) => { element.querySelector("." + name).textContent = text; };
  set("line", `${request.method} ${request.path}`);
  set("reason-whole", reasonOf(request));
  element.querySelector(".reason-whole").hidden = !reasonOf(request);
  set("asked", written(request.request));
  set("answer-line", `HTTP ${request.status}, code ${request.code}, ${request.duration_ms} ms`);
  set("answered", written(request.answer));
  element.querySelector(".not-sent").hidden = !["silent", "late", "slow", "cut-before", "half"].includes(request.fault);
  element.querySelector(".to-message").addEventListener("click", () => showMessage(request.otp_id));
  return element;
}

function written({ headers, body }) {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [...head, "", indented(body)].join("\n").trim();
}

/** JSON over several lines. Only white space changes: what travelled shows as it was, a number's digits or a name that
    stands twice included. What is no JSON stays as it is. */
export function indented(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = () => "\n" + "  ".repeat(depth);
  const token = /("(?:[^"\\]|\\.)*")|\s+|\{\s*\}|\[\s*\]|[{}[\],:]/g;
  return text.replace(token, (found, string) => {
    if (string) return found;
    if (found === ":") return ": ";
    if (found === ",") return "," + line();
    if (found === "{" || found === "[") return depth += 1, found + line();
    if (found === "}" || found === "]") return depth -= 1, line() + found;
    return found.replace(/\s/g, "");
  });
}
