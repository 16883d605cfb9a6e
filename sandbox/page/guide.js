// What to do next: four steps from the first word to an open case, read from what is on the page.

import { $, h, sync } from "./dom.js";
import { day, lang, t } from "./texts.js";

const STEPS = ["step_ask", "step_who", "step_code", "step_open"];

// Where the visitor stands, and what would bring them on.
export function standing(state, person, mail) {
  const said = state.chat.messages.filter((message) => message.mine && !message.text.startsWith("/")).map((message) => message.text);
  const wrote = state.mail.filter((letter) => letter.mine).map((letter) => letter.text);
  const code = mail.codeLetter;
  const given = code && [...said, ...wrote].some((text) => text.replace(/\s/g, "").includes(code.code));
  const opened = state.queue.rows.find((row) => row.status === "open");
  if (!state.serving) return { step: 0, hint: t("hint_trouble") };
  if (given && opened) return { step: 3, hint: t("hint_open", { id: opened.id, due: day(opened.due) }), row: opened };
  if (code && !given) {
    const seen = mail.isRead(code);
    return { step: 2, hint: t(seen ? "hint_code_chat" : "hint_code_mail"), letter: code, seen };
  }
  const claimed = wrote.length > 0 || said.some((text) => text.includes("@"));
  if (claimed || given) return { step: 2, hint: t(person.known || given ? "hint_wait" : "hint_stranger") };
  if (said.length) return { step: 1, hint: t("hint_who") };
  return { step: 0, hint: t("hint_ask") };
}

export class Guide {
  // `acts`: what the button does: openLetter(letter), copy(code), pickCase(id).
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
    if (where.letter) return [t("act_copy"), () => this.acts.copy(where.letter.code)];
    if (where.row) return [t("act_case"), () => this.acts.pickCase(where.row.id)];
    return ["", null];
  }

  step({ name, now, done }) {
    return h("li", { class: now ? "now" : done ? "done" : "", "aria-current": now ? "step" : null }, t(name));
  }
}
