// The messages of one channel that this page knows, oldest first: a stretch of its history without gaps.

import { compare } from "./snowflakes.js";

export class Timeline {
  #ids = [];
  #messages = new Map();

  constructor() {
    this.loaded = false; // a page was read
    this.complete = false; // the very first message is here
    this.present = false; // the newest message is here, and what comes now belongs below it
  }

  get ids() {
    return this.#ids;
  }

  get oldest() {
    return this.#ids.find((id) => this.#isStored(id)) ?? null;
  }

  get newest() {
    return this.#ids.findLast((id) => this.#isStored(id)) ?? null;
  }

  #isStored(id) {
    const message = this.#messages.get(id);
    return !message.local && !message.ephemeral;
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

  /** Forget everything; another stretch of the channel is to be read. */
  clear() {
    this.#ids = [];
    this.#messages.clear();
    this.loaded = this.complete = this.present = false;
  }

  /** Forget all but the newest `most`; the older ones can be read again. */
  dropOldest(most) {
    for (const id of this.#ids.splice(0, Math.max(0, this.#ids.length - most))) {
      this.#messages.delete(id);
      this.complete = false;
    }
  }

  /** Forget all but the oldest `most`; the newer ones can be read again. */
  dropNewest(most) {
    for (const id of this.#ids.splice(most)) {
      this.#messages.delete(id);
      this.present = false;
    }
  }

  find(predicate) {
    for (let at = this.#ids.length - 1; at >= 0; at -= 1) {
      const message = this.#messages.get(this.#ids[at]);
      if (predicate(message)) return message;
    }
    return null;
  }
}
