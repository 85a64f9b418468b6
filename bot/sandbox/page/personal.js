// What a person decides for themselves: the language that bots see, and who may write to them.

import { make } from "./dom.js";
import { openDialog } from "./menus.js";

const LANGUAGES = {
  "en-US": "English, US", "en-GB": "English, UK", de: "Deutsch", fr: "Français", "es-ES": "Español", it: "Italiano", "pt-BR": "Português do Brasil", nl: "Nederlands", "sv-SE": "Svenska", pl: "Polski", ja: "日本語",
};

/** The person's own settings; bots hear of them with the next interaction or message. */
export async function openPersonal(session) {
  const { api, store } = session;
  let known;
  try {
    known = await api.settings();
  } catch (error) {
    return void session.notice(error.message);
  }
  const language = make("select", { class: "input", id: "language" }, Object.entries(LANGUAGES).map(([code, word]) => make("option", { value: code, selected: code === known.locale }, word)));
  const open = [...store.guilds.values()].map((guild) => ({ guild, box: make("input", { type: "checkbox", checked: !known.restricted_guilds.includes(guild.id), dataset: { openTo: guild.name } }) }));
  openDialog({
    title: "Settings", subtitle: `of ${store.me.username}`, action: "Save",
    content: [
      make("label", { class: "field" }, make("span", { class: "field-label" }, "Language"), language),
      make("div", { class: "field", role: "group", "aria-label": "Direct messages" }, make("span", { class: "field-label" }, "Direct messages"),
        make("span", { class: "faint" }, "Members and apps of these servers may write to me:"), open.map(({ guild, box }) => make("label", { class: "choice" }, box, make("span", {}, guild.name)))),
    ],
    submit: async (close) => {
      const closed = open.filter(({ box }) => !box.checked).map(({ guild }) => guild.id);
      await api.updateSettings({ locale: language.value, restricted_guilds: closed });
      store.me = { ...store.me, locale: language.value };
      session.commands.forget();
      close();
    },
  });
  return null;
}
