// The staff's side: the queue as a table, one case in full, and a command line. Their chat is a ChatPane like any other.

import { $, h, icon, post, sync } from "./dom.js";
import { COMMANDS, day, daysUntil, fill, lang, moment, t, word } from "./texts.js";

const CLOSED = new Set(["answered", "withdrawn"]);

export class QueueTable {
  constructor(pick) {
    this.pick = pick;
    this.picked = null;
    this.known = null;
  }

  show(queue, ready) {
    this.announce(queue.rows);
    const rows = [...queue.rows].sort((a, b) => CLOSED.has(a.status) - CLOSED.has(b.status));
    const shape = { rows, trouble: queue.trouble, ready, picked: this.picked };
    sync($("queue"), [shape], () => "queue", () => this.draw(rows, queue.trouble, ready), lang());
  }

  announce(rows) {
    const now = new Map(rows.map((row) => [row.id, row.status]));
    if (this.known) {
      for (const [id, status] of now) {
        if (!this.known.has(id)) $("queue-news").textContent = t("queue_new", { id });
        else if (this.known.get(id) !== status) $("queue-news").textContent = t("queue_now", { id, status: word("status_staff", status) });
      }
    }
    this.known = now;
  }

  draw(rows, trouble, ready) {
    if (!rows.length) {
      const words = trouble ? t("queue_trouble", { why: trouble }) : t(ready ? "queue_empty" : "queue_wait");
      return h("p", { class: "notice" }, words);
    }
    const columns = ["col_case", "col_status", "col_due"];
    return h(
      "table",
      {},
      h("caption", { class: "quiet" }, t("queue_caption")),
      h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, t(name))))),
      h("tbody", {}, rows.map((row) => this.row(row))),
    );
  }

  row(row) {
    const open = () => this.pick(row.id);
    return h(
      "tr",
      { class: `${CLOSED.has(row.status) ? "closed" : ""} ${row.id === this.picked ? "picked" : ""}`, "data-case": row.id, onclick: open },
      h(
        "th",
        { scope: "row" },
        h("button", { type: "button", class: "case-id", "data-focus": row.id, "aria-pressed": String(row.id === this.picked) }, row.id),
        h("span", { class: "kind" }, icon(row.channel), word("kind_staff", row.kind), h("span", { class: "quiet" }, ` (${word("channel", row.channel)})`)),
      ),
      h(
        "td",
        {},
        h("span", { class: `status ${row.status}` }, word("status_staff", row.status)),
        (row.flags ?? []).map((flag) => h("span", { class: "flag" }, word("flag", flag))),
      ),
      h("td", {}, due(row)),
    );
  }
}

function due(row) {
  if (CLOSED.has(row.status)) return h("span", { class: "due none" }, h("span", {}, day(row.due)), h("small", {}, t("closed")));
  const left = daysUntil(row.due);
  const colour = left < 0 ? "late" : left <= 7 ? "soon" : "fine";
  const words =
    left < 0 ? t("days_late", { n: -left }) : left === 0 ? t("due_today") : left === 1 ? t("day_left") : t("days_left", { n: left });
  return h("span", { class: `due ${colour}` }, h("time", { datetime: row.due }, day(row.due)), h("small", {}, words));
}

export class CaseView {
  // `fillLine(command)` puts a command into the terminal.
  constructor(fillLine) {
    this.fillLine = fillLine;
    this.id = null;
    this.sign = "";
    this.found = null;
    this.why = "";
  }

  // Read a case again when its row, or anything else, has changed.
  async show(id, sign) {
    if (id === this.id && sign === this.sign) return this.draw();
    if (id !== this.id) this.found = null;
    Object.assign(this, { id, sign, why: "" });
    if (id) {
      try {
        const found = await post("/api/case", { id, lang: lang() });
        if (this.id === id) this.found = found;
      } catch (fault) {
        this.why = fault.message;
      }
    }
    this.draw();
  }

  draw() {
    const lines = COMMANDS[lang()];
    const shape = { id: this.id, found: this.found, why: this.why, lines };
    sync($("pane-case"), [shape], () => "case", () => this.page(lines), lang());
  }

  page(lines) {
    if (this.why) return h("p", { class: "notice" }, t("case_trouble", { why: this.why }));
    if (!this.found) return h("p", { class: "notice" }, t("case_none"));
    const one = this.found;
    const who = one.requester ?? {};
    const facts = [
      ["case_person", [who.name, who.email, who.customer_id ? t("case_known", { id: who.customer_id }) : t("case_not_known")].filter(Boolean).join(" · ")],
      ["case_claimed", who.claimed || "–"],
      ["case_received", moment(one.received_at)],
      ["case_due", day(one.due)],
      ["case_verified", one.verified_by ? word("verified_by", one.verified_by) : t("unproved")],
      ["case_assignee", one.assignee ?? t("nobody")],
    ];
    return h(
      "article",
      { class: "case" },
      h("h3", {}, `${one.id} – ${word("kind_staff", one.kind)}`),
      h("dl", {}, facts.map(([name, value]) => h("div", {}, h("dt", {}, t(name)), h("dd", {}, value)))),
      h("blockquote", { "aria-label": t("case_text") }, one.text),
      h("h4", {}, t("case_do")),
      h("p", { class: "meta" }, t("case_do_sub")),
      h("div", { class: "chips" }, lines.map(([line, label]) => this.command(fill(line, { id: one.id }), label))),
      h("h4", {}, t("case_journal")),
      h("ol", { class: "journal" }, (one.journal ?? []).map((entry) => event(entry))),
      h("h4", {}, t("case_letters")),
      h("ul", { class: "out" }, (one.letters ?? []).map((letter) => sent(letter))),
    );
  }

  command(line, label) {
    return h("button", { type: "button", class: "chip", "data-focus": line, onclick: () => this.fillLine(line) }, label);
  }
}

// A letter by what it is for, not by its file's name.
function sent(letter) {
  const byMail = letter.channel === "email";
  const purpose = word("letter", `${byMail ? "mail" : "chat"}.${letter.name}`);
  return h("li", {}, purpose, h("span", { class: "meta" }, ` · ${byMail ? letter.to : "Telegram"} · ${word("letter_state", letter.state)}`));
}

function event(entry) {
  // Notes of the machine to itself ("issue: 1") tell staff nothing.
  const note = entry.note && !/^\w+: \S+$/.test(entry.note) ? h("span", { class: "note" }, entry.note) : null;
  return h(
    "li",
    {},
    h("time", { datetime: entry.at }, moment(entry.at)),
    h("span", { class: "event" }, word("event", entry.event)),
    h("span", { class: "actor" }, t(`actor_${entry.actor}`, {}, entry.actor)),
    note,
  );
}

export class Terminal {
  constructor() {
    this.runs = [];
    this.at = 0;
    $("line-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const line = $("line-text").value.trim();
      $("line-text").value = "";
      if (line) this.run(line);
    });
    $("line-text").addEventListener("keydown", (event) => this.recall(event));
  }

  put(line) {
    $("line-text").value = line;
    $("line-text").focus();
  }

  // Arrow up and down go through earlier lines, as in any terminal.
  recall(event) {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const lines = this.runs.map((run) => run.typed);
    this.at = Math.min(Math.max(this.at + step, 0), lines.length);
    $("line-text").value = this.at ? lines[lines.length - this.at] : "";
  }

  async run(typed, yes = false) {
    const entry = { key: this.runs.length, typed: typed.replace(/^pyynto /, ""), line: `pyynto ${typed.replace(/^pyynto /, "")}`, busy: true };
    this.runs.push(entry);
    this.at = 0;
    this.draw();
    try {
      Object.assign(entry, await post("/api/verb", { line: typed, yes, lang: lang() }));
    } catch (fault) {
      Object.assign(entry, { err: t(fault.message), code: 2 });
    }
    entry.busy = false;
    this.draw();
  }

  draw() {
    const items = this.runs.length ? this.runs : [{ key: "none" }];
    const fresh = sync($("runs"), items, (run) => run.key, (run) => this.entry(run), lang());
    if (fresh.length || this.runs.at(-1)?.busy === false) $("runs").scrollTop = $("runs").scrollHeight;
  }

  entry(run) {
    if (run.key === "none") return h("li", { class: "notice" }, t("runs_empty"));
    const again = () => this.run(run.typed, true);
    return h(
      "li",
      {},
      h("p", { class: "typed" }, `$ ${run.line}`),
      run.out ? h("pre", {}, run.out.trimEnd()) : null,
      run.err ? h("pre", { class: "err" }, run.err.trimEnd()) : null,
      run.busy ? h("p", { class: "meta" }, t("running")) : null,
      run.code ? h("p", { class: "meta" }, t("exit", { code: run.code })) : null,
      run.asks ? h("button", { type: "button", class: "act", onclick: again }, t("send_it")) : null,
    );
  }
}

// Tabs after the usual pattern: arrow keys move, only the chosen one is in the tab order.
export class Tabs {
  constructor(list, onshow) {
    this.tabs = [...list.querySelectorAll("[role=tab]")];
    this.onshow = onshow;
    list.addEventListener("keydown", (event) => this.move(event));
    for (const tab of this.tabs) tab.addEventListener("click", () => this.choose(tab.id));
    this.choose(this.tabs[0].id);
  }

  choose(id, { focus = false } = {}) {
    this.chosen = id;
    for (const tab of this.tabs) {
      const on = tab.id === id;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      $(tab.getAttribute("aria-controls")).hidden = !on;
      if (on && focus) tab.focus();
    }
    this.onshow?.(id);
  }

  move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = this.tabs.findIndex((tab) => tab.id === this.chosen);
    const next = event.key === "Home" ? 0 : event.key === "End" ? this.tabs.length - 1 : step ? (at + step + this.tabs.length) % this.tabs.length : null;
    if (next === null) return;
    event.preventDefault();
    this.choose(this.tabs[next].id, { focus: true });
  }
}
