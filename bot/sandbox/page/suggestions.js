// The list that offers completions above the message box; the keys stay in the input.

import { make, append } from "./dom.js";

const MOST = 50;

export class Suggestions {
  #items = [];
  #active = 0;
  #moved = false;
  #pick = null;
  #input = null;

  constructor() {
    this.list = make("div", { class: "suggestion-list", role: "listbox", id: "suggestions", "aria-label": "Suggestions" });
    this.title = make("div", { class: "suggestion-title" });
    this.element = make("div", { class: "suggestions", hidden: true }, this.title, this.list);
    // A press here must not take the focus from the input.
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  get open() {
    return !this.element.hidden;
  }

  /** Items: `{label, detail, side, picture, value}`; `pick(item)` when one is chosen. */
  show(input, items, pick, title = "") {
    this.#input = input;
    this.#items = items.slice(0, MOST);
    this.#pick = pick;
    this.#active = 0;
    this.#moved = false;
    if (!this.#items.length) return this.hide();
    this.title.textContent = title;
    this.title.hidden = !title;
    this.list.replaceChildren(...this.#items.map((item, at) => this.#draw(item, at)));
    this.element.hidden = false;
    input.setAttribute("aria-controls", "suggestions");
    this.#tellExpanded(true);
    return this.#mark();
  }

  // Only a combobox may say that it is expanded; the message box is a plain text box.
  #tellExpanded(expanded) {
    if (this.#input?.getAttribute("role") === "combobox") this.#input.setAttribute("aria-expanded", `${expanded}`);
  }

  hide() {
    this.element.hidden = true;
    this.#items = [];
    this.#input?.removeAttribute("aria-activedescendant");
    this.#tellExpanded(false);
  }

  #draw(item, at) {
    const row = make("div", { class: "suggestion", role: "option", id: `suggestion-${at}`, dataset: { suggestion: item.label } });
    append(row, [item.picture, make("div", { class: "suggestion-text" }, make("span", { class: "suggestion-label" }, item.label), item.detail && make("span", { class: "faint" }, item.detail)), item.side && make("span", { class: "faint suggestion-side" }, item.side)]);
    row.addEventListener("click", () => this.#choose(at));
    row.addEventListener("pointermove", () => {
      this.#active = at;
      this.#mark();
    });
    return row;
  }

  #mark() {
    [...this.list.children].forEach((row, at) => row.setAttribute("aria-selected", `${at === this.#active}`));
    this.list.children[this.#active]?.scrollIntoView({ block: "nearest" });
    this.#input.setAttribute("aria-activedescendant", `suggestion-${this.#active}`);
  }

  #choose(at) {
    const item = this.#items[at];
    this.hide();
    this.#pick(item);
  }

  /**
   * Let the list have a key first; true if it took it. `eager`: Enter and Tab choose even before an
   * arrow was pressed (else they keep their own meaning in an input that may stay empty).
   */
  key(event, { eager = true } = {}) {
    if (!this.open || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#active = (this.#active + step + this.#items.length) % this.#items.length;
      this.#moved = true;
      this.#mark();
    } else if (event.key === "Escape") this.hide();
    else if ((event.key === "Enter" && !event.shiftKey || event.key === "Tab" && !event.shiftKey) && (eager || this.#moved)) this.#choose(this.#active);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
