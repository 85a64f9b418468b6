// Interactions as a person's client makes them: sent over REST, answered over the gateway.

import { entries } from "./api.js";
import { fresh } from "./snowflakes.js";

const PATIENCE = 6000; // Discord itself gives up after 3 s and says so; this is for a lost answer

/** Events: "modal" {…the modal, pending}. Every call resolves to true if the bot answered in time. */
export class Interactions extends EventTarget {
  #waiting = new Map(); // nonce → {settle, timer}
  #asked = new Map(); // nonce → resolve, for autocomplete

  constructor({ api, gateway }) {
    super();
    this.api = api;
    this.gateway = gateway;
  }

  /** Hand over a gateway event that belongs to an interaction. */
  apply(type, data) {
    if (type === "INTERACTION_SUCCESS") this.#settle(data.nonce, true);
    else if (type === "INTERACTION_FAILURE") this.#settle(data.nonce, false);
    else if (type === "INTERACTION_MODAL_CREATE") {
      // The person's other windows hear of it too; the form belongs to the one that asked.
      if (!this.#waiting.has(`${data.nonce}`)) return;
      this.#settle(data.nonce, true);
      this.dispatchEvent(new CustomEvent("modal", { detail: data }));
    } else if (type === "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE") {
      this.#asked.get(`${data.nonce}`)?.(data.choices ?? []);
      this.#asked.delete(`${data.nonce}`);
    }
  }

  #settle(nonce, answered) {
    const waiting = this.#waiting.get(`${nonce}`);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(`${nonce}`);
    waiting.resolve(answered);
  }

  async #send(type, applicationId, channel, data, { more = {}, nonce = fresh(), files = [] } = {}) {
    const answered = new Promise((resolve) => {
      this.#waiting.set(nonce, { resolve, timer: setTimeout(() => this.#settle(nonce, false), PATIENCE) });
    });
    const body = { type, application_id: applicationId, channel_id: channel.id, session_id: this.gateway.sessionId, nonce, data, ...more };
    if (channel.guild_id) body.guild_id = channel.guild_id;
    try {
      await this.api.interact(body, files);
    } catch (error) {
      this.#settle(nonce, false);
      throw error;
    }
    return answered;
  }

  /** Run a command; `options` in Discord's shape, `targetId` for commands of the Apps menu, `files` for options that are files. */
  run(command, channel, options, { targetId = null, nonce, files = [] } = {}) {
    return this.#send(2, command.application_id, channel, withFiles(invocation(command, options, targetId), files), { nonce, files });
  }

  /** Press a button or choose `values` in a select of `message`. */
  press(message, channel, component, values) {
    const data = { component_type: component.type, custom_id: component.custom_id };
    if (values) Object.assign(data, { type: component.type, values });
    const applicationId = message.application_id ?? message.author.id;
    return this.#send(3, applicationId, channel, data, { more: { message_id: message.id, message_flags: message.flags ?? 0 } });
  }

  /** Send a filled-in modal. */
  submit(modal, channel, components, files = []) {
    const applicationId = modal.application?.id ?? modal.application_id;
    return this.#send(5, applicationId, channel, withFiles({ id: modal.id, custom_id: modal.custom_id, components }, files), { files });
  }

  /** The choices a bot offers for the option marked `focused`; empty if it does not answer. */
  async complete(command, channel, options) {
    const nonce = fresh();
    const answer = new Promise((resolve) => {
      this.#asked.set(nonce, resolve);
      setTimeout(() => this.#asked.delete(nonce) && resolve([]), PATIENCE);
    });
    const body = { type: 4, application_id: command.application_id, channel_id: channel.id, session_id: this.gateway.sessionId, nonce, data: invocation(command, options, null) };
    if (channel.guild_id) body.guild_id = channel.guild_id;
    await this.api.interact(body);
    return answer;
  }
}

function invocation(command, options, targetId) {
  const data = { id: command.id, name: command.name, type: command.type, version: command.version, options };
  if (targetId) data.target_id = targetId;
  return data;
}

const withFiles = (data, files) => (files.length ? { ...data, attachments: entries(files) } : data);
