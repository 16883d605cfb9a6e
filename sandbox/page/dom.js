// Small things for building the page: elements, lists that keep their nodes, and calls to the server.

// An element with attributes ("onclick" and the like are listeners) and children; null children are left out.
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

// Show `items` in `parent`. Nodes of unchanged items stay, so that focus and reading position stay, too.
// Returns the keys that were not there before.
export function sync(parent, items, key, draw, salt = "") {
  const before = parent.drawn ?? new Map();
  const now = new Map();
  const fresh = [];
  for (const item of items) {
    const name = String(key(item));
    const sign = JSON.stringify(item) + salt;
    const old = before.get(name);
    if (!old) fresh.push(name);
    now.set(name, old && old.sign === sign ? old : { sign, node: draw(item), old: old?.node });
  }
  const focused = document.activeElement;
  for (const [name, entry] of before) {
    if (!now.has(name)) entry.node.remove();
  }
  let place = parent.firstChild;
  for (const entry of now.values()) {
    if (entry.old) {
      const mark = entry.old.contains(focused) ? focused.dataset?.focus : undefined;
      if (entry.old === place) place = entry.node;
      entry.old.replaceWith(entry.node);
      if (mark) entry.node.querySelector(`[data-focus="${CSS.escape(mark)}"]`)?.focus();
      delete entry.old;
    }
    if (entry.node === place) place = place.nextSibling;
    else parent.insertBefore(entry.node, place);
  }
  parent.drawn = now;
  return fresh;
}

// Small drawings, so that no font has to have them.
const DRAWINGS = {
  chat: "M4 5h16v11H11l-5 4v-4H4z",
  email: "M3 6h18v12H3zm0 1 9 6 9-6",
  phone: "M6 3h4l1 5-2.500 1.500a12 12 0 0 0 6 6L16 13l5 1v4c0 1.500-1 3-3 3A15 15 0 0 1 3 6c0-2 1.500-3 3-3z",
  letter: "M5 4h14v16H5zm3 5h8m-8 3h8m-8 3h5",
  file: "M6 3h8l4 4v14H6zm8 0v4h4",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", DRAWINGS[name] ?? "");
  svg.append(path);
  return svg;
}

export const $ = (id) => document.getElementById(id);

export async function get(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// Do something on the server; throws an Error with the server's reason when it will not.
export async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const read = await answer.json().catch(() => ({ error: String(answer.status) }));
  if (!answer.ok) throw new Error(read.error ?? String(answer.status));
  return read;
}

export function remember(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch {
    // A browser without storage forgets; nothing else changes.
  }
  return value ?? null;
}
