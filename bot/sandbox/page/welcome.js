// What stands above a channel's first message, and in place of messages that are on their way.

import { icon, make, userFace } from "./dom.js";
import { ANNOUNCEMENT, isDirect, isThread } from "./kinds.js";

/** The beginning of a channel, thread or direct conversation. */
export function drawWelcome(channel, { store }) {
  if (isDirect(channel)) {
    const other = channel.recipients[0];
    return make("div", { class: "welcome" }, userFace(other, channel.name, "avatar large"), make("h2", {}, channel.name),
      make("p", { class: "faint" }, "This is the beginning of your direct message history with ", make("strong", {}, channel.name), "."));
  }
  const glyph = isThread(channel) ? "thread" : channel.type === ANNOUNCEMENT ? "news" : "hash";
  const parent = store.channels.get(channel.parent_id)?.name ?? "a channel";
  const words = isThread(channel)
    ? [make("h2", {}, channel.name), make("p", { class: "faint" }, `A thread in #${parent}. What is written here stays together.`)]
    : [make("h2", {}, `Welcome to #${channel.name}`), make("p", { class: "faint" }, channel.topic || `This is the beginning of #${channel.name}.`)];
  return make("div", { class: "welcome" }, make("span", { class: "welcome-icon" }, icon(glyph, 38)), words);
}

/** Grey lines for messages that are being read. */
export function skeleton(lines = 6) {
  return Array.from({ length: lines }, (_, at) => make("div", { class: "skeleton", "aria-hidden": "true" },
    make("i", { class: "skeleton-avatar" }), make("div", {}, make("i", { class: "skeleton-name" }), make("i", { class: `skeleton-line width-${at % 3}` }))));
}
