// The commands a server offers, and running one of them.

import { EPHEMERAL } from "./state.js";
import { fresh } from "./snowflakes.js";

export const CHAT = 1;
const SUBCOMMAND = 1, GROUP = 2;

/**
 * A command as a person sees it, one entry for every subcommand:
 * `{command, path: [group?, sub?], name: "source add", description, options}`. Pure.
 */
export function flatten(command) {
  const root = { command, path: [], name: command.name, description: command.description, options: command.options ?? [] };
  const walk = (entry) => {
    const inner = entry.options.filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
    if (!inner.length) return [entry];
    return inner.flatMap((option) => walk({
      command, path: [...entry.path, option], name: `${entry.name} ${option.name}`, description: option.description, options: option.options ?? [],
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
  const rank = ({ name }) => (name.startsWith(wanted) ? 0 : name.split(" ").some((word) => word.startsWith(wanted)) ? 1 : name.includes(wanted) ? 2 : 3);
  return entries.map((entry) => [rank(entry), entry]).filter(([place]) => place < 3)
    .sort((a, b) => a[0] - b[0] || a[1].name.localeCompare(b[1].name)).map(([, entry]) => entry);
}

export class Commands {
  #indexes = new Map(); // guild → promise of commands

  constructor({ api, store, interactions }) {
    Object.assign(this, { api, store, interactions });
    store.listen("commands", ({ guildId }) => this.forget(guildId));
  }

  /** Ask again next time; bots may have synced other commands. */
  forget(guildId) {
    if (guildId) this.#indexes.delete(guildId);
    else this.#indexes.clear();
  }

  async #index(guildId) {
    if (!this.#indexes.has(guildId)) this.#indexes.set(guildId, this.#read(guildId));
    try {
      return await this.#indexes.get(guildId);
    } catch {
      this.#indexes.delete(guildId);
      return [];
    }
  }

  async #read(guildId) {
    const { applications = [], application_commands: commands } = await this.api.commandIndex(guildId);
    const byId = new Map(applications.map((application) => [application.id, application]));
    return commands.map((command) => ({ ...command, application: byId.get(command.application_id) ?? null }));
  }

  /** The commands of type `kind` (1 chat, 2 user, 3 message) of a guild; none where it cannot be asked. */
  async ofKind(guildId, kind) {
    return guildId ? (await this.#index(guildId)).filter((command) => (command.type ?? CHAT) === kind) : [];
  }

  async entries(guildId) {
    return (await this.ofKind(guildId, CHAT)).flatMap(flatten);
  }

  /** Run a command in `channel`; until the bot answers, a line says so, and if it does not, why. */
  async run(command, channel, options, { name = command.name, targetId = null } = {}) {
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
      answered = await this.interactions.run(command, channel, options, { targetId, nonce });
    } catch (error) {
      failure = `The command was not accepted: ${error.message}`;
    }
    if (answered) this.store.drop(channel.id, nonce);
    else this.store.putLocal({ ...line, local: "unanswered", failure, flags: EPHEMERAL, ephemeral: true });
  }
}
