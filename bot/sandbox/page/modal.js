// A bot's modal: text inputs and selects in a dialog, handed back in the shape they came in.

import { make } from "./dom.js";
import { SELECTS } from "./components.js";
import { markdown } from "./markdown.js";
import { field, openDialog } from "./menus.js";

const ROW = 1, TEXT_INPUT = 4, TEXT = 10, LABEL = 18;
const PARAGRAPH = 2;

/** Show `modal` as INTERACTION_MODAL_CREATE brought it. */
export function openModal(session, modal) {
  const channel = session.store.channels.get(modal.channel_id ?? modal.channel?.id) ?? session.channel();
  const names = session.names(channel.guild_id);
  const parts = modal.components.map((component) => part(component, { session, channel, names }));
  openDialog({
    title: modal.title, subtitle: modal.application?.name ? `This form goes to ${modal.application.name}.` : null,
    content: parts.map(({ element }) => element), action: "Submit",
    submit: async (close) => {
      for (const { check } of parts) check?.();
      const answered = await session.interactions.submit(modal, channel, parts.map(({ value }) => value?.()).filter(Boolean));
      if (!answered) throw new Error("The application did not respond. Your text is still here; you can try again.");
      close();
    },
  });
}

/** `{element, value(), check()}` for one component; `value` gives what is sent back. */
function part(component, scene) {
  if (component.type === ROW) {
    const inner = component.components.map((each) => part(each, scene));
    return combine(inner, inner.map(({ element }) => element), () => ({ type: ROW, components: inner.map(({ value }) => value()) }));
  }
  if (component.type === LABEL) {
    const inner = part({ label: component.label, hint: component.description, ...component.component }, scene);
    return combine([inner], inner.element, () => ({ type: LABEL, component: inner.value() }));
  }
  if (component.type === TEXT_INPUT) return textInput(component);
  if (SELECTS.has(component.type)) return choice(component, scene);
  if (component.type === TEXT) return { element: make("div", { class: "markup" }, markdown(component.content, scene.names)) };
  return { element: make("p", { class: "faint" }, "This page cannot show a part of this form.") };
}

function combine(inner, element, value) {
  return { element, value, check: () => inner.forEach(({ check }) => check?.()) };
}

function textInput(component) {
  const required = component.required ?? true;
  const { box, input } = field({
    label: component.label ?? "Text", hint: component.hint, value: component.value ?? "", long: component.style === PARAGRAPH, required,
    placeholder: component.placeholder, max: component.max_length ?? 4000, id: component.custom_id,
  });
  const fail = (sentence) => {
    input.focus();
    throw new Error(sentence);
  };
  return {
    element: box,
    value: () => ({ type: TEXT_INPUT, custom_id: component.custom_id, value: input.value }),
    check() {
      if (required && !input.value) fail(`“${component.label}” must not be empty.`);
      if (input.value && input.value.length < (component.min_length ?? 0)) fail(`“${component.label}” needs at least ${component.min_length} characters.`);
    },
  };
}

function choice(component, { session, channel }) {
  const options = session.choices(component, channel.id);
  const required = component.required ?? true;
  const select = make("select", { class: "input", multiple: (component.max_values ?? 1) > 1, dataset: { customId: component.custom_id } },
    (component.max_values ?? 1) === 1 && make("option", { value: "" }, component.placeholder ?? "Make a choice"),
    options.map((option) => make("option", { value: option.value, selected: option.default }, option.label)));
  const chosen = () => [...select.selectedOptions].map((option) => option.value).filter(Boolean);
  return {
    element: make("label", { class: "field" }, make("span", { class: "field-label" }, component.label ?? "Choice"), component.hint && make("span", { class: "faint" }, component.hint), select),
    value: () => ({ type: component.type, custom_id: component.custom_id, values: chosen() }),
    check() {
      if (required && !chosen().length) throw new Error(`Choose something for “${component.label ?? "the choice"}”.`);
    },
  };
}
