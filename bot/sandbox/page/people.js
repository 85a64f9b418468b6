// Who one is in this sandbox: the prepared people, and names registered here.

import { make, append, avatar, icon, iconButton, userFace } from "./dom.js";
import { nameOf } from "./kinds.js";
import { field, openDialog, openMenu } from "./menus.js";
import { openPersonal } from "./personal.js";

const REGISTERED = "sandbox.people";
const CHOSEN = "sandbox.person";

export class People {
  constructor(api, memory = localStorage) {
    Object.assign(this, { api, memory });
    this.all = [];
  }

  /** Read who there is; the prepared come first. Raises where the sandbox does not answer. */
  async load() {
    const prepared = await this.api.people();
    const names = new Set(prepared.map((person) => person.username));
    this.all = [...prepared, ...this.#registered().filter((person) => !names.has(person.username))];
  }

  #registered() {
    return JSON.parse(this.memory.getItem(REGISTERED) ?? "[]");
  }

  /** The person that the address names, else the one chosen last, else a prepared admin, else the first. */
  chosen(wanted = new URLSearchParams(location.search).get("person")) {
    const named = (name) => this.all.find((person) => person.username === name);
    return named(wanted) ?? named(this.memory.getItem(CHOSEN)) ?? this.all.find((person) => person.role === "admin") ?? this.all[0] ?? null;
  }

  /** Become `username`: the page starts anew as that person, in the same channel. */
  become(username) {
    this.memory.setItem(CHOSEN, username);
    const address = new URL(location.href);
    address.searchParams.set("person", username);
    location.assign(address);
  }

  async register(username) {
    const { token } = await this.api.register(username);
    const others = this.#registered().filter((person) => person.username !== username);
    this.memory.setItem(REGISTERED, JSON.stringify([...others, { username, token, role: "registered here" }]));
  }

  /** A registered person whose token the sandbox no longer knows. */
  forget(username) {
    this.memory.setItem(REGISTERED, JSON.stringify(this.#registered().filter((person) => person.username !== username)));
    if (this.memory.getItem(CHOSEN) === username) this.memory.removeItem(CHOSEN);
  }

  askForName() {
    const name = field({ label: "Your name", required: true, min: 2, max: 32, placeholder: "alice", hint: "Small letters, digits, dots and underscores." });
    openDialog({
      title: "Join the sandbox as somebody new", content: name.box, action: "Register",
      submit: async () => {
        await this.register(name.input.value.trim());
        this.become(name.input.value.trim());
      },
    });
  }
}

/** The panel at the foot of the sidebar: who I am, a menu to be somebody else, my settings, the theme. */
export function personPanel(people, person, session, theme) {
  const { me } = session.store;
  const switcher = make("button", { type: "button", class: "person-button", id: "switch-person", "aria-haspopup": "listbox", title: "Be somebody else (Alt+1, Alt+2, …)" },
    userFace(me, nameOf(me)), make("span", { class: "person-text" }, make("strong", {}, nameOf(me)), make("span", { class: "faint" }, person.role ?? "member")), icon("people", 18));
  switcher.addEventListener("click", () => openPeople(switcher, people, person));
  return append(document.createDocumentFragment(), [switcher, iconButton("gear", "My settings", () => openPersonal(session), { id: "settings" }), theme]);
}

/** Alt and a digit: become the first, second, … of the people at once. */
export function wireShortcuts(people) {
  addEventListener("keydown", (event) => {
    const digit = /^Digit([1-9])$/u.exec(event.code)?.[1];
    const wanted = event.altKey && !event.ctrlKey && digit && people.all[Number(digit) - 1];
    if (!wanted) return;
    event.preventDefault();
    people.become(wanted.username);
  });
}

function openPeople(anchor, people, person) {
  openMenu(anchor, {
    label: "Who to be", width: 240,
    items: [
      { heading: "Be somebody else" },
      ...people.all.map((other, at) => ({
        label: other.username, description: `${other.role}${at < 9 ? ` · Alt+${at + 1}` : ""}`, value: other.username, checked: other.username === person?.username, picture: avatar(other.id ?? other.username, other.username, "avatar small"),
      })),
      { label: "Somebody new…", value: "", icon: "plus" },
    ],
    pick: ([username]) => (username ? people.become(username) : people.askForName()),
  });
  for (const entry of document.querySelectorAll(".menu [data-value]")) entry.dataset.person = entry.dataset.value;
}

/** What is shown when nobody is there yet. */
export function welcome(people) {
  return make("div", { class: "blank" }, make("h2", {}, "Nobody is here yet"),
    make("p", {}, "The sandbox has no prepared people. Choose a name to join it; nothing leaves this machine."),
    make("button", { type: "button", class: "button primary", on: { click: () => people.askForName() } }, "Choose a name"));
}
