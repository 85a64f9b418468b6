// Components under and in messages: rows of buttons and selects, and the newer boxes (v2).

import { make, icon, picture, webAddress } from "./dom.js";
import { markdown } from "./markdown.js";
import { openMenu } from "./menus.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };
const SELECTS = new Set([3, 5, 6, 7, 8]);

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
  11: (thumbnail) => veiled(thumbnail, picture({ ...thumbnail.media, description: thumbnail.description }, "v2-thumbnail")),
  12: (gallery) => make("div", { class: `v2-gallery count-${Math.min(gallery.items.length, 4)}` },
    gallery.items.map((item) => veiled(item, picture({ ...item.media, description: item.description }, "v2-picture")))),
  13: (file) => make("div", { class: "attachment" }, icon("file", 28), make("span", {}, file.name ?? file.file.url.split("/").at(-1))),
  14: (separator) => make("hr", { class: `v2-separator spacing-${separator.spacing ?? 1}${separator.divider === false ? " unseen" : ""}` }),
  17: drawContainer,
};
for (const type of SELECTS) DRAW[type] = drawSelect;

function drawContainer(container, face) {
  const box = make("div", { class: `v2-container${container.spoiler ? " veil" : ""}` }, drawComponents(container.components, face));
  if (container.accent_color !== undefined && container.accent_color !== null) {
    box.classList.add("accented");
    box.style.setProperty("--bar", `#${container.accent_color.toString(16).padStart(6, "0")}`);
  }
  return unveilable(container, box);
}

function veiled(item, drawn) {
  if (drawn && item.spoiler) drawn.classList.add("veil");
  return drawn && unveilable(item, drawn);
}

function unveilable(item, drawn) {
  if (!item.spoiler) return drawn;
  drawn.title = "Spoiler, press to show";
  drawn.addEventListener("click", (event) => {
    if (!drawn.classList.contains("veil")) return;
    event.preventDefault();
    drawn.classList.remove("veil");
    drawn.removeAttribute("title");
  });
  return drawn;
}

function drawButton(button, face) {
  const emoji = button.emoji && make("span", { class: "button-emoji" }, button.emoji.id ? `:${button.emoji.name}:` : button.emoji.name);
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

function drawSelect(select, face) {
  const options = face.choices(select);
  const chosen = new Set(face.chosen?.(select.custom_id) ?? initial(select, options));
  const shown = options.filter((option) => chosen.has(option.value)).map((option) => option.label).join(", ");
  const several = (select.max_values ?? 1) > 1;
  const control = make("button", {
    type: "button", class: "select", disabled: select.disabled || !face.press || face.busy?.(select.custom_id), "aria-haspopup": "listbox",
    "aria-label": select.placeholder ?? "Make a choice", dataset: { customId: select.custom_id },
  }, make("span", { class: shown ? "" : "faint" }, shown || select.placeholder || "Make a choice"), icon("down", 18));
  control.addEventListener("click", () => {
    openMenu(control, {
      label: select.placeholder ?? "Make a choice",
      width: control.offsetWidth,
      several: several ? { least: select.min_values ?? 1, most: select.max_values } : null,
      items: options.map((option) => ({ ...option, checked: chosen.has(option.value) })),
      pick: (values) => face.press(select, values),
    });
  });
  return make("div", { class: "select-row" }, control);
}

function initial(select, options) {
  const given = new Set((select.default_values ?? []).map((value) => value.id));
  return options.filter((option) => option.default || given.has(option.value)).map((option) => option.value);
}

export { SELECTS };
