// The messages of one channel that this page knows, oldest first.

import { compare } from "./snowflakes.js";

export class Timeline {
  #ids = [];
  #messages = new Map();

  constructor() {
    this.loaded = false; // the newest page was read
    this.complete = false; // the very first message is here
  }

  get ids() {
    return this.#ids;
  }

  get oldest() {
    return this.#ids.find((id) => !this.#messages.get(id).local && !this.#messages.get(id).ephemeral) ?? null;
  }

  get(id) {
    return this.#messages.get(id);
  }

  before(id) {
    return this.#messages.get(this.#ids[this.#ids.indexOf(id) - 1]);
  }

  after(id) {
    const at = this.#ids.indexOf(id);
    return at < 0 ? undefined : this.#messages.get(this.#ids[at + 1]);
  }

  /** Put a message in its place; messages on their way stay below what was sent. */
  put(message) {
    if (!this.#messages.has(message.id)) {
      let at = this.#ids.length;
      while (at > 0 && this.#isNewer(this.#ids[at - 1], message)) at -= 1;
      this.#ids.splice(at, 0, message.id);
    }
    this.#messages.set(message.id, message);
  }

  #isNewer(id, message) {
    const other = this.#messages.get(id);
    if (Boolean(other.local) !== Boolean(message.local)) return Boolean(other.local);
    return compare(id, message.id) > 0;
  }

  remove(id) {
    if (!this.#messages.delete(id)) return false;
    this.#ids.splice(this.#ids.indexOf(id), 1);
    return true;
  }

  /** Forget all but the newest `most`; the older ones can be read again. */
  trim(most) {
    for (const id of this.#ids.splice(0, Math.max(0, this.#ids.length - most))) this.#messages.delete(id);
    this.complete = false;
  }

  find(predicate) {
    for (let at = this.#ids.length - 1; at >= 0; at -= 1) {
      const message = this.#messages.get(this.#ids[at]);
      if (predicate(message)) return message;
    }
    return null;
  }
}
