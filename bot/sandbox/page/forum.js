// A forum channel: its posts as cards, filtered by their tags, in the order one likes.

import { customEmoji, drawEmoji } from "./emoji.js";
import { make, icon, picture, userFace } from "./dom.js";
import { hrefOf } from "./kinds.js";
import { markdown } from "./markdown.js";
import { moveFocus, openMenu } from "./menus.js";
import { askForPost } from "./posts.js";
import { compare, madeAt } from "./snowflakes.js";
import { ago } from "./times.js";

const STARTERS = 25; // first messages fetched for the cards; further ones show without a text
const PINNED = 2; // a post's flag

const ORDERS = {
  active: ["Recently active", (a, b) => compare(b.last_message_id ?? b.id, a.last_message_id ?? a.id)],
  created: ["Date posted", (a, b) => compare(b.id, a.id)],
};

export class Forum {
  #abort = new AbortController();
  #waiting = false;
  #order;
  #tags = new Set();
  #words = "";

  constructor(session, channel) {
    Object.assign(this, { session, channel });
    this.#order = channel.default_sort_order === 1 ? "created" : "active";
    this.list = make("div", { class: "posts", role: "list", "aria-label": "Posts" });
    this.search = make("input", { class: "input forum-search", type: "search", placeholder: "Search posts", "aria-label": "Search posts" });
    const create = make("button", { type: "button", class: "button primary", dataset: { action: "new-post" }, on: { click: () => askForPost(this.#channel, session, this.search.value) } }, icon("chat", 16), "New post");
    this.order = make("button", { type: "button", class: "button secondary", "aria-haspopup": "listbox", dataset: { action: "sort" }, on: { click: () => this.#chooseOrder() } });
    this.filters = make("div", { class: "tags filters", role: "group", "aria-label": "Only posts with these tags" });
    this.element = make("div", { class: "forum" },
      channel.topic && make("div", { class: "forum-topic markup" }, markdown(channel.topic, session.names(channel.guild_id))),
      make("div", { class: "forum-head" }, this.search, create), make("div", { class: "forum-tools" }, this.order, this.filters), this.list);
    this.search.addEventListener("input", () => {
      this.#words = this.search.value.trim().toLowerCase();
      this.draw();
    });
    this.list.addEventListener("keydown", (event) => moveFocus(event, [...this.list.querySelectorAll("a")]));
    const mine = ({ guildId, channelId }) => guildId === channel.guild_id || channelId === channel.id || session.store.channels.get(channelId)?.parent_id === channel.id;
    for (const kind of ["channels", "message", "unread"]) session.store.listen(kind, (detail) => mine(detail) && this.#refresh(), this.#abort.signal);
  }

  close() {
    this.#abort.abort();
  }

  /** The channel as it is now; its tags may have changed. */
  get #channel() {
    return this.session.store.channels.get(this.channel.id) ?? this.channel;
  }

  async open() {
    const { api, store } = this.session;
    this.draw();
    try {
      const { threads } = await api.archivedThreads(this.channel.id);
      store.addThreads(threads.map((thread) => ({ guild_id: this.channel.guild_id, ...thread })));
    } catch {
      // Without the right to read history there are no archived posts to show; the active ones stand.
    }
    this.draw();
    const missing = this.#posts().slice(0, STARTERS).filter((post) => !store.message(post.id, post.id));
    const starters = await Promise.allSettled(missing.map((post) => api.message(post.id, post.id)));
    for (const { value: starter } of starters) if (starter) store.putLoose(starter);
    if (!this.#abort.signal.aborted) this.draw();
  }

  /** Many events make one drawing. */
  #refresh() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      if (!this.#abort.signal.aborted) this.draw();
    });
  }

  /** The posts that are wanted: pinned ones first, archived ones last. */
  #posts() {
    const rank = (post) => (post.flags & PINNED ? 0 : post.thread_metadata?.archived ? 2 : 1);
    const fits = (post) => (!this.#tags.size || post.applied_tags?.some((tag) => this.#tags.has(tag))) && post.name.toLowerCase().includes(this.#words);
    const posts = this.session.store.threadsOf(this.channel.id, { archived: true }).filter(fits);
    return posts.sort((a, b) => rank(a) - rank(b) || ORDERS[this.#order][1](a, b));
  }

  draw() {
    const held = document.activeElement?.dataset?.tag;
    const posts = this.#posts();
    this.order.replaceChildren(icon("down", 16), ORDERS[this.#order][0]);
    this.filters.replaceChildren(...(this.#channel.available_tags ?? []).map((tag) => this.#filter(tag)));
    if (held) this.filters.querySelector(`[data-tag="${held}"]`)?.focus();
    this.list.replaceChildren(...posts.map((post) => this.#card(post)));
    if (posts.length) return;
    const wanted = this.#tags.size || this.#words;
    this.list.append(make("p", { class: "blank" }, wanted ? "No post fits that." : "Nobody has posted here yet. “New post” begins a conversation."));
  }

  #filter(tag) {
    const on = this.#tags.has(tag.id);
    return make("button", { type: "button", class: "tag", "aria-pressed": `${on}`, dataset: { tag: tag.id }, on: { click: () => {
      if (on) this.#tags.delete(tag.id);
      else this.#tags.add(tag.id);
      this.draw();
    } } }, ...this.#tagWords(tag));
  }

  #tagWords(tag) {
    const own = tag.emoji_id && customEmoji(this.session.store.guilds.get(this.channel.guild_id)).find(({ id }) => id === tag.emoji_id);
    const emoji = own || (tag.emoji_name && { id: null, name: tag.emoji_name });
    return [emoji && drawEmoji(emoji, "tag-emoji"), tag.name].filter(Boolean);
  }

  #chooseOrder() {
    openMenu(this.order, {
      label: "Order of the posts", items: Object.entries(ORDERS).map(([value, [label]]) => ({ label, value, checked: value === this.#order })),
      pick: ([value]) => {
        this.#order = value;
        this.draw();
      },
    });
  }

  #card(post) {
    const { store } = this.session;
    const starter = store.message(post.id, post.id);
    const owner = store.user(post.owner_id) ?? starter?.author;
    const source = starter?.content || starter?.embeds?.[0]?.description || starter?.embeds?.[0]?.title || "";
    const words = markdown(source, this.session.names(post.guild_id), { inline: true }).textContent;
    const tags = (this.#channel.available_tags ?? []).filter((tag) => (post.applied_tags ?? []).includes(tag.id));
    const top = (starter?.reactions ?? []).slice(0, 3);
    const media = starter?.attachments?.find(({ content_type: kind }) => kind?.startsWith("image/")) ?? starter?.embeds?.find(({ image, thumbnail }) => image ?? thumbnail)?.image;
    const shown = media && picture(media, "post-picture");
    const state = [post.flags & PINNED && "pinned", post.thread_metadata?.locked && "locked", post.thread_metadata?.archived && "archived"].filter(Boolean);
    return make("a", { class: `post${store.isUnread(post) ? " unread" : ""}`, role: "listitem", href: hrefOf(post), dataset: { channelId: post.id } },
      make("div", { class: "post-body" },
        tags.length > 0 && make("div", { class: "tags" }, tags.map((tag) => make("span", { class: "tag" }, this.#tagWords(tag)))),
        make("strong", { class: "post-title" }, post.name, state.map((word) => make("span", { class: "post-state" }, word))),
        make("div", { class: "post-text" }, owner && make("span", { class: "post-owner" }, userFace(owner, owner.username, "avatar tiny"), `${store.displayName(post.guild_id, owner)}: `), words.slice(0, 200)),
        make("div", { class: "post-foot faint" }, top.map(({ emoji, count, me }) => make("span", { class: `post-count${me ? " mine" : ""}` }, drawEmoji(emoji, "tag-emoji"), `${count}`)),
          make("span", { class: "post-count", "aria-label": `${post.message_count ?? 0} messages` }, icon("chat", 15), `${post.message_count ?? 0}`), make("span", {}, ago(madeAt(post.last_message_id ?? post.id))))),
      shown && shown.tagName === "IMG" && shown);
  }
}
