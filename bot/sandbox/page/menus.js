// What floats: menus with arrow keys, and dialogs that keep the focus inside. Escape closes.

import { make, icon } from "./dom.js";
import { drawEmoji } from "./emoji.js";

// A dialog lies above everything else; what floats while it is open belongs into it.
const layer = () => [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.getElementById("layer");
const GAP = 6; // px
const LONG_PRESS = 500; // ms

/** Put `box` beside `anchor` (an element, or a point {x, y}), inside the window. */
function place(box, anchor) {
  const at = anchor instanceof Element ? anchor.getBoundingClientRect() : { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y };
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = at.bottom + GAP + height <= innerHeight;
  const top = below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height);
  const left = Math.max(GAP, Math.min(at.left, innerWidth - width - GAP));
  box.style.top = `${Math.max(GAP, Math.min(top, innerHeight - height - GAP))}px`;
  box.style.left = `${left}px`;
}

/** Show `box` as the one thing that floats at `anchor`; it goes with Escape or a click elsewhere. */
export function float(anchor, box, { closed = () => {} } = {}) {
  const before = document.activeElement;
  const abort = new AbortController();
  const close = ({ refocus = true } = {}) => {
    if (abort.signal.aborted) return;
    abort.abort();
    box.remove();
    if (refocus && before?.isConnected) before.focus({ preventScroll: true });
    closed();
  };
  layer().append(box);
  place(box, anchor);
  const outside = (event) => {
    if (!box.contains(event.target)) close({ refocus: false });
  };
  document.addEventListener("pointerdown", outside, { capture: true, signal: abort.signal });
  addEventListener("resize", () => close(), { signal: abort.signal });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  return close;
}

/**
 * A menu. Items: `{label, description?, icon?, emoji?, picture?, danger?, checked?, value?, act?, heading?}`.
 * `pick(values)` gets the chosen values; with `several` {least, most} they are handed over on closing.
 * `search` puts a box on top that leaves only the items whose labels hold what is typed; `head` an element.
 */
export function openMenu(anchor, { label, items, pick = null, several = null, width = null, search = false, head = null }) {
  const chosen = new Set(items.filter((item) => item.checked).map((item) => item.value));
  const before = [...chosen].join();
  const choosing = Boolean(pick);
  const list = make("div", { class: "menu-list", role: choosing ? "listbox" : "menu", "aria-label": label, "aria-multiselectable": several ? "true" : null });
  const typed = search && make("input", { class: "input menu-search", type: "search", placeholder: "Search", "aria-label": `Search: ${label}`, autocomplete: "off" });
  const box = make("div", { class: `menu${head ? " with-head" : ""}` }, head, typed, list);
  if (width) box.style.minWidth = `${width}px`;
  const finish = () => {
    if (several && [...chosen].join() !== before && chosen.size >= several.least) pick([...chosen]);
  };
  const rows = items.map(drawItem);
  list.append(...rows);
  if (!items.length) list.append(make("p", { class: "menu-empty" }, "There is nothing to choose from."));
  const close = float(anchor, box, { closed: finish });
  const entries = () => [...list.querySelectorAll("button:not([hidden])")];

  function drawItem(item) {
    if (item.heading) return make("div", { class: "menu-heading", role: "presentation" }, item.heading);
    const mark = choosing && make("span", { class: `tick${several ? " box" : ""}` }, icon("check", 14));
    const entry = make("button", {
      type: "button", class: `menu-item${item.danger ? " danger" : ""}`, role: choosing ? "option" : "menuitem",
      tabindex: "-1", "aria-selected": choosing ? `${Boolean(item.checked)}` : null, dataset: { value: item.value ?? item.label },
    }, item.picture, item.emoji && drawEmoji(item.emoji, "button-emoji"),
    make("span", { class: "menu-label" }, item.label, item.description && make("span", { class: "menu-description" }, item.description)), mark, item.icon && icon(item.icon, 18));
    entry.addEventListener("click", () => choose(item, entry));
    entry.addEventListener("pointermove", () => document.activeElement !== entry && document.activeElement !== typed && entry.focus({ preventScroll: true }));
    return entry;
  }

  function choose(item, entry) {
    if (several) {
      if (chosen.has(item.value)) chosen.delete(item.value);
      else if (chosen.size < several.most) chosen.add(item.value);
      entry.setAttribute("aria-selected", `${chosen.has(item.value)}`);
      return;
    }
    close();
    if (choosing) pick([item.value]);
    else item.act();
  }

  box.addEventListener("keydown", (event) => {
    if (event.target === typed && event.key === "Enter") {
      event.preventDefault();
      entries()[0]?.click();
    } else if (event.target !== typed || event.key === "ArrowDown" || event.key === "ArrowUp") moveFocus(event, entries());
  });
  if (typed) {
    typed.addEventListener("input", () => {
      const wanted = typed.value.trim().toLowerCase();
      items.forEach((item, at) => { rows[at].hidden = !(item.label ?? item.heading).toLowerCase().includes(wanted); });
    });
    typed.focus();
  } else (list.querySelector("[aria-selected=true]") ?? entries()[0])?.focus();
  return close;
}

/** Call `open({x, y})` when a menu is wanted of `element`: by the other mouse button, the menu key, or a long press. */
export function onMenuWanted(element, open) {
  element.addEventListener("contextmenu", (event) => {
    if (event.target.closest("a, textarea, .dialog")) return;
    event.preventDefault();
    open({ x: event.clientX, y: event.clientY });
  });
  // A phone has no other way than a long press, and not every browser makes it a contextmenu.
  let press = null;
  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || event.target.closest("a, button, textarea")) return;
    press = setTimeout(() => open({ x: event.clientX, y: event.clientY }), LONG_PRESS);
  });
  for (const kind of ["pointerup", "pointermove", "pointercancel"]) element.addEventListener(kind, () => clearTimeout(press));
}

/** Up, Down, Home, End among `entries`. */
export function moveFocus(event, entries) {
  const at = entries.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
  if (to === undefined || !entries.length) return;
  event.preventDefault();
  entries[(to + entries.length) % entries.length].focus();
}

/**
 * A dialog with a form. `submit(close)` is called when it is sent; an error it throws is shown
 * in the dialog as a sentence. Returns a function that closes it.
 */
export function openDialog({ title, subtitle = null, content, action = null, submit = null, danger = false, cancel = "Cancel", wide = false }) {
  const failure = make("p", { class: "failure", role: "alert", hidden: true });
  const send = action && make("button", { class: `button ${danger ? "danger" : "primary"}`, type: "submit" }, action);
  const form = make("form", { class: "dialog-form", novalidate: true },
    make("header", { class: "dialog-head" }, make("h2", { id: "dialog-title" }, title), subtitle && make("p", { class: "faint" }, subtitle)),
    make("div", { class: "dialog-body" }, content, failure),
    make("footer", { class: "dialog-foot" }, make("button", { class: "button plain", type: "button", on: { click: () => dialog.close() } }, cancel), send));
  const dialog = make("dialog", { class: `dialog${wide ? " wide" : ""}`, "aria-labelledby": "dialog-title" }, form);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!submit) return;
    failure.hidden = true;
    if (send) send.disabled = true;
    try {
      await submit(() => dialog.close());
    } catch (error) {
      failure.textContent = error.message;
      failure.hidden = false;
    } finally {
      if (send) send.disabled = false;
    }
  });
  document.getElementById("layer").append(dialog);
  dialog.showModal();
  dialog.querySelector("[autofocus], input, textarea, .dialog-foot .button.danger")?.focus();
  return () => dialog.close();
}

/** A labelled input or textarea for a dialog; returns `{box, input}`. */
export function field({ label, value = "", long = false, required = false, placeholder = null, hint = null, min = null, max = null, id = label }) {
  const input = make(long ? "textarea" : "input", {
    class: "input", required, placeholder, minlength: min, maxlength: max, autocomplete: "off", value, rows: long ? 4 : null, dataset: { customId: id },
  });
  const box = make("label", { class: "field" },
    make("span", { class: "field-label" }, label, required && make("span", { class: "required", "aria-hidden": "true" }, " *")),
    hint && make("span", { class: "faint" }, hint), input);
  return { box, input };
}
