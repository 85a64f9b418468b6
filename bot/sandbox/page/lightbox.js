// A picture on its own, large, over the whole page.

import { iconButton, make, webAddress } from "./dom.js";

/** Show `media` ({url, description?, filename?}) from `source`, an address on this machine. Escape or a press beside it closes. */
export function openPicture(media, source) {
  const name = media.description || media.filename || "Picture";
  const image = make("img", { class: "lightbox-picture", src: source, alt: name });
  const dialog = make("dialog", { class: "lightbox", "aria-label": name }, iconButton("close", "Close", () => dialog.close(), { class: "icon-button lightbox-close" }), image,
    make("a", { class: "lightbox-link", href: webAddress(media.url), target: "_blank", rel: "noreferrer noopener" }, "Open in a new tab"));
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.getElementById("layer").append(dialog);
  dialog.showModal();
}
