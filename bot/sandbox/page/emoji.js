// Emoji: the table of all of them (emoji.txt: one a line, with its names), drawing one, and which were used last.

import { make } from "./dom.js";
import { sameEmoji } from "./kinds.js";

const RECENT = "sandbox.emoji";
const RECENT_MOST = 27;
const USUAL = ["👍", "👎", "❤️", "😂", "🎉", "🔥", "👀", "✅", "❌"];

let table = null; // promise of [{title, emoji: [{name, names}]}]

/** The table by kind: `[{title, emoji: [{id: null, name: "👍", names: ["thumbsup", …]}]}]`; read once. */
export function emojiTable() {
  table ??= fetch("/page/emoji.txt").then((answer) => answer.text()).then(readTable);
  return table;
}

/** Read the lines `# Kind` and `👍 thumbsup thumbs_up`. Pure. */
export function readTable(text) {
  const groups = [];
  for (const line of text.trim().split("\n")) {
    if (line.startsWith("# ")) groups.push({ title: line.slice(2), emoji: [] });
    else {
      const [name, ...names] = line.split(" ");
      groups.at(-1).emoji.push({ id: null, name, names });
    }
  }
  return groups;
}

/** The emoji whose names hold `wanted`, those that begin with it first. Pure. */
export function searchEmoji(emoji, wanted) {
  const word = wanted.toLowerCase().replaceAll(" ", "_");
  const rank = ({ names }) => (names.some((name) => name.startsWith(word)) ? 0 : names.some((name) => name.includes(word)) ? 1 : 2);
  return emoji.map((one) => [rank(one), one]).filter(([place]) => place < 2).sort((a, b) => a[0] - b[0]).map(([, one]) => one);
}

/** A guild's own emoji, as the picker shows them. */
export function customEmoji(guild) {
  return (guild?.emojis ?? []).map(({ id, name, animated }) => ({ id, name, animated, names: [name.toLowerCase()] }));
}

/** What was used last as {id, name}, the newest first; before that, the usual ones. */
export function recentEmoji(memory = localStorage) {
  const kept = JSON.parse(memory.getItem(RECENT) ?? "[]");
  return kept.length ? kept : USUAL.map((name) => ({ id: null, name }));
}

export function rememberEmoji({ id, name }, memory = localStorage) {
  const others = recentEmoji(memory).filter((one) => !sameEmoji(one, { id, name }));
  memory.setItem(RECENT, JSON.stringify([{ id, name }, ...others].slice(0, RECENT_MOST)));
}

/** How an emoji is written into a message. */
export const written = ({ id, name, animated }) => (id ? `<${animated ? "a" : ""}:${name}:${id}>` : name);

/** One emoji: a sign, or a guild's own picture, which falls back to its name. */
export function drawEmoji({ id, name }, className = "emoji") {
  if (!id) return make("span", { class: className }, name);
  const picture = make("img", { class: `${className} custom-emoji`, src: `/emojis/${id}.png`, alt: `:${name}:`, title: `:${name}:`, loading: "lazy", draggable: "false" });
  picture.addEventListener("error", () => picture.replaceWith(make("span", { class: className }, `:${name}:`)));
  return picture;
}
