// Who somebody is: name, roles, what one can do with them, and the commands that bots offer for them.

import { append, make, userFace } from "./dom.js";
import { openMenu } from "./menus.js";
import { nameOf } from "./kinds.js";
import { KICK_MEMBERS } from "./permissions.js";

const FOR_USER = 2;

/** Show `user` at `anchor`. `mention()` puts their name into the message box (left out where there is none), `run(command)` runs an app's. */
export async function openProfile(anchor, user, session, { mention = null, run } = {}) {
  const { api, store } = session;
  const channel = session.channel();
  const guild = store.guilds.get(channel?.guild_id);
  const member = store.member(guild?.id, user.id);
  const isMe = user.id === store.me.id;
  const apps = channel && run ? await session.commands.ofKind(channel, FOR_USER) : [];
  const held = new Set(member?.roles ?? []);
  const roles = (guild?.roles ?? []).filter((role) => held.has(role.id)).sort((a, b) => b.position - a.position);
  const name = store.displayName(guild?.id, user);
  const head = make("div", { class: "profile" }, make("div", { class: "profile-banner", "aria-hidden": "true" }), userFace(user, name, "avatar large"),
    make("h2", { class: "profile-name" }, name, user.bot && make("span", { class: "app-tag" }, "APP")), make("div", { class: "faint" }, user.username),
    roles.length > 0 && make("ul", { class: "profile-roles", "aria-label": "Roles" }, roles.map(roleChip)));
  openMenu(anchor, {
    label: nameOf(user), head, width: 280,
    items: [
      !isMe && { label: "Message", icon: "chat", act: () => session.openDirect(user) },
      mention && !isMe && { label: "Mention in the message box", icon: "at", act: mention },
      { label: "Copy the user's id", icon: "copy", act: () => session.copy(user.id) },
      ...(apps.length ? [{ heading: "Apps" }] : []),
      ...apps.map((command) => ({ label: command.name, description: command.application?.name, icon: "app", act: () => run(command) })),
      guild && member && !isMe && guild.owner_id !== user.id && store.may(KICK_MEMBERS, { guild_id: guild.id })
        && { label: `Kick ${name}`, icon: "trash", danger: true, act: () => api.kick(guild.id, user.id).catch((error) => session.notice(error.message)) },
    ].filter(Boolean),
  });
}

function roleChip(role) {
  const dot = make("span", { class: "role-dot", "aria-hidden": "true" });
  if (role.color) dot.style.background = `#${role.color.toString(16).padStart(6, "0")}`;
  return append(make("li", { class: "role-chip" }), [dot, role.name]);
}
