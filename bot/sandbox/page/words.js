// Names and emoji in a text one types: completing them, and the form that Discord stores.

import { customEmoji, drawEmoji, emojiTable, searchEmoji, written } from "./emoji.js";
import { icon, userFace } from "./dom.js";
import { isThread } from "./kinds.js";

const MOST_EMOJI = 8;

export class Words {
  #chosen = new Map(); // what stands in the text → what it means

  constructor(store, channel) {
    Object.assign(this, { store, channel });
  }

  /** What completes the end of `before`: `{title, start, items}`, or null. Items as suggestions.js draws them. */
  async offer(before) {
    const emoji = /(?:^|\s):([\w+-]{2,})$/u.exec(before);
    if (emoji) {
      const found = searchEmoji(await this.#emoji(), emoji[1]).slice(0, MOST_EMOJI);
      const items = found.map((one) => ({ label: `:${one.names[0]}:`, word: written(one), picture: drawEmoji(one, "suggestion-emoji") }));
      return { title: "Emoji", start: before.length - emoji[1].length - 1, items };
    }
    const match = /(?:^|\s)([@#])([\w.-]*)$/u.exec(before);
    if (!match) return null;
    const [, sign, typed] = match;
    const all = sign === "@" ? [...this.#people(), ...this.#roles()] : this.#channels();
    const wanted = typed.toLowerCase();
    const items = all.filter(({ label, detail }) => label.slice(1).toLowerCase().startsWith(wanted) || detail?.toLowerCase().startsWith(wanted));
    return { title: sign === "@" ? "Members and roles" : "Channels", start: before.length - typed.length - 1, items };
  }

  /** What is put into the text for a chosen item. */
  take(item) {
    if (item.means) this.#chosen.set(item.label, item.means);
    return item.word ?? item.label;
  }

  async #emoji() {
    const own = customEmoji(this.store.guilds.get(this.channel.guild_id));
    return [...own, ...(await emojiTable()).flatMap(({ emoji }) => emoji)];
  }

  #members() {
    const members = [...(this.store.members.get(this.channel.guild_id)?.values() ?? [])].map(({ user }) => user);
    return members.length ? members : this.channel.recipients ?? [];
  }

  #people() {
    return this.#members().map((user) => ({
      label: `@${user.username}`, detail: this.store.displayName(this.channel.guild_id, user), means: `<@${user.id}>`, picture: userFace(user, user.username, "avatar small"),
    }));
  }

  #roles() {
    const roles = this.store.guilds.get(this.channel.guild_id)?.roles ?? [];
    return roles.filter(({ id, managed }) => id !== this.channel.guild_id && !managed).map((role) => ({ label: `@${role.name}`, side: "role", means: `<@&${role.id}>`, picture: icon("people", 20) }));
  }

  #channels() {
    const channels = this.store.channelsOf(this.channel.guild_id).flatMap((channel) => [channel, ...this.store.threadsOf(channel.id)]);
    return channels.map((channel) => ({ label: `#${channel.name}`, means: `<#${channel.id}>`, picture: icon(isThread(channel) ? "thread" : "hash", 20) }));
  }

  /** `@name`, `#name` and `:name:` as typed, in the form that Discord stores. */
  async encode(text) {
    let coded = text;
    // Longer names first, so that none is taken for the beginning of another one.
    for (const [label, means] of [...this.#chosen].sort(([a], [b]) => b.length - a.length)) coded = coded.replaceAll(label, means);
    const members = new Map(this.#members().map((user) => [user.username.toLowerCase(), `<@${user.id}>`]));
    const channels = new Map(this.store.channelsOf(this.channel.guild_id).map((channel) => [channel.name.toLowerCase(), `<#${channel.id}>`]));
    const replace = (known) => (whole, space, name) => (known.has(name.toLowerCase()) ? space + known.get(name.toLowerCase()) : whole);
    coded = coded.replace(/(^|\s)@([\w.-]*\w)/gu, replace(members)).replace(/(^|\s)#([\p{L}\p{N}_-]+)/gu, replace(channels));
    if (!/(?<!<a?):[\w+-]{2,}:/u.test(coded)) return coded;
    const emoji = new Map((await this.#emoji()).flatMap((one) => one.names.map((name) => [name, written(one)])));
    return coded.replace(/(?<!<a?):([\w+-]{2,}):/gu, (whole, name) => emoji.get(name.toLowerCase()) ?? whole);
  }
}
