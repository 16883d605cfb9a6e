// The customer's mailbox: a list, one letter open, and a form to write or answer.

import { $, h, post, sync } from "./dom.js";
import { EXAMPLES, clock, fill, lang, moment, t } from "./texts.js";

export class MailPane {
  // `copy(code)` puts a code into the chat; `wayBack(letter)` says which way a letter's code goes: "mail", "chat".
  constructor(copy, wayBack) {
    Object.assign(this, { copy, wayBack });
    this.person = null;
    this.letters = [];
    this.open = null;
    this.draft = null;
    this.read = new Set();
    this.known = null;
    $("mail-new").addEventListener("click", () => this.write({ subject: "", text: "" }));
  }

  show(person, shop, letters) {
    if (this.person?.key !== person.key) {
      Object.assign(this, { person, open: null, draft: null, known: null });
    }
    this.shop = shop;
    this.letters = letters;
    this.announce();
    $("mail-sub").textContent = `${person.name} · ${person.address}`;
    this.draw();
  }

  // The newest letter with a code, if any.
  get codeLetter() {
    return this.letters.find((letter) => letter.code) ?? null;
  }

  unread() {
    return this.letters.filter((letter) => !letter.mine && !this.isRead(letter));
  }

  isRead(letter) {
    return this.read.has(`${this.person.key}/${letter.key}`);
  }

  pick(key, { focus = true } = {}) {
    this.open = key;
    this.draft = null;
    this.read.add(`${this.person.key}/${key}`);
    this.draw();
    if (focus) $("reading").focus();
    this.onread?.();
  }

  write(draft) {
    this.open = null;
    this.draft = draft;
    this.draw();
    $(draft.text ? "mail-send" : "mail-subject")?.focus();
  }

  // Start a reply with the letter's code in it.
  answerCode(letter) {
    const text = fill(EXAMPLES[lang()].reply, { code: letter.code, name: this.person.name });
    this.write({ subject: again(letter.subject), text, answers: letter.uid });
  }

  announce() {
    const keys = new Set(this.letters.filter((letter) => !letter.mine).map((letter) => letter.key));
    const fresh = this.known ? this.letters.filter((one) => keys.has(one.key) && !this.known.has(one.key)) : [];
    this.known = keys;
    if (fresh.length) $("mail-news").textContent = t("mail_came", { subject: fresh[0].subject });
  }

  draw() {
    const count = this.unread().length;
    for (const badge of document.querySelectorAll("[data-unread]")) {
      badge.hidden = !count;
      badge.textContent = String(count);
      badge.setAttribute("aria-label", t("unread_many", { n: count }));
    }
    const rows = this.letters.map((letter) => ({
      ...letter,
      text: letter.text.slice(0, 90),
      fresh: !letter.mine && !this.isRead(letter),
      open: letter.key === this.open,
    }));
    const items = rows.length ? rows : [{ key: "none" }];
    sync($("letters"), items, (row) => row.key, (row) => this.row(row), lang());
    const shown = this.letters.find((letter) => letter.key === this.open) ?? null;
    const page = shown ? { key: `read-${shown.key}`, shown } : { key: this.draft ? "write" : "rest", draft: this.draft };
    const salt = `${lang()}${this.person.key}`;
    sync($("reading"), [page], (one) => one.key, () => (shown ? this.letter(shown) : this.form()), salt);
  }

  row(row) {
    if (row.key === "none") return h("li", { class: "notice" }, t("no_letters"));
    const who = row.mine ? t("sent_to", { to: row.to }) : row.from;
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: `letter ${row.fresh ? "fresh" : ""} ${row.mine ? "own" : ""}`,
          "aria-current": row.open ? "true" : null,
          "data-focus": row.key,
          onclick: () => this.pick(row.key),
        },
        h("span", { class: "dot", "aria-hidden": "true" }),
        h("span", { class: "who-from" }, row.fresh ? h("span", { class: "quiet" }, `${t("unread")}: `) : null, who),
        h("time", { datetime: row.at }, clock(row.at)),
        h("span", { class: "subject" }, row.subject || t("no_subject")),
        h("span", { class: "start" }, row.text.replace(/\s+/g, " ")),
      ),
    );
  }

  letter(letter) {
    const answer = () => this.write({ subject: again(letter.subject), text: "", answers: letter.uid });
    return h(
      "article",
      { class: "opened" },
      h("h3", {}, letter.subject || t("no_subject")),
      h(
        "p",
        { class: "meta" },
        `${letter.mine ? t("to") : t("from")}: ${letter.mine ? letter.to : `${letter.from} <${letter.from_address}>`}`,
        h("br"),
        moment(letter.at),
      ),
      letter.code
        ? h(
            "div",
            { class: "code-card" },
            h("output", { class: "code" }, letter.code),
            this.ways(letter),
          )
        : null,
      h("p", { class: "text" }, letter.text),
      letter.files.length ? h("p", { class: "meta" }, t("files", { names: letter.files.join(", ") })) : null,
      letter.mine ? null : h("button", { type: "button", class: "act soft", onclick: answer }, t("reply")),
    );
  }

  // The two ways to give a code; the one the request came by stands first.
  ways(letter) {
    const byMail = this.wayBack(letter) === "mail";
    const copy = () => this.copy(letter.code);
    const button = (name, first, act) =>
      h("button", { type: "button", class: first ? "act" : "act soft", "data-way": name, onclick: act }, t(`${name}_code`, { code: letter.code }));
    const both = [button("copy", !byMail, copy), button("reply", byMail, () => this.answerCode(letter))];
    return byMail ? both.reverse() : both;
  }

  form() {
    const draft = this.draft ?? { subject: "", text: "" };
    const state = h("p", { class: "meta", role: "status" });
    const send = async (event) => {
      event.preventDefault();
      state.textContent = t("sending");
      const fields = new FormData(event.target);
      try {
        const body = { person: this.person.key, subject: fields.get("subject"), text: fields.get("text"), answers: draft.answers };
        await post("/api/mail", body);
        this.draft = null;
        this.draw();
        $("mail-new").focus();
      } catch (fault) {
        state.textContent = t("failed", { why: t(fault.message) });
      }
    };
    const examples = EXAMPLES[lang()].mail.map(([subject, text]) =>
      h(
        "button",
        { type: "button", class: "chip", onclick: () => this.write({ subject, text: fill(text, { name: this.person.name }) }) },
        subject,
      ),
    );
    const cancel = () => {
      this.draft = null;
      this.draw();
      $("mail-new").focus();
    };
    return h(
      "form",
      { class: "write", onsubmit: send },
      h("h3", {}, t("write_to_shop")),
      h("p", { class: "meta" }, `${t("to")}: ${this.shop}`),
      draft.answers ? null : h("div", { class: "chips", role: "group", "aria-label": t("examples") }, h("span", { class: "meta" }, t("mail_examples")), examples),
      h("label", { for: "mail-subject" }, t("subject")),
      h("input", { id: "mail-subject", name: "subject", value: draft.subject, autocomplete: "off" }),
      h("label", { for: "mail-text" }, t("body")),
      h("textarea", { id: "mail-text", name: "text", rows: 7, required: true }, draft.text),
      h(
        "div",
        { class: "buttons" },
        h("button", { id: "mail-send", class: "act" }, t("send_mail")),
        this.draft ? h("button", { type: "button", class: "act soft", onclick: cancel }, t("cancel")) : null,
      ),
      state,
    );
  }
}

const again = (subject) => (/^(re|vs):/i.test(subject) ? subject : `Re: ${subject}`);
