// Embeds, drawn as Discord draws them.

import { opener } from "./attachments.js";
import { anchor, make, picture, webAddress } from "./dom.js";
import { markdown } from "./markdown.js";
import { embedTime } from "./times.js";

/** One embed; `names` gives the words for mentions. */
export function drawEmbed(embed, names) {
  const box = make("article", { class: "embed", "aria-label": embed.title ? `Embed: ${embed.title}` : "Embed" });
  if (embed.color !== undefined && embed.color !== null) {
    box.style.setProperty("--bar", `#${embed.color.toString(16).padStart(6, "0")}`);
  }
  const body = make("div", { class: "embed-body" });
  if (embed.provider?.name) body.append(make("div", { class: "embed-provider" }, embed.provider.name));
  if (embed.author?.name) body.append(drawAuthor(embed.author));
  if (embed.title) body.append(make("div", { class: "embed-title" }, linked(embed.url, markdown(embed.title, names, { inline: true }))));
  if (embed.description) body.append(make("div", { class: "embed-description markup" }, markdown(embed.description, names)));
  if (embed.fields?.length) body.append(drawFields(embed.fields, names));
  box.append(body);
  const thumbnail = embed.thumbnail && picture(embed.thumbnail, "embed-thumbnail");
  if (thumbnail) box.append(linkedPicture(embed.thumbnail, thumbnail));
  const image = embed.image && picture(embed.image, "embed-image");
  if (image) box.append(make("div", { class: "embed-wide" }, linkedPicture(embed.image, image)));
  if (embed.footer?.text || embed.timestamp) box.append(drawFooter(embed));
  return box;
}

function linked(address, content) {
  const href = address ? webAddress(address) : null;
  return href ? anchor(href, {}, content) : make("span", {}, content);
}

function linkedPicture(media, drawn) {
  return drawn.tagName === "A" ? drawn : opener(media, drawn);
}

function smallIcon(address, className) {
  return address ? picture({ url: address }, className) : null;
}

function drawAuthor(author) {
  return make("div", { class: "embed-author" }, smallIcon(author.proxy_icon_url ?? author.icon_url, "embed-icon"), linked(author.url, author.name));
}

function drawFields(fields, names) {
  // Up to three inline fields share a row; one that is not inline has a row of its own.
  const grid = make("div", { class: "embed-fields" });
  for (let at = 0; at < fields.length; ) {
    let run = 0;
    while (run < 3 && fields[at + run]?.inline) run += 1;
    const width = Math.max(run, 1);
    for (const field of fields.slice(at, at + width)) {
      grid.append(
        make("div", { class: `embed-field span-${12 / width}` },
          make("div", { class: "embed-field-name" }, markdown(field.name, names, { inline: true })),
          make("div", { class: "embed-field-value markup" }, markdown(field.value, names))),
      );
    }
    at += width;
  }
  return grid;
}

function drawFooter(embed) {
  const text = embed.footer?.text;
  const when = embed.timestamp ? make("time", { datetime: embed.timestamp }, embedTime(embed.timestamp)) : null;
  return make("div", { class: "embed-footer" },
    smallIcon(embed.footer?.proxy_icon_url ?? embed.footer?.icon_url, "embed-icon"),
    make("span", {}, text, text && when ? " • " : null, when));
}
