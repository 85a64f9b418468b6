// A forum channel: its posts as cards, the most recently active first.

import { make, avatar, icon } from "./dom.js";
import { markdown } from "./markdown.js";
import { field, moveFocus, openDialog } from "./menus.js";
import { madeAt } from "./snowflakes.js";
import { ago } from "./times.js";

const STARTERS = 25; // first messages fetched for the cards; further ones show without a text

export class Forum {
  #abort = new AbortController();

  constructor(session, channel) {
    Object.assign(this, { session, channel });
    this.list = make("div", { class: "posts", role: "list", "aria-label": "Posts" });
    const create = make("button", { type: "button", class: "button primary", dataset: { action: "new-post" }, on: { click: () => this.#ask() } }, "New post");
    this.element = make("div", { class: "forum" }, make("div", { class: "forum-head" }, make("p", { class: "faint" }, channel.topic || "Every post here is a conversation of its own."), create), this.list);
    this.list.addEventListener("keydown", (event) => moveFocus(event, [...this.list.querySelectorAll("a")]));
    const again = ({ guildId, channelId }) => (guildId === channel.guild_id || channelId === channel.id || session.store.channels.get(channelId)?.parent_id === channel.id) && this.draw();
    for (const kind of ["channels", "message"]) session.store.listen(kind, again, this.#abort.signal);
  }

  close() {
    this.#abort.abort();
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

  #posts() {
    return this.session.store.threadsOf(this.channel.id, { archived: true });
  }

  draw() {
    const posts = this.#posts();
    this.list.replaceChildren(...posts.map((post) => this.#card(post)));
    if (!posts.length) this.list.append(make("p", { class: "blank" }, "Nobody has posted here yet. “New post” begins a conversation."));
  }

  #card(post) {
    const { store } = this.session;
    const starter = store.message(post.id, post.id);
    const owner = store.user(post.owner_id) ?? starter?.author;
    const source = starter?.content || starter?.embeds?.[0]?.description || starter?.embeds?.[0]?.title || "";
    const words = markdown(source, this.session.names(post.guild_id), { inline: true }).textContent;
    const tags = (this.channel.available_tags ?? []).filter((tag) => (post.applied_tags ?? []).includes(tag.id));
    const top = (starter?.reactions ?? []).slice(0, 3);
    return make("a", { class: `post${store.isUnread(post) ? " unread" : ""}`, role: "listitem", href: `#/${post.guild_id}/${post.id}`, dataset: { channelId: post.id } },
      tags.length > 0 && make("div", { class: "tags" }, tags.map((tag) => make("span", { class: "tag" }, tag.emoji_name ? `${tag.emoji_name} ` : "", tag.name))),
      make("strong", { class: "post-title" }, post.name, post.thread_metadata?.archived && make("span", { class: "faint" }, " · archived")),
      make("div", { class: "post-text" }, owner && make("span", { class: "post-owner" }, avatar(owner.id, owner.username, "avatar tiny"), `${store.displayName(post.guild_id, owner)}: `), words.slice(0, 200)),
      make("div", { class: "post-foot faint" }, top.map(({ emoji, count }) => make("span", { class: "post-count" }, `${emoji.name} ${count}`)), make("span", { class: "post-count" }, icon("thread", 15), `${post.message_count ?? 0}`),
        make("span", {}, ago(madeAt(post.last_message_id ?? post.id)))));
  }

  #ask() {
    const title = field({ label: "Title", required: true, max: 100 });
    const text = field({ label: "Message", required: true, long: true, max: 2000 });
    const tags = (this.channel.available_tags ?? []).map((tag) => {
      const box = make("input", { type: "checkbox", value: tag.id });
      return { box, label: make("label", { class: "tag" }, box, tag.name) };
    });
    openDialog({
      title: `New post in ${this.channel.name}`, content: [title.box, text.box, tags.length > 0 && make("div", { class: "tags" }, tags.map(({ label }) => label))], action: "Post",
      submit: async (close) => {
        const chosen = tags.filter(({ box }) => box.checked).map(({ box }) => box.value);
        const post = await this.session.api.post(this.channel.id, title.input.value.trim(), text.input.value.trim(), chosen);
        this.session.store.putChannel({ guild_id: this.channel.guild_id, ...post });
        close();
        this.session.go(this.channel.guild_id, post.id);
      },
    });
  }
}
