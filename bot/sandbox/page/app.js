// Puts the page together: who I am, the connection, the store, and what is shown for an address.

import { Api } from "./api.js";
import { Commands } from "./commands.js";
import { make, userFace } from "./dom.js";
import { Gateway } from "./gateway.js";
import { Interactions } from "./interactions.js";
import { refreshTimes } from "./markdown.js";
import { openModal } from "./modal.js";
import { People, personPanel, welcome, wireShortcuts } from "./people.js";
import { Room } from "./room.js";
import { MemberList, Sidebar } from "./sidebar.js";
import { CATEGORY, isDirect, isForum, VOICE } from "./kinds.js";
import { Store } from "./state.js";
import { themeButton } from "./theme.js";
import { Workbench } from "./workbench.js";

const RETRY = 3; // seconds
const NOTICE_FOR = 5000;
const TIMES_EVERY = 10_000;
const byId = (id) => document.getElementById(id);

/** Read marks, kept in the browser for each person. */
class Markers {
  #marks;
  #later = null;

  constructor(username, memory = localStorage) {
    this.key = `sandbox.read.${username}`;
    this.memory = memory;
    this.#marks = JSON.parse(memory.getItem(this.key) ?? "{}");
  }

  get = (channelId) => this.#marks[channelId];

  set(channelId, messageId) {
    this.#marks[channelId] = messageId;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.memory.setItem(this.key, JSON.stringify(this.#marks)), 200);
  }
}

/** What the rooms of the page share. */
class Session {
  constructor(person) {
    this.api = new Api(person.token);
    this.store = new Store(new Markers(person.username));
    this.gateway = new Gateway({ token: person.token, findAddress: async () => (await this.api.gateway()).url });
    this.interactions = new Interactions(this);
    this.commands = new Commands(this);
    this.drafts = new Map();
    this.place = { guildId: null, channelId: null };
    this.notice = showNotice;
  }

  channel = () => this.store.channels.get(this.place.channelId);

  /** Open a channel, or the first one of a guild; without a guild it is a direct conversation. */
  go(guildId, channelId) {
    location.hash = `#/${[guildId ?? "@me", channelId].filter(Boolean).join("/")}`;
  }

  /** Open the direct conversation with somebody. */
  async openDirect(user) {
    try {
      const channel = await this.api.openDirect(user.id);
      this.store.putChannel(channel);
      this.go(null, channel.id);
    } catch (error) {
      this.notice(error.message);
    }
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.notice("Copied.");
    } catch {
      this.notice("The browser did not allow copying.");
    }
  }

  runCommand(command, channel, options, more) {
    return this.commands.run(command, channel, options, more);
  }

  /** The words for mentions in a guild. */
  names(guildId) {
    const { store } = this;
    return {
      user: (id) => (store.user(id) ? store.displayName(guildId, store.user(id)) : "unknown-user"),
      role: (id) => store.guilds.get(guildId)?.roles.find((role) => role.id === id)?.name ?? "unknown-role",
      channel: (id) => store.channels.get(id)?.name ?? "unknown",
      channelHref: (id) => `#/${store.channels.get(id)?.guild_id ?? guildId ?? "@me"}/${id}`,
    };
  }

  /** What a select component offers: its own options, or the guild's people, roles, channels. */
  choices(component, channelId) {
    const { store } = this;
    const channel = store.channels.get(channelId);
    const guildId = channel?.guild_id;
    const users = () => (isDirect(channel) ? [store.me, ...channel.recipients] : [...(store.members.get(guildId)?.values() ?? [])].map(({ user }) => user));
    const people = () => users().map((user) => ({ label: store.displayName(guildId, user), value: user.id, description: user.username, picture: userFace(user, user.username, "avatar small") }));
    const roles = () => (store.guilds.get(guildId)?.roles ?? []).map((role) => ({ label: role.name, value: role.id }));
    const channels = () => store.channelsOf(guildId).filter(({ type }) => !component.channel_types?.length || component.channel_types.includes(type)).map((one) => ({ label: `#${one.name}`, value: one.id }));
    return { 3: () => component.options, 5: people, 6: roles, 7: () => [...people(), ...roles()], 8: channels }[component.type]?.() ?? [];
  }
}

// ---- sentences at the top

let noticeTimer = null;

function showNotice(text, { lasting = false } = {}) {
  const notice = byId("notice");
  clearTimeout(noticeTimer);
  notice.textContent = text;
  notice.hidden = !text;
  if (text && !lasting) noticeTimer = setTimeout(() => showNotice(""), NOTICE_FOR);
}

/** Count down in the notice, so that waiting has an end; `word(seconds)` is the sentence. */
function countDown(seconds, word) {
  let left = seconds;
  const tick = () => {
    showNotice(word(left), { lasting: true });
    left -= 1;
    if (left < 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
  tick();
  return () => clearInterval(timer);
}

// ---- the page

function wireDrawers() {
  const drawer = byId("drawer");
  const scrim = byId("scrim");
  const members = byId("members");
  const toggle = (open = !drawer.classList.contains("open")) => {
    drawer.classList.toggle("open", open);
    scrim.hidden = !open;
    if (open) drawer.querySelector(".channel.here, .channel, .guild")?.focus();
  };
  scrim.addEventListener("click", () => toggle(false));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggle(false);
  });
  const wide = matchMedia("(min-width: 1180px)");
  members.hidden = !wide.matches;
  wide.addEventListener("change", () => { members.hidden = !wide.matches; });
  const bench = byId("workbench");
  const workbench = (open = bench.hidden) => {
    bench.hidden = !open;
    (open ? bench.querySelector("button, input") : byId("toggle-workbench"))?.focus();
    bench.dispatchEvent(new Event("toggle"));
  };
  addEventListener("keydown", (event) => {
    if (event.key !== "." || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    workbench();
  });
  return { drawer: () => toggle(), closeDrawer: () => toggle(false), members: () => { members.hidden = !members.hidden; }, workbench: () => workbench() };
}

function readAddress(store) {
  const [guild, channel, message] = location.hash.replace(/^#\//u, "").split("/");
  const guildId = guild === "@me" || store.guilds.has(guild) ? guild : [...store.guilds.keys()][0] ?? null;
  const open = guildId === "@me" ? store.directChannels() : store.channelsOf(guildId).filter(({ type }) => type !== CATEGORY && type !== VOICE);
  const first = open.find((each) => !isForum(each)) ?? open[0];
  return { guildId, channelId: store.channels.has(channel) ? channel : guild === guildId && channel ? null : first?.id ?? null, messageId: message, asked: channel };
}

function start(person, people) {
  const session = new Session(person);
  const { store, gateway, interactions } = session;
  const toggles = wireDrawers();
  const room = new Room(session, byId("room"), toggles);
  const sidebar = new Sidebar(session, { rail: byId("rail"), head: byId("guild-name"), channels: byId("channels") });
  const members = new MemberList(session, byId("members"));
  const theme = themeButton();
  new Workbench(session, byId("workbench"), toggles.workbench);

  // What makes the page look again at what its address means: a place has come or gone.
  const isAboutPlace = (type, data) => type === "GUILD_CREATE" || type === "GUILD_DELETE"
    || (/^(CHANNEL|THREAD)_CREATE$/u.test(type) && !room.channel) || (/^(CHANNEL|THREAD)_DELETE$/u.test(type) && data.id === room.channel?.id);

  async function show({ force = false, look = true } = {}) {
    let place = readAddress(store);
    // An archived thread is not among what the gateway told of.
    if (look && !place.channelId && place.asked && (await find(place.asked))) place = readAddress(store);
    const same = place.channelId === session.place.channelId && place.guildId === session.place.guildId;
    session.place = place;
    toggles.closeDrawer();
    sidebar.draw();
    members.draw();
    const channel = store.channels.get(place.channelId);
    document.title = channel ? `${channel.name} · ${store.guilds.get(place.guildId)?.name ?? "Direct messages"}` : "Sandbox";
    if (!channel) return room.showBlank(blankFor(place));
    if (!same || force || !room.channel) await room.show(channel);
    if (place.messageId) await goToMessage(place);
    return null;
  }

  /** Read a channel that the store does not have; false where there is none for this person. */
  async function find(channelId) {
    if (!/^\d{1,20}$/u.test(channelId)) return false;
    try {
      store.putChannel(await session.api.channel(channelId));
    } catch {
      return false;
    }
    return true;
  }

  async function goToMessage({ guildId, channelId, messageId }) {
    // The address names the channel alone again, so that the same link leads here a second time.
    history.replaceState(null, "", `#/${guildId}/${channelId}`);
    if (!(await room.seek(messageId))) showNotice("That message is no longer here.");
  }

  function blankFor({ guildId, asked }) {
    if (guildId === "@me") return make("div", { class: "blank" }, make("h2", {}, "No direct messages yet"), make("p", {}, "Open a server, press somebody's name or picture there, and choose “Message”."));
    if (!guildId) return make("div", { class: "blank" }, make("h2", {}, "You are in no server yet"), make("p", {}, "Add one with the + on the left: give it a name, or enter an invite code."));
    const why = asked ? "This channel does not exist, or you may not see it." : "This server has no channel that you may see.";
    return make("div", { class: "blank" }, make("h2", {}, "Nothing to show"), make("p", {}, `${why} Choose another one on the left.`));
  }

  let stopCounting = () => {};
  gateway.addEventListener("status", ({ detail: { state, seconds } }) => {
    stopCounting();
    document.body.dataset.connection = state;
    if (state === "waiting") stopCounting = countDown(seconds, (left) => `The sandbox is not answering; trying again in ${left} s.`);
    else if (state === "online") showNotice("");
  });
  gateway.addEventListener("refused", () => {
    people.forget(person.username);
    room.showBlank(make("div", { class: "blank" }, make("h2", {}, `The sandbox no longer knows ${person.username}`),
      make("p", {}, "It was probably started anew, without its old state. Choose again who to be."),
      make("button", { type: "button", class: "button primary", on: { click: () => location.assign("/") } }, "Choose again")));
  });
  gateway.addEventListener("dispatch", async ({ detail: { type, data } }) => {
    store.apply(type, data);
    interactions.apply(type, data);
    if (type === "READY") {
      byId("person").replaceChildren(personPanel(people, person, session, theme));
      await show({ force: true });
      document.body.dataset.ready = "true";
    } else if (isAboutPlace(type, data)) await show({ look: false });
  });
  store.listen("channels", () => room.refreshHead());
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("composer")?.focus();
  });
  interactions.addEventListener("modal", ({ detail }) => openModal(session, detail));
  addEventListener("hashchange", () => store.me && show());
  addEventListener("focus", () => session.place.channelId && room.channel && store.isUnread(store.channels.get(room.channel.id) ?? {}) && store.markRead(room.channel.id));
  gateway.open();
}

async function begin() {
  const people = new People(new Api());
  try {
    await people.load();
  } catch {
    countDown(RETRY, (left) => `The sandbox is not answering; trying again in ${left} s.`);
    setTimeout(begin, RETRY * 1000);
    return;
  }
  showNotice("");
  const person = people.chosen();
  wireShortcuts(people);
  setInterval(() => refreshTimes(), TIMES_EVERY);
  if (person) return void start(person, people);
  themeButton();
  byId("room").replaceChildren(welcome(people));
  document.body.dataset.ready = "true";
}

begin();
