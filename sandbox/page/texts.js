// Everything the page says, in both languages, and how it writes dates. What letters say lives elsewhere.

const TEXTS = {
  fi: {
    title: "Pyyntö – kokeile asiakkaana ja henkilökuntana",
    skip: "Siirry keskusteluun",
    tagline: "Kaikki tapahtuu tällä koneella",
    you_are: "Olet nyt",
    stranger: "{name} (ei asiakas)",
    language: "Kieli",
    health: "Yhteydet",
    light_serve: "palvelu",
    light_telegram: "Telegram",
    light_mailbox: "postilaatikko",
    light_ok: "toimii",
    light_wait: "käynnistyy",
    light_bad: "ei toimi",
    guide_title: "Näin pääset alkuun",
    step_ask: "Pyydä",
    step_who: "Kerro, kuka olet",
    step_code: "Anna koodi",
    step_open: "Asia on avattu",
    hint_ask: "Klikkaa esimerkkiä chatissa tai kirjoita omin sanoin. Samat pyynnöt voi tehdä sähköpostilla.",
    hint_who: "Botti kysyy, mikä osoite kaupalla on sinusta. Klikkaa omaa osoitettasi chatin alalaidassa.",
    hint_wait: "Koodi lähtee vain osoitteeseen, joka on asiakasrekisterissä. Odota hetki…",
    hint_code_come: "Postilaatikkoon tuli kuusinumeroinen koodi. Avaa kirje.",
    hint_code_chat: "Kopioi koodi kirjeestä chattiin ja lähetä, tai vastaa kirjeeseen koodilla.",
    hint_code_mail: "Pyyntö tuli sähköpostilla: vastaa kirjeeseen ja kirjoita koodi vastaukseen.",
    hint_held: "Henkilökunta varmistaa ensin, kuka asiaa {id} pyytää.",
    hint_closed: "Asia {id} on suljettu. Voit tehdä uuden pyynnön.",
    hint_open: "Asia {id} on avoinna, ja vastauksen määräpäivä on {due}. Nyt on henkilökunnan vuoro.",
    hint_stranger: "Tuntemattomalle vastataan aivan samoin kuin asiakkaalle, mutta koodia ei tule.",
    hint_trouble: "pyynto serve ei vastaa. Katso syy ikkunasta, jossa kokeilu käynnistettiin.",
    act_open_letter: "Avaa kirje",
    act_copy: "Kopioi koodi chattiin",
    act_reply: "Vastaa koodilla",
    act_case: "Näytä asia",
    jump: "Siirry",
    jump_chat: "Chat",
    jump_mail: "Posti",
    jump_staff: "Henkilökunta",
    chat_title: "Kaupan tietosuojabotti",
    chat_sub: "Telegram · {name}",
    typing: "kirjoittaa…",
    chat_log: "Keskustelu botin kanssa",
    chat_empty: "Keskustelu on tyhjä. Sano jotakin – vaikkapa jokin alla olevista.",
    examples: "Esimerkkejä",
    your_message: "Viestisi botille",
    write_message: "Kirjoita viesti",
    send: "Lähetä",
    you: "Sinä",
    bot: "Botti",
    edited: "muokattu",
    mail_title: "Postilaatikko",
    new_mail: "Uusi viesti",
    letters: "Kirjeet",
    no_letters: "Ei vielä postia.",
    unread: "lukematta",
    unread_many: "{n} lukematta",
    mail_came: "Uusi kirje: {subject}",
    sent_to: "Lähetetty: {to}",
    no_subject: "(ei aihetta)",
    from: "Lähettäjä",
    to: "Vastaanottaja",
    subject: "Aihe",
    body: "Viesti",
    reply: "Vastaa",
    reply_code: "Vastaa koodilla {code}",
    copy_code: "Kopioi {code} chattiin",
    send_mail: "Lähetä sähköposti",
    cancel: "Peru",
    write_to_shop: "Kirjoita kaupalle",
    mail_examples: "Tai aloita jostakin näistä:",
    sending: "Lähetetään…",
    files: "Liitteet: {names}",
    staff_title: "Henkilökunta",
    staff_sub: "Sama jono chatissa ja komentorivillä",
    queue_caption: "Asiajono, lähin määräpäivä ensin",
    queue_empty: "Jono on tyhjä. Ensimmäinen pyyntö ilmestyy tähän, kun joku kirjoittaa.",
    queue_wait: "Jonoa luetaan…",
    queue_trouble: "Jonoa ei voitu lukea: {why}",
    queue_new: "Uusi asia jonossa: {id}",
    queue_now: "{id}: {status}",
    col_case: "Asia",
    col_status: "Tila",
    col_due: "Määräpäivä",
    days_left: "{n} pv jäljellä",
    day_left: "1 pv jäljellä",
    due_today: "tänään",
    days_late: "{n} pv myöhässä",
    closed: "suljettu",
    staff_tools: "Henkilökunnan työkalut",
    tab_case: "Asia",
    tab_talk: "Chat",
    tab_line: "Komentorivi",
    case_none: "Valitse asia jonosta, niin näet sen vaiheet, kirjeet ja komennot.",
    case_trouble: "Asiaa ei voitu lukea: {why}",
    case_person: "Pyytäjä",
    case_known: "asiakas {id}",
    case_not_known: "ei rekisterissä tai ei vielä vahvistettu",
    case_claimed: "Ilmoitti",
    case_received: "Saapui",
    case_due: "Määräpäivä",
    case_verified: "Vahvistus",
    case_assignee: "Käsittelijä",
    case_text: "Pyyntö",
    case_journal: "Vaiheet",
    case_letters: "Lähteneet viestit",
    case_do: "Tee jotakin",
    case_do_sub: "Komento siirtyy komentoriville. Tarkista ja paina Enter.",
    nobody: "ei vielä kukaan",
    talk_log: "Henkilökunnan keskustelu botin kanssa",
    talk_empty: "Olet henkilökunnan jäsen 4242. Komennot ovat samat kuin komentorivillä.",
    staff_message: "Komento botille",
    write_staff: "/queue",
    runs: "Ajetut komennot",
    runs_empty: "Samat komennot kuin päätteessä. Kokeile alla olevia.",
    command_line: "Komentorivi",
    run: "Aja",
    running: "ajetaan…",
    exit: "paluukoodi {code}",
    send_it: "Lähetä näin",
    verb_unknown: "Tällä sivulla voi ajaa vain henkilökunnan komentoja.",
    line_unreadable: "Komentoa ei voitu lukea. Puuttuuko lainausmerkki?",
    config_is_set: "Asetustiedosto on jo valittu.",
    text_missing: "Kirjoita ensin jotakin.",
    failed: "Ei onnistunut: {why}",
    unproved: "ei vielä",
    actor_machine: "Pyyntö",
    actor_person: "asiakas",
  },
  en: {
    title: "Pyyntö – play customer and staff",
    skip: "Go to the chat",
    tagline: "Everything happens on this machine",
    you_are: "You are now",
    stranger: "{name} (not a customer)",
    language: "Language",
    health: "Connections",
    light_serve: "service",
    light_telegram: "Telegram",
    light_mailbox: "mailbox",
    light_ok: "working",
    light_wait: "starting",
    light_bad: "not working",
    guide_title: "How to begin",
    step_ask: "Ask",
    step_who: "Say who you are",
    step_code: "Give the code",
    step_open: "The case is open",
    hint_ask: "Click an example in the chat, or use your own words. The same requests can be made by e-mail.",
    hint_who: "The bot asks which address the shop has for you. Click your own address below the chat.",
    hint_wait: "The code only ever goes to the address in the customer register. One moment…",
    hint_code_come: "A six-digit code has arrived in the mailbox. Open the letter.",
    hint_code_chat: "Copy the code from the letter into the chat and send it, or reply to the letter with it.",
    hint_code_mail: "The request came by e-mail: reply to the letter, and write the code in the reply.",
    hint_held: "The staff make sure first who asks for case {id}.",
    hint_closed: "Case {id} is closed. You can make another request.",
    hint_open: "Case {id} is open, and the answer is due on {due}. Now it is the staff’s turn.",
    hint_stranger: "A stranger gets exactly the same answers as a customer, but no code arrives.",
    hint_trouble: "pyynto serve does not answer. The window the demo was started in says why.",
    act_open_letter: "Open the letter",
    act_copy: "Copy the code into the chat",
    act_reply: "Reply with the code",
    act_case: "Show the case",
    jump: "Go to",
    jump_chat: "Chat",
    jump_mail: "Mail",
    jump_staff: "Staff",
    chat_title: "The shop’s privacy bot",
    chat_sub: "Telegram · {name}",
    typing: "is typing…",
    chat_log: "Chat with the bot",
    chat_empty: "Nothing has been said yet. Say something – one of these, perhaps.",
    examples: "Examples",
    your_message: "Your message to the bot",
    write_message: "Write a message",
    send: "Send",
    you: "You",
    bot: "Bot",
    edited: "edited",
    mail_title: "Mailbox",
    new_mail: "New mail",
    letters: "Letters",
    no_letters: "No mail yet.",
    unread: "unread",
    unread_many: "{n} unread",
    mail_came: "New letter: {subject}",
    sent_to: "Sent to {to}",
    no_subject: "(no subject)",
    from: "From",
    to: "To",
    subject: "Subject",
    body: "Message",
    reply: "Reply",
    reply_code: "Reply with the code {code}",
    copy_code: "Copy {code} into the chat",
    send_mail: "Send the e-mail",
    cancel: "Cancel",
    write_to_shop: "Write to the shop",
    mail_examples: "Or start from one of these:",
    sending: "Sending…",
    files: "Attachments: {names}",
    staff_title: "Staff",
    staff_sub: "The same queue in chat and in the terminal",
    queue_caption: "Case queue, nearest due date first",
    queue_empty: "The queue is empty. The first request appears here as soon as somebody writes.",
    queue_wait: "Reading the queue…",
    queue_trouble: "The queue could not be read: {why}",
    queue_new: "New case in the queue: {id}",
    queue_now: "{id}: {status}",
    col_case: "Case",
    col_status: "Status",
    col_due: "Due",
    days_left: "{n} days left",
    day_left: "1 day left",
    due_today: "today",
    days_late: "{n} days late",
    closed: "closed",
    staff_tools: "Staff tools",
    tab_case: "Case",
    tab_talk: "Chat",
    tab_line: "Terminal",
    case_none: "Pick a case from the queue to see its history, letters and commands.",
    case_trouble: "The case could not be read: {why}",
    case_person: "Requester",
    case_known: "customer {id}",
    case_not_known: "not in the register, or not verified yet",
    case_claimed: "Says they are",
    case_received: "Received",
    case_due: "Due",
    case_verified: "Verified",
    case_assignee: "Handled by",
    case_text: "Request",
    case_journal: "History",
    case_letters: "Messages sent",
    case_do: "Do something",
    case_do_sub: "The command goes to the terminal. Check it and press Enter.",
    nobody: "nobody yet",
    talk_log: "The staff’s chat with the bot",
    talk_empty: "You are staff member 4242. The commands are the same as in the terminal.",
    staff_message: "Command to the bot",
    write_staff: "/queue",
    runs: "Commands run",
    runs_empty: "The same commands as in a terminal. Try the ones below.",
    command_line: "Command line",
    run: "Run",
    running: "running…",
    exit: "exit code {code}",
    send_it: "Send it like this",
    verb_unknown: "Only staff commands can be run on this page.",
    line_unreadable: "The command could not be read. Is a quotation mark missing?",
    config_is_set: "The settings file is already chosen.",
    text_missing: "Write something first.",
    failed: "That did not work: {why}",
    unproved: "not yet",
    actor_machine: "Pyyntö",
    actor_person: "customer",
  },
};

// What a newcomer can click: chat sentences, and mails with a subject.
export const EXAMPLES = {
  fi: {
    chat: [
      "Mitä tietoja teillä on minusta?",
      "Poistakaa tietoni, kiitos",
      "en haluu enää teiän mainoksia",
      "Puhelinnumeroni on vaihtunut, uusi on 0400 000 099",
    ],
    later: ["Mikä on pyyntöni tilanne?", "Haluan puhua ihmiselle", "Perun pyyntöni", "/help"],
    mail: [
      ["Tietopyyntö", "Hei,\n\nhaluaisin nähdä, mitä tietoja teillä on minusta ja mihin käytätte niitä.\n\nTerveisin\n{name}"],
      ["Tilin poisto", "Moi! Poistakaa mun tili ja kaikki tiedot. En oo tilannut teiltä enää pitkään aikaan.\n\n{name}"],
      ["Mainospostit", "Hyvää päivää,\n\nlopettakaa mainosten lähettäminen sekä sähköpostiin että kotiin.\n\nYstävällisin terveisin\n{name}"],
      ["Tiedot tiedostona", "Hei! Voisitteko lähettää tilaushistoriani koneluettavana tiedostona, esimerkiksi CSV:nä?\n\n{name}"],
    ],
    reply: "Hei,\n\nkoodi on {code}.\n\n{name}",
  },
  en: {
    chat: [
      "What data do you have about me?",
      "Please delete my account",
      "stop sending me ads pls",
      "My phone number is wrong, the new one is 0400 000 099",
    ],
    later: ["Any news on my request?", "I want to talk to a person", "I take my request back", "/help"],
    mail: [
      ["Access request", "Hello,\n\nI would like to see what data you hold about me and what you use it for.\n\nKind regards\n{name}"],
      ["Delete my data", "Hi! Please delete my account and everything you have about me. I don't shop with you any more.\n\n{name}"],
      ["Newsletter", "Good morning,\n\nplease stop sending me marketing, both by e-mail and by post.\n\nThanks\n{name}"],
      ["My data as a file", "Hi, could I get my order history in a machine-readable file, CSV for example?\n\n{name}"],
    ],
    reply: "Hello,\n\nthe code is {code}.\n\n{name}",
  },
};

// Commands that need a case: {id} is the case picked in the queue.
export const COMMANDS = {
  talk: ["/queue", "/case {id}", "/take {id}"],
  line: ["queue", "case {id}", "unsorted"],
  fi: [
    ["take {id}", "ota hoitaaksesi"],
    ['note {id} "soitettu asiakkaalle"', "kirjaa muistiin"],
    ['extend {id} --months 2 --reason "Tietoja on paljon ja ne ovat hajallaan."', "pidennä määräaikaa"],
    ["complete {id}", "vastaa ja päätä"],
    ['refuse {id} --ground legal_duty --reason "Kirjanpitolaki vaatii säilyttämään laskut."', "kieltäydy"],
  ],
  en: [
    ["take {id}", "take it on"],
    ['note {id} "called the customer"', "make a note"],
    ['extend {id} --months 2 --reason "There is much data in several places."', "extend the due date"],
    ["complete {id}", "answer and close"],
    ['refuse {id} --ground legal_duty --reason "The Accounting Act requires us to keep invoices."', "refuse"],
  ],
};

let chosen = "fi";

export const lang = () => chosen;

export function choose(language) {
  chosen = language === "en" ? "en" : "fi";
  document.documentElement.lang = chosen;
  document.title = t("title");
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of document.querySelectorAll("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
  for (const node of document.querySelectorAll("[data-lang]")) {
    node.setAttribute("aria-pressed", String(node.dataset.lang === chosen));
  }
}

// A text of the page; unknown keys come back as they are, so that a word of the service still shows.
export function t(key, values = {}, otherwise = String(key)) {
  return fill(TEXTS[chosen][key] ?? otherwise, values);
}

let shared = { fi: {}, en: {} };

// What the service brings along: the words letters use, too.
export function share(words) {
  shared = words;
}

export const word = (section, key) => shared[chosen]?.[section]?.[key] ?? String(key ?? "").replaceAll("_", " ");

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const ZONE = "Europe/Helsinki";
const locale = () => (chosen === "fi" ? "fi-FI" : "en-GB");
const format = (when, options) => new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options }).format(new Date(when));

export const clock = (when) => format(when, { hour: "2-digit", minute: "2-digit" });

export const moment = (when) =>
  format(when, { day: "numeric", month: "numeric", year: "numeric", hour: "2-digit", minute: "2-digit" });

// A bare date such as "2026-12-22", which belongs to no time zone.
export const day = (date) =>
  new Intl.DateTimeFormat(locale(), { timeZone: "UTC", day: "numeric", month: chosen === "fi" ? "numeric" : "short", year: "numeric" })
    .format(new Date(`${date}T00:00:00Z`));

// Whole days from today in Helsinki to a bare date.
export function daysUntil(date) {
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(new Date());
  return Math.round((Date.parse(`${date}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / 86400000);
}
