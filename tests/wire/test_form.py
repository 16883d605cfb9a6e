"""The request to sign, for shops whose notices ask for one: it really arrives as a PDF, by chat and by mail."""

from __future__ import annotations

from pathlib import Path

from tests.office import MAIJA, opened


async def test_a_mail_brings_the_form_as_a_pdf_under_the_same_bytes_each_time(tmp_path: Path) -> None:
    async with opened(tmp_path, profile="taigakoru") as office:
        await office.write(MAIJA, "Hei, pyydän että poistatte kaikki henkilötietoni.")
        (receipt,) = await office.mails(MAIJA)
        await office.write(MAIJA, "lomake", answers=receipt)
        form = (await office.mails(MAIJA, 2))[-1]
        (paper,) = list(form.iter_attachments())
        assert paper.get_content_type() == "application/pdf"
        assert bytes(paper.get_content()).startswith(b"%PDF")
        (row,) = await office.queue(everything=True)
        assert row["id"] in str(form["Subject"])


async def test_the_receipt_of_a_shop_that_offers_no_form_has_nothing_attached(tmp_path: Path) -> None:
    async with opened(tmp_path) as office:
        await office.write(MAIJA, "Hei, pyydän että poistatte kaikki henkilötietoni.")
        (receipt,) = await office.mails(MAIJA)
        assert list(receipt.iter_attachments()) == []
