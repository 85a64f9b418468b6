// The picker: the usual emoji, by kind, and the reactions drawn under a message.

import { make, icon } from "./dom.js";
import { float } from "./menus.js";

const USUAL = {
  Votes: [["👍", "thumbs up plus"], ["👎", "thumbs down minus"], ["⬆️", "up"], ["⬇️", "down"], ["✅", "check yes"], ["❌", "cross no"], ["⭐", "star"], ["🔥", "fire"], ["❤️", "heart"], ["💯", "hundred"]],
  Faces: [["😀", "grin"], ["😂", "joy laugh"], ["🙂", "smile"], ["😉", "wink"], ["😍", "love eyes"], ["🤔", "thinking"], ["😐", "neutral"], ["🙄", "roll eyes"], ["😮", "wow open mouth"], ["😢", "cry sad"], ["😭", "sob"], ["😡", "angry"], ["🥳", "party"], ["😎", "cool"], ["🤯", "mind blown"], ["😴", "sleep"]],
  Hands: [["👏", "clap"], ["🙏", "thanks pray"], ["🙌", "hooray"], ["💪", "strong"], ["👀", "eyes look"], ["🤝", "handshake"], ["👋", "wave"], ["🤷", "shrug"], ["🫡", "salute"], ["✍️", "write"]],
  Things: [["🎉", "tada party"], ["🚀", "rocket"], ["💡", "idea bulb"], ["📰", "news paper"], ["📌", "pin"], ["📈", "chart up"], ["📉", "chart down"], ["🐛", "bug"], ["🔒", "lock"], ["⏰", "alarm clock"], ["☕", "coffee"], ["🍿", "popcorn"], ["🏆", "trophy"], ["💬", "comment speech"], ["❓", "question"], ["❗", "exclamation"]],
};
export const QUICK = ["👍", "👎", "❤️"];
const COLUMNS = 8;

/** Open the picker at `anchor`; `pick(emoji)` gets {id: null, name}. */
export function openPicker(anchor, pick) {
  const search = make("input", { class: "input", type: "search", placeholder: "Find an emoji", "aria-label": "Find an emoji" });
  const list = make("div", { class: "picker-list" });
  const box = make("div", { class: "picker", role: "dialog", "aria-label": "Choose an emoji" }, search, list);
  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const groups = Object.entries(USUAL).map(([title, all]) => [title, all.filter(([, words]) => words.includes(wanted))]).filter(([, found]) => found.length);
    list.replaceChildren(...groups.flatMap(([title, found]) => [
      make("div", { class: "picker-title" }, title),
      make("div", { class: "picker-grid" }, found.map(([name, words]) => make("button", {
        type: "button", class: "picker-emoji", title: words, "aria-label": words, dataset: { emoji: name },
        on: { click: () => { close(); pick({ id: null, name }); } },
      }, name))),
    ]));
    if (!groups.length) list.append(make("p", { class: "faint" }, `No emoji here is called “${search.value}”.`));
  };
  search.addEventListener("input", draw);
  box.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll("button")];
    if (event.target === search) {
      if (event.key === "ArrowDown") all[0]?.focus();
      else if (event.key === "Enter") all[0]?.click();
      else return;
      event.preventDefault(); // else Enter would go on to press what the focus returns to
      return;
    }
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (!step) return;
    event.preventDefault();
    const to = all.indexOf(document.activeElement) + step;
    (to < 0 ? search : all[Math.min(to, all.length - 1)]).focus();
  });
  draw();
  const close = float(anchor, box);
  search.focus();
}

/** The pills under a message; `toggle(emoji, mine)`, `who(emoji) → Promise<string>`, `add(anchor)`. */
export function drawReactions(reactions, { toggle, who, add }) {
  if (!reactions?.length) return null;
  const pills = reactions.map(({ emoji, count, me }) => {
    const shown = emoji.id ? `:${emoji.name}:` : emoji.name;
    const pill = make("button", {
      type: "button", class: `reaction${me ? " mine" : ""}`, "aria-pressed": `${Boolean(me)}`, dataset: { emoji: emoji.name },
      "aria-label": `${shown}, ${count} ${count === 1 ? "reaction" : "reactions"}`, on: { click: () => toggle(emoji, me) },
    }, make("span", { class: "reaction-emoji" }, shown), make("span", { class: "reaction-count" }, `${count}`));
    pill.addEventListener("pointerenter", async () => { pill.title = await who(emoji); }, { once: true });
    return pill;
  });
  return make("div", { class: "reactions" }, pills,
    make("button", { type: "button", class: "reaction add", "aria-label": "Add another reaction", title: "Add another reaction", on: { click: (event) => add(event.currentTarget) } }, icon("smile", 18)));
}
