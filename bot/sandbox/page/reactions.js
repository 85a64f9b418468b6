// The pills under a message, and who gave which.

import { make, avatar, icon } from "./dom.js";
import { drawEmoji } from "./emoji.js";
import { openDialog } from "./menus.js";

const ASK_AFTER = 250; // ms that one looks at a pill before its people are asked for

export const QUICK = ["👍", "👎", "❤️"];

/** The pills under a message; `toggle(emoji, mine)`, `who(emoji) → Promise<string>`, `add(anchor)`. */
export function drawReactions(reactions, { toggle, who, add }) {
  if (!reactions?.length) return null;
  const pills = reactions.map(({ emoji, count, me }) => {
    const shown = emoji.id ? `:${emoji.name}:` : emoji.name;
    const pill = make("button", {
      type: "button", class: `reaction${me ? " mine" : ""}`, "aria-pressed": `${Boolean(me)}`, dataset: { emoji: emoji.name },
      "aria-label": `${shown}, ${count} ${count === 1 ? "reaction" : "reactions"}`, on: { click: () => toggle(emoji, me) },
    }, drawEmoji(emoji, "reaction-emoji"), make("span", { class: "reaction-count" }, `${count}`));
    explain(pill, emoji, who);
    return pill;
  });
  return make("div", { class: "reactions" }, pills,
    make("button", { type: "button", class: "reaction add", "aria-label": "Add another reaction", title: "Add another reaction", on: { click: (event) => add(event.currentTarget) } }, icon("smile", 18)));
}

/** Say over a pill who reacted, while one points at it or it has the focus. */
function explain(pill, emoji, who) {
  let tip = null;
  let timer = null;
  const hide = () => {
    clearTimeout(timer);
    tip?.remove();
    tip = null;
  };
  const show = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const words = await who(emoji);
      if (!words || tip || !pill.isConnected || !pill.matches(":hover, :focus-visible")) return;
      tip = make("div", { class: "tooltip", role: "tooltip" }, drawEmoji(emoji, "tooltip-emoji"), make("span", {}, words));
      pill.append(tip);
    }, ASK_AFTER);
  };
  pill.addEventListener("pointerenter", show);
  pill.addEventListener("focus", show);
  for (const kind of ["pointerleave", "blur"]) pill.addEventListener(kind, hide);
}

/** All who reacted to a message, by emoji; `ask(emoji) → Promise<users>`, `nameOf(user)`. */
export function openReactors(message, { ask, nameOf }) {
  const people = make("ul", { class: "reactors", "aria-live": "polite" });
  const tabs = make("div", { class: "reactor-tabs", role: "tablist" });
  const show = async (reaction, tab) => {
    for (const one of tabs.children) one.setAttribute("aria-selected", `${one === tab}`);
    people.replaceChildren(make("li", { class: "faint" }, "Asking…"));
    try {
      const users = await ask(reaction.emoji);
      people.replaceChildren(...users.map((user) => make("li", {}, avatar(user.id, user.username, "avatar small"), nameOf(user), make("span", { class: "faint" }, user.username))));
    } catch (error) {
      people.replaceChildren(make("li", { class: "failure" }, error.message));
    }
  };
  for (const reaction of message.reactions) {
    const tab = make("button", { type: "button", class: "reactor-tab", role: "tab" }, drawEmoji(reaction.emoji), ` ${reaction.count}`);
    tab.addEventListener("click", () => show(reaction, tab));
    tabs.append(tab);
  }
  openDialog({ title: "Reactions", content: make("div", { class: "reactor-box" }, tabs, people), cancel: "Close" });
  tabs.firstElementChild.click();
}
