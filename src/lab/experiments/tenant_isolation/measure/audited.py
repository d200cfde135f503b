"""The history of what was sent, held against the audit; and what the audit's page says of one tenant."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lab.errors import ServiceError
from lab.experiments.tenant_isolation.measure.place import Place
from lab.experiments.tenant_isolation.measure.sending import Sent, send
from lab.experiments.tenant_isolation.mechanism import audit
from lab.experiments.tenant_isolation.params import ATTACKER, VICTIM

LATE = timedelta(seconds=5)  # between a statement's sending and its line
_MARK = re.compile(r"/\* \S+ \d+ \*/")
_WRITTEN_S = 10


@dataclass(frozen=True)
class Audited:
    """sent: accesses made; refused: of those; missing: not in the audit, in words. page_missing, page_wrong: of its page.

    entries: all lines of the audit, by outcome and way."""

    sent: int
    refused: int
    missing: tuple[str, ...]
    readers: int
    page_missing: tuple[str, ...]
    page_wrong: tuple[str, ...]
    page: str
    entries: Sequence[audit.Entry]


def audited(place: Place, history: Sequence[Sent]) -> Audited:
    """The audit of one installation, read once all that was sent is written."""
    days = sorted({sent.at.date() for sent in history})
    known = _entries(place, days[0])
    by_mark = defaultdict[str, list[audit.Entry]](list)
    for entry in known:
        for mark in (*_MARK.findall(entry.what)[:1], entry.request):
            by_mark[mark].append(entry)
    missing = [_told(sent) for sent in history if not any(_is(sent, entry) for entry in by_mark[sent.mark])]
    pages = [
        send(place, f"auditor: GET /audit?tenant={VICTIM}&day={day.isoformat()}")[0].text for day in days
    ]
    page = "".join(pages)
    readers = [sent for sent in history if sent.read]
    # Whose rows were read is whose tenant it was, so what the attacker sent must not be there at all.
    wrong = [sent for sent in history if sent.tenant == str(ATTACKER) and sent.mark in page]
    return Audited(
        len(history),
        sum(sent.refused for sent in history),
        tuple(missing),
        len(readers),
        tuple(_told(sent) for sent in readers if sent.mark not in page),
        tuple(map(_told, wrong)),
        pages[-1],
        known,
    )


def _entries(place: Place, since: date) -> list[audit.Entry]:
    """All entries, the last of which is of a statement that is sent now."""
    last = f"/* {place.database} 999999999 */"
    with place.admin() as connection:
        connection.execute(f"{last} SELECT count(*) FROM shop.orders")
        deadline = time.monotonic() + _WRITTEN_S
        while not any(last in line for line in audit.read_log(connection, since)[-50:]):
            if time.monotonic() > deadline:
                raise ServiceError("the server's log is not written")
            time.sleep(0.05)
        lines = audit.read_log(connection, since)
    logins = {login: str(tenant) for tenant, login in place.logins.items()}
    own = place.log.read_text().splitlines()
    return audit.entries(lines, own, logins, {place.service}, place.database)


def _is(sent: Sent, entry: audit.Entry) -> bool:
    """Whether an entry says of `sent` who, for which tenant, when, and whether it was refused."""
    outcome = audit.REFUSED if sent.refused else audit.DONE
    near = -LATE < entry.at - sent.at < LATE
    return (entry.who, entry.tenant, entry.outcome) == (sent.who or "unknown", sent.tenant, outcome) and near


def _told(sent: Sent) -> str:
    outcome = "refused" if sent.refused else "done"
    return f"{sent.who or 'unknown'} ({sent.via}, tenant {sent.tenant or 'none'}), {outcome}: {sent.mark}"
