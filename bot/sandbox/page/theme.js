// Light or dark: the system's choice, until somebody presses the button.

import { iconButton } from "./dom.js";

const KEY = "sandbox.theme";

/** Set the theme, follow the system while nothing was chosen; returns the button that changes it. */
export function themeButton(root = document.documentElement, memory = localStorage) {
  const system = matchMedia("(prefers-color-scheme: light)");
  const current = () => memory.getItem(KEY) ?? (system.matches ? "light" : "dark");
  const button = iconButton("sun", "", () => {
    memory.setItem(KEY, current() === "dark" ? "light" : "dark");
    show();
  }, { id: "theme" });
  function show() {
    const theme = current();
    const other = theme === "dark" ? "light" : "dark";
    root.dataset.theme = theme;
    const fresh = iconButton(other === "light" ? "sun" : "moon", `Use the ${other} theme`, () => {});
    button.replaceChildren(...fresh.childNodes);
    button.setAttribute("aria-label", fresh.getAttribute("aria-label"));
    button.title = fresh.title;
  }
  system.addEventListener("change", show);
  show();
  return button;
}
