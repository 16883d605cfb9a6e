"""What staff corrected, read from the store for `pyynto understand --examples`; the store is left as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from app.commands.common import WRONG_USE, fail, names_of, opened, run, settings_of
from app.settings import Settings
from cases.examples import example_of
from storage.rekinded import rekinded

NO_DATABASE = (
    "service.database: {file} is not there yet: `pyynto serve` makes it, and staff correct cases in it."
)


def corrected(config: Path) -> list[dict[str, Any]]:
    """Every example, oldest message first. Exits with 2 where settings or database are missing."""
    settings = settings_of(config)
    url = make_url(settings.service.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        # Opening would make one, and then say that nothing was ever corrected.
        fail(NO_DATABASE.format(file=url.database), WRONG_USE)
    found: list[dict[str, Any]] = run(lambda: _examples(settings))
    return found


async def _examples(settings: Settings) -> list[dict[str, Any]]:
    async with opened(settings) as store, store.read() as tx:
        items = await rekinded(tx, names_of(settings, None))
    made = (example_of(item.request, item.cases, item.changes, item.customer) for item in items)
    return [example for example in made if example is not None]
