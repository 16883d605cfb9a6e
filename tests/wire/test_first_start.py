"""The first start on a mailbox that has been used for years: all of it is listed, none of it is answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from bench.mailbox import mixed_mail
from storage import desk
from tests.invariants.acts import eventually, table_of
from tests.office import MAIJA, SHOP, opened

OLD_MAILS = 5_000


async def test_five_thousand_old_mails_are_listed_and_none_is_answered(tmp_path: Path) -> None:
    async with opened(tmp_path, start=False) as office:
        long_ago = office.clock() - timedelta(days=60)
        for number in range(OLD_MAILS):
            raw = b"Message-ID: <old.%d@example.com>\r\n" % number + mixed_mail(number)
            await office.mail.deliver(raw, SHOP, internal_date=long_ago)
        await office.start()
        store = await office.store()

        async def listed() -> int:
            async with store.read() as tx:
                row = await tx.first(select(func.count()).select_from(table_of("unsorted")))
            return int(row[0]) if row else 0

        # Of seven mails in the mixture four are by people: two requests, a question, a file sent along.
        people = sum(number % 7 in (0, 4, 5, 6) for number in range(OLD_MAILS))

        async def all_listed() -> bool:
            return await listed() >= people

        await eventually(all_listed, within=120)
        async with store.read() as tx:
            waiting = [item for _, item in await desk.unsorted(tx, ["liwigo"])]
        assert len(waiting) == people
        assert {item.reason for item in waiting} == {"older_than_since"}
        assert {item.received_at for item in waiting} == {long_ago.replace(microsecond=0)}
        # What comes after them is answered as ever.
        await office.write(MAIJA, "Haluan nähdä tietoni.")
        await office.mails(MAIJA)
        assert {address for sent in office.mail.outbound for address in sent.rcpt_tos} == {SHOP, MAIJA}
        (case,) = await office.queue(everything=True)
        assert case["kind"] == "access"
