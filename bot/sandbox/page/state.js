// What the page knows of the world. Gateway events go in through `apply`; views listen to what
// changed: "ready", "guilds", "channels" {guildId}, "message" {channelId, id}, "timeline"
// {channelId}, "unread" {channelId}, "typing" {channelId}, "commands" {guildId}.

import { permissionsOf, VIEW_CHANNEL } from "./permissions.js";
import { compare } from "./snowflakes.js";
import { Timeline } from "./timeline.js";

export const TEXT = 0, ANNOUNCEMENT = 5, FORUM = 15, MEDIA = 16, CATEGORY = 4;
export const EPHEMERAL = 64, LOADING = 128, COMPONENTS_V2 = 32768;
const THREADS = new Set([10, 11, 12]);
const TYPING_LASTS = 10_000;

export const isThread = (channel) => THREADS.has(channel?.type);
export const isForum = (channel) => channel?.type === FORUM || channel?.type === MEDIA;
export const isEphemeral = (message) => Boolean(message.flags & EPHEMERAL);
export const sameEmoji = (a, b) => (a.id || b.id ? a.id === b.id : a.name === b.name);
export const nameOf = (user, member = null) => member?.nick || user?.global_name || user?.username || "someone";

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
    if (!guild) return true;
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

  isUnread(channel) {
    const last = channel.last_message_id;
    return Boolean(last) && !isForum(channel) && compare(last, this.markers.get(channel.id) ?? "0") > 0;
  }

  typing(channelId, now = Date.now()) {
    const typists = this.typists.get(channelId) ?? new Map();
    return [...typists].filter(([, until]) => until > now).map(([id]) => this.users.get(id)).filter(Boolean);
  }

  // ---- changes made by the page itself

  /** A page of history, newest first as REST answers it. */
  addHistory(channelId, messages, { wasNewest, full }) {
    const timeline = this.timeline(channelId);
    for (const message of messages) timeline.put(this.#known(message));
    if (wasNewest) timeline.loaded = true;
    if (!full) timeline.complete = true;
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
    EVENTS[type]?.(this, data);
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
      timeline.put(message);
    }
    const channel = this.channels.get(message.channel_id);
    const marksBefore = this.#marksOf(channel);
    if (channel && !message.ephemeral) {
      channel.last_message_id = message.id;
      if (countsIn(channel, message)) channel.message_count = (channel.message_count ?? 0) + 1;
    }
    this.typists.get(message.channel_id)?.delete(message.author.id);
    if (message.author.id === this.me.id) this.markers.set(message.channel_id, message.id);
    else if (namesMe(this, message)) this.mentions.set(message.channel_id, (this.mentions.get(message.channel_id) ?? 0) + 1);
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
    this.channels.set(channel.id, { ...this.channels.get(channel.id), ...channel });
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

const EVENTS = {
  READY(store, data) {
    store.reset();
    store.me = data.user;
    for (const user of [...(data.users ?? []), data.user]) store.remember(user);
    for (const guild of data.guilds) if (!guild.unavailable) store.addGuild(guild);
    for (const channel of data.private_channels ?? []) store.channels.set(channel.id, channel);
    store.tell("ready");
  },
  GUILD_CREATE(store, data) {
    store.addGuild(data);
    store.tell("guilds");
    store.tell("channels", { guildId: data.id });
  },
  GUILD_UPDATE(store, data) {
    store.guilds.set(data.id, { ...store.guilds.get(data.id), ...data });
    store.tell("guilds");
  },
  GUILD_DELETE(store, data) {
    store.guilds.delete(data.id);
    for (const channel of [...store.channels.values()]) if (channel.guild_id === data.id) store.channels.delete(channel.id);
    store.tell("guilds");
  },
  GUILD_MEMBER_ADD(store, data) {
    store.addMember(data.guild_id, data);
    store.tell("members", { guildId: data.guild_id });
  },
  GUILD_MEMBER_UPDATE(store, data) {
    store.addMember(data.guild_id, { ...store.member(data.guild_id, data.user.id), ...data });
    store.tell("members", { guildId: data.guild_id });
    if (data.user.id === store.me.id) store.tell("channels", { guildId: data.guild_id });
  },
  GUILD_MEMBER_REMOVE(store, data) {
    store.members.get(data.guild_id)?.delete(data.user.id);
    store.tell("members", { guildId: data.guild_id });
  },
  GUILD_ROLE_CREATE: putRole,
  GUILD_ROLE_UPDATE: putRole,
  GUILD_ROLE_DELETE(store, data) {
    const guild = store.guilds.get(data.guild_id);
    if (guild) guild.roles = guild.roles.filter((role) => role.id !== data.role_id);
    store.tell("channels", { guildId: data.guild_id });
  },
  CHANNEL_CREATE: (store, data) => store.putChannel(data),
  CHANNEL_UPDATE: (store, data) => store.putChannel(data),
  CHANNEL_DELETE: (store, data) => store.removeChannel(data),
  THREAD_CREATE: (store, data) => store.putChannel(data),
  THREAD_UPDATE: (store, data) => store.putChannel(data),
  THREAD_DELETE: (store, data) => store.removeChannel(data),
  THREAD_LIST_SYNC(store, data) {
    for (const thread of data.threads) store.putChannel({ ...thread, guild_id: data.guild_id });
  },
  MESSAGE_CREATE: (store, data) => store.receive(data),
  MESSAGE_UPDATE(store, data) {
    // An update may be partial and knows nothing of who reacted; that stays as it was.
    store.change(data.channel_id, data.id, (message) => {
      const changed = { ...message, ...data, reactions: message.reactions };
      changed.ephemeral = isEphemeral(changed);
      return changed;
    });
  },
  MESSAGE_DELETE: (store, data) => store.removeMessages(data.channel_id, [data.id]),
  MESSAGE_DELETE_BULK: (store, data) => store.removeMessages(data.channel_id, data.ids),
  MESSAGE_REACTION_ADD(store, data) {
    store.changeReaction(data, (old) => ({ ...old, count: old.count + 1, me: old.me || data.user_id === store.me.id }));
  },
  MESSAGE_REACTION_REMOVE(store, data) {
    store.changeReaction(data, (old) => ({ ...old, count: old.count - 1, me: old.me && data.user_id !== store.me.id }));
  },
  MESSAGE_REACTION_REMOVE_EMOJI: (store, data) => store.changeReaction(data, (old) => ({ ...old, count: 0 })),
  MESSAGE_REACTION_REMOVE_ALL(store, data) {
    store.change(data.channel_id, data.message_id, (message) => ({ ...message, reactions: [] }));
  },
  TYPING_START(store, data) {
    if (data.user_id === store.me.id) return;
    if (data.member) store.addMember(data.guild_id, data.member);
    if (!store.typists.has(data.channel_id)) store.typists.set(data.channel_id, new Map());
    store.typists.get(data.channel_id).set(data.user_id, Date.now() + TYPING_LASTS);
    store.tell("typing", { channelId: data.channel_id });
    setTimeout(() => store.tell("typing", { channelId: data.channel_id }), TYPING_LASTS);
  },
  GUILD_APPLICATION_COMMAND_INDEX_UPDATE: (store, data) => store.tell("commands", { guildId: data.guild_id }),
};

function putRole(store, data) {
  const guild = store.guilds.get(data.guild_id);
  if (!guild) return;
  guild.roles = [...guild.roles.filter((role) => role.id !== data.role.id), data.role];
  store.tell("channels", { guildId: data.guild_id });
}
