// Files on their way into a message: chosen, dropped or pasted, shown in a tray, taken out again.

import { icon, iconButton, make } from "./dom.js";
import { wordSize } from "./attachments.js";

const MOST = 10;
export const LARGEST = 10 * 1024 * 1024; // bytes; what Discord takes from people without a subscription

export class Uploads {
  #files = [];

  /** `changed()` is called when files came or went; `complain(sentence)` says why one was not taken. */
  constructor({ changed, complain }) {
    Object.assign(this, { changed, complain });
    this.element = make("ul", { class: "tray", "aria-label": "Files to be sent", hidden: true });
    this.input = make("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-hidden": "true" });
    this.input.addEventListener("change", () => {
      this.add(this.input.files);
      this.input.value = "";
    });
  }

  get files() {
    return [...this.#files];
  }

  choose() {
    this.input.click();
  }

  /** Take `files` into the tray, as far as there is room. */
  add(files) {
    for (const file of files) {
      if (this.#files.length >= MOST) this.complain(`A message carries at most ${MOST} files.`);
      else if (file.size > LARGEST) this.complain(`“${file.name}” is too large: a file may have ${wordSize(LARGEST)}.`);
      else this.#files.push(file);
    }
    this.#draw();
  }

  /** Hand over the files and empty the tray. */
  take() {
    const taken = this.#files;
    this.#files = [];
    this.#draw();
    return taken;
  }

  /** Take what is dropped on `place` or pasted into `input`. */
  listen(place, input, signal) {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    place.addEventListener("dragover", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      place.classList.add("dropping");
    }, { signal });
    place.addEventListener("dragleave", (event) => place.contains(event.relatedTarget) || place.classList.remove("dropping"), { signal });
    place.addEventListener("drop", (event) => {
      place.classList.remove("dropping");
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    }, { signal });
    input.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
  }

  #draw() {
    this.element.hidden = !this.#files.length;
    this.element.replaceChildren(...this.#files.map((file, at) => make("li", { class: "tray-file" },
      preview(file), make("span", { class: "tray-name" }, file.name), make("span", { class: "faint small" }, wordSize(file.size)),
      iconButton("trash", `Do not send ${file.name}`, () => {
        this.#files.splice(at, 1);
        this.#draw();
      }))));
    this.changed();
  }
}

/** A small picture of a file. As a data: address, since the page lets in no others that were not sent. */
export function preview(file) {
  const frame = make("span", { class: "tray-preview" }, icon("file", 36));
  if (!/^image\/(?:png|jpeg|gif|webp)$/u.test(file.type)) return frame;
  const reader = new FileReader();
  reader.addEventListener("load", () => frame.replaceChildren(make("img", { src: reader.result, alt: "" })));
  reader.readAsDataURL(file);
  return frame;
}
