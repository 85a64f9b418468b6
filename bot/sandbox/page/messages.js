// The list of a channel's messages: draws what changed and nothing else, loads older ones on
// scrolling up, stays at the bottom while one reads there.

import { make, append, icon } from "./dom.js";
import { continues, drawMessage } from "./message.js";
import { isForum, isThread } from "./state.js";
import { compare } from "./snowflakes.js";

const PAGE = 50;
const FAR = 20; // pages that are loaded to come to a message
const MOST = 600; // messages kept while reading at the bottom
const NEAR = 120; // px from the bottom that still count as being there
const EARLY = 600; // px from the top at which older messages are fetched

export class MessageList {
  #items = new Map(); // id → li
  #abort = new AbortController();
  #loading = false;
  #atBottom = true;
  #failures = new Map(); // message → what went wrong with its component
  #busy = new Map(); // message → custom_id that waits for the bot

  /** `session` as app.js makes it; `channel` as in the store; `makeActions(list)` gives what messages can do. */
  constructor(session, channel, makeActions) {
    this.session = session;
    this.channel = channel;
    this.lastRead = session.store.markers.get(channel.id);
    this.newestAtOpening = channel.last_message_id ?? "0";
    this.editing = null; // {id, element}
    this.names = session.names(channel.guild_id);
    this.actions = makeActions(this);
    this.top = make("div", { class: "list-top" });
    this.list = make("ol", { class: "messages", "aria-label": "Messages" });
    this.jumper = make("button", { type: "button", class: "jumper", hidden: true, on: { click: () => this.toBottom() } }, "Go to the newest messages", icon("down", 16));
    this.scroller = make("div", { class: "scroller" }, this.top, this.list);
    this.element = make("div", { class: "list-frame" }, this.scroller, this.jumper);
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.#keys(event));
    const { store } = session;
    const { signal } = this.#abort;
    store.listen("message", (detail) => this.#changed(detail), signal);
    store.listen("timeline", ({ channelId }) => channelId === channel.id && this.#drawAll(), signal);
    // Pictures that arrive make the list longer; whoever was at the bottom stays there.
    this.resizer = new ResizeObserver(() => this.#atBottom && this.#stick());
    this.resizer.observe(this.list);
    this.resizer.observe(this.scroller);
  }

  close() {
    this.#abort.abort();
    this.resizer.disconnect();
  }

  get timeline() {
    return this.session.store.timeline(this.channel.id);
  }

  async open() {
    if (this.timeline.loaded) this.#drawAll();
    else await this.#load(null);
    this.toBottom();
  }

  async #load(before) {
    if (this.#loading) return;
    this.#loading = true;
    if (!this.#items.size) this.top.replaceChildren(...skeleton());
    const height = this.scroller.scrollHeight;
    const from = this.scroller.scrollTop;
    try {
      const page = await this.session.api.messages(this.channel.id, { before, limit: PAGE });
      if (this.#abort.signal.aborted) return;
      await this.#loadStarter();
      this.session.store.addHistory(this.channel.id, page, { wasNewest: before === null, full: page.length === PAGE });
      if (before) this.scroller.scrollTop = from + this.scroller.scrollHeight - height;
      else this.toBottom();
    } catch (error) {
      this.top.replaceChildren(make("p", { class: "blank" }, `The messages could not be loaded: ${error.message} `,
        make("button", { type: "button", class: "button secondary", on: { click: () => this.#load(before) } }, "Try again")));
    } finally {
      this.#loading = false;
    }
  }

  /** The message that a thread hangs on lives in the parent channel under the thread's id. */
  async #loadStarter() {
    const { store, api } = this.session;
    const parent = store.channels.get(this.channel.parent_id);
    if (!isThread(this.channel) || isForum(parent) || store.message(this.channel.parent_id, this.channel.id)) return;
    const starter = await api.message(this.channel.parent_id, this.channel.id);
    if (starter) store.putLoose(starter); // a thread may well have none
  }

  // ---- drawing

  #drawAll() {
    const { timeline } = this;
    this.#drawTop();
    const wanted = timeline.ids.filter((id) => timeline.get(id).type !== 21);
    for (const [id, item] of this.#items) {
      if (!timeline.get(id)) {
        item.remove();
        this.#items.delete(id);
      }
    }
    let place = this.list.firstElementChild;
    let followsNew = false; // whoever stands below something new may have lost or gained a head
    for (const id of wanted) {
      const isNew = !this.#items.has(id);
      const item = isNew ? this.#newItem(id) : this.#items.get(id);
      if (item === place) place = place.nextElementSibling;
      else this.list.insertBefore(item, place);
      if (isNew || followsNew) this.#redraw(id);
      followsNew = isNew;
    }
  }

  #drawTop() {
    const { channel, timeline, session } = this;
    if (!timeline.complete) {
      this.top.replaceChildren(...(timeline.loaded ? skeleton(2) : []));
      return;
    }
    const glyph = isThread(channel) ? "thread" : channel.type === 5 ? "news" : "hash";
    const welcome = isThread(channel)
      ? [make("h2", {}, channel.name), make("p", { class: "faint" }, `A thread in #${session.store.channels.get(channel.parent_id)?.name ?? "a channel"}. What is written here stays together.`)]
      : [make("h2", {}, `Welcome to #${channel.name}`), make("p", { class: "faint" }, channel.topic || `This is the beginning of #${channel.name}.`)];
    this.top.replaceChildren(make("div", { class: "welcome" }, make("span", { class: "welcome-icon" }, icon(glyph, 38)), welcome));
    const starter = session.store.message(channel.parent_id, channel.id);
    if (isThread(channel) && starter && starter.channel_id !== channel.id) {
      const item = make("div", { class: "message starter", tabindex: "0", dataset: { messageId: starter.id } });
      append(item, drawMessage(starter, this.#viewOf(starter, { bare: true })));
      this.#arm(item, () => session.store.message(channel.parent_id, channel.id));
      this.top.append(item);
    }
  }

  #newItem(id) {
    const item = make("li", { class: "message", tabindex: "-1", dataset: { messageId: id } });
    this.#items.set(id, item);
    this.#arm(item, () => this.timeline.get(id));
    return item;
  }

  #arm(item, find) {
    const attach = () => this.actions.attach(item, find);
    item.addEventListener("pointerenter", attach);
    item.addEventListener("focusin", attach);
    item.addEventListener("contextmenu", (event) => {
      const message = find();
      if (!message || message.local || event.target.closest("a, textarea")) return;
      event.preventDefault();
      this.actions.menu(message, { x: event.clientX, y: event.clientY });
    });
  }

  #viewOf(message, more = {}) {
    const { store } = this.session;
    const previous = more.bare ? null : this.#previous(message.id);
    return {
      store, guildId: this.channel.guild_id, names: this.names, previous, actions: this.actions,
      firstUnread: this.#isFirstUnread(message, previous),
      editor: this.editing?.id === message.id ? this.editing.element : null,
      failed: this.#failures.get(message.id),
      face: (shown) => this.#face(shown),
      ...more,
    };
  }

  #previous(id) {
    const previous = this.timeline.before(id);
    return previous?.type === 21 ? this.timeline.before(previous.id) : previous;
  }

  /** The line “New” belongs above what came while the channel was closed, not above what comes now. */
  #isFirstUnread(message, previous) {
    if (compare(message.id, this.newestAtOpening) > 0) return false;
    if (!this.lastRead || this.lastRead === "0" || message.local || !previous || message.author.id === this.session.store.me.id) return false;
    return compare(message.id, this.lastRead) > 0 && compare(previous.id, this.lastRead) <= 0;
  }

  #redraw(id) {
    const item = this.#items.get(id);
    const message = this.timeline.get(id);
    if (!item || !message) return;
    if (this.editing?.id === id && item.contains(this.editing.element)) return; // not under the writer's hands
    const { store } = this.session;
    const held = item.contains(document.activeElement) ? hookOf(document.activeElement) : null;
    const toolbar = item.querySelector(":scope > .toolbar");
    item.classList.toggle("named", (message.mentions ?? []).some((user) => user.id === store.me.id) || Boolean(message.mention_everyone));
    item.classList.toggle("ephemeral", Boolean(message.ephemeral));
    item.classList.toggle("sending", message.local === "sending" || message.local === "asking");
    item.classList.toggle("begins", !continues(message, this.#previous(id)));
    item.replaceChildren(...drawMessage(message, this.#viewOf(message)), ...(toolbar ? [toolbar] : []));
    if (held) (held.selector ? item.querySelector(held.selector) ?? item : item).focus({ preventScroll: true });
  }

  #changed({ channelId, id, arrived }) {
    if (channelId === this.channel.parent_id && id === this.channel.id) return this.#drawTop();
    if (channelId !== this.channel.id) return;
    const { timeline } = this;
    if (!timeline.loaded) return;
    const message = timeline.get(id);
    if (!message && this.#items.has(id)) this.#forget(id, this.#items.get(id));
    if (!message || message.type === 21) return;
    if (!this.#items.has(id)) this.#insert(id);
    this.#redraw(id);
    const next = timeline.after(id);
    if (next && arrived) this.#redraw(next.id);
    if ((arrived && this.#isMine(message)) || message.local === "asking") this.toBottom();
    else if (this.#atBottom) this.#stick();
    else if (arrived) this.jumper.hidden = false;
    if (arrived) this.#read();
    if (arrived && this.#atBottom && this.#items.size > MOST) this.#trim();
  }

  /** A channel that is left open for days must not grow without end. */
  #trim() {
    this.timeline.trim(MOST / 2);
    this.#drawAll();
    this.#stick();
  }

  /** Written by me, or an answer to what I asked a bot or pressed. */
  #isMine(message) {
    const { me } = this.session.store;
    return message.author.id === me.id || message.interaction_metadata?.user?.id === me.id;
  }

  #insert(id) {
    const next = this.timeline.after(id);
    this.list.insertBefore(this.#newItem(id), next ? this.#items.get(next.id) ?? null : null);
  }

  #forget(id, item) {
    const following = item.nextElementSibling;
    if (item.contains(document.activeElement)) (item.previousElementSibling ?? following)?.focus({ preventScroll: true });
    item.remove();
    this.#items.delete(id);
    this.#failures.delete(id);
    if (this.editing?.id === id) this.editing = null;
    if (following) this.#redraw(following.dataset.messageId);
  }

  // ---- components

  #face(message) {
    const { store } = this.session;
    const press = message.local || message.channel_id !== this.channel.id && !store.channels.get(message.channel_id) ? null : (component, values) => this.#press(message, component, values);
    return {
      names: this.names, press,
      busy: (customId) => customId && this.#busy.get(message.id) === customId,
      choices: (component) => this.session.choices(component, message.channel_id),
    };
  }

  async #press(message, component, values) {
    const again = () => (message.channel_id === this.channel.id ? this.#redraw(message.id) : this.#drawTop());
    const { store, interactions } = this.session;
    this.#failures.delete(message.id);
    this.#busy.set(message.id, component.custom_id);
    again();
    try {
      const answered = await interactions.press(message, store.channels.get(message.channel_id), component, values);
      if (!answered) this.#failures.set(message.id, "This interaction failed: the application did not respond.");
    } catch (error) {
      this.#failures.set(message.id, error.message);
    }
    this.#busy.delete(message.id);
    again();
  }

  // ---- editing

  edit(id, element) {
    const before = this.editing?.id;
    this.editing = null;
    if (before) this.#redraw(before);
    this.editing = { id, element };
    const item = this.#items.get(id);
    const toolbar = item?.querySelector(":scope > .toolbar");
    toolbar?.remove();
    item?.replaceChildren(...drawMessage(this.timeline.get(id), this.#viewOf(this.timeline.get(id))));
  }

  endEdit() {
    const id = this.editing?.id;
    this.editing = null;
    if (id) this.#redraw(id);
  }

  // ---- moving about

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#atBottom = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#atBottom) {
      this.jumper.hidden = true;
      this.#read();
    }
    if (scrollTop < EARLY && this.timeline.loaded && !this.timeline.complete) this.#load(this.timeline.oldest);
  }

  #stick() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toBottom() {
    this.#atBottom = true;
    this.jumper.hidden = true;
    this.#stick();
    this.#read();
  }

  #read() {
    const { store } = this.session;
    const channel = store.channels.get(this.channel.id);
    if (this.#atBottom && document.hasFocus() && channel && store.isUnread(channel)) store.markRead(channel.id);
  }

  /** Show a message of this channel, if it is among the loaded ones. */
  reveal(id) {
    const item = this.#items.get(id) ?? this.element.querySelector(`[data-message-id="${id}"]`);
    if (!item) return false;
    item.scrollIntoView({ block: "center" });
    item.classList.remove("flash");
    requestAnimationFrame(() => item.classList.add("flash"));
    item.focus({ preventScroll: true });
    return true;
  }

  /** Show a message of this channel, loading older ones until it is there; false if there is none. */
  async seek(id) {
    for (let page = 0; page < FAR && !this.reveal(id); page += 1) {
      if (this.timeline.complete || compare(this.timeline.oldest, id) <= 0) return false;
      await this.#load(this.timeline.oldest);
    }
    return this.reveal(id);
  }

  #keys(event) {
    if (event.target.closest("textarea, input, .menu")) return;
    const item = event.target.closest(".message");
    if (!item || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const next = event.key === "ArrowUp" ? item.previousElementSibling : item.nextElementSibling;
    if (next) next.focus();
    else if (event.key === "ArrowDown") document.getElementById("composer")?.focus();
  }

  /** Focus the newest message, for reading upwards with the arrow keys. */
  focusLast() {
    this.list.lastElementChild?.focus();
  }
}

function hookOf(element) {
  const { emoji, customId } = element.dataset ?? {};
  if (emoji) return { selector: `[data-emoji="${CSS.escape(emoji)}"]` };
  if (customId) return { selector: `[data-custom-id="${CSS.escape(customId)}"]` };
  return { selector: null };
}

function skeleton(lines = 6) {
  return Array.from({ length: lines }, (_, at) => make("div", { class: "skeleton", "aria-hidden": "true" },
    make("i", { class: "skeleton-avatar" }), make("div", {}, make("i", { class: "skeleton-name" }), make("i", { class: `skeleton-line width-${at % 3}` }))));
}
