"""A shop to measure: settings, a register of any size, request mails as people write them, the child process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

#: Requests as they come: short, long, with quoted text below, in both languages. None is from the tests' tables.
TEXTS = (
    (
        "Tietopyyntö",
        "Hei,\n\nhaluaisin nähdä kaikki tiedot, joita teillä on minusta.\n\nTerveisin\nAsiakas",
    ),
    ("Poisto", "Moi, poistakaa mun tiedot teidän rekisteristä kiitos"),
    ("Markkinointi", "En halua enää uutiskirjeitä enkä muitakaan mainoksia.\n\n-- \nLähetetty puhelimesta"),
    ("My data", "Hello,\n\nplease send me a copy of all personal data you hold about me.\n\nKind regards"),
    (
        "Delete",
        "Please delete my account and all my data.\n\nOn Monday the shop wrote:\n> Your order is on its way",
    ),
    ("Re: Kesäale", "Lopettakaa mainosten lähettäminen.\n\n> KESÄALE -40 %\n> Peruuta tilaus tästä"),
    ("Rajoitus", "Pyydän, että rajoitatte tietojeni käsittelyä, kunnes riita laskusta on selvitetty."),
    ("Portability", "I would like to receive my data in a machine-readable format, for example JSON."),
)

SHOP = "tietosuoja@shop.example"


def customer(number: int) -> str:
    """The address of one invented customer."""
    return f"asiakas{number}@example.com"


def write_register(folder: Path, customers: int) -> None:
    """A register with so many people."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["customer_id,name,email,city,language"]
    rows += [f"C-{n},Malli Asiakas,{customer(n)},Turku,fi" for n in range(customers)]
    (folder / "customers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "orders.csv").write_text("order_id,customer_id\n", encoding="utf-8")


def request_mail(number: int) -> bytes:
    """One person's request as the server keeps it."""
    subject, text = TEXTS[number % len(TEXTS)]
    message = EmailMessage()
    message["From"] = f"Malli Asiakas <{customer(number)}>"
    message["To"], message["Subject"] = SHOP, subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain="example.com")
    message.set_content(text)
    if number % 5 == 0:
        message.add_alternative("<p>" + text.replace("\n", "<br>") + "</p>", subtype="html")
    return bytes(message)


def start(config: Path, log: Path) -> subprocess.Popen[bytes]:
    """`pyynto serve` as it ships, in a process of its own."""
    command = [str(Path(sys.executable).with_name("pyynto")), "serve", "--config", str(config)]
    with log.open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "PYTHONUNBUFFERED": "1"})


def wait_for(log: Path, words: str, seconds: float = 30.0) -> float:
    """The moment (monotonic seconds) these words stand in a log."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if words in log.read_text(encoding="utf-8", errors="replace"):
            return time.monotonic()
        time.sleep(0.005)
    raise TimeoutError(f"the service never said {words!r}; its log ends with:\n{log.read_text()[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process we started."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def shuffled(numbers: int, seed: int) -> list[int]:
    """Numbers in an order of their own."""
    order = list(range(numbers))
    random.Random(seed).shuffle(order)
    return order
