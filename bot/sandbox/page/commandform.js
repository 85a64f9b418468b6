// A slash command being filled in: the command as a pill, its options as fields.

import { describe, nest, wordOf } from "./commands.js";
import { icon, iconButton, make, userFace } from "./dom.js";
import { isThread } from "./kinds.js";

const STRING = 3, INTEGER = 4, BOOLEAN = 5, USER = 6, CHANNEL = 7, ROLE = 8, MENTIONABLE = 9, NUMBER = 10, ATTACHMENT = 11;
const KINDS = {
  [STRING]: "text", [INTEGER]: "whole number", [BOOLEAN]: "yes or no", [USER]: "member", [CHANNEL]: "channel",
  [ROLE]: "role", [MENTIONABLE]: "member or role", [NUMBER]: "number", [ATTACHMENT]: "file",
};
const ASK_AFTER = 200; // ms of quiet before a bot is asked for completions

/** What can be chosen for an option, as `{label, value, …}`; null where anything may be typed. */
function offers(option, { store, guildId }) {
  if (option.choices?.length) return option.choices.map((choice) => ({ label: wordOf(choice), value: choice.value }));
  const members = () => [...(store.members.get(guildId)?.values() ?? [])].map(({ user }) => ({
    label: `@${user.username}`, value: user.id, detail: store.displayName(guildId, user), picture: userFace(user, user.username, "avatar small"),
  }));
  const roles = () => (store.guilds.get(guildId)?.roles ?? []).map((role) => ({ label: `@${role.name.replace(/^@/u, "")}`, value: role.id, side: "role" }));
  if (option.type === BOOLEAN) return [{ label: "True", value: true }, { label: "False", value: false }];
  if (option.type === USER) return members();
  if (option.type === ROLE) return roles();
  if (option.type === MENTIONABLE) return [...members(), ...roles()];
  if (option.type !== CHANNEL) return null;
  const channels = store.channelsOf(guildId).flatMap((channel) => [channel, ...store.threadsOf(channel.id)]);
  const allowed = channels.filter((channel) => (option.channel_types?.length ? option.channel_types.includes(channel.type) : true));
  return allowed.map((channel) => ({ label: `#${channel.name}`, value: channel.id, picture: icon(isThread(channel) ? "thread" : "hash", 18) }));
}

/** `{value}` for what was typed, or `{problem}` with a sentence. Pure. */
export function read(option, typed, offered) {
  if (offered) {
    const wanted = typed.toLowerCase().replace(/^[#@]/u, "");
    const found = offered.find((offer) => offer.label.toLowerCase().replace(/^[#@]/u, "") === wanted || `${offer.value}` === typed);
    return found ? { value: found.value } : { problem: `“${typed}” is none of the choices for ${option.name}.` };
  }
  if (option.type === INTEGER || option.type === NUMBER) {
    const value = Number(typed);
    if (Number.isNaN(value) || (option.type === INTEGER && !Number.isInteger(value))) return { problem: `${option.name} must be a ${KINDS[option.type]}.` };
    if (value < (option.min_value ?? -Infinity)) return { problem: `${option.name} must be at least ${option.min_value}.` };
    if (value > (option.max_value ?? Infinity)) return { problem: `${option.name} must be at most ${option.max_value}.` };
    return { value };
  }
  if (typed.length < (option.min_length ?? 0)) return { problem: `${option.name} needs at least ${option.min_length} characters.` };
  if (typed.length > (option.max_length ?? 6000)) return { problem: `${option.name} may have at most ${option.max_length} characters.` };
  return { value: typed };
}

export class CommandForm {
  #fields = new Map(); // option name → {option, input, box, picked}
  #timer = null;

  /** `entry` as commands.js flattens it; `suggestions` the list above the box; `done()` when it is over. */
  constructor(session, channel, entry, suggestions, done) {
    Object.assign(this, { session, channel, entry, suggestions, done });
    this.fields = make("div", { class: "command-fields" });
    this.problem = make("p", { class: "failure", role: "alert", hidden: true });
    this.more = make("div", { class: "command-more" });
    this.hint = make("p", { class: "faint command-hint" }, entry.description);
    const send = make("button", { type: "submit", class: "icon-button", "aria-label": "Run the command", title: "Run the command" }, icon("send"));
    this.element = make("form", { class: "command-form", novalidate: true, "aria-label": `Command /${entry.name}` },
      make("div", { class: "command-line" }, make("span", { class: "command-name", tabindex: "-1" }, `/${entry.shown}`), this.fields, this.more, make("span", { class: "spacer" }), iconButton("close", "Leave the command", () => this.close()), send),
      this.hint, this.problem);
    for (const option of entry.options.filter((each) => each.required)) this.#add(option);
    this.#offerMore();
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
    });
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  focus() {
    const open = [...this.#fields.values()].find(({ input }) => !input.value) ?? [...this.#fields.values()][0];
    (open?.input ?? this.element.querySelector("[type=submit]")).focus();
  }

  close() {
    clearTimeout(this.#timer);
    this.suggestions.hide();
    this.done();
  }

  #add(option) {
    const file = option.type === ATTACHMENT;
    const input = make("input", {
      ...(file ? { type: "file", class: "option-input file-input" } : { class: "option-input", role: "combobox", "aria-expanded": "false", size: "10" }), autocomplete: "off",
      "aria-label": `${wordOf(option)}${option.required ? ", required" : ""}: ${describe(option)}`,
      placeholder: option.choices?.length ? "choose one" : KINDS[option.type] ?? "", dataset: { option: option.name }, inputmode: option.type === INTEGER ? "numeric" : null,
    });
    const box = make("label", { class: "option" }, make("span", { class: "option-name" }, wordOf(option), option.required && make("span", { class: "required", title: "required" }, "*")), input);
    const entry = { option, input, box, picked: null };
    this.#fields.set(option.name, entry);
    this.fields.append(box);
    input.addEventListener("input", () => {
      entry.picked = null;
      this.problem.hidden = true;
      input.size = Math.max(10, Math.min(input.value.length + 1, 40));
      this.#suggest(entry);
    });
    input.addEventListener("focus", () => {
      this.hint.textContent = `${wordOf(option)}: ${describe(option)}`;
      this.#suggest(entry);
    });
    input.addEventListener("blur", () => this.suggestions.hide());
    return entry;
  }

  #offerMore() {
    const left = this.entry.options.filter((option) => !this.#fields.has(option.name));
    this.more.replaceChildren(...left.map((option) => make("button", {
      type: "button", class: "option-add", title: describe(option), dataset: { addOption: option.name },
      on: { click: () => { const { input } = this.#add(option); this.#offerMore(); input.focus(); } },
    }, `+ ${wordOf(option)}`)));
  }

  get #scene() {
    return { store: this.session.store, guildId: this.channel.guild_id };
  }

  #suggest(field) {
    clearTimeout(this.#timer);
    const { option, input } = field;
    if (option.type === ATTACHMENT) return this.suggestions.hide();
    const choose = (offer) => {
      input.value = offer.label;
      input.size = Math.max(10, Math.min(offer.label.length + 1, 40));
      field.picked = { value: offer.value };
      const next = [...this.#fields.values()].find((other) => other.option.required && !other.input.value);
      (next?.input ?? input).focus();
    };
    const show = (offered) => this.suggestions.show(input, offered, choose);
    const offered = offers(option, this.#scene);
    const typed = input.value.toLowerCase().replace(/^[#@]/u, "");
    if (offered) return field.picked ? this.suggestions.hide() : show(offered.filter((offer) => offer.label.toLowerCase().includes(typed)));
    if (!option.autocomplete || field.picked) return this.suggestions.hide();
    this.#timer = setTimeout(async () => {
      const choices = await this.#ask(option).catch(() => []);
      if (document.activeElement === input && !field.picked) show(choices.map((choice) => ({ label: wordOf(choice), value: choice.value })));
    }, ASK_AFTER);
    return null;
  }

  #ask(focused) {
    const options = [];
    for (const { option, input, picked } of this.#fields.values()) {
      if (option === focused) options.push({ type: option.type, name: option.name, value: input.value, focused: true });
      else if (input.value && option.type !== ATTACHMENT) {
        const { value } = picked ?? read(option, input.value, offers(option, this.#scene));
        if (value !== undefined) options.push({ type: option.type, name: option.name, value });
      }
    }
    return this.session.interactions.complete(this.entry.command, this.channel, nest(this.entry.path, options));
  }

  #key(event) {
    const field = [...this.#fields.values()].find(({ input }) => input === event.target);
    const eager = Boolean(field && (field.input.value || field.option.required));
    if (field && this.suggestions.key(event, { eager: eager && !(event.key === "Tab" && !field.input.value) })) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && field && !field.input.value) {
      event.preventDefault();
      if (field.option.required) return void this.close();
      this.#fields.delete(field.option.name);
      field.box.remove();
      this.#offerMore();
      this.focus();
    }
  }

  /** Read the fields and run the command; what is missing or wrong is said, and its field focused. */
  run() {
    const options = [];
    const files = [];
    for (const { option, input, picked } of this.#fields.values()) {
      const typed = input.value.trim();
      if (!typed && !option.required) continue;
      const { value, problem } = this.#read(option, input, typed, picked, files);
      if (problem) {
        this.problem.textContent = problem;
        this.problem.hidden = false;
        input.focus();
        return;
      }
      options.push({ type: option.type, name: option.name, value });
    }
    const { command, path, name } = this.entry;
    this.close();
    this.session.commands.run(command, this.channel, nest(path, options), { name, files });
  }

  #read(option, input, typed, picked, files) {
    if (!typed) return { problem: `${option.name} is required.` };
    // The number of a file among all that are sent stands for it.
    if (option.type === ATTACHMENT) return { value: `${files.push(input.files[0]) - 1}` };
    return picked ?? read(option, typed, offers(option, this.#scene));
  }
}
