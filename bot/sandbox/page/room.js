// The middle of the page: a channel's head, its messages and the box to write in.

import { make, icon, iconButton } from "./dom.js";
import { messageActions } from "./actions.js";
import { Composer } from "./composer.js";
import { Forum } from "./forum.js";
import { openMenu } from "./menus.js";
import { MessageList } from "./messages.js";
import { glyphOf } from "./sidebar.js";
import { isForum, isThread } from "./state.js";

export class Room {
  #content = null;
  #abort = new AbortController();

  /** `element` is the page's <main>; `toggles` are the head's buttons for the drawer and the members. */
  constructor(session, element, toggles) {
    Object.assign(this, { session, element, toggles });
  }

  close() {
    this.#abort.abort();
    this.#content?.close();
    this.#content = null;
  }

  /** Show something else than a channel, such as a sentence that says why there is none. */
  showBlank(...content) {
    this.close();
    this.channel = null;
    delete this.element.dataset.channelId;
    this.element.replaceChildren(make("header", { class: "room-head" }, this.#drawerButton()), ...content);
  }

  /** Show `channel`; resolves when its messages stand. */
  async show(channel) {
    this.close();
    this.#abort = new AbortController();
    this.channel = channel;
    delete this.element.dataset.channelId;
    const head = this.#head(channel);
    if (isForum(channel)) {
      this.#content = new Forum(this.session, channel);
      this.element.replaceChildren(head, this.#content.element);
    } else {
      let composer = null;
      const list = new MessageList(this.session, channel, messageActions(this.session, channel, () => composer));
      composer = new Composer(this.session, channel, list);
      this.#content = list;
      this.session.store.listen("typing", ({ channelId }) => channelId === channel.id && composer.drawTypists(), this.#abort.signal);
      this.element.replaceChildren(head, list.element, composer.element);
      composer.settle();
    }
    await this.#content.open();
    this.element.dataset.channelId = channel.id;
  }

  /** Go to a message of the shown channel; false if it is not there. */
  async seek(id) {
    return Boolean(await this.#content?.seek?.(id));
  }

  /** Draw the head again where the channel was renamed or its topic changed. */
  refreshHead() {
    const now = this.channel && this.session.store.channels.get(this.channel.id);
    if (!now || (now.name === this.channel.name && now.topic === this.channel.topic)) return;
    this.channel = now;
    this.element.querySelector(".room-head").replaceWith(this.#head(now));
  }

  #drawerButton() {
    return iconButton("menu", "Channels", this.toggles.drawer, { class: "icon-button drawer-button", id: "open-drawer" });
  }

  #head(channel) {
    const { store } = this.session;
    const parent = isThread(channel) ? store.channels.get(channel.parent_id) : null;
    const crumb = parent && [make("a", { class: "crumb", href: `#/${channel.guild_id}/${parent.id}`, title: `Back to ${parent.name}` }, icon(glyphOf(parent), 20), make("span", {}, parent.name)), icon("right", 14)];
    const threads = !parent && !isForum(channel) && iconButton("thread", "Threads", (event) => this.#openThreads(event.currentTarget, channel), { "aria-haspopup": "menu", id: "threads" });
    const flat = [this.#drawerButton(), crumb, make("h1", { class: "room-name" }, icon(glyphOf(channel), 22), make("span", {}, channel.name)),
      channel.topic && !isForum(channel) && make("span", { class: "topic faint", title: channel.topic }, channel.topic), make("span", { class: "spacer" }), threads,
      iconButton("people", "Members", this.toggles.members, { id: "toggle-members" })];
    return make("header", { class: "room-head" }, ...flat);
  }

  async #openThreads(anchor, channel) {
    const { store, api } = this.session;
    try {
      const { threads } = await api.archivedThreads(channel.id);
      store.addThreads(threads.map((thread) => ({ guild_id: channel.guild_id, ...thread })));
    } catch (error) {
      this.session.notice(`Archived threads could not be read: ${error.message}`);
    }
    openMenu(anchor, {
      label: "Threads",
      items: store.threadsOf(channel.id, { archived: true }).map((thread) => ({
        label: thread.name, icon: "thread", description: `${thread.message_count ?? 0} messages${thread.thread_metadata?.archived ? " · archived" : ""}`,
        act: () => this.session.go(channel.guild_id, thread.id),
      })),
    });
  }
}
