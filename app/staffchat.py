"""The chat face of the staff verbs: `/verb …` in, short answers without personal data out.

A verb that sends something is shown first and waits for "ok"; what is shown is kept, so that "ok" carries out
exactly that. Names, addresses and texts are for the terminal (design.md 6).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from app import desk
from app.house import House
from cases.faults import TheirFault
from cases.model import Decision, Form, Inbound, Letter, Route
from cases.staff import VERBS, Order, read_line
from storage import desk as shelves
from storage.store import Transaction

#: How long a shown verb may be confirmed.
CONFIRM_WITHIN = timedelta(minutes=15)
#: Cases listed in one chat message.
ROWS = 30

YES = frozenset({"ok", "okei", "lähetä", "laheta", "send", "yes", "kyllä"})
NO = frozenset({"peruuta", "cancel", "no", "ei", "älä"})


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
            return await self._confirmation(tx, inbound)
        except TheirFault as fault:
            return await self._explain(tx, inbound, fault)

    async def _command(self, tx: Transaction, inbound: Inbound) -> Decision | None:
        name = inbound.text.lstrip("/").split()[0].partition("@")[0].lower().replace("_", "-")
        if name == "help":
            commands = [{"usage": verb.usage, "help": self._help(verb.name)} for verb in VERBS.values()]
            return self._say(inbound, "help", commands=commands)
        if name not in VERBS:
            return None
        order = read_line(inbound.text)
        if VERBS[order.verb].looks:
            return await self._look(tx, inbound, order)
        asks = desk.needs_asking(order)
        outcome = await desk.act(
            tx, self._house, order, actor=_actor(inbound), cause=inbound.key, now=self._now(), commit=not asks
        )
        if not asks:
            return self._say(inbound, "done", verb=order.verb, case=desk.row_of(outcome.case))
        kept = {"line": inbound.text, "case": outcome.case.id, "version": outcome.case.version}
        await shelves.keep_preview(tx, _chat_of(inbound), kept, self._now())
        letters = [letter for letter in outcome.letters if letter.route is not Route.STAFF]
        first = letters[0] if letters else None
        return self._say(
            inbound,
            "preview",
            keyboard=(("ok", "cancel"),),
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
        return self._say(inbound, "unsorted", count=len(await shelves.unsorted(tx, shops)))

    async def _confirmation(self, tx: Transaction, inbound: Inbound) -> Decision | None:
        word = inbound.payload if inbound.form is Form.BUTTON else inbound.text.strip().strip("!.").casefold()
        if word not in YES | NO:
            return None
        kept = await shelves.take_preview(tx, _chat_of(inbound), self._now(), CONFIRM_WITHIN)
        if kept is None:
            return self._say(inbound, "nothing_to_confirm") if inbound.form is Form.BUTTON else None
        if word in NO:
            return self._say(inbound, "cancelled")
        order = read_line(kept["line"])
        outcome = await desk.act(
            tx, self._house, order, actor=_actor(inbound), cause=inbound.key, now=self._now(), commit=True
        )
        return self._say(inbound, "done", verb=order.verb, case=desk.row_of(outcome.case))

    async def _explain(self, tx: Transaction, inbound: Inbound, fault: TheirFault) -> Decision:
        detail: dict[str, Any] = dict(fault.detail)
        if fault.code == "not_now":
            found = await shelves.dossier(tx, [self._house.shop.profile], detail.pop("id", ""))
            if found is None:
                return self._say(inbound, "no_such_case", id="")
            detail["case"] = desk.row_of(found.case)
        if fault.code == "no_such_message":
            return self._say(
                inbound, "unsorted", count=len(await shelves.unsorted(tx, [self._house.shop.profile]))
            )
        return self._say(inbound, fault.code, **detail)

    def _help(self, name: str) -> str:
        verb = VERBS[name]
        return verb.help_fi if self._house.shop.languages[0] == "fi" else verb.help

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
        "id",
        "kind",
        "status",
        "channel",
        "received_at",
        "due",
        "safe_due",
        "verified_by",
        "assignee",
        "extended",
        "flags",
    }
)


def masked(to: str, route: Route) -> str:
    """A recipient that staff can recognise and nobody else can use."""
    if route is not Route.MAIL:
        return "Telegram"
    local, _, domain = to.partition("@")
    return f"{local[:1]}•••@{domain[:1]}•••{domain[domain.rfind('.') :]}"


def _actor(inbound: Inbound) -> str:
    return f"staff:{inbound.actor_id}"


def _chat_of(inbound: Inbound) -> str:
    # Two staff in one group must not confirm each other's verbs.
    return f"{inbound.shop}:{inbound.peer}:{inbound.actor_id}"
