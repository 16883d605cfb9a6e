// A chat as its person sees it: bubbles, buttons, typing, a line to write. Used for the customer and for the staff.

import { h, icon, post, sync } from "./dom.js";
import { clock, lang, t } from "./texts.js";

export class ChatPane {
  // `nodes`: log, chips, form, input; `who()`: whose chat it is; `empty`: what an empty chat says (a text key).
  constructor(nodes, who, empty) {
    Object.assign(this, nodes);
    this.who = who;
    this.empty = empty;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(this.input.value);
    });
  }

  async send(text) {
    if (!text.trim()) return;
    this.input.value = "";
    await this.tell("/api/say", { text });
    this.input.focus();
  }

  // Put text into the line, ready to be sent with Enter.
  put(text) {
    this.input.value = text;
    this.input.focus();
  }

  async tell(path, body) {
    try {
      await post(path, { person: this.who(), ...body });
    } catch (fault) {
      this.log.append(h("li", { class: "notice" }, t("failed", { why: t(fault.message) })));
    }
  }

  // `chips`: [text to send, label, kind?]; sent with one click.
  show(chat, chips) {
    const items = chat.messages.map((message) => ({ ...message, key: message.id }));
    if (!items.length) items.push({ key: "empty", notice: t(this.empty) });
    if (chat.typing) items.push({ key: "typing", typing: true });
    const low = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 120;
    const fresh = sync(this.log, items, (item) => item.key, (item) => this.bubble(item), lang());
    if (low || fresh.length) this.log.scrollTop = this.log.scrollHeight;
    const keys = chat.keyboard.map((label) => [label, label, "key"]);
    sync(this.chips, [...keys, ...chips], (chip) => chip[0], (chip) => this.chip(chip), this.who());
  }

  chip([text, label, kind = ""]) {
    return h("button", { type: "button", class: `chip ${kind}`, "data-focus": text, onclick: () => this.send(text) }, label);
  }

  bubble(item) {
    if (item.notice) return h("li", { class: "notice" }, item.notice);
    if (item.typing) {
      const dots = [0, 1, 2].map(() => h("i", { "aria-hidden": "true" }));
      return h("li", { class: "bubble theirs typing" }, dots, h("span", { class: "quiet" }, `${t("bot")} ${t("typing")}`));
    }
    const foot = h("time", { datetime: item.at }, clock(item.at), item.edited ? ` · ${t("edited")}` : "");
    return h(
      "li",
      { class: `row ${item.mine ? "mine" : "theirs"}` },
      h(
        "div",
        { class: "bubble" },
        h("span", { class: "quiet" }, `${t(item.mine ? "you" : "bot")}: `),
        item.file ? h("span", { class: "file" }, icon("file"), item.file) : null,
        h("span", { class: "text" }, item.text),
        foot,
      ),
      item.buttons.length ? this.keyboard(item) : null,
    );
  }

  keyboard(item) {
    const rows = item.buttons.map((row) =>
      h("div", { class: "keys" }, row.map((button) => this.key(item.id, button))),
    );
    return h("div", { class: "keyboard" }, rows);
  }

  key(message, button) {
    const label = button.callback_data ?? button.text;
    const press = () => this.tell("/api/press", { label, message });
    return h("button", { type: "button", "data-focus": `${message}:${label}`, onclick: press }, button.text);
  }
}
