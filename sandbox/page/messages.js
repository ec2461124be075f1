// A message in the list: its row, and the details that open below it.

import { copy, copyOf, dateOf, now, send, setText, whenOf } from "./common.js";

/** What `List` wants to know of messages. `showCalls` leads from a message to what was asked about its OTP. */
export function messages(showCalls) {
  return {
    what: "messages",
    kept: 10_000,
    id: (message) => message.otp_id,
    text: (message) => [message.mobile, message.sender, message.text, message.code, message.reference_code, message.state,
      message.delivery].join(" "),
    row,
    refresh,
    details: (message) => details(message, showCalls),
  };
}

function row(message) {
  const item = copyOf("message");
  const set = (name, text) => { item.querySelector("." + name).textContent = text; };
  item.setAttribute("aria-label", `Message to ${message.mobile}`);
  set("mobile", message.mobile);
  set("text", message.text);
  set("digits", message.code);
  item.querySelector(".text").title = message.text;
  const time = item.querySelector("time");
  time.dateTime = message.sent_at ?? "";
  time.title = dateOf(message.sent_at);
  const code = item.querySelector(".code");
  code.setAttribute("aria-label", `Copy the code ${message.code}`);
  code.addEventListener("click", () => copy(message.code, item.querySelector(".hint"), "The code"));
  item.querySelector(".open").setAttribute("aria-label", `Details of the message to ${message.mobile}`);
  return item;
}

function refresh(item, message) {
  item.dataset.state = message.state;
  item.dataset.delivery = message.delivery;
  setText(item.querySelector("time"), whenOf(message.sent_at));
  setText(item.querySelector(".state"), stateOf(message));
  setText(item.querySelector(".delivery"), message.delivery.toLowerCase());
  const report = item.querySelector(".report");
  if (report) setText(report, reportOf(message.report));
}

function details(message, showCalls) {
  const element = copyOf("message-details");
  const facts = {
    whole: message.text,
    number: message.mobile,
    sender: message.sender,
    reference: message.reference_code,
    id: message.otp_id,
    sent: dateOf(message.sent_at),
    expires: message.expires_at ? dateOf(message.expires_at) : "never",
  };
  for (const [name, fact] of Object.entries(facts)) element.querySelector("." + name).textContent = fact;
  const status = element.querySelector("select");
  element.querySelector(".decide button").addEventListener("click", () => {
    send("Reporting the delivery", "POST", "/sandbox/reports", { otp_id: message.otp_id, status: status.value });
  });
  element.querySelector(".to-calls").addEventListener("click", () => showCalls(message.otp_id));
  return element;
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
