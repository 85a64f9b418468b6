// The box where one writes: messages, replies, and the beginning of slash commands.

import { make, avatar, icon, iconButton, userFace } from "./dom.js";
import { CommandForm } from "./commandform.js";
import { matching } from "./commands.js";
import { openPicker } from "./emoji.js";
import { dots } from "./message.js";
import { fresh } from "./snowflakes.js";
import { isThread } from "./state.js";
import { SEND_IN_THREADS, SEND_MESSAGES } from "./permissions.js";
import { Suggestions } from "./suggestions.js";

const TYPING_EVERY = 8000;
const LONGEST = 2000;

export class Composer {
  #reply = null; // {message, ping}
  #typedAt = 0;

  /** `list` is the channel's MessageList; drafts are kept in `session.drafts` by channel. */
  constructor(session, channel, list) {
    Object.assign(this, { session, channel, list });
    this.suggestions = new Suggestions();
    this.replyBar = make("div", { class: "reply-bar", hidden: true });
    this.commandPlace = make("div", { class: "command-place", hidden: true });
    const name = isThread(channel) ? `“${channel.name}”` : `#${channel.name}`;
    this.input = make("textarea", {
      id: "composer", rows: "1", placeholder: `Message ${name}`, "aria-label": `Message ${name}`, autocomplete: "off",
      "aria-autocomplete": "list", enterkeyhint: "send",
    });
    this.count = make("span", { class: "count", hidden: true });
    this.sendButton = make("button", { type: "button", class: "icon-button send", "aria-label": "Send", title: "Send", on: { click: () => this.#submit() } }, icon("send"));
    this.line = make("div", { class: "composer-line" }, iconButton("slash", "Use a command", () => this.#beginCommand()), this.input, this.count,
      iconButton("smile", "Put in an emoji", (event) => openPicker(event.currentTarget, (emoji) => this.insert(emoji.name))), this.sendButton);
    this.typists = make("div", { class: "typists", "aria-live": "polite" });
    this.element = make("div", { class: "composer" }, this.suggestions.element, this.replyBar, make("div", { class: "composer-box" }, this.line, this.commandPlace), this.typists);
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.suggestions.hide());
    this.input.value = session.drafts.get(channel.id) ?? "";
    if (!session.store.may(isThread(channel) ? SEND_IN_THREADS : SEND_MESSAGES, channel)) this.#forbid();
  }

  #forbid() {
    this.input.disabled = true;
    this.input.placeholder = "You may read here, but not write.";
    this.line.classList.add("forbidden");
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
    if (typed === "") this.session.commands.forget(this.channel.guild_id);
    const entries = await this.session.commands.entries(this.channel.guild_id);
    if (!this.input.value.startsWith("/")) return;
    const now = this.input.value.slice(1);
    const exact = entries.find((entry) => now === `${entry.name} `);
    if (exact) return this.#command(exact);
    const items = matching(entries, now).map((entry) => ({
      label: `/${entry.name}`, detail: entry.description, side: entry.command.application?.name, entry,
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

  #offerNames() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const match = /(?:^|\s)([@#])([\w.-]*)$/u.exec(before);
    if (!match) return this.suggestions.hide();
    const [, sign, typed] = match;
    const { store } = this.session;
    const { guild_id: guildId } = this.channel;
    const people = () => [...(store.members.get(guildId)?.values() ?? [])].map(({ user }) => ({ word: user.username, detail: store.displayName(guildId, user), picture: userFace(user, user.username, "avatar small") }));
    const channels = () => store.channelsOf(guildId).map((channel) => ({ word: channel.name, picture: icon("hash", 18) }));
    const found = (sign === "@" ? people() : channels()).filter(({ word }) => word.toLowerCase().startsWith(typed.toLowerCase()));
    this.suggestions.show(this.input, found.map((item) => ({ ...item, label: sign + item.word })), ({ label }) => {
      const start = before.length - typed.length - 1;
      this.input.setRangeText(`${label} `, start, before.length, "end");
      this.#grow();
    }, sign === "@" ? "Members" : "Channels");
    return null;
  }

  /** `@name` and `#name` as typed, in the form that Discord stores. */
  #encode(text) {
    const { store } = this.session;
    const { guild_id: guildId } = this.channel;
    const members = new Map([...(store.members.get(guildId)?.values() ?? [])].map(({ user }) => [user.username.toLowerCase(), user.id]));
    const channels = new Map(store.channelsOf(guildId).map((channel) => [channel.name.toLowerCase(), channel.id]));
    return text
      .replace(/(^|\s)@([\w.-]*\w)/gu, (whole, space, name) => (members.has(name.toLowerCase()) ? `${space}<@${members.get(name.toLowerCase())}>` : whole))
      .replace(/(^|\s)#([\p{L}\p{N}_-]+)/gu, (whole, space, name) => (channels.has(name.toLowerCase()) ? `${space}<#${channels.get(name.toLowerCase())}>` : whole));
  }

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
    if (!text) return;
    if (text.startsWith("/")) {
      // Whoever types faster than the list of commands arrives still means the command.
      const entry = (await this.session.commands.entries(this.channel.guild_id)).find(({ name }) => `/${name}` === text);
      if (entry) return this.commandPlace.hidden ? this.#command(entry) : null;
    }
    const reply = this.#reply;
    this.input.value = "";
    this.session.drafts.delete(this.channel.id);
    this.#typedAt = 0;
    this.#grow();
    if (reply) this.#endReply();
    await this.send(this.#encode(text), reply?.message.id, reply?.ping);
  }

  /** Send `content`; it stands in the list at once, greyed, until the gateway brings the real message. */
  async send(content, replyTo = null, ping = true) {
    const { store, api } = this.session;
    const nonce = fresh();
    const body = { content, nonce };
    const line = {
      id: nonce, channel_id: this.channel.id, author: store.me, content, type: 0, flags: 0, timestamp: new Date().toISOString(), local: "sending", mentions: [],
    };
    if (replyTo) {
      body.message_reference = { message_id: replyTo, channel_id: this.channel.id };
      if (!ping) body.allowed_mentions = { parse: ["users", "roles", "everyone"], replied_user: false };
      Object.assign(line, { type: 19, message_reference: body.message_reference, referenced_message: store.message(this.channel.id, replyTo) });
    }
    store.putLocal(line);
    this.list.toBottom();
    try {
      await api.send(this.channel.id, body);
    } catch (error) {
      store.putLocal({ ...line, local: "failed", failure: `Not sent: ${error.message}` });
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
