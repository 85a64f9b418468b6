// What roles and members may do: a server's roles, and the exceptions of one channel.

import { make } from "./dom.js";
import { openDialog } from "./menus.js";
import { PERMISSIONS } from "./permissions.js";

const ROLE = 0, MEMBER = 1;

/** The permissions that each role has everywhere in `guild`. */
export function openRoles(guild, session) {
  const { api, store } = session;
  const subjects = () => [...store.guilds.get(guild.id).roles].sort((a, b) => b.position - a.position).map((role) => ({ id: role.id, label: role.name, role }));
  openSubjects({
    title: `Roles of ${guild.name}`, subjects,
    rows: ({ role }) => PERMISSIONS.map(({ bit, label }) => {
      const held = Boolean(BigInt(role.permissions) & bit);
      return choiceRow(label, [["No", false, "deny"], ["Yes", true, "allow"]], held, (wanted) => {
        const bits = BigInt(role.permissions);
        return api.updateRole(guild.id, role.id, { permissions: `${wanted ? bits | bit : bits & ~bit}` });
      });
    }),
  });
}

/** Which roles and members have other permissions in `channel` than elsewhere. */
export function openChannelPermissions(channel, session) {
  const { api, store } = session;
  const guild = store.guilds.get(channel.guild_id);
  const now = () => store.channels.get(channel.id) ?? channel;
  const roles = () => [...guild.roles].sort((a, b) => a.position - b.position).map((role) => ({ id: role.id, type: ROLE, label: role.name }));
  const members = () => [...(store.members.get(guild.id)?.values() ?? [])].map(({ user }) => ({ id: user.id, type: MEMBER, label: `${store.displayName(guild.id, user)}${user.bot ? " (app)" : ""}` }));
  openSubjects({
    title: `Permissions in #${channel.name}`, subjects: () => [...roles(), ...members()],
    rows: ({ id, type }) => {
      const overwrite = (now().permission_overwrites ?? []).find((one) => one.id === id) ?? { allow: "0", deny: "0" };
      const allow = BigInt(overwrite.allow);
      const deny = BigInt(overwrite.deny);
      return PERMISSIONS.filter((permission) => !permission.guild).map(({ bit, label }) => {
        const held = allow & bit ? true : deny & bit ? false : null;
        return choiceRow(label, [["Deny", false, "deny"], ["As elsewhere", null, ""], ["Allow", true, "allow"]], held, (wanted) => {
          const next = { allow: `${wanted === true ? allow | bit : allow & ~bit}`, deny: `${wanted === false ? deny | bit : deny & ~bit}`, type };
          return next.allow === "0" && next.deny === "0" ? api.deleteOverwrite(channel.id, id) : api.putOverwrite(channel.id, id, next);
        });
      });
    },
  });
}

/** A dialog with the subjects on one side and the rows of the chosen one on the other; every change counts at once. */
function openSubjects({ title, subjects, rows }) {
  const list = make("div", { class: "subjects", role: "tablist", "aria-label": "Roles and members", "aria-orientation": "vertical" });
  const table = make("div", { class: "permission-rows" });
  const failure = make("p", { class: "failure", role: "alert", hidden: true });
  let chosen = null;
  const draw = () => {
    const all = subjects();
    chosen = all.find(({ id }) => id === chosen?.id) ?? all[0];
    list.replaceChildren(...all.map((subject) => make("button", {
      type: "button", role: "tab", class: "subject", "aria-selected": `${subject.id === chosen.id}`, dataset: { subject: subject.label }, on: { click: () => { chosen = subject; draw(); } },
    }, subject.label)));
    const held = document.activeElement?.closest(".permission-choice")?.dataset;
    const place = held && { ...held };
    table.replaceChildren(...rows(chosen));
    for (const row of table.children) row.addEventListener("change", (event) => apply(event.target));
    if (place) table.querySelector(`[data-permission="${CSS.escape(place.permission)}"] input:checked`)?.focus();
  };
  const apply = async (input) => {
    failure.hidden = true;
    try {
      await input.change();
      await new Promise((resolve) => { setTimeout(resolve, 60); }); // until the gateway has told of it
    } catch (error) {
      failure.textContent = error.message;
      failure.hidden = false;
    }
    draw();
  };
  draw();
  openDialog({ title, subtitle: "Every change counts at once.", content: [failure, make("div", { class: "permission-box" }, list, table)], cancel: "Done", wide: true });
}

/** One permission with its choices `[word, value, class]`; `change(value)` is what a choice does. */
function choiceRow(label, choices, held, change) {
  const inputs = choices.map(([word, value, kind]) => {
    const input = make("input", { type: "radio", name: label, checked: value === held, "aria-label": `${label}: ${word}` });
    input.change = () => change(value);
    return make("label", { class: `permission-option ${kind}`, title: word }, input, make("span", { "aria-hidden": "true" }, { deny: "✕", allow: "✓", "": "/" }[kind]));
  });
  return make("fieldset", { class: "permission-choice", dataset: { permission: label } }, make("legend", {}, label), make("div", { class: "permission-options" }, inputs));
}
