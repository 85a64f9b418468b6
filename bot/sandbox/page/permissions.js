// What a member may do in a channel, by Discord's rules for roles and overwrites. Pure.

export const VIEW_CHANNEL = 1n << 10n;
export const SEND_MESSAGES = 1n << 11n;
export const MANAGE_MESSAGES = 1n << 13n;
export const ADD_REACTIONS = 1n << 6n;
export const CREATE_PUBLIC_THREADS = 1n << 35n;
export const SEND_IN_THREADS = 1n << 38n;
export const MANAGE_CHANNELS = 1n << 4n;
const ADMINISTRATOR = 1n << 3n;
const ALL = (1n << 53n) - 1n;

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
