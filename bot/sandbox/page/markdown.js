// Discord's markdown. `parse` makes a tree (pure); `render` makes elements of it. Foreign text
// only ever becomes text nodes, and links only ever lead to http(s).

import { anchor, make, webAddress } from "./dom.js";
import { drawEmoji } from "./emoji.js";
import { highlight } from "./highlight.js";

const ESCAPE = /^\\([^A-Za-z0-9\s])/u;
const INLINE = [
  [/^```(?:([\w+-]+)\n)?\n*([^]+?)\n*```\n?/u, (m) => ({ kind: "codeblock", language: m[1] ?? "", text: m[2] })],
  [/^(`+)([^]*?[^`])\1(?!`)/u, (m) => ({ kind: "code", text: m[2] })],
  [/^\*\*\*([^\s*](?:[^]*?[^\s])??)\*\*\*(?!\*)/u, (m, inside) => ({ kind: "em", children: [{ kind: "strong", children: inside(m[1]) }] })],
  [/^\*\*([^]+?)\*\*(?!\*)/u, (m, inside) => ({ kind: "strong", children: inside(m[1]) })],
  [/^__([^]+?)__(?!_)/u, (m, inside) => ({ kind: "u", children: inside(m[1]) })],
  [/^~~([^]+?)~~(?!_)/u, (m, inside) => ({ kind: "s", children: inside(m[1]) })],
  [/^\|\|([^]+?)\|\|/u, (m, inside) => ({ kind: "spoiler", children: inside(m[1]) })],
  [/^\*(?!\s)((?:\*\*|[^*])+?)(?<!\s)\*(?!\*)/u, (m, inside) => ({ kind: "em", children: inside(m[1]) })],
  [/^_((?:__|[^_])+?)_(?![\p{L}\p{N}_])/u, (m, inside) => ({ kind: "em", children: inside(m[1]) })],
  [/^\[((?:\\.|[^\][\\]|\[[^\]]*\])+)\]\(\s*<?((?:[^\s()<>]|\([^\s()]*\))+)>?(?:\s+["']([^"']*)["'])?\s*\)/u, link],
  [/^<(https?:\/\/[^\s>]+)>/u, (m) => ({ kind: "link", href: m[1], children: [plain(m[1])] })],
  [/^https?:\/\/[^\s<]+[^\s<.,:;"'\]*_~|!?]/u, bareLink],
  [/^<@!?(\d+)>/u, (m) => ({ kind: "user", id: m[1] })],
  [/^<@&(\d+)>/u, (m) => ({ kind: "role", id: m[1] })],
  [/^<#(\d+)>/u, (m) => ({ kind: "channel", id: m[1] })],
  [/^<\/([^:>\n]+):(\d+)>/u, (m) => ({ kind: "command", name: m[1] })],
  [/^<a?:(\w+):(\d+)>/u, (m) => ({ kind: "emoji", name: m[1], id: m[2] })],
  [/^<t:(-?\d{1,12})(?::([tTdDfFR]))?>/u, (m) => ({ kind: "time", seconds: Number(m[1]), style: m[2] ?? "f" })],
  [/^@(everyone|here)\b/u, (m) => ({ kind: "all", name: m[1] })],
];
// Where one of the above may begin; everything before it is plain text.
const START = /[\\`*_~|[<@]|https?:\/\//u;

const plain = (text) => ({ kind: "text", text });

function link(m, inside) {
  const href = webAddress(m[2]);
  return href ? { kind: "link", href, title: m[3], children: inside(m[1]) } : plain(m[0]);
}

function bareLink(m) {
  let address = m[0];
  // A closing bracket belongs to the address only if it was opened there.
  while (address.endsWith(")") && address.split(")").length > address.split("(").length) address = address.slice(0, -1);
  return { kind: "link", href: address, children: [plain(address)], taken: address.length };
}

/** The tree of one run of text: nodes `{kind, text | children, …}`. */
export function parseInline(source) {
  const nodes = [];
  let text = "";
  let rest = source;
  const flush = () => {
    if (text) nodes.push(plain(text));
    text = "";
  };
  while (rest) {
    const next = rest.search(START);
    if (next !== 0) {
      const end = next < 0 ? rest.length : next;
      text += rest.slice(0, end);
      rest = rest.slice(end);
      continue;
    }
    const escaped = ESCAPE.exec(rest);
    if (escaped) {
      text += escaped[1];
      rest = rest.slice(2);
      continue;
    }
    const [node, length] = firstMatch(rest, /[\p{L}\p{N}]$/u.test(text));
    if (node) {
      flush();
      nodes.push(node);
      rest = rest.slice(length);
    } else {
      text += rest[0];
      rest = rest.slice(1);
    }
  }
  flush();
  return nodes;
}

function firstMatch(rest, afterWord) {
  for (const [pattern, build] of INLINE) {
    if (afterWord && rest[0] === "_" && rest[1] !== "_") continue;
    const match = pattern.exec(rest);
    if (!match) continue;
    const node = build(match, parseInline);
    return [node, node.taken ?? match[0].length];
  }
  return [null, 0];
}

/** The tree of a whole message: headings, quotes, lists and code blocks, and text between them. */
export function parse(source) {
  const blocks = [];
  const lines = [];
  const flush = () => {
    if (lines.length) blocks.push({ kind: "text-block", children: parseInline(lines.join("\n")) });
    lines.length = 0;
  };
  let rest = source;
  while (rest) {
    const fence = /^```[^]+?```/u.exec(rest);
    const end = fence ? fence[0].length : 0;
    const newline = rest.indexOf("\n", end);
    const line = newline < 0 ? rest : rest.slice(0, newline);
    const after = newline < 0 ? "" : rest.slice(newline + 1);
    const block = fence ? null : blockAt(line, rest);
    if (block) {
      // Empty lines before a block stay: a line break at the end of a text is not seen.
      if (lines.length) lines.push("");
      flush();
      blocks.push(block.node);
      rest = block.taken === undefined ? after : rest.slice(block.taken);
    } else if (!fence && line.includes("```") && /```[^]+?```/u.test(rest)) {
      // A code block that begins in the middle of a line swallows the lines up to its end.
      const whole = /^[^]*?```[^]+?```[^\n]*/u.exec(rest)[0];
      lines.push(whole);
      rest = rest.slice(whole.length + 1);
    } else {
      lines.push(line);
      rest = after;
    }
  }
  flush();
  return blocks;
}

function blockAt(line, rest) {
  const heading = /^(#{1,3})\s+(.+?)\s*#*$/u.exec(line);
  if (heading) return { node: { kind: `h${heading[1].length}`, children: parseInline(heading[2]) } };
  const small = /^-#\s+(.+)$/u.exec(line);
  if (small) return { node: { kind: "small", children: parseInline(small[1]) } };
  const whole = /^>>> ([^]*)$/u.exec(rest);
  if (whole) return { node: { kind: "quote", children: parse(whole[1]) }, taken: rest.length };
  const quote = /^(?:> [^\n]*(?:\n|$))+/u.exec(rest);
  if (quote) return { node: { kind: "quote", children: parse(quote[0].replace(/^> /gmu, "").replace(/\n$/u, "")) }, taken: quote[0].length };
  const list = /^(?: {0,8}(?:[-*]|\d{1,9}\.) [^\n]*(?:\n|$))+/u.exec(rest);
  if (list && /^(?:[-*]|\d{1,9}\.) /u.test(line)) return { node: listOf(list[0]), taken: list[0].length };
  return null;
}

function listOf(source) {
  const items = source.replace(/\n$/u, "").split("\n").map((line) => /^( *)([-*]|(\d+)\.) (.*)$/u.exec(line));
  const first = items[0];
  return {
    kind: first[3] ? "ol" : "ul",
    start: first[3] ? Number(first[3]) : null,
    items: items.map((item) => ({ depth: Math.min(Math.floor(item[1].length / 2), 3), children: parseInline(item[4]) })),
  };
}

// ---- drawing

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const STYLES = {
  t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
};

/** A moment as Discord words it: style R is relative to `now` (ms). */
export function wordTime(seconds, style, now = Date.now()) {
  if (style !== "R") return new Intl.DateTimeFormat(undefined, STYLES[style]).format(new Date(seconds * 1000));
  const distance = seconds - now / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(distance) >= length) ?? UNITS.at(-1);
  return RELATIVE.format(Math.round(distance / size), unit);
}

/** Let relative times that stand in the page go on with the clock. */
export function refreshTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-seconds]")) {
    const words = wordTime(Number(time.dataset.seconds), "R");
    if (time.textContent !== words) time.textContent = words;
  }
}

/**
 * Elements for `source`. `names`: `{user(id), role(id), channel(id)}` give the words for mentions;
 * `inline` leaves blocks out, as in titles.
 */
export function markdown(source, names, { inline = false } = {}) {
  const fragment = document.createDocumentFragment();
  const nodes = inline ? parseInline(source) : parse(source);
  fragment.append(...nodes.map((node) => draw(node, names)));
  return fragment;
}

const drawAll = (nodes, names) => nodes.map((node) => draw(node, names));

function draw(node, names) {
  return (DRAW[node.kind] ?? drawPlainTag)(node, names);
}

function drawPlainTag(node, names) {
  return make(node.kind, {}, drawAll(node.children, names));
}

const mention = (text, props = {}) => make("span", { class: "mention", ...props }, text);

const DRAW = {
  text: (node) => document.createTextNode(node.text),
  "text-block": (node, names) => make("div", { class: "text" }, drawAll(node.children, names)),
  h1: (node, names) => make("div", { class: "heading heading-1", role: "heading", "aria-level": "4" }, drawAll(node.children, names)),
  h2: (node, names) => make("div", { class: "heading heading-2", role: "heading", "aria-level": "5" }, drawAll(node.children, names)),
  h3: (node, names) => make("div", { class: "heading heading-3", role: "heading", "aria-level": "6" }, drawAll(node.children, names)),
  small: (node, names) => make("div", { class: "subtext" }, drawAll(node.children, names)),
  quote: (node, names) => make("blockquote", {}, drawAll(node.children, names)),
  code: (node) => make("code", {}, node.text),
  codeblock: (node) => make("pre", { dataset: { language: node.language } }, make("code", {}, highlight(node.text, node.language))),
  link: (node, names) => anchor(node.href, { title: node.title ?? node.href }, drawAll(node.children, names)),
  user: (node, names) => mention(`@${names.user(node.id)}`, { dataset: { userId: node.id } }),
  role: (node, names) => mention(`@${names.role(node.id)}`),
  all: (node) => mention(`@${node.name}`),
  channel: (node, names) => make("a", { class: "mention", href: names.channelHref(node.id) }, `#${names.channel(node.id)}`),
  command: (node) => mention(`/${node.name}`),
  emoji: (node) => drawEmoji(node),
  time: (node) => make("time", { class: "timestamp", datetime: new Date(node.seconds * 1000).toISOString(), title: wordTime(node.seconds, "F"), dataset: node.style === "R" ? { seconds: node.seconds } : {} }, wordTime(node.seconds, node.style)),
  ul: drawList,
  ol: drawList,
  spoiler(node, names) {
    const hidden = make("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Spoiler, press to show", "aria-expanded": "false" }, make("span", {}, drawAll(node.children, names)));
    const show = (event) => {
      if (event.type === "keydown" && event.key !== "Enter") return;
      hidden.classList.add("shown");
      hidden.setAttribute("aria-expanded", "true");
      hidden.removeAttribute("aria-label");
    };
    hidden.addEventListener("click", show);
    hidden.addEventListener("keydown", show);
    return hidden;
  },
};

function drawList(node, names) {
  const items = node.items.map((item) => make("li", { class: `depth-${item.depth}` }, drawAll(item.children, names)));
  return make(node.kind, { start: node.start }, items);
}

/** Whether a message is nothing but a few emoji, which Discord draws large. */
export function onlyEmoji(text) {
  return /^(?:\s*(?:<a?:\w+:\d+>|\p{Extended_Pictographic}|\p{Regional_Indicator}{2})(?:\p{Emoji_Modifier}|\u{FE0F}|\u{200D}\p{Extended_Pictographic})*){1,27}\s*$/u.test(text);
}
