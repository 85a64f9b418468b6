// The kinds of channels and messages, and what follows from them. Pure.

export const TEXT = 0, DIRECT = 1, VOICE = 2, GROUP = 3, CATEGORY = 4, ANNOUNCEMENT = 5, FORUM = 15, MEDIA = 16;
export const EPHEMERAL = 64, LOADING = 128, COMPONENTS_V2 = 32768, CROSSPOSTED = 1;
const THREADS = new Set([10, 11, 12]);

export const isThread = (channel) => THREADS.has(channel?.type);
export const isForum = (channel) => channel?.type === FORUM || channel?.type === MEDIA;
export const isDirect = (channel) => channel?.type === DIRECT || channel?.type === GROUP;
export const isEphemeral = (message) => Boolean(message.flags & EPHEMERAL);
export const sameEmoji = (a, b) => (a.id || b.id ? a.id === b.id : a.name === b.name);
export const nameOf = (user, member = null) => member?.nick || user?.global_name || user?.username || "someone";

/** The address of a channel or of a message in it, within this page. */
export const hrefOf = (channel, messageId = null) => `#/${channel.guild_id ?? "@me"}/${channel.id}${messageId ? `/${messageId}` : ""}`;
