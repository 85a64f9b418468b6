// The emoji picker: search, the ones used last, the guild's own, and all the others by kind.

import { make } from "./dom.js";
import { customEmoji, drawEmoji, emojiTable, recentEmoji, rememberEmoji, searchEmoji } from "./emoji.js";
import { sameEmoji } from "./kinds.js";
import { float } from "./menus.js";

const COLUMNS = 9;
const TABS = { Recent: "🕘", Smileys: "😀", People: "👋", Nature: "🌿", Food: "🍔", Activities: "⚽", Travel: "🚗", Objects: "💡", Symbols: "❤️", Flags: "🏳️" };

/** Open the picker at `anchor`; `guild` is the one whose own emoji are offered; `pick(emoji)` gets {id, name, animated}. */
export async function openPicker(anchor, guild, pick) {
  const search = make("input", { class: "input", type: "search", placeholder: "Find the perfect emoji", "aria-label": "Find an emoji" });
  const list = make("div", { class: "picker-list" });
  const shown = make("div", { class: "picker-shown", "aria-live": "polite" });
  const tabs = make("div", { class: "picker-tabs", role: "tablist", "aria-label": "Kinds of emoji" });
  const box = make("div", { class: "picker", role: "dialog", "aria-label": "Choose an emoji" }, make("div", { class: "picker-head" }, search), make("div", { class: "picker-body" }, tabs, list), shown);
  const close = float(anchor, box);
  search.focus();
  const own = customEmoji(guild);
  const groups = [...(own.length ? [{ title: guild.name, emoji: own }] : []), ...(await emojiTable())];
  const everything = groups.flatMap(({ emoji }) => emoji);
  // One of another server is not offered here.
  const recent = recentEmoji().map((last) => everything.find((one) => sameEmoji(one, last))).filter(Boolean);
  groups.unshift({ title: "Recent", emoji: recent });
  const byButton = new WeakMap();

  const cell = (emoji) => {
    const button = make("button", { type: "button", class: "picker-emoji", tabindex: "-1", "aria-label": emoji.names[0], dataset: { emoji: emoji.name } }, drawEmoji(emoji));
    byButton.set(button, emoji);
    return button;
  };
  const group = ({ title, emoji }) => make("section", { class: "picker-group", dataset: { group: title } }, make("h3", { class: "picker-title" }, title), make("div", { class: "picker-grid" }, emoji.map(cell)));
  const draw = () => {
    const wanted = search.value.trim();
    const found = wanted ? [{ title: "Results", emoji: searchEmoji(everything, wanted) }] : groups;
    list.replaceChildren(...found.filter(({ emoji }) => emoji.length).map(group));
    if (!list.children.length) list.append(make("p", { class: "faint padded" }, `No emoji is called “${wanted}”.`));
    list.scrollTop = 0;
    show(list.querySelector("button"));
  };
  const show = (button) => {
    const emoji = byButton.get(button);
    shown.replaceChildren(...(emoji ? [drawEmoji(emoji, "picker-large"), make("strong", {}, `:${emoji.names[0]}:`)] : []));
  };
  const choose = (button) => {
    const emoji = byButton.get(button);
    if (!emoji) return;
    rememberEmoji(emoji);
    close();
    pick({ id: emoji.id, name: emoji.name, animated: emoji.animated });
  };

  tabs.append(...groups.map(({ title }) => make("button", {
    type: "button", class: "picker-tab", role: "tab", tabindex: "-1", title, "aria-label": title, on: { click: () => list.querySelector(`[data-group="${CSS.escape(title)}"]`)?.scrollIntoView({ block: "start" }) },
  }, TABS[title] ?? drawEmoji(own[0]))));
  search.addEventListener("input", draw);
  list.addEventListener("click", (event) => choose(event.target.closest("button")));
  for (const kind of ["pointerover", "focusin"]) list.addEventListener(kind, (event) => show(event.target.closest("button")));
  box.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll("button")];
    if (event.target === search) {
      if (event.key === "ArrowDown") all[0]?.focus();
      else if (event.key === "Enter") choose(all[0]);
      else return;
      event.preventDefault(); // else Enter would go on to press what the focus returns to
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (!step || !all.includes(document.activeElement)) return;
    event.preventDefault();
    const to = all.indexOf(document.activeElement) + step;
    (to < 0 ? search : all[Math.min(to, all.length - 1)]).focus();
  });
  draw();
}
