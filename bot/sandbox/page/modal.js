// A bot's modal: every kind of input in a dialog, handed back in the shape it came in.

import { chosenAtFirst, drawSelect, SELECTS } from "./components.js";
import { icon, iconButton, make } from "./dom.js";
import { markdown } from "./markdown.js";
import { field, openDialog } from "./menus.js";
import { wordSize } from "./attachments.js";

const ROW = 1, TEXT_INPUT = 4, TEXT = 10, LABEL = 18, FILES = 19, RADIO = 21, CHECKS = 22, CHECK = 23;
const PARAGRAPH = 2;

/** Show `modal` as INTERACTION_MODAL_CREATE brought it. */
export function openModal(session, modal) {
  const channel = session.store.channels.get(modal.channel_id ?? modal.channel?.id) ?? session.channel();
  const names = session.names(channel.guild_id);
  const uploads = [];
  const parts = modal.components.map((component) => part(component, { session, channel, names, uploads }));
  openDialog({
    title: modal.title, subtitle: modal.application?.name ? `This form goes to ${modal.application.name}. Do not share passwords.` : null,
    content: parts.map(({ element }) => element), action: "Submit",
    submit: async (close) => {
      uploads.length = 0;
      for (const { check } of parts) check?.();
      const answered = await session.interactions.submit(modal, channel, parts.map(({ value }) => value?.()).filter(Boolean), uploads);
      if (!answered) throw new Error("Something went wrong: the application did not respond. Your text is still here; you can try again.");
      close();
    },
  });
}

const INPUTS = { [TEXT_INPUT]: textInput, [FILES]: files, [RADIO]: choices, [CHECKS]: choices, [CHECK]: check };

/** `{element, value(), check()}` for one component; `value` gives what is sent back, `check` throws a sentence. */
function part(component, scene) {
  if (component.type === ROW) {
    const inner = component.components.map((each) => part(each, scene));
    return combine(inner, inner.map(({ element }) => element), () => ({ type: ROW, components: inner.map(({ value }) => value()) }));
  }
  if (component.type === LABEL) {
    const inner = part({ label: component.label, hint: component.description, ...component.component }, scene);
    return combine([inner], inner.element, () => ({ type: LABEL, component: inner.value() }));
  }
  if (component.type === TEXT) return { element: make("div", { class: "markup" }, markdown(component.content, scene.names)) };
  if (SELECTS.has(component.type)) return select(component, scene);
  if (INPUTS[component.type]) return INPUTS[component.type](component, scene);
  return { element: make("p", { class: "faint" }, "This page cannot show a part of this form.") };
}

function combine(inner, element, value) {
  return { element, value, check: () => inner.forEach((one) => one.check?.()) };
}

/** A heading over something that is no single input; `required` puts the star beside it. */
function labelled(component, required, ...content) {
  return make("div", { class: "field", role: "group", "aria-label": component.label }, make("span", { class: "field-label" }, component.label, required && make("span", { class: "required", "aria-hidden": "true" }, " *")),
    component.hint && make("span", { class: "faint" }, component.hint), content);
}

function fail(input, sentence) {
  input?.focus();
  throw new Error(sentence);
}

function textInput(component) {
  const required = component.required ?? true;
  const most = component.max_length ?? 4000;
  const { box, input } = field({
    label: component.label ?? "Text", hint: component.hint, value: component.value ?? "", long: component.style === PARAGRAPH, required,
    placeholder: component.placeholder, max: most, id: component.custom_id,
  });
  const count = make("span", { class: "field-count faint small", "aria-hidden": "true" });
  const tell = () => { count.textContent = `${input.value.length}/${most}`; };
  input.addEventListener("input", tell);
  tell();
  if (component.max_length || component.style === PARAGRAPH) box.append(count);
  return {
    element: box,
    value: () => ({ type: TEXT_INPUT, custom_id: component.custom_id, value: input.value }),
    check() {
      if (required && !input.value) fail(input, `“${component.label}” must not be empty.`);
      if (input.value && input.value.length < (component.min_length ?? 0)) fail(input, `“${component.label}” needs at least ${component.min_length} characters.`);
    },
  };
}

function select(component, { session, channel, names }) {
  const options = session.choices(component, channel.id);
  const required = component.required ?? true;
  let chosen = chosenAtFirst(component, options);
  const place = make("div");
  const draw = () => place.replaceChildren(drawSelect(component, {
    names, choices: () => options, chosen: () => chosen,
    press: (_, values) => {
      chosen = values;
      draw();
      place.querySelector("button").focus();
    },
  }));
  draw();
  return {
    element: labelled({ label: "Choice", ...component }, required, place),
    value: () => ({ type: component.type, custom_id: component.custom_id, values: chosen }),
    check() {
      if (required && !chosen.length) fail(place.querySelector("button"), `Choose something for “${component.label ?? "the choice"}”.`);
    },
  };
}

/** Radio buttons (one of them) and check boxes (some of them). */
function choices(component) {
  const one = component.type === RADIO;
  const required = component.required ?? true;
  const inputs = component.options.map((option) => make("input", { type: one ? "radio" : "checkbox", name: component.custom_id, value: option.value, checked: option.default }));
  const rows = component.options.map((option, at) => make("label", { class: "choice" }, inputs[at], make("span", {}, option.label, option.description && make("span", { class: "menu-description" }, option.description))));
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const least = one ? 1 : component.min_values ?? 1;
  const most = one ? 1 : component.max_values ?? inputs.length;
  return {
    element: labelled(component, required, make("div", { class: "choices", dataset: { customId: component.custom_id } }, rows)),
    value: () => (one ? { type: RADIO, custom_id: component.custom_id, value: chosen()[0] ?? null } : { type: CHECKS, custom_id: component.custom_id, values: chosen() }),
    check() {
      const count = chosen().length;
      if (!count && !required) return;
      if (count < least) fail(inputs[0], `Choose at least ${least} for “${component.label}”.`);
      if (count > most) fail(inputs[0], `Choose at most ${most} for “${component.label}”.`);
    },
  };
}

function check(component) {
  const input = make("input", { type: "checkbox", checked: component.default, dataset: { customId: component.custom_id } });
  return {
    element: make("label", { class: "choice" }, input, make("span", {}, component.label, component.hint && make("span", { class: "menu-description" }, component.hint))),
    value: () => ({ type: CHECK, custom_id: component.custom_id, value: input.checked }),
  };
}

function files(component, { uploads }) {
  const required = component.required ?? true;
  const most = component.max_values ?? 1;
  let taken = [];
  const input = make("input", { type: "file", multiple: most > 1, class: "file-input", dataset: { customId: component.custom_id } });
  const list = make("ul", { class: "tray-list" });
  const draw = () => list.replaceChildren(...taken.map((file, at) => make("li", { class: "file-row" }, icon("file", 20), make("span", { class: "tray-name" }, file.name), make("span", { class: "faint small" }, wordSize(file.size)),
    iconButton("close", `Do not send ${file.name}`, () => {
      taken.splice(at, 1);
      draw();
    }))));
  input.addEventListener("change", () => {
    taken = [...taken, ...input.files].slice(-most);
    input.value = "";
    draw();
  });
  return {
    element: labelled(component, required, input, list),
    // The number of a file among all that are sent stands for it.
    value: () => ({ type: FILES, custom_id: component.custom_id, values: taken.map((file) => `${uploads.push(file) - 1}`) }),
    check() {
      if (taken.length < (required ? Math.max(1, component.min_values ?? 1) : 0)) fail(input, `Choose a file for “${component.label}”.`);
    },
  };
}
