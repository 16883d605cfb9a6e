// What to do next: four steps from the first word to an open case, read from what is on the page.

import { $, h, sync } from "./dom.js";
import { day, lang, t } from "./texts.js";

const STEPS = ["step_ask", "step_who", "step_code", "step_open"];

// Before the code, and being answered. What is in neither is held by staff, or closed.
const WAITING = new Set(["received", "verifying"]);
const ACTIVE = new Set(["open", "waiting"]);

// The cases the shop has named to this person, newest first. Other people's cases are nothing to go by.
function ownRows(state) {
  const told = [...state.chat.messages, ...state.mail].filter((one) => !one.mine).map((one) => `${one.subject ?? ""} ${one.text}`);
  const own = state.queue.rows.filter((row) => told.some((text) => text.includes(row.id)));
  return own.sort((a, b) => b.received_at.localeCompare(a.received_at));
}

// Which way the code of a letter goes back: by mail when the request came by mail, else in the chat.
export function wayBack(letter, rows) {
  const about = rows.find((row) => `${letter.subject} ${letter.text}`.includes(row.id));
  const byMail = about ? about.channel === "email" : letter.answers;
  return byMail ? "mail" : "chat";
}

// Whether the code of a letter is still asked for: until then, no case it names is past the code.
function isAsked(letter, rows) {
  const about = rows.filter((row) => `${letter.subject} ${letter.text}`.includes(row.id));
  return !about.length || about.some((row) => WAITING.has(row.status));
}

// Where the visitor stands, and what would bring them on.
export function standing(state, person, mail) {
  if (!state.serving) return { step: 0, hint: t("hint_trouble") };
  const rows = ownRows(state);
  const code = mail.codeLetter;
  if (code && isAsked(code, rows)) {
    const seen = mail.isRead(code);
    const way = wayBack(code, rows);
    return { step: 2, hint: t(seen ? `hint_code_${way}` : "hint_code_come"), letter: code, seen, way };
  }
  const [newest] = rows;
  if (newest && !WAITING.has(newest.status)) return known(rows.find((row) => ACTIVE.has(row.status)) ?? newest);
  const said = saidSince(state.chat.messages, newest);
  const wrote = state.mail.some((letter) => letter.mine);
  if (newest ? newest.channel === "email" || said.some(isClaim) : wrote || said.some(isClaim)) return { step: 2, hint: t(person.known ? "hint_wait" : "hint_stranger") };
  return newest || said.length ? { step: 1, hint: t("hint_who") } : { step: 0, hint: t("hint_ask") };
}

// What the visitor said in the chat since it first named the case; everything where there is none.
function saidSince(messages, row) {
  const start = row ? messages.findIndex((message) => !message.mine && message.text.includes(row.id)) : -1;
  return messages.slice(start + 1).filter((message) => message.mine && !message.text.startsWith("/"));
}

// An address, or a customer or order number.
const isClaim = (message) => /@|\d{3}/.test(message.text);

// A case that is past the code, one way or another.
function known(row) {
  if (ACTIVE.has(row.status)) return { step: 3, hint: t("hint_open", { id: row.id, due: day(row.due) }), row };
  if (row.status === "held") return { step: 2, hint: t("hint_held", { id: row.id }), row };
  return { step: 3, hint: t("hint_closed", { id: row.id }), row };
}

export class Guide {
  // `acts`: what the button does: openLetter(letter), copy(code), reply(letter), pickCase(id).
  constructor(acts) {
    this.acts = acts;
    $("hint-act").addEventListener("click", () => this.act?.());
  }

  show(where) {
    const steps = STEPS.map((name, at) => ({ name, now: at === where.step, done: at < where.step }));
    sync($("steps"), steps, (step) => step.name, (step) => this.step(step), lang());
    if ($("hint").textContent !== where.hint) $("hint").textContent = where.hint;
    const [label, act] = this.next(where);
    this.act = act;
    $("hint-act").hidden = !label;
    $("hint-act").textContent = label;
  }

  next(where) {
    if (where.letter && !where.seen) return [t("act_open_letter"), () => this.acts.openLetter(where.letter)];
    if (where.way === "mail") return [t("act_reply"), () => this.acts.reply(where.letter)];
    if (where.letter) return [t("act_copy"), () => this.acts.copy(where.letter.code)];
    if (where.row) return [t("act_case"), () => this.acts.pickCase(where.row.id)];
    return ["", null];
  }

  step({ name, now, done }) {
    return h("li", { class: now ? "now" : done ? "done" : "", "aria-current": now ? "step" : null }, t(name));
  }
}
