// The rail of servers and the list of channels, with what is unread.

import { make, append, avatar, icon, userFace } from "./dom.js";
import { ANNOUNCEMENT, CATEGORY, FORUM, hrefOf, isDirect, isForum, isThread, TEXT } from "./kinds.js";
import { field, moveFocus, openDialog, openMenu } from "./menus.js";
import { MANAGE_CHANNELS, MANAGE_ROLES } from "./permissions.js";
import { openProfile } from "./profile.js";
import { openChannelPermissions, openRoles } from "./settings.js";

const KINDS = { [TEXT]: ["hash", "Text channel"], [ANNOUNCEMENT]: ["news", "Announcement channel"], [FORUM]: ["forum", "Forum"] };
const THREADS_SHOWN = 8;

export const glyphOf = (channel) => (isThread(channel) ? "thread" : isForum(channel) ? "forum" : KINDS[channel.type]?.[0] ?? "hash");

export class Sidebar {
  #waiting = false;

  /** Elements of the page: `{rail, head, channels}`; `session` as app.js makes it. */
  constructor(session, elements) {
    Object.assign(this, { session }, elements);
    const { store } = session;
    for (const kind of ["guilds", "channels", "unread", "ready"]) store.listen(kind, () => this.refresh());
    for (const list of [this.rail, this.channels]) list.addEventListener("keydown", (event) => moveFocus(event, [...list.querySelectorAll("a, button")]));
  }

  /** Draw again before the next frame; many events make one drawing. */
  refresh() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.draw();
    });
  }

  draw() {
    if (!this.session.store.me) return;
    const hold = document.activeElement?.closest?.("[data-channel-id], [data-guild-id]");
    this.#drawRail();
    this.#drawChannels();
    if (hold && !hold.isConnected) {
      const { channelId, guildId } = hold.dataset;
      document.querySelector(channelId ? `#channels [data-channel-id="${channelId}"]` : `[data-guild-id="${guildId}"]`)?.focus({ preventScroll: true });
    }
  }

  #drawRail() {
    const { store, place } = this.session;
    const byGuild = Map.groupBy(store.channels.values(), (channel) => channel.guild_id);
    const entries = [...store.guilds.values()].map((guild) => {
      const inside = byGuild.get(guild.id) ?? [];
      const unread = inside.some((channel) => store.isUnread(channel));
      const named = inside.reduce((sum, channel) => sum + (store.mentions.get(channel.id) ?? 0), 0);
      const here = place.guildId === guild.id;
      return make("a", {
        class: `guild${here ? " here" : ""}${unread ? " unread" : ""}`, href: `#/${guild.id}`, title: guild.name, "aria-label": guild.name + (unread ? ", unread messages" : ""),
        "aria-current": here ? "page" : null, dataset: { guildId: guild.id },
      }, make("span", { class: "pill", "aria-hidden": "true" }), avatar(guild.id, guild.name, "guild-icon"), named > 0 && make("span", { class: "badge" }, `${named}`));
    });
    const add = make("button", { type: "button", class: "guild add", "aria-label": "Add a server", title: "Add a server", on: { click: () => this.#askForGuild() } }, make("span", { class: "guild-icon" }, icon("plus", 22)));
    this.rail.replaceChildren(this.#home(), make("hr", { "aria-hidden": "true" }), ...entries, add);
  }

  /** The way to the direct conversations, with how many messages wait there. */
  #home() {
    const { store, place } = this.session;
    const waiting = store.directChannels().reduce((sum, channel) => sum + (store.mentions.get(channel.id) ?? 0), 0);
    const here = place.guildId === "@me";
    return make("a", { class: `guild home${here ? " here" : ""}`, href: "#/@me", title: "Direct messages", "aria-label": `Direct messages${waiting ? `, ${waiting} unread` : ""}`, "aria-current": here ? "page" : null, dataset: { guildId: "@me" } },
      make("span", { class: "pill", "aria-hidden": "true" }), make("span", { class: "guild-icon" }, icon("chat", 22)), waiting > 0 && make("span", { class: "badge" }, `${waiting}`));
  }

  #drawDirect() {
    const { store } = this.session;
    this.head.replaceChildren(make("h2", { class: "guild-menu" }, "Direct messages"));
    const rows = store.directChannels().map((channel) => this.#row(channel));
    this.channels.replaceChildren(...rows);
    if (!rows.length) this.channels.append(make("p", { class: "faint padded" }, "Press a person's name or picture and choose “Message” to write to them."));
  }

  #drawChannels() {
    const { store, place } = this.session;
    if (place.guildId === "@me") return void this.#drawDirect();
    const guild = store.guilds.get(place.guildId);
    if (!guild) {
      this.head.replaceChildren("Sandbox");
      this.channels.replaceChildren(make("p", { class: "faint padded" }, "You are in no server yet. Add one with the + on the left."));
      return;
    }
    const mayManage = store.may(MANAGE_CHANNELS, { guild_id: guild.id });
    const menu = make("button", { type: "button", class: "guild-menu", id: "guild-menu", "aria-haspopup": "menu", on: { click: () => this.#openGuildMenu(menu, guild, mayManage) } }, make("span", {}, guild.name), icon("down", 18));
    this.head.replaceChildren(menu);
    const channels = store.channelsOf(guild.id);
    const categories = channels.filter((channel) => channel.type === CATEGORY);
    const loose = channels.filter((channel) => channel.type !== CATEGORY && !categories.some(({ id }) => id === channel.parent_id));
    const rows = loose.flatMap((channel) => this.#drawChannel(channel));
    for (const category of categories) {
      rows.push(make("div", { class: "category" }, category.name));
      rows.push(...channels.filter((channel) => channel.parent_id === category.id).flatMap((channel) => this.#drawChannel(channel)));
    }
    this.channels.replaceChildren(...rows);
    if (!channels.length) this.channels.append(make("p", { class: "faint padded" }, "There is no channel here that you may see."));
  }

  #drawChannel(channel) {
    const { store, place } = this.session;
    const threads = isForum(channel) ? store.threadsOf(channel.id).filter((thread) => thread.id === place.channelId || store.isUnread(thread)) : store.threadsOf(channel.id);
    const shown = threads.slice(0, THREADS_SHOWN);
    const open = store.channels.get(place.channelId);
    if (open?.parent_id === channel.id && isThread(open) && !shown.includes(open)) shown.push(open);
    return [this.#row(channel), shown.length > 0 && make("div", { class: "threads", role: "group", "aria-label": `Threads of ${channel.name}` }, shown.map((thread) => this.#row(thread)))].filter(Boolean);
  }

  #row(channel) {
    const { store, place } = this.session;
    const here = place.channelId === channel.id;
    const unread = !here && store.isUnread(channel);
    const named = store.mentions.get(channel.id) ?? 0;
    return make("a", {
      class: `channel${isDirect(channel) ? " direct" : ""}${here ? " here" : ""}${unread ? " unread" : ""}${isThread(channel) ? " thread" : ""}`, href: hrefOf(channel),
      "aria-current": here ? "page" : null, "aria-label": `${channel.name}${unread ? ", unread" : ""}${named ? `, ${named} mentions` : ""}`, dataset: { channelId: channel.id },
    }, isDirect(channel) ? userFace(channel.recipients[0], channel.name) : !isThread(channel) && icon(glyphOf(channel), 20), make("span", { class: "channel-name" }, channel.name), named > 0 && make("span", { class: "badge" }, `${named}`));
  }

  #openGuildMenu(anchor, guild, mayManage) {
    const { store } = this.session;
    const open = this.session.channel();
    const here = isThread(open) ? store.channels.get(open.parent_id) : open;
    openMenu(anchor, {
      label: guild.name, width: 216,
      items: [
        { label: "Invite people", icon: "people", act: () => this.#invite(guild) },
        mayManage && { label: "Create a channel", icon: "plus", act: () => this.#askForChannel(guild) },
        store.may(MANAGE_ROLES, { guild_id: guild.id }) && { label: "Roles", icon: "gear", act: () => openRoles(guild, this.session) },
        here && store.may(MANAGE_ROLES, here) && { label: "Permissions in this channel", icon: "lock", act: () => openChannelPermissions(here, this.session) },
        { label: "Copy the server's id", icon: "copy", act: () => this.session.copy(guild.id) },
      ].filter(Boolean),
    });
  }

  async #invite(guild) {
    const channel = this.session.store.channelsOf(guild.id).find(({ type }) => type === TEXT || type === ANNOUNCEMENT);
    try {
      const { code } = await this.session.api.createInvite(channel.id);
      openDialog({ title: "Invite people", content: make("p", {}, "Whoever enters this code under “Add a server” joins: ", make("code", { class: "invite" }, code)), cancel: "Close", submit: (close) => close() });
    } catch (error) {
      this.session.notice(error.message);
    }
  }

  #askForChannel(guild) {
    const name = field({ label: "Name", required: true, max: 100, placeholder: "science-news" });
    const kind = make("select", { class: "input" }, Object.entries(KINDS).map(([type, [, label]]) => make("option", { value: type }, label)));
    openDialog({
      title: "Create a channel", content: [make("label", { class: "field" }, make("span", { class: "field-label" }, "Kind"), kind), name.box], action: "Create",
      submit: async (close) => {
        const channel = await this.session.api.createChannel(guild.id, name.input.value.trim(), Number(kind.value));
        this.session.store.putChannel({ guild_id: guild.id, ...channel });
        close();
        this.session.go(guild.id, channel.id);
      },
    });
  }

  #askForGuild() {
    const name = field({ label: "Name of a new server", max: 100, placeholder: "The Daily Test" });
    const code = field({ label: "or an invite code", max: 60 });
    openDialog({
      title: "Add a server", content: [name.box, code.box], action: "Add",
      submit: async (close) => {
        const { api } = this.session;
        const [guildName, invite] = [name.input.value.trim(), code.input.value.trim()];
        if (!guildName && !invite) throw new Error("Give a name for a new server, or the code of an invite.");
        const guildId = invite ? (await api.acceptInvite(invite)).guild?.id : (await api.createGuild(guildName)).id;
        close();
        this.session.go(guildId, null);
      },
    });
  }
}

/** The list of a guild's members, apps apart from people. */
export class MemberList {
  constructor(session, element) {
    Object.assign(this, { session, element });
    for (const kind of ["members", "guilds", "ready"]) session.store.listen(kind, () => this.draw());
  }

  draw() {
    const { store, place } = this.session;
    const direct = isDirect(this.session.channel()) ? this.session.channel().recipients.map((user) => ({ user })) : [];
    const members = [...(store.members.get(place.guildId)?.values() ?? direct)];
    const group = (title, some) => some.length && [make("h2", { class: "category" }, `${title} — ${some.length}`), some.map((member) => this.#row(member))];
    const byName = members.sort((a, b) => a.user.username.localeCompare(b.user.username));
    this.element.replaceChildren();
    append(this.element, [group("People", byName.filter(({ user }) => !user.bot)), group("Apps", byName.filter(({ user }) => user.bot))].filter(Boolean));
  }

  #row({ user }) {
    const { store, place } = this.session;
    const name = make("span", { class: "channel-name" }, store.displayName(place.guildId, user));
    const colour = store.nameColour(place.guildId, user.id);
    if (colour) name.style.color = colour;
    return make("button", { type: "button", class: "member", "aria-haspopup": "menu", on: { click: (event) => openProfile(event.currentTarget, user, this.session) } },
      userFace(user, user.username), name, user.bot && make("span", { class: "app-tag" }, "APP"));
  }
}

