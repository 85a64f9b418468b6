// What a member may do in a channel, by Discord's rules for roles and overwrites. Pure.

const bit = (place) => 1n << BigInt(place);

export const ADMINISTRATOR = bit(3), MANAGE_CHANNELS = bit(4), MANAGE_GUILD = bit(5), ADD_REACTIONS = bit(6), VIEW_CHANNEL = bit(10), SEND_MESSAGES = bit(11);
export const MANAGE_MESSAGES = bit(13), ATTACH_FILES = bit(15), READ_HISTORY = bit(16), MANAGE_ROLES = bit(28), USE_COMMANDS = bit(31);
export const MANAGE_THREADS = bit(34), CREATE_PUBLIC_THREADS = bit(35), SEND_IN_THREADS = bit(38), PIN_MESSAGES = bit(51), KICK_MEMBERS = bit(1);
const ALL = bit(53) - 1n;

/** What everybody may do in a direct conversation. */
export const DIRECT_MAY = ADD_REACTIONS | VIEW_CHANNEL | SEND_MESSAGES | ATTACH_FILES | READ_HISTORY | USE_COMMANDS | PIN_MESSAGES;

/** The permissions that can be set, in the words of Discord's settings; `guild`: only for roles, not in a channel. */
export const PERMISSIONS = [
  { bit: VIEW_CHANNEL, label: "View Channels" },
  { bit: SEND_MESSAGES, label: "Send Messages and Create Posts" },
  { bit: SEND_IN_THREADS, label: "Send Messages in Threads and Posts" },
  { bit: CREATE_PUBLIC_THREADS, label: "Create Public Threads" },
  { bit: bit(36), label: "Create Private Threads" },
  { bit: bit(14), label: "Embed Links" },
  { bit: ATTACH_FILES, label: "Attach Files" },
  { bit: READ_HISTORY, label: "Read Message History" },
  { bit: ADD_REACTIONS, label: "Add Reactions" },
  { bit: bit(18), label: "Use External Emoji" },
  { bit: bit(17), label: "Mention @everyone, @here and All Roles" },
  { bit: USE_COMMANDS, label: "Use Application Commands" },
  { bit: MANAGE_MESSAGES, label: "Manage Messages" },
  { bit: PIN_MESSAGES, label: "Pin Messages" },
  { bit: MANAGE_THREADS, label: "Manage Threads and Posts" },
  { bit: bit(29), label: "Manage Webhooks" },
  { bit: MANAGE_CHANNELS, label: "Manage Channels" },
  { bit: MANAGE_ROLES, label: "Manage Roles" },
  { bit: MANAGE_GUILD, label: "Manage Server", guild: true },
  { bit: KICK_MEMBERS, label: "Kick Members", guild: true },
  { bit: ADMINISTRATOR, label: "Administrator", guild: true },
];

/** The member's permissions as bits; `channel` is the parent where a thread is asked about. */
export function permissionsOf(guild, userId, memberRoles, channel) {
  if (guild.owner_id === userId) return ALL;
  const held = new Set([guild.id, ...memberRoles]);
  let bits = guild.roles.filter((role) => held.has(role.id)).reduce((sum, role) => sum | BigInt(role.permissions), 0n);
  if (bits & ADMINISTRATOR) return ALL;
  const overwrites = channel?.permission_overwrites ?? [];
  const apply = (deny, allow) => {
    bits = (bits & ~deny) | allow;
  };
  const sumOf = (list, side) => list.reduce((sum, overwrite) => sum | BigInt(overwrite[side]), 0n);
  const everyone = overwrites.filter((overwrite) => overwrite.id === guild.id);
  const roles = overwrites.filter((overwrite) => overwrite.id !== guild.id && held.has(overwrite.id));
  const own = overwrites.filter((overwrite) => overwrite.id === userId);
  for (const list of [everyone, roles, own]) apply(sumOf(list, "deny"), sumOf(list, "allow"));
  return bits;
}
