// What the page knows of the world. Gateway events go in through `apply`; views listen to what
// changed: "ready", "guilds", "channels" {guildId}, "members" {guildId}, "message" {channelId, id},
// "timeline" {channelId}, "unread" {channelId}, "typing" {channelId}, "commands" {guildId}.

import { applyEvent } from "./events.js";
import { isDirect, isEphemeral, isForum, isThread, nameOf, sameEmoji } from "./kinds.js";
import { DIRECT_MAY, permissionsOf, VIEW_CHANNEL } from "./permissions.js";
import { compare } from "./snowflakes.js";
import { Timeline } from "./timeline.js";

export class Store extends EventTarget {
  /** `markers`: where read marks are kept, an object with `get(channelId)` and `set(channelId, messageId)`. */
  constructor(markers) {
    super();
    this.markers = markers;
    this.reset();
  }

  reset() {
    this.me = null;
    this.guilds = new Map();
    this.channels = new Map();
    this.members = new Map(); // guild → user → member
    this.users = new Map();
    this.timelines = new Map();
    this.loose = new Map(); // messages known outside a timeline: a thread's starter, a post's first
    this.mentions = new Map(); // channel → how often I was named since I read it
    this.typists = new Map(); // channel → user → until (ms)
  }

  tell(kind, detail = {}) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  listen(kind, listener, signal) {
    this.addEventListener(kind, (event) => listener(event.detail), { signal });
  }

  // ---- questions

  timeline(channelId) {
    if (!this.timelines.has(channelId)) this.timelines.set(channelId, new Timeline());
    return this.timelines.get(channelId);
  }

  message(channelId, id) {
    return this.timelines.get(channelId)?.get(id) ?? this.loose.get(id);
  }

  member(guildId, userId) {
    return this.members.get(guildId)?.get(userId);
  }

  user(id) {
    return this.users.get(id);
  }

  displayName(guildId, user) {
    return nameOf(this.users.get(user.id) ?? user, this.member(guildId, user.id));
  }

  /** The colour of the member's highest coloured role, as #rrggbb, or null. */
  nameColour(guildId, userId) {
    const held = new Set(this.member(guildId, userId)?.roles ?? []);
    const roles = (this.guilds.get(guildId)?.roles ?? []).filter((role) => held.has(role.id) && role.color);
    const top = roles.sort((a, b) => b.position - a.position)[0];
    return top ? `#${top.color.toString(16).padStart(6, "0")}` : null;
  }

  may(bit, channel) {
    const guild = this.guilds.get(channel?.guild_id);
    if (!guild) return Boolean(DIRECT_MAY & bit);
    const where = isThread(channel) ? this.channels.get(channel.parent_id) ?? channel : channel;
    return Boolean(permissionsOf(guild, this.me.id, this.member(guild.id, this.me.id)?.roles ?? [], where) & bit);
  }

  /** The guild's channels that I may see, in their order; threads are not among them. */
  channelsOf(guildId) {
    const all = [...this.channels.values()].filter((channel) => channel.guild_id === guildId && !isThread(channel));
    return all.filter((channel) => this.may(VIEW_CHANNEL, channel)).sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || compare(a.id, b.id));
  }

  /** The threads of a channel, the most recently active first. */
  threadsOf(channelId, { archived = false } = {}) {
    const all = [...this.channels.values()].filter((channel) => isThread(channel) && channel.parent_id === channelId);
    const wanted = archived ? all : all.filter((thread) => !thread.thread_metadata?.archived);
    return wanted.sort((a, b) => compare(b.last_message_id ?? b.id, a.last_message_id ?? a.id));
  }

  /** My direct conversations, the most recently active first. */
  directChannels() {
    return [...this.channels.values()].filter(isDirect).sort((a, b) => compare(b.last_message_id ?? b.id, a.last_message_id ?? a.id));
  }

  isUnread(channel) {
    const last = channel.last_message_id;
    return Boolean(last) && !isForum(channel) && compare(last, this.markers.get(channel.id) ?? "0") > 0;
  }

  typing(channelId, now = Date.now()) {
    const typists = this.typists.get(channelId) ?? new Map();
    return [...typists].filter(([, until]) => until > now).map(([id]) => this.users.get(id)).filter(Boolean);
  }

  // ---- changes made by the page itself

  /**
   * A page of history. `from` says where it joins what is known: "newest" and "around" begin anew,
   * "older" and "newer" go on at an end; `full` whether there may be more beyond it.
   */
  addHistory(channelId, messages, { from, full }) {
    const timeline = this.timeline(channelId);
    if (from === "newest" || from === "around") timeline.clear();
    for (const message of messages) timeline.put(this.#known(message));
    timeline.loaded = true;
    if (from === "newest" || (from === "newer" && !full)) timeline.present = true;
    if ((from === "newest" || from === "older") && !full) timeline.complete = true;
    this.tell("timeline", { channelId });
  }

  putLoose(message) {
    this.loose.set(message.id, this.#known(message));
  }

  /** A message or answer that is still on its way (`local`: "sending", "failed", "asking", "unanswered"). */
  putLocal(message) {
    this.timeline(message.channel_id).put(message);
    this.tell("message", { channelId: message.channel_id, id: message.id });
  }

  drop(channelId, id) {
    if (this.timelines.get(channelId)?.remove(id)) this.tell("message", { channelId, id });
  }

  markRead(channelId) {
    const channel = this.channels.get(channelId);
    const marksBefore = this.#marksOf(channel);
    if (channel?.last_message_id) this.markers.set(channelId, channel.last_message_id);
    this.mentions.delete(channelId);
    if (this.#marksOf(channel) !== marksBefore) this.tell("unread", { channelId });
  }

  addThreads(threads) {
    for (const thread of threads) this.channels.set(thread.id, thread);
  }

  // ---- changes told by the gateway

  apply(type, data) {
    applyEvent(this, type, data);
  }

  #known(message) {
    for (const user of [message.author, ...(message.mentions ?? [])]) this.remember(user);
    message.ephemeral = isEphemeral(message);
    return message;
  }

  remember(user) {
    if (user?.id && !isWebhook(user)) this.users.set(user.id, { ...this.users.get(user.id), ...user });
  }

  addGuild(guild) {
    const { channels = [], threads = [], members = [], ...facts } = guild;
    const properties = facts.properties ?? {};
    this.guilds.set(guild.id, { roles: [], ...properties, ...facts });
    for (const channel of [...channels, ...threads]) this.channels.set(channel.id, { ...channel, guild_id: guild.id });
    this.members.set(guild.id, new Map());
    for (const member of members) this.addMember(guild.id, member);
    for (const channel of [...channels, ...threads]) {
      if (!this.markers.get(channel.id)) this.markers.set(channel.id, channel.last_message_id ?? "0");
    }
  }

  addMember(guildId, member) {
    if (!member.user) return;
    this.remember(member.user);
    if (!this.members.has(guildId)) this.members.set(guildId, new Map());
    this.members.get(guildId).set(member.user.id, member);
  }

  receive(message) {
    this.#known(message);
    if (message.guild_id && message.member) this.addMember(message.guild_id, { ...message.member, user: message.author });
    const timeline = this.timelines.get(message.channel_id);
    if (timeline?.loaded) {
      if (message.nonce && message.author.id === this.me.id) this.drop(message.channel_id, `${message.nonce}`);
      if (timeline.present || message.ephemeral) timeline.put(message);
    }
    const channel = this.channels.get(message.channel_id);
    const marksBefore = this.#marksOf(channel);
    if (channel && !message.ephemeral) {
      channel.last_message_id = message.id;
      if (countsIn(channel, message)) channel.message_count = (channel.message_count ?? 0) + 1;
    }
    this.typists.get(message.channel_id)?.delete(message.author.id);
    if (message.author.id === this.me.id) this.markers.set(message.channel_id, message.id);
    else if (isDirect(channel) || namesMe(this, message)) this.mentions.set(message.channel_id, (this.mentions.get(message.channel_id) ?? 0) + 1);
    this.tell("message", { channelId: message.channel_id, id: message.id, arrived: true });
    this.tell("typing", { channelId: message.channel_id });
    if (this.#marksOf(channel) !== marksBefore) this.tell("unread", { channelId: message.channel_id });
    if (isThread(channel)) this.tell("message", { channelId: channel.parent_id, id: channel.id });
  }

  /** What the sidebar shows beside a channel; it is drawn again only when this changes. */
  #marksOf(channel) {
    return channel && `${this.isUnread(channel)} ${this.mentions.get(channel.id) ?? 0}`;
  }

  /** Change a message wherever it is known; `change(message)` may return a new one. */
  change(channelId, id, change) {
    const timeline = this.timelines.get(channelId);
    const known = timeline?.get(id) ?? this.loose.get(id);
    if (!known) return;
    const changed = change(known) ?? known;
    if (timeline?.get(id)) timeline.put(changed);
    if (this.loose.has(id)) this.loose.set(id, changed);
    this.tell("message", { channelId, id });
  }

  changeReaction(data, change) {
    this.change(data.channel_id, data.message_id, (message) => {
      const reactions = [...(message.reactions ?? [])];
      const at = reactions.findIndex((reaction) => sameEmoji(reaction.emoji, data.emoji));
      const old = at < 0 ? { emoji: data.emoji, count: 0, me: false } : reactions[at];
      const next = change({ ...old });
      if (next.count > 0) reactions.splice(at < 0 ? reactions.length : at, 1, next);
      else if (at >= 0) reactions.splice(at, 1);
      return { ...message, reactions };
    });
  }

  removeMessages(channelId, ids) {
    const channel = this.channels.get(channelId);
    for (const id of ids) {
      const gone = this.message(channelId, id);
      if (gone && !gone.ephemeral && countsIn(channel, gone)) channel.message_count = Math.max(0, (channel.message_count ?? 0) - 1);
      this.timelines.get(channelId)?.remove(id);
      this.loose.delete(id);
      this.tell("message", { channelId, id });
    }
  }

  putChannel(channel) {
    for (const user of channel.recipients ?? []) this.remember(user);
    this.channels.set(channel.id, { ...this.channels.get(channel.id), ...channel, ...(isDirect(channel) ? { name: channel.recipients.map((user) => nameOf(user)).join(", ") } : {}) });
    this.tell("channels", { guildId: channel.guild_id });
    if (isThread(channel)) this.tell("message", { channelId: channel.parent_id, id: channel.id });
  }

  removeChannel(channel) {
    this.channels.delete(channel.id);
    this.timelines.delete(channel.id);
    this.tell("channels", { guildId: channel.guild_id, removed: channel.id });
    if (channel.parent_id) this.tell("message", { channelId: channel.parent_id, id: channel.id });
  }
}

// A thread counts what was written in it; not the message it began with, nor the mark of that (type 21).
function countsIn(channel, message) {
  return isThread(channel) && message.id !== channel.id && message.type !== 21;
}

// A webhook's author borrows an id that is nobody's; its name must not stick to a user.
function isWebhook(user) {
  return user.discriminator === "0000" && user.bot;
}

function namesMe(store, message) {
  if (message.mention_everyone || (message.mentions ?? []).some((user) => user.id === store.me.id)) return true;
  const mine = new Set(store.member(message.guild_id, store.me.id)?.roles ?? []);
  return (message.mention_roles ?? []).some((role) => mine.has(role));
}
