// Writing a new post in a forum: title, message, files and tags.

import { entries } from "./api.js";
import { make } from "./dom.js";
import { field, openDialog } from "./menus.js";
import { Uploads } from "./uploads.js";
import { Words } from "./words.js";

const TAGS_MOST = 5;
const TAG_NEEDED = 1 << 4; // a forum's flag

/** Ask for a new post in the forum `channel`. */
export function askForPost(channel, session, words = "") {
  const title = field({ label: "Title", required: true, max: 100, value: words });
  const text = field({ label: "Message", required: true, long: true, max: 2000 });
  const complaint = make("p", { class: "failure", hidden: true });
  const uploads = new Uploads({
    changed: () => { complaint.hidden = true; },
    complain: (sentence) => {
      complaint.textContent = sentence;
      complaint.hidden = false;
    },
  });
  const tags = (channel.available_tags ?? []).map((tag) => {
    const box = make("input", { type: "checkbox", value: tag.id });
    return { box, label: make("label", { class: "tag" }, box, [tag.emoji_name, tag.name].filter(Boolean).join(" ")) };
  });
  const needed = Boolean(channel.flags & TAG_NEEDED);
  const encoder = new Words(session.store, channel);
  openDialog({
    title: `New post in ${channel.name}`, action: "Post",
    content: [
      title.box, text.box, make("div", { class: "field" }, make("button", { type: "button", class: "button secondary", on: { click: () => uploads.choose() } }, "Add files"), uploads.input, uploads.element, complaint),
      tags.length > 0 && make("div", { class: "field", role: "group", "aria-label": "Tags" }, make("span", { class: "field-label" }, `Tags, up to ${TAGS_MOST}`, needed && make("span", { class: "required" }, " *")), make("div", { class: "tags" }, tags.map(({ label }) => label))),
    ],
    submit: async (close) => {
      const chosen = tags.filter(({ box }) => box.checked).map(({ box }) => box.value);
      if (!title.input.value.trim()) throw new Error("A post needs a title.");
      if (needed && !chosen.length) throw new Error("This forum wants a tag on every post.");
      const { files } = uploads;
      const message = { content: await encoder.encode(text.input.value.trim()), ...(files.length ? { attachments: entries(files) } : {}) };
      const post = await session.api.post(channel.id, title.input.value.trim(), message, chosen, files);
      session.store.putChannel({ guild_id: channel.guild_id, ...post });
      close();
      session.go(channel.guild_id, post.id);
    },
  });
}
