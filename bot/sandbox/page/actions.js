// What one can do with a message: the toolbar over it, its menu, and the deeds behind both.

import { make, iconButton } from "./dom.js";
import { ANNOUNCEMENT, CROSSPOSTED, hrefOf, isDirect, isThread } from "./kinds.js";
import { field, openDialog, openMenu } from "./menus.js";
import { isMine } from "./message.js";
import { ADD_REACTIONS, CREATE_PUBLIC_THREADS, MANAGE_MESSAGES, PIN_MESSAGES } from "./permissions.js";
import { openPicker } from "./picker.js";
import { openProfile } from "./profile.js";
import { openReactors, QUICK } from "./reactions.js";

const FOR_MESSAGE = 3;
const ORDINARY = new Set([0, 19, 20, 23]);

/** The actions for the messages of `list`. `composer()` is the one below the list. */
export function messageActions(session, channel, composer) {
  return (list) => new Actions(session, channel, list, composer);
}

class Actions {
  constructor(session, channel, list, composer) {
    Object.assign(this, { session, channel, list, composer });
    this.toolbar = make("div", { class: "toolbar", role: "toolbar", "aria-label": "What to do with this message" });
    this.owner = null;
  }

  /** Do something that may be refused; the refusal is told as a sentence. */
  async #try(deed) {
    try {
      return await deed();
    } catch (error) {
      this.session.notice(error.message);
      return null;
    }
  }

  #can(message) {
    const { store } = this.session;
    const here = message.channel_id === this.channel.id;
    const mine = message.author.id === store.me.id;
    const real = !message.local && !message.ephemeral;
    const where = store.channels.get(message.channel_id) ?? this.channel;
    return {
      react: real && store.may(ADD_REACTIONS, where),
      reply: real && here && ORDINARY.has(message.type),
      edit: real && mine && here && ORDINARY.has(message.type),
      pin: real && here && store.may(PIN_MESSAGES, where) && ORDINARY.has(message.type),
      publish: real && here && where.type === ANNOUNCEMENT && !(message.flags & CROSSPOSTED) && (mine || store.may(MANAGE_MESSAGES, where)),
      clear: real && here && message.reactions?.length && store.may(MANAGE_MESSAGES, where) && !isDirect(where),
      remove: real && here && (mine || store.may(MANAGE_MESSAGES, where)),
      startThread: real && !isThread(where) && !isDirect(where) && !this.#threadOf(message) && store.may(CREATE_PUBLIC_THREADS, where),
      openThread: !isThread(this.channel) && Boolean(this.#threadOf(message)),
    };
  }

  #threadOf(message) {
    return this.session.store.channels.get(message.id) ?? message.thread ?? null;
  }

  /** Hang the toolbar on a message's element. */
  attach(item, find) {
    const message = find();
    if (!message || message.local || this.owner === item && this.toolbar.parentElement === item) return;
    this.owner = item;
    const can = this.#can(message);
    const later = (deed) => (event) => deed(find() ?? message, event.currentTarget);
    const quick = can.react ? QUICK.map((name) => make("button", {
      type: "button", class: "icon-button quick", "aria-label": `React with ${name}`, title: `React with ${name}`, dataset: { quick: name },
      on: { click: later((now) => this.toggle(now, { id: null, name }, isMine(now, { name }))) },
    }, name)) : [];
    this.toolbar.replaceChildren(...[
      ...quick,
      can.react && iconButton("smile", "Add a reaction", later((now, anchor) => this.pick(now, anchor)), { "data-action": "react" }),
      can.edit && iconButton("pencil", "Edit", later((now) => this.edit(now)), { "data-action": "edit" }),
      can.reply && !can.edit && iconButton("reply", "Reply", later((now) => this.reply(now)), { "data-action": "reply" }),
      can.startThread && iconButton("thread", "Start a thread", later((now) => this.startThread(now)), { "data-action": "thread" }),
      can.openThread && iconButton("thread", "Open the thread", later((now) => this.openThread(now)), { "data-action": "thread" }),
      iconButton("more", "More", later((now, anchor) => this.menu(now, anchor)), { "data-action": "more", "aria-haspopup": "menu" }),
    ].filter(Boolean));
    item.append(this.toolbar);
  }

  async menu(message, anchor) {
    const { api } = this.session;
    const can = this.#can(message);
    const at = anchor.isConnected === false ? centre() : anchor;
    const apps = message.local || message.ephemeral ? [] : await this.session.commands.ofKind(this.channel, FOR_MESSAGE);
    const items = [
      can.react && { label: "Add a reaction", icon: "smile", act: () => this.pick(message, at) },
      message.reactions?.length && { label: "View reactions", icon: "eye", act: () => this.reactors(message) },
      can.edit && { label: "Edit the message", icon: "pencil", act: () => this.edit(message) },
      can.reply && { label: "Reply", icon: "reply", act: () => this.reply(message) },
      can.startThread && { label: "Start a thread", icon: "thread", act: () => this.startThread(message) },
      can.openThread && { label: "Open the thread", icon: "thread", act: () => this.openThread(message) },
      can.pin && !message.pinned && { label: "Pin the message", icon: "pin", act: () => this.#try(() => api.pin(message.channel_id, message.id)) },
      can.pin && message.pinned && { label: "Unpin the message", icon: "pin", act: () => this.#try(() => api.unpin(message.channel_id, message.id)) },
      can.publish && { label: "Publish", icon: "news", act: () => this.#try(() => api.crosspost(message.channel_id, message.id)) },
      apps.length && { heading: "Apps" },
      ...apps.map((command) => ({ label: command.name, description: command.application?.name, icon: "app", act: () => this.#runOn(command, message.id) })),
      { heading: "Copy" },
      message.content && { label: "Copy the text", icon: "copy", act: () => this.copy(message.content) },
      !message.local && !message.ephemeral && { label: "Copy the message's link", icon: "link", act: () => this.copy(location.origin + location.pathname + hrefOf(this.session.store.channels.get(message.channel_id) ?? this.channel, message.id)) },
      { label: "Copy the message's id", icon: "copy", act: () => this.copy(message.id) },
      message.ephemeral && { label: "Dismiss the message", icon: "close", act: () => this.dismiss(message) },
      can.clear && { label: "Remove all reactions", icon: "close", danger: true, act: () => this.#try(() => api.clearReactions(message.channel_id, message.id)) },
      can.remove && { label: "Delete the message", icon: "trash", danger: true, act: () => this.remove(message) },
    ].filter(Boolean);
    openMenu(at, { label: "What to do with this message", items });
  }

  profile(anchor, user) {
    openProfile(anchor, user, this.session, { mention: () => this.composer()?.insert(`@${user.username} `), run: (command) => this.#runOn(command, user.id) });
  }

  #runOn(command, targetId) {
    this.#try(() => this.session.runCommand(command, this.channel, [], { targetId }));
  }

  copy = (text) => this.session.copy(text);

  toggle(message, emoji, mine) {
    const { api } = this.session;
    return this.#try(() => (mine ? api.unreact : api.react)(message.channel_id, message.id, emoji));
  }

  pick(message, anchor) {
    openPicker(anchor, this.session.store.guilds.get(this.channel.guild_id), (emoji) => this.toggle(message, emoji, isMine(message, emoji)));
  }

  async who(message, emoji) {
    try {
      const users = await this.session.api.reactors(message.channel_id, message.id, emoji);
      const names = users.map((user) => this.session.store.displayName(this.channel.guild_id, user));
      return `${new Intl.ListFormat("en").format(names)} reacted with ${emoji.id ? `:${emoji.name}:` : emoji.name}`;
    } catch {
      return "";
    }
  }

  reactors(message) {
    const { api, store } = this.session;
    openReactors(message, { ask: (emoji) => api.reactors(message.channel_id, message.id, emoji, 100), nameOf: (user) => store.displayName(this.channel.guild_id, user) });
  }

  reply(message) {
    this.composer()?.replyTo(message);
  }

  edit(message) {
    const input = make("textarea", { class: "editor-input", rows: "1", "aria-label": "Edit the message" });
    input.value = message.content;
    const save = async () => {
      const text = (await this.composer()?.encode(input.value.trim())) ?? input.value.trim();
      if (!text && !message.attachments?.length && !message.embeds?.length) return this.remove(message);
      if (text !== message.content) {
        const done = await this.#try(() => this.session.api.edit(message.channel_id, message.id, text));
        if (!done) return null;
      }
      this.list.endEdit();
      return this.composer()?.focus();
    };
    const cancel = () => {
      this.list.endEdit();
      this.composer()?.focus();
    };
    const grow = () => {
      input.style.height = "auto";
      input.style.height = `${input.scrollHeight}px`;
    };
    input.addEventListener("input", grow);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") cancel();
      else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    const link = (label, listener) => make("button", { type: "button", class: "text-button", on: { click: listener } }, label);
    this.list.edit(message.id, make("div", { class: "editor" }, input, make("div", { class: "faint small" }, "Escape to ", link("cancel", cancel), " · Enter to ", link("save", save))));
    grow();
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }

  remove(message) {
    openDialog({
      title: "Delete Message", content: [make("p", {}, "Are you sure you want to delete this message? It disappears for everybody."), make("blockquote", {}, (message.content || message.embeds?.[0]?.title || "A message without text").slice(0, 300))],
      action: "Delete", danger: true,
      submit: async (close) => {
        await this.session.api.remove(message.channel_id, message.id);
        close();
      },
    });
  }

  dismiss(message) {
    this.session.store.drop(message.channel_id, message.id);
  }

  resend(message) {
    this.session.store.drop(message.channel_id, message.id);
    this.composer()?.send(message.draft);
  }

  startThread(message) {
    const suggestion = (message.content || message.embeds?.[0]?.title || "").replace(/\s+/gu, " ").slice(0, 60).trim();
    const name = field({ label: "Name of the thread", value: suggestion, required: true, min: 1, max: 100, placeholder: "What it is about" });
    openDialog({
      title: "Start a thread", content: name.box, action: "Start",
      submit: async (close) => {
        if (!name.input.value.trim()) throw new Error("A thread needs a name.");
        const thread = await this.session.api.threadFrom(message.channel_id, message.id, name.input.value.trim());
        this.session.store.putChannel({ guild_id: this.channel.guild_id, ...thread });
        close();
        this.session.go(this.channel.guild_id, thread.id);
      },
    });
  }

  openThread(message) {
    const thread = this.#threadOf(message);
    this.session.store.addThreads([{ guild_id: this.channel.guild_id, ...thread }]);
    this.session.go(this.channel.guild_id, thread.id);
  }

  jump(message) {
    if (message.channel_id !== this.channel.id) this.session.go(this.channel.guild_id, message.channel_id);
    else this.list.seek(message.id).then((found) => found || this.session.notice("That message is no longer here."));
  }
}

const centre = () => ({ x: innerWidth / 2 - 120, y: innerHeight / 2 - 120 });
