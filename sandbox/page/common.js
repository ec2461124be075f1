// What every part of the page uses: elements, times, words to the person, and calls of the sandbox. Text is put in as text,
// never as HTML.

export const $ = (id) => document.getElementById(id);

/** A copy of the only element in a template. */
export const copyOf = (id) => $(id).content.cloneNode(true).firstElementChild;

/** Writes only what is new, so that nothing flickers and no selection is lost. */
export function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** For screen readers: what can be seen anyway. */
export const say = (text) => { $("said").textContent = text; };

// ---- Failures ------------------------------------------------------------------------------------------------------

/** Shows a failure until it is closed or something succeeds: nobody has to read against time. */
export function fail(text) {
  $("failure").textContent = text;
  $("toast").hidden = false;
}

export function forgetFailure() {
  $("toast").hidden = true;
  $("failure").textContent = "";
}

/** Calls the sandbox; `what` is what was to be done, as in "Setting the fault". */
export async function send(what, method, path, body) {
  let answer;
  try {
    answer = await fetch(path, { method, body: body && JSON.stringify(body) });
  } catch {
    return fail(`${what} failed: the sandbox does not answer. Is it still running?`);
  }
  if (answer.ok) return forgetFailure();
  const told = await answer.json().catch(() => null);
  fail(`${what} failed: ${told?.error?.description || `HTTP ${answer.status}`}`);
}

/** Copies, and says so in `place` for a moment. */
export async function copy(text, place, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return fail(`The browser does not let this page copy. Copy by hand: ${text}`);
  }
  say(`${what} was copied`);
  if (place.textContent === "Copied") return;
  const word = place.textContent;
  place.textContent = "Copied";
  setTimeout(() => { place.textContent = word; }, 1500);
}

// ---- Time ----------------------------------------------------------------------------------------------------------

/** The sandbox's clock: how far it is ahead of this machine's, in ms, or where it stands still. */
let clock = { offset: 0, stands: null };

export const now = () => clock.stands ?? Date.now() + clock.offset;
export const setClock = (told) => { clock = told; };

export const timeOf = (date) => new Date(date).toLocaleTimeString("en-GB");
export const dateOf = (date) => new Date(date).toLocaleString("en-GB");

/** The time where it is of the sandbox's day, else the day too. */
export function whenOf(date) {
  const at = new Date(date);
  if (at.toDateString() === new Date(now()).toDateString()) return timeOf(at);
  return at.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).replace(",", "");
}
