// The pinned messages of a channel.

import { drawEmbed } from "./embeds.js";
import { iconButton, make, userFace } from "./dom.js";
import { hrefOf } from "./kinds.js";
import { markdown } from "./markdown.js";
import { float } from "./menus.js";
import { PIN_MESSAGES } from "./permissions.js";
import { messageTime } from "./times.js";

/** Show what is pinned in `channel` at `anchor`; a press leads to the message. */
export async function openPins(anchor, channel, session) {
  const { api, store } = session;
  const list = make("ul", { class: "panel-list" }, make("li", { class: "faint padded" }, "Reading…"));
  const box = make("div", { class: "panel", role: "dialog", "aria-label": "Pinned messages", tabindex: "-1" }, make("h2", { class: "panel-title" }, "Pinned messages"), list);
  const close = float(anchor, box);
  box.focus();
  const names = session.names(channel.guild_id);
  const draw = (message) => make("li", { class: "pin" },
    make("div", { class: "pin-head" }, userFace(message.author, message.author.username, "avatar small"), make("strong", {}, store.displayName(channel.guild_id, message.author)), make("span", { class: "faint small" }, messageTime(message.timestamp)), make("span", { class: "spacer" }),
      make("a", { class: "button secondary small", href: hrefOf(channel, message.id), on: { click: () => close({ refocus: false }) } }, "Jump"),
      store.may(PIN_MESSAGES, channel) && iconButton("close", "Unpin", () => unpin(message))),
    message.content && make("div", { class: "markup" }, markdown(message.content, names)), (message.embeds ?? []).slice(0, 1).map((embed) => drawEmbed(embed, names)));
  const read = async () => {
    try {
      const { items } = await api.pins(channel.id);
      list.replaceChildren(...items.map(({ message }) => draw(message)));
      if (!items.length) list.append(make("li", { class: "faint padded" }, "Nothing is pinned here yet."));
    } catch (error) {
      list.replaceChildren(make("li", { class: "failure padded" }, error.message));
    }
  };
  const unpin = async (message) => {
    await api.unpin(channel.id, message.id).catch((error) => session.notice(error.message));
    await read();
    box.focus();
  };
  await read();
}
