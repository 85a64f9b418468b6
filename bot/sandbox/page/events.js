// What each event of the gateway changes in the store.

import { isEphemeral } from "./kinds.js";

const TYPING_LASTS = 10_000; // ms

const EVENTS = {
  READY(store, data) {
    store.reset();
    store.me = data.user;
    for (const user of [...(data.users ?? []), data.user]) store.remember(user);
    for (const guild of data.guilds) if (!guild.unavailable) store.addGuild(guild);
    for (const channel of data.private_channels ?? []) {
      store.putChannel(channel);
      if (!store.markers.get(channel.id)) store.markers.set(channel.id, channel.last_message_id ?? "0");
    }
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
  GUILD_EMOJIS_UPDATE(store, data) {
    const guild = store.guilds.get(data.guild_id);
    if (guild) guild.emojis = data.emojis;
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
  CHANNEL_PINS_UPDATE: (store, data) => store.tell("pins", { channelId: data.channel_id }),
  USER_UPDATE: (store, data) => {
    store.me = { ...store.me, ...data };
    store.remember(data);
  },
};

/** Let a gateway event change the store; types that the page has no use for change nothing. */
export function applyEvent(store, type, data) {
  EVENTS[type]?.(store, data);
}

function putRole(store, data) {
  const guild = store.guilds.get(data.guild_id);
  if (!guild) return;
  guild.roles = [...guild.roles.filter((role) => role.id !== data.role.id), data.role];
  store.tell("channels", { guildId: data.guild_id });
}
