// The workbench: makes trouble for bots, does an owner's deeds, moves the clock, shows the journal.

import { Control } from "./control.js";
import { icon, iconButton, make } from "./dom.js";
import { Journal } from "./journal.js";
import { isDirect, isThread } from "./kinds.js";
import { moveFocus, openDialog } from "./menus.js";
import { FAILURES, FAULTS, GATEWAY, wordOrder } from "./troubles.js";

const LOOK_EVERY = 1000; // ms
const STEPS = [["+3 s", 3], ["+1 min", 60], ["+15 min", 900], ["+1 h", 3600], ["+1 day", 86_400]];
const METHODS = ["POST", "PATCH", "PUT", "DELETE", "GET", "*"];
const TAKEN = ["SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS", "VIEW_CHANNEL", "READ_MESSAGE_HISTORY", "EMBED_LINKS", "ATTACH_FILES", "ADD_REACTIONS", "CREATE_PUBLIC_THREADS", "MANAGE_THREADS", "MANAGE_MESSAGES", "MANAGE_WEBHOOKS", "PIN_MESSAGES"];

export class Workbench {
  #timer = null;

  /** `element` is the page's aside; `toggle()` opens and closes it. */
  constructor(session, element, toggle) {
    Object.assign(this, { session, element });
    this.control = new Control();
    this.journal = new Journal(this.control);
    this.told = make("p", { class: "bench-told", role: "status" });
    this.counts = make("div", { class: "bench-counts" });
    this.now = make("time", { class: "bench-now" });
    this.waiting = make("ul", { class: "bench-orders", "aria-label": "What waits" });
    this.trouble = make("div", { class: "bench-trouble" });
    this.deeds = make("div", { class: "bench-grid" });
    const parts = { Requests: this.#requests(), Gateway: this.#gateway(), Deeds: make("div", {}, this.deeds), Journal: this.journal.element };
    element.replaceChildren(
      make("header", { class: "bench-head" }, icon("wrench", 18), make("h2", {}, "Workbench"), make("span", { class: "spacer" }), iconButton("close", "Close the workbench", () => toggle(false))),
      make("div", { class: "bench-clock", role: "group", "aria-label": "The sandbox's clock" }, this.now, STEPS.map(([word, seconds]) => this.#button(word, () => this.control.advance(seconds), { "data-advance": `${seconds}`, title: "Move the sandbox's clock" }))),
      this.counts, this.told, ...tabs(parts));
    element.addEventListener("toggle", () => this.#look());
    element.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
  }

  /** A button that does something to the sandbox; what comes of it is told. */
  #button(word, deed, props = {}) {
    return make("button", { type: "button", class: "button secondary small", on: { click: () => this.#do(word, deed) }, ...props }, word);
  }

  async #do(word, deed) {
    try {
      const result = await deed();
      const told = result?.told ?? null;
      this.told.textContent = told === null ? `Done: ${word}.` : `Done: ${word} (${told} ${told === 1 ? "connection" : "connections"}).`;
      this.told.classList.remove("failure");
    } catch (error) {
      this.told.textContent = error.message;
      this.told.classList.add("failure");
    }
    await this.#look();
  }

  // ---- faults of requests

  #requests() {
    const presets = FAULTS.map(([word, fault]) => make("li", {}, this.#button(word, () => this.control.order(fault), { class: "bench-row" })));
    return make("div", {}, this.trouble, this.waiting, make("h3", {}, "The next request of a bot"), make("ul", { class: "bench-list" }, presets), make("h3", {}, "One of your own"), this.#ownFault());
  }

  #ownFault() {
    const choose = (name, options) => make("select", { class: "input", name, "aria-label": name }, options.map(([value, word]) => make("option", { value }, word)));
    const method = choose("Method", METHODS.map((one) => [one, one]));
    const route = make("input", { class: "input", value: "/channels/*/messages", "aria-label": "Route, * stands for anything", autocomplete: "off", spellcheck: "false" });
    const kind = choose("Failure", FAILURES.map(([value, word]) => [value, word]));
    const amount = make("input", { class: "input", type: "number", min: "0", "aria-label": "How much" });
    const when = choose("When", [["before", "before it counts"], ["after", "after it counted"]]);
    const times = make("input", { class: "input", type: "number", min: "1", value: "1", "aria-label": "How often" });
    const settle = () => {
      const [, , parameter, usual] = FAILURES.find(([value]) => value === kind.value);
      amount.hidden = !parameter;
      amount.value = usual ?? "";
    };
    kind.addEventListener("change", settle);
    settle();
    const form = make("form", { class: "bench-form" }, make("div", { class: "bench-line" }, method, route), make("div", { class: "bench-line" }, kind, amount),
      make("div", { class: "bench-line" }, when, times, make("span", { class: "faint" }, "times"), make("button", { class: "button primary small", type: "submit" }, "Order")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [, , parameter] = FAILURES.find(([value]) => value === kind.value);
      const failure = { kind: kind.value, ...(parameter ? { [parameter]: Number(amount.value) } : {}) };
      this.#do(`${method.value} ${route.value}`, () => this.control.order({ method: method.value, route: route.value.trim(), failure, when: when.value, times: Number(times.value) }));
    });
    return form;
  }

  #drawOrders({ requests, events, silent, outages, refused_resumes: resumes, refused_identifies: identifies }) {
    const orders = [...requests, ...events];
    this.waiting.replaceChildren(...orders.map((order) => make("li", {}, make("span", {}, wordOrder(order)), iconButton("close", "Lift", () => this.#do("lifted", () => this.control.lift(order.number))))));
    const more = [silent && "the gateway is silent", outages.length && "a server is unavailable", resumes && `${resumes} resume will be refused`, identifies && `${identifies} identify will be refused`].filter(Boolean);
    const any = orders.length || more.length;
    this.trouble.replaceChildren(make("span", {}, any ? [`${orders.length} ${orders.length === 1 ? "order waits" : "orders wait"}`, ...more].join(", ") : "All is well: no trouble is ordered."),
      ...(any ? [this.#button("All is well again", () => this.control.clear())] : []));
  }

  // ---- gateway and deeds

  #gateway() {
    const guildId = () => this.session.place.guildId;
    const filled = (act) => (act.guild_id ? { ...act, guild_id: guildId() } : act);
    return make("div", { class: "bench-grid" }, GATEWAY.map(([word, detail, act]) => make("button", { type: "button", class: "bench-deed", dataset: { gateway: act.do }, on: { click: () => this.#do(word, () => this.control.gateway(filled(act))) } },
      make("strong", {}, word), make("span", { class: "faint small" }, detail))));
  }

  /** What can be done here and now, as the server's owner would. */
  #drawDeeds() {
    const { store } = this.session;
    const channel = this.session.channel();
    const guild = store.guilds.get(channel?.guild_id);
    const key = `${channel?.id} ${guild?.id}`;
    if (this.deeds.dataset.key === key) return;
    this.deeds.dataset.key = key;
    const deed = (word, detail, act, danger = true) => make("button", { type: "button", class: `bench-deed${danger ? " danger" : ""}`, on: { click: () => this.#do(word, () => this.control.deed(act())) } }, make("strong", {}, word), make("span", { class: "faint small" }, detail));
    if (!guild || isDirect(channel)) {
      this.deeds.replaceChildren(make("p", { class: "faint" }, "Open a channel of a server; deeds are done there."));
      return;
    }
    const bots = [...(store.members.get(guild.id)?.values() ?? [])].map(({ user }) => user).filter((user) => user.bot);
    const bot = make("select", { class: "input", "aria-label": "Bot" }, bots.map((user) => make("option", { value: user.id }, store.displayName(guild.id, user))));
    const permission = make("select", { class: "input", "aria-label": "Permission" }, TAKEN.map((one) => make("option", { value: one }, one)));
    const newest = () => store.timeline(channel.id).find((message) => message.author.bot && !message.local && !message.ephemeral)?.id ?? "none";
    const place = isThread(channel) ? channel.parent_id : channel.id;
    this.deeds.replaceChildren(
      make("label", { class: "bench-wide field" }, make("span", { class: "field-label" }, "Bot"), bot),
      make("label", { class: "bench-wide field" }, make("span", { class: "field-label" }, "Permission"), permission),
      deed("Take it here", "an overwrite in this channel", () => ({ do: "take_permission", id: place, permission: permission.value, bot_id: bot.value }), false),
      deed("Take it everywhere", "from the bot's roles", () => ({ do: "take_permission", id: guild.id, permission: permission.value, bot_id: bot.value }), false),
      deed("Delete the bot's newest message", "in this channel", () => ({ do: "delete_message", id: newest() })),
      deed(isThread(channel) ? "Delete this thread" : "Delete this channel", `“${channel.name}”`, () => ({ do: "delete_channel", id: channel.id })),
      deed("Kick the bot", "out of this server", () => ({ do: "kick_bot", id: guild.id, bot_id: bot.value })),
      make("button", { type: "button", class: "bench-deed danger", on: { click: () => this.#askToDelete(guild) } }, make("strong", {}, "Delete this server"), make("span", { class: "faint small" }, `“${guild.name}”, for good`)));
  }

  #askToDelete(guild) {
    openDialog({
      title: `Delete ${guild.name}?`, content: make("p", {}, "The server and all that is in it are gone for good."), action: "Delete", danger: true,
      submit: async (close) => {
        await this.control.deed({ do: "delete_guild", id: guild.id });
        close();
      },
    });
  }

  // ---- looking

  async #look() {
    clearTimeout(this.#timer);
    if (this.element.hidden) return;
    try {
      const [overview, orders] = await Promise.all([this.control.overview(), this.control.orders(), this.journal.read()]);
      this.#drawCounts(overview);
      this.#drawOrders(orders);
      this.#drawDeeds();
    } catch (error) {
      this.told.textContent = error.message;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), LOOK_EVERY);
  }

  #drawCounts({ now, counts, violations, unknown_routes: unknown, invalid_requests: invalid }) {
    this.now.dateTime = now;
    this.now.textContent = new Date(now).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
    const open = new Set([...this.counts.querySelectorAll("details[open]")].map((one) => one.dataset.count));
    const chip = (name, number, lines) => make("details", { class: `bench-count${number ? " some" : ""}`, open: open.has(name), dataset: { count: name } },
      make("summary", {}, make("strong", {}, `${number}`), ` ${name}`), make("ul", {}, lines.length ? lines.map((line) => make("li", {}, line)) : make("li", {}, "None so far.")));
    this.counts.replaceChildren(
      chip("violations", counts.violations, violations), chip("unknown routes", counts.unknown_routes, unknown),
      chip("invalid requests", counts.invalid_requests, Object.entries(invalid).map(([what, often]) => `${often} × ${what}`)));
  }
}

/** Tabs with a panel each; arrow keys move among them. */
function tabs(parts) {
  const panels = Object.values(parts).map((part, at) => make("section", { class: "bench-panel", role: "tabpanel", id: `bench-panel-${at}`, "aria-labelledby": `bench-tab-${at}` }, part));
  const list = make("div", { class: "bench-tabs", role: "tablist", "aria-label": "Parts of the workbench" });
  const buttons = Object.keys(parts).map((word, at) => make("button", { type: "button", class: "bench-tab", role: "tab", id: `bench-tab-${at}`, "aria-controls": `bench-panel-${at}`, on: { click: () => choose(at) } }, word));
  const choose = (chosen) => {
    panels.forEach((panel, at) => { panel.hidden = at !== chosen; });
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", `${at === chosen}`);
      button.tabIndex = at === chosen ? 0 : -1;
    });
  };
  list.append(...buttons);
  list.addEventListener("keydown", (event) => {
    const key = { ArrowRight: "ArrowDown", ArrowLeft: "ArrowUp" }[event.key];
    if (!key) return;
    moveFocus({ key, preventDefault: () => event.preventDefault() }, buttons);
    document.activeElement.click();
  });
  choose(0);
  return [list, ...panels];
}
