// The journal: what was done in the sandbox, line by line, the newest on top.

import { make } from "./dom.js";

const SHOWN = 300;

export class Journal {
  #last = null; // the number of the newest line that was read
  #lines = [];

  constructor(control) {
    this.control = control;
    this.filter = make("input", { class: "input", type: "search", placeholder: "Filter, such as “message” or an id", "aria-label": "Filter the journal", autocomplete: "off" });
    this.list = make("ol", { class: "journal", "aria-label": "Journal, newest first", reversed: true });
    this.element = make("div", { class: "journal-box" }, this.filter, this.list);
    this.filter.addEventListener("input", () => this.#draw());
  }

  /** Read what is new. */
  async read() {
    const { lines, last } = await this.control.journal(this.#last);
    if (this.#last !== null && last < this.#last) this.#lines = []; // another sandbox stands behind the address now
    this.#last = lines.at(-1)?.number ?? (this.#last === null ? last : Math.min(this.#last, last));
    if (!lines.length && this.list.childElementCount) return;
    this.#lines = [...this.#lines, ...lines].slice(-5 * SHOWN);
    this.#draw();
  }

  #draw() {
    const wanted = this.filter.value.trim().toLowerCase();
    const found = this.#lines.filter((line) => Object.values(line).some((value) => `${value ?? ""}`.toLowerCase().includes(wanted)));
    this.list.replaceChildren(...found.slice(-SHOWN).reverse().map(draw));
    if (!found.length) this.list.append(make("li", { class: "faint" }, wanted ? "No line holds that." : "Nothing has been done yet."));
  }
}

function draw({ number, at, action, actor_id: actor, channel_id: channel, message_id: message, detail }) {
  const where = [actor && `by ${actor}`, channel && `in ${channel}`, message && `on ${message}`].filter(Boolean).join(" ");
  return make("li", { value: `${number}`, title: where }, make("time", { class: "faint", datetime: at }, new Date(at).toLocaleTimeString()), make("span", {}, action), detail && make("span", { class: "faint" }, detail));
}
