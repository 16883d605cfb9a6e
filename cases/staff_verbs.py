"""The staff verbs: one table of names, arguments and help.

Chat and terminal read the same table, so a verb works alike in both. How a line is read stands in
`staff`, what a verb does in `rulings`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cases.model import Ground, Kind

KINDS = tuple(str(kind) for kind in Kind)
GROUNDS = tuple(str(ground) for ground in Ground)


@dataclass(frozen=True, slots=True)
class Option:
    """A named argument. With `takes` empty it is a switch."""

    name: str
    takes: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Verb:
    """One staff command."""

    name: str
    #: Positional arguments: ID, N and TEXT (all the rest of the line).
    args: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    #: It sends letters, so it is shown and confirmed first.
    sends: bool = False
    #: … only with this switch.
    sends_with: str = ""
    #: It reads or writes files, so it is for the terminal alone.
    in_terminal: bool = False
    #: It changes nothing.
    looks: bool = False
    #: It is about the shop's mail as a whole, not about a case.
    switches: bool = False
    help: str = ""
    help_fi: str = ""

    @property
    def usage(self) -> str:
        """How it is typed."""
        parts = [self.name, *self.args]
        for option in self.options:
            word = f"--{option.name}" + (f" {option.takes}" if option.takes else "")
            parts.append(word if option.required else f"[{word}]")
        return " ".join(parts)


_KIND = Option("kind", "K", KINDS, required=True, help="Which right: " + ", ".join(KINDS) + ".")
_REASON = Option("reason", "TEXT", required=True, help="Why, in words the customer will read.")

#: Every staff verb, in the order help shows them.
VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "queue",
            options=(
                Option("overdue", help="Only cases whose due date has passed."),
                Option("mine", help="Only cases I have taken."),
                Option("kind", "K", KINDS, help="Only this right: " + ", ".join(KINDS) + "."),
                Option("all", help="Closed cases too."),
            ),
            looks=True,
            help="Show the open cases, nearest due date first.",
            help_fi="Näytä avoimet pyynnöt, kiireisin ensin.",
        ),
        Verb(
            "case", ("ID",), looks=True,
            help="Show one case: what was asked, its dates and its journal.",
            help_fi="Näytä yksi pyyntö: mitä pyydettiin, päivät ja tapahtumat.",
        ),
        Verb(
            "take", ("ID",),
            help="Take a case: it is shown as yours.",
            help_fi="Ota pyyntö hoitaaksesi.",
        ),
        Verb(
            "seen", ("ID",),
            help="Confirm that you saw a case the person never proved: it leaves the queue.",
            help_fi="Kuittaa nähdyksi pyyntö, jota asiakas ei vahvistanut: se poistuu jonosta.",
        ),
        Verb(
            "note", ("ID", "TEXT"),
            help="Write a note on a case. The customer does not see it.",
            help_fi="Kirjoita muistiinpano. Asiakas ei näe sitä.",
        ),
        Verb(
            "ask", ("ID", "TEXT"), sends=True,
            help="Ask the person something. The due date keeps running.",
            help_fi="Kysy asiakkaalta. Määräaika ei pysähdy.",
        ),
        Verb(
            "rekind", ("ID", "KIND"),
            help="Say which right was meant, when it was understood wrong: " + ", ".join(KINDS) + ".",
            help_fi="Vaihda aihe, jos pyyntö ymmärrettiin väärin: " + ", ".join(KINDS) + ".",
        ),
        Verb(
            "verify", ("ID",), (Option("how", "TEXT", required=True, help="How you made sure, for the journal."),),
            sends=True,
            help="Record that you made sure who asks. Counts for the whole request.",
            help_fi="Kirjaa, että varmistit henkilöllisyyden. Koskee koko yhteydenottoa.",
        ),
        Verb(
            "reject-identity", ("ID",), (_REASON,), sends=True,
            help="Tell the person that you could not make sure who they are, and how to go on.",
            help_fi="Kerro, ettei henkilöllisyyttä voitu varmistaa, ja miten jatketaan.",
        ),
        Verb(
            "extend", ("ID",),
            (Option("months", "N", ("1", "2"), required=True, help="By how many months: 1 or 2."), _REASON),
            sends=True,
            help="Take more time for a complex request. Must go out before the due date.",
            help_fi="Pidennä määräaikaa, jos pyyntö on monimutkainen. Tehtävä ennen määräpäivää.",
        ),
        Verb(
            "complete", ("ID",),
            (
                Option("note", "TEXT", help="Your own words in the answer."),
                Option("set", "FIELD=VALUE", help="The right value of a correction; several are set apart by ;."),
                Option("statement", "TEXT", help="What the person states about data that stay disputed."),
                Option("ground", "G", GROUNDS, help="For an answer in part: why not all; words as for `refuse`."),
                Option("reason", "TEXT", help="For an answer in part: what is not done or given, and why."),
                Option("without-copy", help="Send no copy from the register along (access, portability)."),
                Option("attach", "FILE", help="A file to send along, locked. Only in the terminal."),
            ),
            sends=True,
            help="Answer the request and close the case.",
            help_fi="Vastaa pyyntöön ja päätä se.",
        ),
        Verb(
            "refuse", ("ID",),
            (Option("ground", "G", GROUNDS, required=True, help="One of " + ", ".join(GROUNDS) + "."), _REASON),
            sends=True,
            help="Refuse the request with reasons, and close the case.",
            help_fi="Kieltäydy pyynnöstä, kerro syyt ja päätä se.",
        ),
        Verb(
            "tasks", looks=True,
            help="Show who must still be told of a correction, erasure, restriction or ban.",
            help_fi="Näytä, kenelle on vielä kerrottava korjauksesta, poistosta, rajoituksesta tai kiellosta.",
        ),
        Verb(
            "told", ("ID", "N"),
            (
                Option("impossible", "TEXT", help="Telling them is impossible or would take too much: why."),
                Option("note", "TEXT", help="How they were told."),
            ),
            help="Tick off: this recipient has been told.",
            help_fi="Kuittaa: tälle vastaanottajalle on kerrottu.",
        ),
        Verb(
            "copy", ("ID",), (Option("out", "DIR", help="The folder to write to; else ID."),),
            looks=True, in_terminal=True,
            help="Write the files an answer would carry to a folder, so that you can look at them first.",
            help_fi="Kirjoita vastauksen mukana lähtevät tiedostot kansioon, jotta voit tarkistaa ne ensin.",
        ),
        Verb(
            "files", ("ID",), (Option("out", "DIR", help="The folder to write to; else ID-files."),),
            looks=True, in_terminal=True,
            help="Write the files the person sent to a folder. Dangerous ones are marked.",
            help_fi="Kirjoita asiakkaan lähettämät tiedostot kansioon. Vaaralliset on merkitty.",
        ),
        Verb(
            "draft", ("ID", "N"), looks=True, in_terminal=True,
            help="Show the mail that tells a recipient: send it from your own mail program, then tick it off.",
            help_fi="Näytä viesti, jolla vastaanottajalle kerrotaan: lähetä se omasta postistasi ja kuittaa.",
        ),
        Verb(
            "letter", ("ID", "NAME"),
            (
                Option("out", "FILE", help="Where the PDF goes; else ID-NAME.pdf."),
                Option("mail", help="Send it by e-mail instead."),
                Option("reason", "TEXT", help="For restriction_ends: why the restriction ends."),
            ),
            sends_with="mail", in_terminal=True,
            help="Print a letter of the case as a PDF to post. Can also begin: "
            "recipients_told, restriction_ends, signed_request, no_action.",
            help_fi="Tulosta pyynnön kirje PDF:nä postitettavaksi. Voi myös aloittaa: "
            "recipients_told, restriction_ends, signed_request, no_action.",
        ),
        Verb(
            "withdraw", ("ID",), sends=True,
            help="Close a case because the person took the request back.",
            help_fi="Päätä pyyntö, koska asiakas perui sen.",
        ),
        Verb(
            "reopen", ("ID",),
            help="Open a closed case again.",
            help_fi="Avaa päätetty pyyntö uudelleen.",
        ),
        Verb(
            "add",
            options=(
                _KIND,
                Option("received", "T", required=True, help="When it reached the shop, as 2026-11-20T14:30."),
                Option("channel", "C", ("phone", "letter"), help="How it came: phone (default) or letter."),
                Option("email", "ADDRESS", help="The person's address in the customer register."),
                Option("customer", "NUMBER", help="The person's customer number."),
                Option("note", "TEXT", help="What the person said."),
            ),
            help="Record a request that came by phone or letter.",
            help_fi="Kirjaa puhelimitse tai kirjeenä tullut pyyntö.",
        ),
        Verb(
            "unsorted", looks=True,
            help="Show messages in which no request was recognised.",
            help_fi="Näytä viestit, joista ei tunnistettu pyyntöä.",
        ),
        Verb(
            "sort", ("N",), (_KIND,), sends=True,
            help="Make a case of an unsorted message; its arrival time stays.",
            help_fi="Tee lajittelemattomasta viestistä pyyntö; saapumisaika säilyy.",
        ),
        Verb(
            "mail-stop", switches=True,
            help="Stop all letters by mail at once. What arrives is still taken in.",
            help_fi="Pysäytä heti kaikki sähköpostikirjeet. Saapuva posti otetaan yhä vastaan.",
        ),
        Verb(
            "mail-go", switches=True,
            help="Let letters by mail leave again, those that waited too.",
            help_fi="Päästä sähköpostikirjeet taas lähtemään, myös odottaneet.",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """A staff verb with its arguments, read and checked."""

    verb: str
    case_id: str = ""
    number: int = 0
    text: str = field(default="", repr=False)
    options: dict[str, str] = field(default_factory=dict, repr=False)

    def has(self, switch: str) -> bool:
        """A switch was given."""
        return switch in self.options

    def get(self, option: str) -> str:
        """An option's value, empty when not given."""
        return self.options.get(option, "")
