// Making elements. Text always goes in as text nodes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `props`: `class`, `dataset`, `on` (event → listener), any attribute; a value of
 * null, undefined or false leaves the attribute out. Children: nodes, strings, lists, null.
 */
export function make(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
  return element;
}

const ICONS = {
  hash: "M9.5 4 7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16",
  news: "M4 10v4h3l9 5V5L7 10H4zM19.5 9.5a4 4 0 0 1 0 5",
  forum: "M4 5h16v10H11l-4 4v-4H4zM8 9h8M8 12h5",
  thread: "M9 3 7.5 13M16 3l-1.6 10M4 7h16M3.5 12h9M15 16h6M15 19h4M12 21l2-5",
  reply: "M10 6 4 12l6 6M4 12h10a6 6 0 0 1 6 6v1",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14.5a4.2 4.2 0 0 0 7 0M9 9.5v.5M15 9.5v.5",
  pencil: "M4 20l1-5L16 4l4 4L9 19zM13.5 6.5l4 4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  close: "M6 6l12 12M18 6 6 18",
  right: "M9 5l7 7-7 7",
  left: "M15 5l-7 7 7 7",
  down: "M5 9l7 7 7-7",
  menu: "M4 7h16M4 12h16M4 17h16",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  people: "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 20a6.5 6.5 0 0 1 13 0M16 5.3a3.4 3.4 0 0 1 0 6.4M18 14.6a6.4 6.4 0 0 1 3.5 5.4",
  plus: "M12 5v14M5 12h14",
  send: "M4 4l17 8-17 8 3-8zM7 12h7",
  link: "M14 4h6v6M20 4l-9 9M17 14v6H4V7h6",
  slash: "M16 4 8 20",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20a7.5 7.5 0 0 1 15 0",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  app: "M5 5h5v5H5zM14 5h5v5h-5zM5 14h5v5H5zM14 14h5v5h-5z",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  check: "M5 12.5l5 5L19.5 7",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
  wrench: "M14.5 6.5a4.5 4.5 0 0 1 6-1l-3 3 1 2 2 1 3-3a4.5 4.5 0 0 1-6 5.5L9 22l-4-4 8-8a4.5 4.5 0 0 1 1.5-3.5z",
  chat: "M4 5h16v11H9l-5 4z",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  box: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4",
  undo: "M8 5 4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11h-3",
  gear: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM9 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  at: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM16 8v5a2.5 2.5 0 0 0 5 0v-1a9 9 0 1 0-3.5 7",
};

/** One of the icons above, drawn in the text's colour; hidden from screen readers. */
export function icon(name, size = 20) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("width", size);
  svg.setAttribute("height", size);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon; its label is read aloud and shown as a tooltip. */
export function iconButton(name, label, listener, props = {}) {
  return make("button", { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: listener }, ...props }, icon(name));
}

const TINTS = 7;

/** A round picture for a user or server: initials on a colour that follows from the id. */
export function avatar(id, name, className = "avatar") {
  const letters = name.split(/[\s._-]+/u).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "?";
  let sum = 0;
  for (const digit of `${id}`) sum = (sum * 31 + digit.charCodeAt(0)) % 9973;
  return make("span", { class: `${className} tint-${sum % TINTS}`, "aria-hidden": "true" }, letters);
}

/** The face of a user: their own picture, or their initials. */
export function userFace(user, name, className = "avatar") {
  const initials = avatar(user.id, name, user.bot ? `${className} app` : className);
  if (!user.avatar) return initials;
  const face = make("img", { class: className, src: `/avatars/${user.id}/${user.avatar}.png`, alt: "" });
  face.addEventListener("error", () => face.replaceWith(initials));
  return face;
}

/** Where in this page a link to a message or channel of Discord leads; null for every other address. */
export function placeInPage(address) {
  const found = /^https:\/\/discord\.com\/channels\/(\d+)\/(\d+)(?:\/(\d+))?$/u.exec(address);
  return found && `#/${found.slice(1).filter(Boolean).join("/")}`;
}

/** A link: into this page where it leads to a message, else to a new window. */
export function anchor(address, attributes, ...content) {
  const place = placeInPage(address);
  return make("a", { ...attributes, ...(place ? { href: place } : { href: webAddress(address), target: "_blank", rel: "noreferrer noopener" }) }, ...content);
}

/** An http(s) address as text, or null for anything else (javascript:, data:, nonsense). */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

const LOOPBACK = new Set(["127.0.0.1", "localhost"]);

/**
 * A picture, if it lies on this machine. One that lies elsewhere is only named: the sandbox
 * loads nothing from other hosts, so that a demonstration tells nobody that it happens.
 */
export function picture(media, className) {
  const candidates = [media?.proxy_url, media?.url].filter(Boolean);
  const local = candidates.find((address) => LOOPBACK.has(safeHost(address)));
  const label = media?.description || "";
  if (local) {
    const image = make("img", { class: className, src: webAddress(local), alt: label, loading: "lazy" });
    if (media.width && media.height) {
      image.setAttribute("width", media.width);
      image.setAttribute("height", media.height);
    }
    image.addEventListener("error", () => image.replaceWith(elsewhere(local, className, "could not be loaded")));
    return image;
  }
  const address = candidates.map(webAddress).find(Boolean);
  return address ? elsewhere(address, className, "is not loaded in the sandbox") : null;
}

function safeHost(address) {
  return webAddress(address) ? new URL(address).hostname : null;
}

function elsewhere(address, className, why) {
  const host = new URL(address).host;
  const label = `A picture from ${host} that ${why}`;
  return make(
    "a",
    { class: `${className} picture-elsewhere`, href: address, target: "_blank", rel: "noreferrer noopener", title: label, "aria-label": label },
    icon("picture", 24), make("span", { class: "picture-host" }, host),
  );
}
