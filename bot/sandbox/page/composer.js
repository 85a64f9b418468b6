// The box where one writes: messages, replies, and the beginning of slash commands.

import { entries } from "./api.js";
import { CommandForm } from "./commandform.js";
import { matching } from "./commands.js";
import { make, avatar, icon, iconButton } from "./dom.js";
import { written } from "./emoji.js";
import { isDirect, isThread } from "./kinds.js";
import { openMenu } from "./menus.js";
import { dots } from "./message.js";
import { ATTACH_FILES, MANAGE_THREADS, SEND_IN_THREADS, SEND_MESSAGES } from "./permissions.js";
import { openPicker } from "./picker.js";
import { fresh } from "./snowflakes.js";
import { Suggestions } from "./suggestions.js";
import { Uploads } from "./uploads.js";
import { Words } from "./words.js";

const TYPING_EVERY = 8000;
const LONGEST = 2000;
const DIRECT_CLOSED = 50007;
const UNDELIVERED = "Your message could not be delivered. This is usually because you don't share a server with the recipient or the recipient is only accepting direct messages from friends.";

export class Composer {
  #reply = null; // {message, ping}
  #typedAt = 0;
  #abort = new AbortController();

  /** `list` is the channel's MessageList; drafts are kept in `session.drafts` by channel. */
  constructor(session, channel, list) {
    Object.assign(this, { session, channel, list });
    this.suggestions = new Suggestions();
    this.words = new Words(session.store, channel);
    this.uploads = new Uploads({ changed: () => this.#showSend(), complain: session.notice });
    this.replyBar = make("div", { class: "reply-bar", hidden: true });
    this.banner = make("div", { class: "banner", role: "status", hidden: true });
    this.commandPlace = make("div", { class: "command-place", hidden: true });
    this.input = make("textarea", { id: "composer", rows: "1", autocomplete: "off", "aria-autocomplete": "list", enterkeyhint: "send" });
    this.count = make("span", { class: "count", hidden: true });
    this.sendButton = make("button", { type: "button", class: "icon-button send", "aria-label": "Send", title: "Send", on: { click: () => this.#submit() } }, icon("send"));
    this.plus = iconButton("plus", "Files and commands", () => this.#openMore(), { "aria-haspopup": "menu", class: "icon-button plus" });
    const guild = () => session.store.guilds.get(channel.guild_id);
    this.line = make("div", { class: "composer-line" }, this.plus, this.uploads.input, this.input, this.count,
      iconButton("smile", "Put in an emoji", (event) => openPicker(event.currentTarget, guild(), (emoji) => this.insert(written(emoji)))), this.sendButton);
    this.typists = make("div", { class: "typists", "aria-live": "polite" });
    this.element = make("div", { class: "composer" }, this.suggestions.element, this.banner, this.replyBar, make("div", { class: "composer-box" }, this.uploads.element, this.line, this.commandPlace), this.typists);
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.suggestions.hide());
    this.input.value = session.drafts.get(channel.id) ?? "";
    this.uploads.listen(document.getElementById("room"), this.input, this.#abort.signal);
    for (const kind of ["channels", "members"]) session.store.listen(kind, () => this.#allow(), this.#abort.signal);
    this.#allow();
  }

  close() {
    this.#abort.abort();
  }

  /** Let in, or keep out, whoever may not write here; say what is special about a thread. */
  #allow() {
    const { store } = this.session;
    const channel = store.channels.get(this.channel.id) ?? this.channel;
    const { archived, locked } = channel.thread_metadata ?? {};
    const closed = locked && !store.may(MANAGE_THREADS, channel);
    const may = store.may(isThread(channel) ? SEND_IN_THREADS : SEND_MESSAGES, channel) && !closed;
    this.input.disabled = !may;
    const name = isDirect(channel) ? `@${channel.name}` : isThread(channel) ? `“${channel.name}”` : `#${channel.name}`;
    this.input.placeholder = may ? `Message ${name}` : "You do not have permission to send messages in this channel.";
    this.input.setAttribute("aria-label", `Message ${name}`);
    this.line.classList.toggle("forbidden", !may);
    const words = locked ? "This thread is locked." : archived ? "This thread is archived. A message opens it again." : "";
    this.banner.hidden = !words;
    this.banner.replaceChildren(icon(locked ? "lock" : "box", 16), words);
  }

  #openMore() {
    const mayAttach = this.session.store.may(ATTACH_FILES, this.channel);
    openMenu(this.plus, {
      label: "Files and commands",
      items: [mayAttach && { label: "Upload a file", icon: "file", act: () => this.uploads.choose() }, { label: "Use apps", icon: "app", act: () => this.#beginCommand() }].filter(Boolean),
    });
  }

  #showSend() {
    this.line.classList.toggle("with-files", this.uploads.files.length > 0);
    if (this.input.isConnected) this.focus();
  }

  /** To be called once the composer stands in the page, when its height can be measured. */
  settle() {
    this.#grow();
    this.drawTypists();
    if (matchMedia("(hover: hover)").matches) this.focus();
  }

  focus() {
    this.input.focus();
  }

  insert(text) {
    this.input.focus();
    this.input.setRangeText(text, this.input.selectionStart, this.input.selectionEnd, "end");
    this.#typed();
  }

  // ---- replies

  replyTo(message) {
    const ping = message.author.id !== this.session.store.me.id;
    this.#reply = { message, ping };
    this.#drawReply();
    this.focus();
  }

  #drawReply() {
    this.replyBar.hidden = !this.#reply;
    if (!this.#reply) return;
    const { message, ping } = this.#reply;
    const toggle = make("button", {
      type: "button", class: `ping${ping ? " on" : ""}`, "aria-pressed": `${ping}`, title: ping ? "The author is notified" : "The author is not notified", dataset: { action: "ping" },
      on: { click: () => { this.#reply.ping = !ping; this.#drawReply(); this.focus(); } },
    }, ping ? "@ ON" : "@ OFF");
    this.replyBar.replaceChildren(make("span", {}, "Replying to ", make("strong", {}, this.session.store.displayName(this.channel.guild_id, message.author))),
      make("span", { class: "spacer" }), toggle, iconButton("close", "Do not reply", () => this.#endReply()));
  }

  #endReply() {
    this.#reply = null;
    this.#drawReply();
    this.focus();
  }

  // ---- typing

  #grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, innerHeight / 2)}px`;
    const left = LONGEST - this.input.value.length;
    this.count.hidden = left > 200;
    this.count.textContent = `${left}`;
    this.count.classList.toggle("over", left < 0);
  }

  #typed() {
    const { value } = this.input;
    this.session.drafts.set(this.channel.id, value);
    this.#grow();
    if (value.startsWith("/") && !value.includes("\n")) return this.#offerCommands(value.slice(1));
    this.#offerNames();
    if (value && Date.now() - this.#typedAt > TYPING_EVERY) {
      this.#typedAt = Date.now();
      this.session.api.typing(this.channel.id).catch(() => {}); // nobody misses a typing mark
    }
    return null;
  }

  #beginCommand() {
    this.input.value = "/";
    this.focus();
    this.#typed();
  }

  async #offerCommands(typed) {
    if (typed === "") this.session.commands.forget(this.channel);
    const entries = await this.session.commands.entries(this.channel);
    if (!this.input.value.startsWith("/")) return;
    const now = this.input.value.slice(1);
    const exact = entries.find((entry) => now === `${entry.name} `);
    if (exact) return this.#command(exact);
    const items = matching(entries, now).map((entry) => ({
      label: `/${entry.shown}`, detail: entry.description, side: entry.command.application?.name, entry,
      picture: avatar(entry.command.application_id, entry.command.application?.name ?? "App", "avatar small app"),
    }));
    this.suggestions.show(this.input, items, ({ entry }) => this.#command(entry), now ? `Commands matching /${now}` : "Commands");
  }

  #command(entry) {
    this.suggestions.hide();
    this.input.value = "";
    this.session.drafts.delete(this.channel.id);
    const form = new CommandForm(this.session, this.channel, entry, this.suggestions, () => {
      this.commandPlace.replaceChildren();
      this.commandPlace.hidden = true;
      this.line.hidden = false;
      this.focus();
    });
    this.line.hidden = true;
    this.commandPlace.hidden = false;
    this.commandPlace.replaceChildren(form.element);
    form.focus();
  }

  async #offerNames() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const offer = await this.words.offer(before);
    if (this.input.value.slice(0, this.input.selectionStart) !== before) return; // typed on meanwhile
    if (!offer) return void this.suggestions.hide();
    this.suggestions.show(this.input, offer.items, (item) => {
      this.input.setRangeText(`${this.words.take(item)} `, offer.start, before.length, "end");
      this.#grow();
    }, offer.title);
  }

  /** A text as one types it, in the form that Discord stores. */
  encode = (text) => this.words.encode(text);

  #key(event) {
    if (this.suggestions.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.#reply) this.#endReply();
    else if (event.key === "ArrowUp" && !this.input.value) {
      const { store } = this.session;
      const last = store.timeline(this.channel.id).find((message) => message.author.id === store.me.id && !message.local && (message.type === 0 || message.type === 19));
      event.preventDefault();
      if (last) this.list.actions.edit(last);
    } else if (event.key === "Tab" && event.shiftKey) {
      event.preventDefault();
      this.list.focusLast();
    }
  }

  async #submit() {
    const text = this.input.value.trim();
    if (!text && !this.uploads.files.length) return null;
    if (text.length > LONGEST) return this.session.notice(`A message has at most ${LONGEST} characters; this one has ${text.length}.`);
    if (text.startsWith("/")) {
      // Whoever types faster than the list of commands arrives still means the command.
      const entry = (await this.session.commands.entries(this.channel)).find(({ name }) => `/${name}` === text);
      if (entry) return this.commandPlace.hidden ? this.#command(entry) : null;
    }
    const reply = this.#reply;
    this.input.value = "";
    this.session.drafts.delete(this.channel.id);
    this.#typedAt = 0;
    this.#grow();
    if (reply) this.#endReply();
    const files = this.uploads.take();
    return this.send({ content: await this.encode(text), replyTo: reply?.message.id, ping: reply?.ping, files });
  }

  /** Send a draft {content, replyTo?, ping?, files?}; it stands in the list at once, greyed, until the gateway brings the real message. */
  async send(draft) {
    const { store, api } = this.session;
    const { content, replyTo = null, ping = true, files = [] } = draft;
    const nonce = fresh();
    const body = { content, nonce };
    const line = {
      id: nonce, channel_id: this.channel.id, author: store.me, content, type: 0, flags: 0, timestamp: new Date().toISOString(), local: "sending", mentions: [], draft,
      attachments: files.map((file) => ({ filename: file.name, size: file.size })),
    };
    if (files.length) body.attachments = entries(files);
    if (replyTo) {
      body.message_reference = { message_id: replyTo, channel_id: this.channel.id };
      if (!ping) body.allowed_mentions = { parse: ["users", "roles", "everyone"], replied_user: false };
      Object.assign(line, { type: 19, message_reference: body.message_reference, referenced_message: store.message(this.channel.id, replyTo) });
    }
    store.putLocal(line);
    this.list.toBottom();
    try {
      await api.send(this.channel.id, body, files);
    } catch (error) {
      store.putLocal({ ...line, local: "failed", failure: error.code === DIRECT_CLOSED ? UNDELIVERED : `Not sent: ${error.message}` });
    }
  }

  drawTypists() {
    const names = this.session.store.typing(this.channel.id).map((user) => this.session.store.displayName(this.channel.guild_id, user));
    if (!names.length) return this.typists.replaceChildren();
    const words = names.length > 3 ? "Several people are typing…" : `${new Intl.ListFormat("en").format(names)} ${names.length === 1 ? "is" : "are"} typing…`;
    this.typists.replaceChildren(dots(), words);
    return null;
  }
}
