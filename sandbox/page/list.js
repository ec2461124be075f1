// A list that stays quick with 10 000 entries: all are kept as data, and only one page of those that match the filter
// stands in the document.

import { copyOf, setText } from "./common.js";
import { fold } from "./filter.js";

const PAGE = 100;
/** Changes are gathered for so long, in ms: a load test sends hundreds in a second. */
const GATHER = 100;

export class List {
  /** Each entry by its id, with its place in the order and what the filter looks at. The oldest stands first. */
  #all = new Map();
  #order = 0;
  /** The rows in the document, by id. */
  #rows = new Map();
  #open = new Set();
  #fresh = new Set();
  #matching = [];
  /** Where the page starts: later entries do not move it, unless it starts with the newest. */
  #top = Infinity;
  #due = null;

  /**
   * `panel` holds `.list`, `.empty` and `.none`. `kind` is what differs between lists: `what` the entries are and how many
   * are `kept`; `id` and `text` (for the filter) of one; `row` and `details` make elements, `refresh` renews a row.
   */
  constructor(panel, kind) {
    this.kind = kind;
    this.element = panel.querySelector(".list");
    this.empty = panel.querySelector(".empty");
    this.none = panel.querySelector(".none");
    this.pages = copyOf("pages");
    this.pages.setAttribute("aria-label", `Pages of ${kind.what}`);
    panel.append(this.pages);
    this.pages.addEventListener("click", (event) => this.#go(event.target.dataset.go));
    this.element.addEventListener("click", (event) => this.#clicked(event));
    this.onRender = () => {};
    this.filter = null;
    this.also = null;
  }

  get total() { return this.#all.size; }
  get found() { return this.#matching.length; }
  has(id) { return this.#all.has(id); }

  replace(entries) {
    this.#all.clear();
    this.#top = Infinity;
    this.element.replaceChildren();
    this.#rows.clear();
    entries.forEach((entry) => this.#put(entry));
    this.render();
  }

  /** Takes an entry, or what is new about it. Answers whether it was not there before. */
  put(entry) {
    const isNew = this.#put(entry);
    if (isNew) this.#fresh.add(this.kind.id(entry));
    this.#due ??= setTimeout(() => this.render(), GATHER);
    return isNew;
  }

  #put(entry) {
    const id = this.kind.id(entry);
    const before = this.#all.get(id);
    this.#all.set(id, { id, entry, order: before?.order ?? this.#order++, text: null });
    return !before;
  }

  /** Shows what matches the words (of `matcher`) and another condition, from the newest on. */
  show(filter, also) {
    this.filter = filter;
    this.also = also;
    this.#top = Infinity;
    this.render();
  }

  #matches(kept) {
    if (this.also && !this.also(kept.entry)) return false;
    if (!this.filter) return true;
    kept.text ??= fold(this.kind.text(kept.entry));
    return this.filter(kept.text, kept.entry);
  }

  get #first() {
    return Math.max(0, this.#matching.findIndex((kept) => kept.order <= this.#top));
  }

  render() {
    clearTimeout(this.#due);
    this.#due = null;
    const [ids, tooMany] = [this.#all.keys(), this.#all.size - this.kind.kept];
    for (let count = 0; count < tooMany; count += 1) this.#all.delete(ids.next().value);
    this.#matching = [...this.#all.values()].filter((kept) => this.#matches(kept)).reverse();
    const first = this.#first;
    const page = this.#matching.slice(first, first + PAGE);
    this.#place(page);
    this.#fresh.clear();
    this.element.hidden = page.length === 0;
    this.empty.hidden = this.total > 0;
    this.none.hidden = this.total === 0 || page.length > 0;
    this.#showPages(first, page.length);
    this.onRender();
  }

  /** Brings the rows into order. One that stays is not moved: it would lose the focus. */
  #place(page) {
    const rows = new Map(page.map((kept) => [kept.id, this.#rows.get(kept.id) ?? this.#row(kept)]));
    for (const [id, row] of this.#rows) if (!rows.has(id)) row.remove();
    this.#rows = rows;
    let next = this.element.firstElementChild;
    for (const { id, entry } of page) {
      const row = rows.get(id);
      this.kind.refresh(row, entry);
      if (row === next) next = next.nextElementSibling;
      else this.element.insertBefore(row, next);
    }
  }

  #row({ id, entry }) {
    const row = this.kind.row(entry);
    row.dataset.id = id;
    if (this.#fresh.has(id)) row.classList.add("fresh");
    if (this.#open.has(id)) this.#setOpen(row, true);
    return row;
  }

  #showPages(first, length) {
    const last = this.found;
    this.pages.hidden = last <= PAGE;
    if (this.pages.hidden) return;
    const number = (count) => count.toLocaleString("en-GB");
    setText(this.pages.querySelector("p"), `${number(first + 1)}–${number(first + length)} of ${number(last)}`);
    for (const button of this.pages.querySelectorAll("button")) {
      const back = ["newest", "newer"].includes(button.dataset.go);
      button.disabled = back ? first === 0 : first + length >= last;
    }
  }

  #go(where) {
    const to = {
      newest: () => 0,
      newer: () => this.#first - PAGE,
      older: () => this.#first + PAGE,
      oldest: () => this.found - PAGE,
    }[where];
    if (!to) return;
    const first = to();
    this.#top = first > 0 ? this.#matching[first].order : Infinity;
    this.render();
    scrollTo({ top: 0 });
    // A button that has just been disabled would swallow the next key.
    if (document.activeElement.disabled) this.element.focus({ preventScroll: true });
  }

  /** The row that this element belongs to. */
  rowOf(element) { return element.closest?.(".list > li"); }

  /** Renews what time changes. */
  refresh() {
    for (const [id, row] of this.#rows) this.kind.refresh(row, this.#all.get(id).entry);
  }

  /** Moves the focus from this row up or down, on to the next page if need be. */
  step(row, by) {
    const rows = [...this.element.children];
    const at = row ? rows.indexOf(row) + by : 0;
    if (rows[at]) return rows[at].focus();
    if (at < 0 ? this.#first === 0 : this.#first + rows.length >= this.found) return;
    this.#go(at < 0 ? "newer" : "older");
    (at < 0 ? this.element.lastElementChild : this.element.firstElementChild).focus();
  }

  #clicked(event) {
    const inRow = event.target.closest(".row");
    const button = event.target.closest("button");
    // Who marks text to copy it does not mean to open the row.
    if (!inRow || (button && !button.matches(".open")) || String(getSelection())) return;
    this.toggle(this.rowOf(inRow));
  }

  toggle(row) {
    this.#setOpen(row, !this.#open.has(row.dataset.id));
  }

  open(row) { this.#setOpen(row, true); }

  #setOpen(row, open) {
    const { id } = row.dataset;
    const button = row.querySelector(".open");
    button.setAttribute("aria-expanded", open);
    row.querySelector(".details")?.remove();
    if (!open) return void this.#open.delete(id);
    this.#open.add(id);
    const { entry } = this.#all.get(id);
    row.append(this.kind.details(entry));
    this.kind.refresh(row, entry);
  }
}
