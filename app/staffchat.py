"""The chat face of the staff verbs: `/verb …` in, short answers without personal data out.

A verb that sends something is shown first and waits for "ok"; the seal of what was shown is kept, so that "ok"
carries out exactly that or shows it anew. Names, addresses and texts are for the terminal (docs/invariants.md 3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from app import desk, switches
from app.house import House
from app.words import words
from bot.writing import CUSTOMER_COMMANDS
from cases.faults import TheirFault
from cases.model import Decision, Form, Inbound, Letter, Route
from cases.staff import VERBS, Order, read_line
from storage import desk as shelves
from storage.store import Transaction
from templates import labels

#: How long a shown verb may be confirmed.
CONFIRM_WITHIN = timedelta(minutes=15)
#: Cases listed in one chat message.
ROWS = 30

#: Words that send what was shown, and words that drop it.
YES = frozenset({"ok", "okei", "okay", "lähetä", "laheta", "send", "yes", "kyllä", "kylla", "joo"})
NO = frozenset({"peruuta", "peru", "cancel", "no", "ei", "älä", "stop"})
#: The buttons under a preview; each carries the token of its own preview.
OK, CANCEL = "ok", "cancel"
#: How a confirmation can come: `GROUP` is an answer to the bot in the staff chat.
_SPOKEN = frozenset({Form.TEXT, Form.GROUP})


class StaffChat:
    """Answers staff of one shop in chat."""

    def __init__(self, house: House, now: Callable[[], datetime]) -> None:
        self._house = house
        self._now = now

    async def answer(self, tx: Transaction, inbound: Inbound) -> Decision | None:
        """The answer to a staff command or a confirmation; None when it is neither."""
        try:
            if inbound.form is Form.COMMAND:
                return await self._command(tx, inbound)
            if inbound.form is Form.BUTTON:
                return await self._pressed(tx, inbound)
            if inbound.form in _SPOKEN:
                return await self._typed(tx, inbound)
        except TheirFault as fault:
            return await self._explain(tx, inbound, fault)
        return None

    # -- verbs -------------------------------------------------------------------------------------------

    async def _command(self, tx: Transaction, inbound: Inbound) -> Decision | None:
        name = (inbound.text.lstrip("/").split() or [""])[0].partition("@")[0].lower().replace("_", "-")
        if name == "help":
            commands = [{"usage": verb.usage, "help": self._help(verb.name)} for verb in VERBS.values()]
            return self._say(inbound, "help", commands=commands)
        if name in CUSTOMER_COMMANDS:
            return None
        order = read_line(inbound.text)
        if VERBS[order.verb].in_terminal or order.has("attach"):
            raise TheirFault("terminal_only", verb=order.verb)
        if VERBS[order.verb].switches:
            name, count = await switches.turn(tx, self._house.shop.profile, order.verb, self._now())
            return self._say(inbound, name, count=count)
        if VERBS[order.verb].looks:
            return await self._look(tx, inbound, order)
        asks = desk.needs_asking(order)
        outcome = await self._act(tx, inbound, order, commit=not asks)
        if asks:
            return await self._show(tx, inbound, inbound.text, outcome)
        return self._say(inbound, "done", verb=order.verb, case=desk.row_of(outcome.case))

    async def _act(
        self, tx: Transaction, inbound: Inbound, order: Order, *, commit: bool, shown: str = ""
    ) -> desk.Outcome:
        return await desk.act(
            tx, self._house, order, actor=_actor(inbound), cause=inbound.key, now=self._now(), commit=commit,
            shown=shown,
        )  # fmt: skip

    async def _show(self, tx: Transaction, inbound: Inbound, line: str, outcome: desk.Outcome) -> Decision:
        """What the verb would send, and to whom; kept until it is confirmed, dropped or replaced."""
        token = hashlib.sha256(inbound.key.encode()).hexdigest()[:12]
        kept = {"line": line, "token": token, "seal": outcome.seal, "at": self._now().isoformat()}
        await shelves.keep_preview(tx, _chat_of(inbound), kept, self._now())
        letters = [letter for letter in outcome.letters if letter.route is not Route.STAFF]
        first = letters[0] if letters else None
        return self._say(
            inbound,
            "preview",
            keyboard=((f"{OK}:{token}", f"{CANCEL}:{token}"),),
            case=desk.row_of(outcome.case),
            letter=first.name if first else "",
            recipient=masked(first.to, first.route) if first else "",
        )

    async def _look(self, tx: Transaction, inbound: Inbound, order: Order) -> Decision:
        shops = [self._house.shop.profile]
        if order.verb == "queue":
            rows = await desk.queue(tx, shops, order, _actor(inbound), self._now())
            return self._say(inbound, "queue", rows=[desk.row_of(case) for case in rows[:ROWS]])
        if order.verb == "case":
            view = desk.view_of(await desk.open_case(tx, shops, order.case_id))
            shown = {key: value for key, value in view.items() if key in _SHOWN_IN_CHAT}
            shown["journal"] = [{"at": e["at"], "event": e["event"]} for e in view["journal"]]
            return self._say(inbound, "case", case=shown)
        if order.verb == "tasks":
            found = (await shelves.open_tasks(tx, shops))[:ROWS]
            told = [{**desk.row_of(case), "task": task.shown(self._language)} for case, task in found]
            return self._say(inbound, "tasks", rows=told)
        return self._say(inbound, "unsorted", count=len(await shelves.unsorted(tx, shops)))

    # -- confirming --------------------------------------------------------------------------------------

    async def _pressed(self, tx: Transaction, inbound: Inbound) -> Decision | None:
        """A button under a preview; any other is the customer dialogue's."""
        word, colon, token = inbound.payload.partition(":")
        if word not in (OK, CANCEL) or not colon:
            return None
        kept = await self._take(tx, inbound)
        if kept is not None and kept["token"] != token:
            # The button of an older preview: what was shown last stays as it is.
            await shelves.keep_preview(tx, _chat_of(inbound), kept, datetime.fromisoformat(kept["at"]))
            kept = None
        if kept is None:
            return self._say(inbound, "nothing_to_confirm")
        return await self._confirm(tx, inbound, kept) if word == OK else self._say(inbound, "cancelled")

    async def _typed(self, tx: Transaction, inbound: Inbound) -> Decision | None:
        word = inbound.text.strip().strip("!.”\"' ").casefold()
        if word not in YES | NO:
            return None
        kept = await self._take(tx, inbound)
        if kept is None:
            return None
        return await self._confirm(tx, inbound, kept) if word in YES else self._say(inbound, "cancelled")

    async def _take(self, tx: Transaction, inbound: Inbound) -> dict[str, Any] | None:
        return await shelves.take_preview(tx, _chat_of(inbound), self._now(), CONFIRM_WITHIN)

    async def _confirm(self, tx: Transaction, inbound: Inbound, kept: dict[str, Any]) -> Decision:
        order = read_line(kept["line"])
        outcome = await self._act(tx, inbound, order, commit=True, shown=kept["seal"])
        if not outcome.committed:
            return await self._show(tx, inbound, kept["line"], outcome)
        return self._say(inbound, "done", verb=order.verb, case=desk.row_of(outcome.case))

    # -- words -------------------------------------------------------------------------------------------

    async def _explain(self, tx: Transaction, inbound: Inbound, fault: TheirFault) -> Decision:
        detail: dict[str, Any] = dict(fault.detail)
        language, shops = self._language, [self._house.shop.profile]
        reason = detail.get("reason", "")
        if fault.code == "not_now":
            found = await shelves.dossier(tx, shops, detail.pop("id", ""))
            if found is None:
                return self._say(inbound, "no_such_case", id="")
            detail["case"] = desk.row_of(found.case)
            # Only reasons the letter has words for.
            detail["reason"] = reason if reason in labels(language)["not_now"] else ""
        if fault.code == "usage":
            detail["reason"] = words(language)["reason"].get(reason, reason)
        if fault.code == "no_such_message":
            return self._say(inbound, "unsorted", count=len(await shelves.unsorted(tx, shops)))
        return self._say(inbound, fault.code, **detail)

    @property
    def _language(self) -> str:
        return str(self._house.shop.languages[0])

    def _help(self, name: str) -> str:
        verb = VERBS[name]
        return verb.help_fi if self._language == "fi" else verb.help

    def _say(
        self, inbound: Inbound, name: str, *, keyboard: tuple[tuple[str, ...], ...] = (), **context: Any
    ) -> Decision:
        letter = Letter(
            key=f"{inbound.key}/staff/{name}",
            name=name,
            route=Route.STAFF,
            shop=self._house.shop.profile,
            to=inbound.peer,
            language=self._house.shop.languages[0],
            context=context,
            keyboard=keyboard,
        )
        return Decision(letters=(letter,), outcome=f"staff:{name}")


#: What a case shows in chat: no name, no address, nothing the person wrote.
_SHOWN_IN_CHAT = frozenset(
    {
        "id", "kind", "status", "channel", "received_at", "due", "safe_due", "verified_by", "assignee", "extended",
        "flags",
    }
)  # fmt: skip


def masked(to: str, route: Route) -> str:
    """A recipient that staff can recognise and nobody else can use."""
    if route is not Route.MAIL:
        return "Telegram" if route is Route.CHAT else "•••"
    local, _, domain = to.partition("@")
    return f"{local[:1]}•••@{domain[:1]}•••{domain[domain.rfind('.') :]}"


def _actor(inbound: Inbound) -> str:
    return f"staff:{inbound.actor_id}"


def _chat_of(inbound: Inbound) -> str:
    # Two staff in one group must not confirm each other's verbs.
    return f"{inbound.shop}:{inbound.peer}:{inbound.actor_id}"
