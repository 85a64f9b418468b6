// One message as an element. Everything it can do is handed in as `actions`.

import { make, append, icon, userFace } from "./dom.js";
import { drawAttachments } from "./attachments.js";
import { drawEmbed } from "./embeds.js";
import { drawComponents } from "./components.js";
import { drawReactions } from "./reactions.js";
import { markdown, onlyEmoji } from "./markdown.js";
import { COMPONENTS_V2, CROSSPOSTED, hrefOf, isEphemeral, LOADING, sameEmoji } from "./kinds.js";
import { clock, fullTime, longDate, messageTime, sameDay, ago } from "./times.js";
import { madeAt } from "./snowflakes.js";

const GROUP_FOR = 7 * 60_000;
const TALK = new Set([0, 19, 20, 23]);
const SYSTEM = {
  1: "added somebody", 2: "removed somebody", 3: "started a call", 4: "changed the name of this channel", 6: "pinned a message to this channel",
  7: "joined the server", 8: "boosted the server", 12: "follows another channel here", 46: "closed a poll",
};

/** Whether `message` stands under the name of `previous` without a head of its own. */
export function continues(message, previous) {
  if (!previous || !TALK.has(message.type) || message.type === 20 || message.interaction_metadata || message.referenced_message || message.message_reference) return false;
  if (!TALK.has(previous.type) || previous.author.id !== message.author.id || previous.author.username !== message.author.username) return false;
  const gap = new Date(message.timestamp) - new Date(previous.timestamp);
  return gap < GROUP_FOR && sameDay(message.timestamp, previous.timestamp) && isEphemeral(message) === isEphemeral(previous);
}

/**
 * The inside of a message's list item. `view`: `{store, guildId, names, previous, firstUnread, editor, failed,
 * face, actions}`; `editor` is an element to show in place of the text while it is edited.
 */
export function drawMessage(message, view) {
  const parts = [];
  if (!view.bare && (!view.previous || !sameDay(message.timestamp, view.previous.timestamp))) {
    parts.push(make("div", { class: "divider", role: "separator" }, make("span", {}, longDate(message.timestamp))));
  }
  if (view.firstUnread) parts.push(make("div", { class: "divider new", role: "separator" }, make("span", {}, "New")));
  parts.push(TALK.has(message.type) ? drawTalk(message, view) : drawSystem(message, view));
  return parts;
}

function nameTag(message, view) {
  const { store, guildId, actions } = view;
  const webhook = Boolean(message.webhook_id) && !message.application_id;
  const name = make("button", { type: "button", class: "name", on: { click: (event) => actions.profile?.(event.currentTarget, message.author) } },
    webhook ? message.author.username : store.displayName(guildId, message.author));
  const colour = store.nameColour(guildId, message.author.id);
  if (colour) name.style.color = colour;
  return [name, message.author.bot ? make("span", { class: "app-tag" }, "APP") : null];
}

function timeTag(message, short = false) {
  return make("time", { class: "faint time", datetime: message.timestamp, title: fullTime(message.timestamp) }, short ? clock(message.timestamp) : messageTime(message.timestamp));
}

function drawTalk(message, view) {
  const grouped = !view.bare && continues(message, view.previous);
  const row = make("div", { class: `talk${grouped ? " grouped" : ""}` });
  if (message.type === 19) row.append(drawQuote(message, view));
  else if (message.interaction_metadata || message.interaction) row.append(drawInvocation(message, view));
  const gutter = grouped ? timeTag(message, true) : userFace(message.author, view.store.displayName(view.guildId, message.author));
  const content = make("div", { class: "content" });
  if (!grouped) append(content, make("div", { class: "head" }, nameTag(message, view), timeTag(message)));
  append(content, drawBody(message, view));
  row.append(make("div", { class: "gutter" }, gutter), content);
  return row;
}

function drawBody(message, view) {
  const { names, face, actions, store } = view;
  if (view.editor) return [view.editor];
  if (message.local === "asking") return [make("div", { class: "text faint" }, "Sending the command…")];
  if (message.local === "unanswered") return [make("div", { class: "failure" }, message.failure), notice(message, view)];
  if (message.flags & LOADING && !message.content && !message.embeds?.length) {
    return [make("div", { class: "thinking" }, dots(), make("span", {}, `${store.displayName(view.guildId, message.author)} is thinking…`)), notice(message, view)];
  }
  const parts = [];
  const v2 = Boolean(message.flags & COMPONENTS_V2);
  if (message.content) parts.push(drawText(message, view));
  else if (message.edited_timestamp && !v2 && !message.embeds?.length) parts.push(make("div", { class: "text" }, edited(message)));
  // A file that an embed shows is seen there alone.
  const embedded = new Set((message.embeds ?? []).flatMap(({ image, thumbnail }) => [image?.url, thumbnail?.url]));
  const files = (message.attachments ?? []).filter(({ url }) => !embedded.has(url));
  if (files.length) parts.push(drawAttachments(files));
  for (const embed of message.embeds ?? []) parts.push(drawEmbed(embed, names));
  for (const { message: forwarded } of message.message_snapshots ?? []) parts.push(drawForwarded(forwarded, message, view));
  if (message.components?.length) {
    parts.push(make("div", { class: v2 ? "v2" : "components" }, drawComponents(message.components, face(message))));
    if (view.failed) parts.push(make("div", { class: "failure", role: "alert" }, view.failed));
  }
  if (v2 && message.edited_timestamp) parts.push(edited(message));
  if (message.local === "failed") {
    parts.push(make("div", { class: "failure", role: "alert" }, `${message.failure} `,
      make("button", { type: "button", class: "text-button", on: { click: () => actions.resend(message) } }, "Try again"), " · ",
      make("button", { type: "button", class: "text-button", on: { click: () => actions.dismiss(message) } }, "Discard")));
  }
  parts.push(drawReactions(message.reactions, {
    toggle: (emoji, mine) => actions.toggle(message, emoji, mine),
    who: (emoji) => actions.who(message, emoji),
    add: (anchor) => actions.pick(message, anchor),
  }));
  const thread = !view.bare && (store.channels.get(message.id) ?? message.thread);
  if (thread && thread.id !== message.channel_id) parts.push(drawThreadCard(thread, view));
  if (message.flags & CROSSPOSTED) parts.push(make("div", { class: "faint small" }, icon("news", 13), " Published"));
  parts.push(notice(message, view));
  return parts;
}

function drawText(message, { names }) {
  const box = make("div", { class: `markup${onlyEmoji(message.content) ? " jumbo" : ""}` }, markdown(message.content, names));
  if (message.edited_timestamp) {
    const last = box.lastElementChild;
    (last?.classList.contains("text") ? last : box).append(" ", edited(message));
  }
  return box;
}

/** A message of elsewhere as it was when it was forwarded, and the way to it. */
function drawForwarded(forwarded, message, { names, store }) {
  const { channel_id: channelId, message_id: id } = message.message_reference ?? {};
  const origin = store.channels.get(channelId);
  return make("div", { class: "forwarded" }, make("div", { class: "faint small" }, icon("right", 12), " Forwarded"),
    forwarded.content && make("div", { class: "markup" }, markdown(forwarded.content, names)), drawAttachments(forwarded.attachments ?? []), (forwarded.embeds ?? []).map((embed) => drawEmbed(embed, names)),
    origin && make("a", { class: "small", href: hrefOf(origin, id) }, `#${origin.name} · ${messageTime(forwarded.timestamp ?? message.timestamp)}`));
}

const edited = (message) => make("span", { class: "edited", title: fullTime(message.edited_timestamp) }, "(edited)");
export const dots = () => make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));

function notice(message, { actions }) {
  if (!isEphemeral(message)) return null;
  return make("div", { class: "only-you" }, icon("eye", 16), "Only you can see this · ",
    make("button", { type: "button", class: "text-button", on: { click: () => actions.dismiss(message) } }, "Dismiss message"));
}

function drawQuote(message, view) {
  const quoted = view.store.message(message.message_reference?.channel_id, message.message_reference?.message_id) ?? message.referenced_message;
  if (!quoted) return make("div", { class: "quote-line" }, make("span", { class: "quote-text faint" }, "The message this answers was deleted."));
  const pinged = (message.mentions ?? []).some((user) => user.id === quoted.author.id);
  const line = make("button", { type: "button", class: "quote-line", "aria-label": `Answer to ${quoted.author.username}; go to that message`, on: { click: () => view.actions.jump(quoted) } },
    userFace(quoted.author, view.store.displayName(view.guildId, quoted.author), "avatar tiny"),
    quoted.author.bot ? make("span", { class: "app-tag" }, "APP") : null,
    make("span", { class: "quote-name" }, `${pinged ? "@" : ""}${view.store.displayName(view.guildId, quoted.author)}`),
    make("span", { class: "quote-text" }, quotedWords(quoted, view)));
  const colour = view.store.nameColour(view.guildId, quoted.author.id);
  if (colour) line.querySelector(".quote-name").style.color = colour;
  return line;
}

function quotedWords(quoted, { names }) {
  if (quoted.content) return markdown(quoted.content.split("\n").join(" ").slice(0, 240), names, { inline: true });
  const title = quoted.embeds?.[0]?.title ?? quoted.embeds?.[0]?.author?.name;
  return make("em", {}, title ?? "Click to see the message");
}

function drawInvocation(message, { store, guildId }) {
  const meta = message.interaction_metadata;
  const user = meta?.user ?? message.interaction?.user;
  const name = message.interaction?.name ?? meta?.name;
  if (!user) return null;
  return make("div", { class: "quote-line" }, userFace(user, store.displayName(guildId, user), "avatar tiny"),
    make("span", { class: "quote-name" }, store.displayName(guildId, user)),
    make("span", { class: "quote-text" }, name ? " used " : " pressed a button", name && make("span", { class: "mention" }, `${meta?.target_message_id || meta?.target_user ? "" : "/"}${name}`)));
}

function drawThreadCard(thread, view) {
  const count = thread.message_count ?? 0;
  const last = thread.last_message_id && count ? ago(madeAt(thread.last_message_id)) : null;
  return make("a", { class: "thread-card", href: view.names.channelHref(thread.id), dataset: { threadId: thread.id } },
    make("span", { class: "thread-card-head" }, icon("thread", 16), make("strong", {}, thread.name), make("span", { class: "thread-card-count" }, `${count} ${count === 1 ? "message" : "messages"} ›`)),
    make("span", { class: "faint" }, last ? `Last message ${last}` : "No messages yet. Be the first."));
}

function drawSystem(message, view) {
  const line = make("div", { class: "talk system" });
  const words = make("div", { class: "content" });
  const [name] = nameTag(message, view);
  if (message.type === 18) {
    const id = message.message_reference?.channel_id ?? message.thread?.id;
    append(words, [name, " started a thread: ", make("a", { class: "strong", href: view.names.channelHref(id) }, message.content || view.store.channels.get(id)?.name || "thread"), " ", timeTag(message)]);
    const thread = view.store.channels.get(id);
    if (thread) words.append(drawThreadCard(thread, view));
  } else {
    append(words, [name, ` ${SYSTEM[message.type] ?? "did something this page does not know"}${message.type === 4 && message.content ? ` to ${message.content}` : ""}. `, timeTag(message)]);
  }
  line.append(make("div", { class: "gutter" }, icon({ 6: "pin", 18: "thread" }[message.type] ?? "right", 18)), words);
  return line;
}

/** Whether the reaction `emoji` on `message` is mine. */
export function isMine(message, emoji) {
  return Boolean((message.reactions ?? []).find((reaction) => sameEmoji(reaction.emoji, emoji))?.me);
}
