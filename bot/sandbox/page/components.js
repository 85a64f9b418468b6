// Components under and in messages: rows of buttons and selects, and the newer boxes (v2).

import { drawFile, opener, veil } from "./attachments.js";
import { make, icon, picture, webAddress } from "./dom.js";
import { drawEmoji } from "./emoji.js";
import { markdown } from "./markdown.js";
import { openMenu } from "./menus.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };
export const SELECTS = new Set([3, 5, 6, 7, 8]);
const SEARCH_FROM = 10; // options that are too many to look through
const PLACEHOLDERS = { 3: "Make a selection", 5: "Select a user", 6: "Select a role", 7: "Select a user or role", 8: "Select a channel" };

/**
 * Draws `components`. `face`: `{names, press(component, values) → Promise, choices(component) → options,
 * busy(customId) → boolean}`; what cannot be pressed here (no `press`) is drawn disabled.
 */
export function drawComponents(components, face) {
  return components.map((component) => drawComponent(component, face)).filter(Boolean);
}

function drawComponent(component, face) {
  return DRAW[component.type]?.(component, face) ?? null;
}

const DRAW = {
  1: (row, face) => make("div", { class: "row" }, drawComponents(row.components, face)),
  2: drawButton,
  9: (section, face) => make("div", { class: "v2-section" },
    make("div", { class: "v2-section-text" }, drawComponents(section.components, face)),
    section.accessory && make("div", { class: "v2-accessory" }, drawComponent(section.accessory, face))),
  10: (text, face) => make("div", { class: "markup v2-text" }, markdown(text.content, face.names)),
  11: (thumbnail) => drawMedia(thumbnail, "v2-thumbnail"),
  12: (gallery) => make("div", { class: `mosaic v2-gallery count-${Math.min(gallery.items.length, 4)}` }, gallery.items.map((item) => drawMedia(item, "mosaic-picture"))),
  13: (file) => hidden(file, drawFile({ filename: file.name ?? file.file.url.split("/").at(-1), url: file.file.url, size: file.size, content_type: file.file.content_type })),
  14: (separator) => make("hr", { class: `v2-separator spacing-${separator.spacing ?? 1}${separator.divider === false ? " unseen" : ""}` }),
  17: drawContainer,
};
for (const type of SELECTS) DRAW[type] = drawSelect;

function drawContainer(container, face) {
  const box = make("div", { class: "v2-container" }, drawComponents(container.components, face));
  if (container.accent_color !== undefined && container.accent_color !== null) {
    box.classList.add("accented");
    box.style.setProperty("--bar", `#${container.accent_color.toString(16).padStart(6, "0")}`);
  }
  return hidden(container, box);
}

const hidden = (component, drawn) => (component.spoiler ? veil(drawn) : drawn);

function drawMedia(item, className) {
  const media = { ...item.media, description: item.description };
  const image = picture(media, className);
  return image && hidden(item, image.tagName === "A" ? image : opener(media, image));
}

function drawButton(button, face) {
  const emoji = button.emoji && drawEmoji(button.emoji, "button-emoji");
  const label = button.label && make("span", {}, button.label);
  const props = { class: `button ${STYLES[button.style] ?? "secondary"}`, "aria-label": button.label ? null : button.emoji?.name };
  if (button.style === 5) {
    const href = webAddress(button.url);
    const inactive = button.disabled || !href;
    return make(inactive ? "span" : "a", { ...props, "aria-disabled": inactive ? "true" : null, href: inactive ? null : href, target: "_blank", rel: "noreferrer noopener" }, emoji, label, icon("link", 16));
  }
  const busy = face.busy?.(button.custom_id);
  return make("button", {
    ...props, type: "button", disabled: button.disabled || busy || !face.press, dataset: { customId: button.custom_id ?? "" },
    "aria-busy": busy ? "true" : null, on: { click: () => face.press(button, null) },
  }, emoji, label);
}

/** A select; `face.press(select, values)` gets what was chosen. */
export function drawSelect(select, face) {
  const options = face.choices(select);
  const chosen = new Set(face.chosen?.(select.custom_id) ?? chosenAtFirst(select, options));
  const shown = options.filter((option) => chosen.has(option.value));
  const several = (select.max_values ?? 1) > 1;
  const placeholder = select.placeholder ?? PLACEHOLDERS[select.type];
  const control = make("button", {
    type: "button", class: "select", disabled: select.disabled || !face.press || face.busy?.(select.custom_id), "aria-haspopup": "listbox",
    "aria-label": shown.length ? `${placeholder}: ${shown.map(({ label }) => label).join(", ")}` : placeholder, dataset: { customId: select.custom_id },
  }, make("span", { class: shown.length ? "select-shown" : "select-shown faint" }, shown.length ? shown.map((option) => make("span", { class: several ? "select-chip" : "" }, option.emoji && drawEmoji(option.emoji, "button-emoji"), option.label)) : placeholder), icon("down", 18));
  control.addEventListener("click", () => {
    openMenu(control, {
      label: placeholder, width: control.offsetWidth, search: select.type !== 3 || options.length > SEARCH_FROM,
      several: several ? { least: select.min_values ?? 1, most: select.max_values } : null,
      items: options.map((option) => ({ ...option, checked: chosen.has(option.value) })),
      pick: (values) => face.press(select, values),
    });
  });
  return make("div", { class: "select-row" }, control);
}

/** What a select holds before anybody chose. Pure. */
export function chosenAtFirst(select, options) {
  const given = new Set((select.default_values ?? []).map((value) => value.id));
  return options.filter((option) => option.default || given.has(option.value)).map((option) => option.value);
}
