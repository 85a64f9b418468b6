// The list of a channel's messages: draws what changed and nothing else, once a frame; loads what is
// above and below on scrolling and forgets what is far away; stays at the bottom while one reads there.

import { make, append, icon } from "./dom.js";
import { isForum, isThread } from "./kinds.js";
import { onMenuWanted } from "./menus.js";
import { continues, drawMessage } from "./message.js";
import { Presses } from "./presses.js";
import { compare } from "./snowflakes.js";
import { drawWelcome, skeleton } from "./welcome.js";

const PAGE = 50;
const MOST = 300; // messages that stand in the page; those beyond are read again when they are scrolled to
const NEAR = 120; // px from the bottom that still count as being there
const FAR = 1200; // px from the bottom from which a way back is offered
const EARLY = 600; // px from an end at which the messages beyond it are fetched

export class MessageList {
  #items = new Map(); // id → li
  #abort = new AbortController();
  #loading = false;
  #atBottom = true;
  #size = ""; // of the list and its window, when it was last at the bottom
  #changes = new Map(); // message → whether it has arrived; drawn with the next frame
  #arrived = 0; // messages that came while one read further up

  /** `session` as app.js makes it; `channel` as in the store; `makeActions(list)` gives what messages can do. */
  constructor(session, channel, makeActions) {
    this.session = session;
    this.channel = channel;
    this.lastRead = session.store.markers.get(channel.id);
    this.newestAtOpening = channel.last_message_id ?? "0";
    this.editing = null; // {id, element}
    this.names = session.names(channel.guild_id);
    this.actions = makeActions(this);
    this.presses = new Presses(session, (message) => (message.channel_id === channel.id ? this.#redraw(message.id) : this.#drawEnds()));
    this.top = make("div", { class: "list-top" });
    this.list = make("ol", { class: "messages", "aria-label": "Messages" });
    this.bottom = make("div", { class: "list-bottom" });
    this.jumper = make("button", { type: "button", class: "jumper", hidden: true, on: { click: () => this.toPresent() } }, make("span", {}), icon("down", 16));
    this.scroller = make("div", { class: "scroller" }, this.top, this.list, this.bottom);
    this.element = make("div", { class: "list-frame" }, this.scroller, this.jumper);
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.#keys(event));
    const { store } = session;
    const { signal } = this.#abort;
    store.listen("message", (detail) => this.#changed(detail), signal);
    store.listen("timeline", ({ channelId }) => channelId === channel.id && this.#drawAll(), signal);
    // Pictures that arrive make the list longer; whoever was at the bottom stays there.
    this.resizer = new ResizeObserver(() => this.#atBottom && this.#stick());
    for (const part of [this.top, this.list, this.scroller]) this.resizer.observe(part);
  }

  close() {
    this.#abort.abort();
    this.resizer.disconnect();
  }

  get timeline() {
    return this.session.store.timeline(this.channel.id);
  }

  async open() {
    if (this.timeline.loaded && this.timeline.present) this.#drawAll();
    else await this.#load("newest");
    this.toBottom();
  }

  /** Read a page: the "newest", one that is "older" or "newer" than what stands, or what is "around" a message. */
  async #load(from, id = null) {
    if (this.#loading) return;
    this.#loading = true;
    const { timeline } = this;
    if (!this.#items.size) this.top.replaceChildren(...skeleton());
    const where = { older: { before: timeline.oldest }, newer: { after: timeline.newest }, around: { around: id } }[from] ?? {};
    try {
      const page = await this.session.api.messages(this.channel.id, where, PAGE);
      if (this.#abort.signal.aborted) return;
      await this.#loadStarter();
      const hold = this.#holdPlace(from);
      this.session.store.addHistory(this.channel.id, page, { from, full: page.length === PAGE });
      if (from === "older") timeline.dropNewest(MOST);
      if (from === "newer") timeline.dropOldest(MOST);
      if (timeline.ids.length < this.#items.size) this.#drawAll();
      hold();
      if (from === "newest") this.toBottom();
    } catch (error) {
      const place = from === "newer" ? this.bottom : this.top;
      place.replaceChildren(make("p", { class: "blank" }, `The messages could not be loaded: ${error.message} `,
        make("button", { type: "button", class: "button secondary", on: { click: () => this.#load(from, id) } }, "Try again")));
    } finally {
      this.#loading = false;
    }
  }

  /** Remember where a message stands that stays; the returned function puts it there again. */
  #holdPlace(from) {
    const item = from === "older" ? this.list.firstElementChild : from === "newer" ? this.list.lastElementChild : null;
    const before = item?.getBoundingClientRect().top;
    return () => {
      if (item?.isConnected) this.scroller.scrollTop += item.getBoundingClientRect().top - before;
    };
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
    this.#drawEnds();
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

  #drawEnds() {
    const { channel, timeline, session } = this;
    this.bottom.replaceChildren(...(timeline.loaded && !timeline.present ? skeleton(2) : []));
    if (!timeline.complete) {
      this.top.replaceChildren(...(timeline.loaded ? skeleton(2) : []));
      return;
    }
    this.top.replaceChildren(drawWelcome(channel, session));
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
    item.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && attach());
    item.addEventListener("focusin", attach);
    onMenuWanted(item, (point) => {
      const message = find();
      if (message && !message.local) this.actions.menu(message, point);
    });
  }

  #viewOf(message, more = {}) {
    const { store } = this.session;
    const previous = more.bare ? null : this.#previous(message.id);
    return {
      store, guildId: this.channel.guild_id, names: this.names, previous, actions: this.actions,
      firstUnread: this.#isFirstUnread(message, previous),
      editor: this.editing?.id === message.id ? this.editing.element : null,
      failed: this.presses.failure(message.id),
      face: (shown) => this.presses.face(shown, this.names),
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

  /** A burst of events is drawn once, with the next frame. */
  #changed({ channelId, id, arrived = false }) {
    if (channelId === this.channel.parent_id && id === this.channel.id) return this.#drawEnds();
    if (channelId !== this.channel.id || !this.timeline.loaded) return;
    if (!this.#changes.size) requestAnimationFrame(() => this.#abort.signal.aborted || this.#drawChanges());
    this.#changes.set(id, this.#changes.get(id) || arrived);
  }

  #drawChanges() {
    const { timeline } = this;
    const changes = [...this.#changes];
    this.#changes.clear();
    let mine = false;
    const again = new Set();
    for (const [id, arrived] of changes) {
      const message = timeline.get(id);
      if (!message && this.#items.has(id)) again.add(this.#forget(id, this.#items.get(id)));
      if (arrived && !message && !timeline.present) this.#arrived += 1;
      if (!message || message.type === 21) continue;
      if (!this.#items.has(id)) this.#insert(id);
      again.add(id);
      if (!arrived) mine ||= message.local === "asking";
      else {
        again.add(timeline.after(id)?.id);
        if (this.#isMine(message)) mine = true;
        else if (!this.#atBottom) this.#arrived += 1;
      }
    }
    for (const id of again) if (id) this.#redraw(id);
    if (mine) this.toBottom();
    else if (this.#atBottom && timeline.present) this.#stick();
    this.#offerPresent();
    if (!this.#atBottom) return;
    this.#read();
    if (this.#items.size > MOST) {
      // A channel that is left open for days must not grow without end.
      timeline.dropOldest(MOST / 2);
      this.#drawAll();
      this.#stick();
    }
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

  /** Take a message out; gives the id of the one below it, which may need a head now. */
  #forget(id, item) {
    const following = item.nextElementSibling;
    if (item.contains(document.activeElement)) (item.previousElementSibling ?? following)?.focus({ preventScroll: true });
    item.remove();
    this.#items.delete(id);
    this.presses.forget(id);
    if (this.editing?.id === id) this.editing = null;
    return following?.dataset.messageId;
  }

  // ---- editing

  edit(id, element) {
    const before = this.editing?.id;
    this.editing = null;
    if (before) this.#redraw(before);
    this.editing = { id, element };
    const item = this.#items.get(id);
    item?.querySelector(":scope > .toolbar")?.remove();
    item?.replaceChildren(...drawMessage(this.timeline.get(id), this.#viewOf(this.timeline.get(id))));
  }

  endEdit() {
    const id = this.editing?.id;
    this.editing = null;
    if (id) this.#redraw(id);
  }

  // ---- moving about

  #below() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  #scrolled() {
    const { timeline } = this;
    // A window that changes its size scrolls too; whoever was at the bottom did not leave it by that.
    if (this.#atBottom && this.#size !== this.#measure()) return void this.#stick();
    const below = this.#below();
    this.#atBottom = timeline.present && below < NEAR;
    if (this.#atBottom) {
      this.#arrived = 0;
      this.#read();
    }
    this.#offerPresent(below);
    if (!timeline.loaded || this.#loading) return;
    if (this.scroller.scrollTop < EARLY && !timeline.complete) this.#load("older");
    else if (below < EARLY && !timeline.present) this.#load("newer");
  }

  #offerPresent(below = this.#below()) {
    const far = !this.timeline.present || below > FAR;
    this.jumper.hidden = this.#atBottom || !(far || this.#arrived);
    const news = `${this.#arrived} new ${this.#arrived === 1 ? "message" : "messages"}`;
    this.jumper.firstElementChild.textContent = `${this.#arrived ? news : "You’re viewing older messages"} · Jump to present`;
  }

  #stick() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#size = this.#measure();
  }

  #measure() {
    const { scrollHeight, clientHeight, clientWidth } = this.scroller;
    return `${scrollHeight} ${clientHeight} ${clientWidth}`;
  }

  /** Show the newest messages, reading them where they are not here. */
  async toPresent() {
    if (!this.timeline.present) await this.#load("newest");
    this.toBottom();
  }

  toBottom() {
    if (this.timeline.loaded && !this.timeline.present) return void this.toPresent();
    this.#atBottom = true;
    this.#arrived = 0;
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
    this.#atBottom = false;
    item.scrollIntoView({ block: "center" });
    item.classList.remove("flash");
    requestAnimationFrame(() => item.classList.add("flash"));
    item.focus({ preventScroll: true });
    return true;
  }

  /** Show a message of this channel, reading what is around it if need be; false if there is none. */
  async seek(id) {
    if (this.reveal(id)) return true;
    if (!(await this.session.api.message(this.channel.id, id))) return false;
    await this.#load("around", id);
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
