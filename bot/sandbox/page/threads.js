// The threads of a channel: those that are open and those that are archived, and a new one.

import { field, openDialog, openMenu } from "./menus.js";
import { make } from "./dom.js";
import { CREATE_PUBLIC_THREADS } from "./permissions.js";
import { madeAt } from "./snowflakes.js";
import { ago } from "./times.js";

/** List the threads of `channel` at `anchor`. */
export async function openThreads(anchor, channel, session) {
  const { store, api } = session;
  try {
    const { threads } = await api.archivedThreads(channel.id);
    store.addThreads(threads.map((thread) => ({ guild_id: channel.guild_id, ...thread })));
  } catch (error) {
    session.notice(`Archived threads could not be read: ${error.message}`);
  }
  const all = store.threadsOf(channel.id, { archived: true });
  const isArchived = (thread) => Boolean(thread.thread_metadata?.archived);
  const item = (thread) => ({
    label: thread.name, icon: isArchived(thread) ? "box" : "thread", act: () => session.go(channel.guild_id, thread.id),
    description: `${count(thread)} · ${ago(madeAt(thread.last_message_id ?? thread.id))}${thread.thread_metadata?.locked ? " · locked" : ""}`,
  });
  const group = (heading, some) => (some.length ? [{ heading }, ...some.map(item)] : []);
  openMenu(anchor, {
    label: "Threads", search: all.length > 8, width: 300,
    items: [
      ...(store.may(CREATE_PUBLIC_THREADS, channel) ? [{ label: "New thread", icon: "plus", act: () => askForThread(channel, session) }] : []),
      ...group("Open", all.filter((thread) => !isArchived(thread))), ...group("Archived", all.filter(isArchived)),
    ],
  });
}

const count = ({ message_count: messages = 0 }) => `${messages} ${messages === 1 ? "message" : "messages"}`;

function askForThread(channel, session) {
  const name = field({ label: "Name of the thread", required: true, min: 1, max: 100 });
  const text = field({ label: "First message", required: true, long: true, max: 2000 });
  openDialog({
    title: "New thread", content: [make("p", { class: "faint" }, `Everybody who sees #${channel.name} can read it.`), name.box, text.box], action: "Create",
    submit: async (close) => {
      if (!name.input.value.trim() || !text.input.value.trim()) throw new Error("A thread needs a name and a first message.");
      const thread = await session.api.thread(channel.id, name.input.value.trim());
      await session.api.send(thread.id, { content: text.input.value.trim() });
      session.store.putChannel({ guild_id: channel.guild_id, ...thread });
      close();
      session.go(channel.guild_id, thread.id);
    },
  });
}
