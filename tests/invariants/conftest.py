"""The shop of the invariant tests: as everywhere, with a staff chat that hears its alarms."""

from __future__ import annotations

import pytest

from tests.office import STAFF_CHAT, Office


@pytest.fixture
async def office(office: Office) -> Office:
    """A shop running on the stand-ins, its database there and its staff chat open."""
    office.bot.group(STAFF_CHAT)
    await office.store()
    return office
