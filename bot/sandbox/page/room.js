// The middle of the page: a channel's head, its messages and the box to write in.

import { messageActions } from "./actions.js";
import { Composer } from "./composer.js";
import { make, icon, iconButton, userFace } from "./dom.js";
import { Forum } from "./forum.js";
import { hrefOf, isDirect, isForum, isThread } from "./kinds.js";
import { openDialog, openMenu } from "./menus.js";
import { MessageList } from "./messages.js";
import { MANAGE_CHANNELS, MANAGE_THREADS } from "./permissions.js";
import { openPins } from "./pins.js";
import { openChannelPermissions } from "./settings.js";
import { glyphOf } from "./sidebar.js";
import { openThreads } from "./threads.js";

export class Room {
  #content = null;
  #composer = null;
  #abort = new AbortController();

  /** `element` is the page's <main>; `toggles` are the head's buttons for the drawer and the members. */
  constructor(session, element, toggles) {
    Object.assign(this, { session, element, toggles });
  }

  close() {
    this.#abort.abort();
    this.#content?.close();
    this.#composer?.close();
    this.#content = this.#composer = null;
  }

  /** Show something else than a channel, such as a sentence that says why there is none. */
  showBlank(...content) {
    this.close();
    this.channel = null;
    delete this.element.dataset.channelId;
    this.element.replaceChildren(make("header", { class: "room-head" }, this.#drawerButton(), make("span", { class: "spacer" }), this.#benchButton()), ...content);
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
      const list = new MessageList(this.session, channel, messageActions(this.session, channel, () => this.#composer));
      const composer = new Composer(this.session, channel, list);
      this.#content = list;
      this.#composer = composer;
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
    if (!now || now === this.channel) return;
    this.channel = now;
    this.element.querySelector(".room-head").replaceWith(this.#head(now));
  }

  #drawerButton() {
    return iconButton("menu", "Channels", this.toggles.drawer, { class: "icon-button drawer-button", id: "open-drawer" });
  }

  #benchButton() {
    return iconButton("wrench", "Workbench (Ctrl+.)", this.toggles.workbench, { id: "toggle-workbench" });
  }

  #head(channel) {
    const { store } = this.session;
    const parent = isThread(channel) ? store.channels.get(channel.parent_id) : null;
    const crumb = parent && [make("a", { class: "crumb", href: hrefOf(parent), title: `Back to ${parent.name}` }, icon(glyphOf(parent), 20), make("span", {}, parent.name)), icon("right", 14)];
    const face = isDirect(channel) ? userFace(channel.recipients[0], channel.name, "avatar small") : icon(glyphOf(channel), 22);
    return make("header", { class: "room-head" }, this.#drawerButton(), crumb, make("h1", { class: "room-name" }, face, make("span", {}, channel.name)),
      channel.topic && !isForum(channel) && make("span", { class: "topic faint", title: channel.topic }, channel.topic), make("span", { class: "spacer" }), this.#tools(channel, parent));
  }

  #tools(channel, parent) {
    const { session } = this;
    const menu = { "aria-haspopup": "menu" };
    return [
      !parent && !isForum(channel) && !isDirect(channel) && iconButton("thread", "Threads", (event) => openThreads(event.currentTarget, channel, session), { ...menu, id: "threads" }),
      !isForum(channel) && iconButton("pin", "Pinned messages", (event) => openPins(event.currentTarget, channel, session), { "aria-haspopup": "dialog", id: "pins" }),
      !isDirect(channel) && iconButton("more", "More about this channel", (event) => this.#openMore(event.currentTarget, channel), { ...menu, id: "channel-menu" }),
      this.#benchButton(),
      !isDirect(channel) && iconButton("people", "Members", this.toggles.members, { id: "toggle-members" }),
    ];
  }

  #openMore(anchor, channel) {
    const { session } = this;
    const { api, store } = session;
    const manage = isThread(channel) ? MANAGE_THREADS : MANAGE_CHANNELS;
    const change = (changes) => api.updateChannel(channel.id, changes).catch((error) => session.notice(error.message));
    const { archived, locked } = channel.thread_metadata ?? {};
    const mine = channel.owner_id === store.me.id;
    const may = store.may(manage, channel);
    openMenu(anchor, {
      label: channel.name,
      items: [
        isThread(channel) && (may || mine) && { label: archived ? "Open the thread again" : "Archive the thread", icon: "box", act: () => change({ archived: !archived }) },
        isThread(channel) && may && { label: locked ? "Unlock the thread" : "Lock the thread", icon: "lock", act: () => change(locked ? { locked: false, archived: false } : { locked: true }) },
        !isThread(channel) && may && { label: "Permissions", icon: "gear", act: () => openChannelPermissions(channel, session) },
        { label: "Copy the link", icon: "link", act: () => session.copy(location.origin + location.pathname + hrefOf(channel)) },
        { label: "Copy the channel's id", icon: "copy", act: () => session.copy(channel.id) },
        may && { label: isThread(channel) ? "Delete the thread" : "Delete the channel", icon: "trash", danger: true, act: () => this.#delete(channel) },
      ].filter(Boolean),
    });
  }

  #delete(channel) {
    openDialog({
      title: `Delete ${channel.name}?`, content: make("p", {}, "All that is in it goes with it."), action: "Delete", danger: true,
      submit: async (close) => {
        await this.session.api.deleteChannel(channel.id);
        close();
      },
    });
  }
}
