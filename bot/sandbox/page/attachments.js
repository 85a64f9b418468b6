// Files that were sent along: pictures side by side, sound and film to play, text to look into, cards for the rest.

import { icon, make, picture, webAddress } from "./dom.js";
import { openPicture } from "./lightbox.js";

const PEEK = 6000; // bytes of a text file that are shown at most
const TEXTS = /^(?:text\/|application\/(?:json|xml|javascript))/u;

const spoiled = ({ filename }) => filename?.startsWith("SPOILER_");

/** All files of a message: its pictures as a mosaic, then the others in their order. */
export function drawAttachments(attachments) {
  const pictures = attachments.filter(({ content_type: kind }) => kind?.startsWith("image/"));
  const drawn = pictures.map((one) => [one, picture(one, "mosaic-picture")]).filter(([, image]) => image);
  const parts = [];
  if (drawn.length) {
    parts.push(make("div", { class: `mosaic count-${Math.min(drawn.length, 4)}` }, drawn.map(([one, image]) => {
      const cell = image.tagName === "A" ? image : opener(one, image);
      return spoiled(one) ? veil(cell) : cell;
    })));
  }
  const shown = new Set(drawn.map(([one]) => one));
  for (const one of attachments) if (!shown.has(one)) parts.push(drawFile(one));
  return parts;
}

/** A picture that opens large when it is pressed. */
export function opener(media, image) {
  return make("button", { type: "button", class: "picture-button", "aria-label": media.description ? `Open the picture: ${media.description}` : "Open the picture", on: { click: () => openPicture(media, image.src) } }, image);
}

/** Hide what is a spoiler until it is pressed. */
export function veil(element) {
  const cover = make("button", { type: "button", class: "veil-cover", "aria-label": "Spoiler, press to show" }, "Spoiler");
  const box = make("div", { class: "veiled" }, element, cover);
  cover.addEventListener("click", () => {
    box.classList.remove("veiled");
    cover.remove();
  });
  return box;
}

/** One file that is not a picture. */
export function drawFile(attachment) {
  const href = webAddress(attachment.url);
  const kind = attachment.content_type ?? "";
  const card = make("div", { class: "attachment" }, icon("file", 30),
    make("div", { class: "attachment-text" }, href ? make("a", { href, target: "_blank", rel: "noreferrer noopener" }, attachment.filename) : attachment.filename,
      make("div", { class: "faint small" }, wordSize(attachment.size ?? 0))));
  if (!href || new URL(href).origin !== location.origin) return card;
  if (kind.startsWith("audio/")) return make("div", { class: "attachment-player" }, card, make("audio", { controls: true, preload: "none", src: href }));
  if (kind.startsWith("video/")) return make("video", { class: "attachment-film", controls: true, preload: "metadata", src: href });
  if (TEXTS.test(kind)) return withPeek(card, href);
  return card;
}

function withPeek(card, href) {
  const text = make("pre", { class: "peek", hidden: true });
  const more = make("button", { type: "button", class: "text-button", "aria-expanded": "false" }, "Show the text");
  more.addEventListener("click", async () => {
    if (text.hidden && !text.textContent) {
      try {
        const answer = await fetch(href);
        text.textContent = (await answer.text()).slice(0, PEEK);
      } catch {
        text.textContent = "The file could not be read.";
      }
    }
    text.hidden = !text.hidden;
    more.textContent = text.hidden ? "Show the text" : "Hide the text";
    more.setAttribute("aria-expanded", `${!text.hidden}`);
  });
  card.append(make("span", { class: "spacer" }), more);
  return make("div", { class: "attachment-peek" }, card, text);
}

export function wordSize(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}
