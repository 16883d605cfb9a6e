// Brings the page to life: asks the server what is to be seen whenever its stream says so, and hands it to the panes.

import { ChatPane } from "./chat.js";
import { $, get, h, remember, sync } from "./dom.js";
import { Guide, standing, wayBack } from "./guide.js";
import { MailPane } from "./mail.js";
import { CaseView, QueueTable, Tabs, Terminal } from "./staff.js";
import { COMMANDS, EXAMPLES, choose, fill, lang, share, t } from "./texts.js";

const page = { cast: null, person: null, state: null, ready: false, talkSeen: 0 };

const nodes = (name) => ({ log: $(`${name}-log`), chips: $(`${name}-chips`), form: $(`${name}-form`), input: $(`${name}-text`) });
const chat = new ChatPane(nodes("chat"), () => page.person.key, "chat_empty");
const talk = new ChatPane(nodes("talk"), () => "staff", "talk_empty");
const mail = new MailPane((code) => toChat(code), (letter) => wayBack(letter, page.state.queue.rows));
const line = new Terminal();
const view = new CaseView((command) => {
  tabs.choose("tab-line");
  line.put(command);
});
const table = new QueueTable((id) => pickCase(id));
const guide = new Guide({
  openLetter: (letter) => (turnTo("mail"), mail.pick(letter.key)),
  copy: (code) => toChat(code),
  reply: (letter) => (turnTo("mail"), mail.answerCode(letter)),
  pickCase: (id) => (turnTo("staff"), pickCase(id)),
});
const tabs = new Tabs(document.querySelector(".tabs"), () => page.state && draw());
mail.onread = () => draw();

// On a phone one panel is shown at a time: the one the address names, else the chat.
const phone = matchMedia("(max-width: 760px)");

function turnTo(panel) {
  if (phone.matches) location.hash = panel;
  markPanel();
}

function markPanel() {
  const here = ["mail", "staff"].find((name) => location.hash === `#${name}`) ?? "chat";
  for (const link of document.querySelectorAll(".jump a")) {
    if (link.hash === `#${here}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function toChat(code) {
  turnTo("chat");
  chat.put(code);
}

function pickCase(id) {
  table.picked = id;
  tabs.choose("tab-case");
  draw();
}

// Clickable sentences that fit where the visitor stands.
function chips(where) {
  const own = [page.person.address, page.person.address, "strong"];
  const words = EXAMPLES[lang()];
  if (where.step === 0) return words.chat.map((text) => [text, text]);
  if (where.step === 1) return [own, ["/cancel", "/cancel"]];
  if (where.letter && where.seen && where.way === "chat") return [[where.letter.code, where.letter.code, "strong"]];
  return words.later.slice(where.step === 3 ? 0 : 1).map((text) => [text, text]);
}

function caseChips(lines, id) {
  return lines.filter((text) => id || !text.includes("{id}")).map((text) => fill(text, { id }));
}

function draw() {
  const { state, person } = page;
  if (!state) return;
  mail.show(person, page.cast.shop_address, state.mail);
  const where = standing(state, person, mail);
  guide.show(where);
  chat.show(state.chat, chips(where));
  $("chat-sub").textContent = state.chat.typing ? t("typing") : t("chat_sub", { name: person.name });
  const id = table.picked ?? state.queue.rows[0]?.id ?? null;
  table.show(state.queue, page.ready);
  const row = state.queue.rows.find((one) => one.id === table.picked);
  const done = line.runs.filter((run) => !run.busy).length;
  view.show(row ? table.picked : null, JSON.stringify([row, state.mail.length, state.staff_chat.messages.length, done]));
  talk.show(state.staff_chat, caseChips(COMMANDS.talk, id).map((text) => [text, text]));
  const seen = state.staff_chat.messages.filter((message) => !message.mine).length;
  if (tabs.chosen === "tab-talk") page.talkSeen = seen;
  const fresh = Math.max(seen - page.talkSeen, 0);
  $("talk-unread").hidden = !fresh;
  $("talk-unread").textContent = String(fresh);
  const lines = caseChips(COMMANDS.line, id).map((text) => ({ text }));
  sync($("line-chips"), lines, (one) => one.text, (one) => h("button", { type: "button", class: "chip", onclick: () => line.run(one.text) }, one.text));
  line.draw();
}

let asking = null;
let again = false;

// Fetch and draw; calls that come meanwhile are served by one more round.
async function refresh() {
  if (asking) {
    again = true;
    return asking;
  }
  asking = (async () => {
    do {
      again = false;
      const state = await get(`/api/state?person=${encodeURIComponent(page.person.key)}`);
      if (state.person === page.person.key) page.state = state;
      page.ready ||= state.queue.rows.length > 0 || !state.queue.trouble;
      draw();
      if (state.chat.typing) setTimeout(refresh, 1500);
    } while (again);
  })().finally(() => (asking = null));
  return asking;
}

async function lights() {
  const health = await get("/api/health").catch(() => ({}));
  const shop = health.shops?.[0] ?? {};
  const known = Boolean(health.shops);
  const items = [
    ["light_serve", page.state?.serving ?? false],
    ["light_telegram", known ? shop.telegram?.ok : null],
    ["light_mailbox", known ? shop.mailbox?.ok : null],
  ].map(([name, ok]) => ({ name, state: ok === null ? "wait" : ok ? "ok" : "bad" }));
  sync($("lights"), items, (item) => item.name, ({ name, state }) =>
    h("li", { class: state }, h("span", { class: "lamp", "aria-hidden": "true" }), t(name), h("span", { class: "quiet" }, `: ${t(`light_${state}`)}`)),
    lang(),
  );
}

function people() {
  const label = (person) => (person.known ? person.name : t("stranger", { name: person.name }));
  $("person").replaceChildren(
    ...page.cast.people.map((person) =>
      h("option", { value: person.key, selected: person.key === page.person.key }, `${label(person)} – ${person.address}`),
    ),
  );
}

function speak(language) {
  choose(language);
  remember("pyynto-lang", language);
  if (page.cast) people();
  lights();
  draw();
}

async function start() {
  const wanted = new URLSearchParams(location.search).get("lang") ?? remember("pyynto-lang");
  choose(wanted ?? (navigator.language.startsWith("fi") ? "fi" : "en"));
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", () => speak(button.dataset.lang));
  }
  page.cast = await get("/api/cast");
  share(page.cast.words);
  page.person = page.cast.people.find((one) => one.key === remember("pyynto-person")) ?? page.cast.people[0];
  people();
  markPanel();
  addEventListener("hashchange", markPanel);
  $("person").addEventListener("change", (event) => {
    page.person = page.cast.people.find((one) => one.key === event.target.value);
    remember("pyynto-person", page.person.key);
    refresh();
  });
  const stream = new EventSource("/api/stream");
  stream.onmessage = () => refresh();
  await refresh();
  await lights();
  setInterval(lights, 4000);
}

start();
