// The commands a server offers, and running one of them.

import { EPHEMERAL } from "./kinds.js";
import { fresh } from "./snowflakes.js";

export const CHAT = 1;
const SUBCOMMAND = 1, GROUP = 2;

const keyOf = (channel) => channel.guild_id ?? channel.id;

/** The name of a command, option or choice in the person's language, where the bot gave one. */
export const wordOf = (thing) => thing.name_localized ?? thing.name;
export const describe = (thing) => thing.description_localized ?? thing.description;

/** `thing` with its words in `locale`, and all that is in it. Pure. */
export function localise(thing, locale) {
  const words = { ...thing, name_localized: thing.name_localized ?? thing.name_localizations?.[locale], description_localized: thing.description_localized ?? thing.description_localizations?.[locale] };
  for (const part of ["options", "choices"]) if (thing[part]) words[part] = thing[part].map((one) => localise(one, locale));
  return words;
}

/**
 * A command as a person sees it, one entry for every subcommand:
 * `{command, path: [group?, sub?], name: "source add", shown, description, options}`. Pure.
 */
export function flatten(command) {
  const root = { command, path: [], name: command.name, shown: wordOf(command), description: describe(command), options: command.options ?? [] };
  const walk = (entry) => {
    const inner = entry.options.filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
    if (!inner.length) return [entry];
    return inner.flatMap((option) => walk({
      command, path: [...entry.path, option], name: `${entry.name} ${option.name}`, shown: `${entry.shown} ${wordOf(option)}`, description: describe(option), options: option.options ?? [],
    }));
  };
  return walk(root);
}

/** Filled-in options in Discord's shape, wrapped in their group and subcommand. Pure. */
export function nest(path, options) {
  return path.reduceRight((inner, step) => [{ type: step.type, name: step.name, options: inner }], options);
}

/** Entries that fit what was typed after the slash, best first. Pure. */
export function matching(entries, typed) {
  const wanted = typed.trim().toLowerCase();
  const rankOf = (name) => (name.startsWith(wanted) ? 0 : name.split(" ").some((word) => word.startsWith(wanted)) ? 1 : name.includes(wanted) ? 2 : 3);
  const rank = ({ name, shown }) => Math.min(rankOf(name), rankOf(shown));
  return entries.map((entry) => [rank(entry), entry]).filter(([place]) => place < 3)
    .sort((a, b) => a[0] - b[0] || a[1].name.localeCompare(b[1].name)).map(([, entry]) => entry);
}

const isForDirect = ({ contexts, dm_permission: allowed }) => (contexts ? contexts.includes(1) : allowed !== false);

export class Commands {
  #indexes = new Map(); // guild, or direct channel → promise of commands

  constructor({ api, store, interactions }) {
    Object.assign(this, { api, store, interactions });
    store.listen("commands", ({ guildId }) => this.forget({ guild_id: guildId }));
  }

  /** Ask again next time; bots may have synced other commands. */
  forget(place = null) {
    if (place) this.#indexes.delete(keyOf(place));
    else this.#indexes.clear();
  }

  async #index(channel) {
    const key = keyOf(channel);
    if (!this.#indexes.has(key)) this.#indexes.set(key, this.#read(channel));
    try {
      return await this.#indexes.get(key);
    } catch {
      this.#indexes.delete(key);
      return [];
    }
  }

  async #read(channel) {
    const { store } = this;
    // In a direct conversation with a bot, what it offers everywhere: told by a server that it shares with me.
    const bot = channel.guild_id ? null : channel.recipients?.find((user) => user.bot);
    const guildId = channel.guild_id ?? (bot && [...store.guilds.keys()].find((id) => store.member(id, bot.id)));
    if (!guildId) return [];
    const { applications = [], application_commands: commands } = await this.api.commandIndex(guildId);
    const byId = new Map(applications.map((application) => [application.id, application]));
    const usable = bot ? commands.filter((command) => command.application_id === bot.id && !command.guild_id && isForDirect(command)) : commands;
    return usable.map((command) => ({ ...localise(command, store.me.locale), application: byId.get(command.application_id) ?? null }));
  }

  /** The commands of type `kind` (1 chat, 2 user, 3 message) in a channel; none where it cannot be asked. */
  async ofKind(channel, kind) {
    return channel ? (await this.#index(channel)).filter((command) => (command.type ?? CHAT) === kind) : [];
  }

  async entries(channel) {
    return (await this.ofKind(channel, CHAT)).flatMap(flatten);
  }

  /** Run a command in `channel`; until the bot answers, a line says so, and if it does not, why. */
  async run(command, channel, options, { name = command.name, targetId = null, files = [] } = {}) {
    const nonce = fresh();
    const { me } = this.store;
    const bot = command.application?.bot ?? this.store.user(command.application_id) ?? { id: command.application_id, username: command.application?.name ?? "App", bot: true };
    const line = {
      id: nonce, channel_id: channel.id, type: 20, author: { ...bot, bot: true }, timestamp: new Date().toISOString(), content: "", flags: 0,
      interaction_metadata: { type: 2, user: me, target_message_id: targetId }, interaction: { name, user: me }, local: "asking",
    };
    this.store.putLocal(line);
    let failure = "The application did not respond";
    let answered = false;
    try {
      answered = await this.interactions.run(command, channel, options, { targetId, nonce, files });
    } catch (error) {
      failure = `The command was not accepted: ${error.message}`;
    }
    if (answered) this.store.drop(channel.id, nonce);
    else this.store.putLocal({ ...line, local: "unanswered", failure, flags: EPHEMERAL, ephemeral: true });
  }
}
