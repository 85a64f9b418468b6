// Buttons and selects that were used: which wait for the bot, and which it did not answer.

export class Presses {
  #failures = new Map(); // message → what went wrong with its component
  #busy = new Map(); // message → custom_id that waits for the bot

  /** `again(message)` draws a message anew. */
  constructor(session, again) {
    Object.assign(this, { session, again });
  }

  failure = (messageId) => this.#failures.get(messageId);
  forget = (messageId) => this.#failures.delete(messageId);

  /** What components.js needs to draw the components of `message`. */
  face(message, names) {
    const known = this.session.store.channels.has(message.channel_id);
    return {
      names, press: message.local || !known ? null : (component, values) => this.#press(message, component, values),
      busy: (customId) => customId && this.#busy.get(message.id) === customId,
      choices: (component) => this.session.choices(component, message.channel_id),
    };
  }

  async #press(message, component, values) {
    const { store, interactions } = this.session;
    this.#failures.delete(message.id);
    this.#busy.set(message.id, component.custom_id);
    this.again(message);
    try {
      const answered = await interactions.press(message, store.channels.get(message.channel_id), component, values);
      if (!answered) this.#failures.set(message.id, "This interaction failed: the application did not respond.");
    } catch (error) {
      this.#failures.set(message.id, error.message);
    }
    this.#busy.delete(message.id);
    this.again(message);
  }
}
