"""The matrix, tried: each row on each installation, and whether another tenant's rows were read or changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import psycopg

from lab.experiments.tenant_isolation.measure.place import Connection, Place, filled
from lab.experiments.tenant_isolation.measure.sending import Answer, Sent, run, send, words
from lab.experiments.tenant_isolation.oracle import leaked
from lab.experiments.tenant_isolation.params import ATTACKER, VICTIM
from lab.experiments.tenant_isolation.workload.attacks import Attack

NOBODY = "nobody"  # no tenant is set
_REQUEST = re.compile(r"(?:[a-z ]+: )?(?:GET|POST|PATCH|DELETE) /")
_ROADS = ("me", "victim", "login", NOBODY)  # words before a colon: through the pool
ABSENT = {
    "email": "none@example.org",
    "number": "N-none",
    "customer": "999999",
    "amount": "1.23",
    "product": "none",
    "order": "9999999",
}


@dataclass(frozen=True)
class Outcome:
    """One row on one installation. held: an attack was blocked, or an action allowed. how: why it was not."""

    arm: str
    attack: Attack
    held: bool
    how: str


@dataclass
class Trial:
    """An installation with the history of what was sent to it."""

    place: Place
    history: list[Sent] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)

    def attempts(self, rows: Sequence[Attack]) -> list[Outcome]:
        """Each row that means something here: no requests without an application, no SQL where only that differs."""
        with self.place.admin() as admin:
            before = self.place.digests(admin)
            return [self.attempt(row, admin, before) for row in rows if self._means(row)]

    def _means(self, row: Attack) -> bool:
        asks = any(map(_REQUEST.match, row.does))
        return (bool(self.place.url) or not asks) and (self.place.arm.sql or row.model == "api")

    def attempt(self, row: Attack, admin: Connection, before: Mapping[int, str]) -> Outcome:
        """One row, after which all is put back. before: digests of what there was."""
        values = self._values(row)
        answers, changed = [], set[int]()
        for value in values:
            answers.append(self._play(row, value))
            after = self.place.digests(admin)
            changed |= {tenant for tenant, _ in before.items() ^ after.items()}
            if after != before:
                self.place.seed(admin)
        how = (
            self._allowed(row, answers[0], changed)
            if row.gives
            else self._blocked(row, answers, values, changed)
        )
        return Outcome(self.place.arm.name, row, not how, how)

    def _blocked(
        self, row: Attack, answers: Sequence[Answer], values: Sequence[str], changed: set[int]
    ) -> str:
        """How it succeeded, "" if it did not."""
        secrets = self.place.truth.others(ATTACKER) - set(values)
        texts = [text for answer in answers for text in answer.texts]
        own = self._filled(row.own, "") if row.own is not None else None
        ways = {
            "read": leaked(texts, secrets),
            "changed": bool(changed - {ATTACKER}),
            "told": len(answers) == 2 and _plain(answers[0], values[0]) != _plain(answers[1], values[1]),
            "counted": own is not None and answers[0].last not in (None, own),
            "shown": row.shows is not None and leaked(texts, [self._filled(row.shows, "")]),
        }
        return ", ".join(name for name, holds in ways.items() if holds)

    def _allowed(self, row: Attack, answer: Answer, changed: set[int]) -> str:
        """What was wrong with it, "" if nothing."""
        truth, own = self.place.truth, row.own and self._filled(row.own, "")
        ways = {
            "refused": answer.refused,
            "another's": leaked(answer.texts, truth.others(ATTACKER)) or bool(changed - {ATTACKER}),
            "not all": row.gives == "notes"
            and not all(leaked(answer.texts, [note]) for note in truth.notes(ATTACKER)),
            "not changed": row.gives == "change" and changed != {ATTACKER},
            "other answer": own is not None and answer.last != own,
        }
        return ", ".join(name for name, holds in ways.items() if holds)

    def _values(self, row: Attack) -> list[str]:
        """What stands for {value}, one play for each."""
        if not row.pair:
            return [""]
        if row.pair == "victim":
            return ["works", ""]
        order = next(item for item in self.place.truth.orders if item[0] == VICTIM)
        email = next(item[2] for item in self.place.truth.customers if item[0] == VICTIM)
        _, number, customer, name, amount, product, _ = order
        present = {
            "email": email,
            "number": name,
            "customer": customer,
            "amount": amount,
            "product": product,
            "order": number,
        }
        return [str(present[row.pair]), ABSENT[row.pair]]

    def _filled(self, text: str, value: str) -> str:
        truth = self.place.truth
        mine, theirs = (
            next(item for item in truth.orders if item[0] == tenant) for tenant in (ATTACKER, VICTIM)
        )
        known = {
            "me": ATTACKER, "victim": VICTIM, "my_order": mine[1], "their_order": theirs[1], "my_customer": mine[2],
            "their_customer": theirs[2], "their_number": theirs[3], "their_note": theirs[6], "value": value,
            "orders": truth.params.orders, "today": datetime.now(UTC).date().isoformat(),
            "their_login": self.place.service if self.place.arm.shared else self.place.logins[VICTIM],
        }  # fmt: skip
        return filled(text, self.place, **known)

    def _play(self, row: Attack, value: str) -> Answer:
        answer = Answer()
        with ExitStack() as stack:
            known: dict[str, Connection] = {}
            for step in row.does:
                text = self._filled(step, value)
                who, _, rest = text.partition(": ")
                if _REQUEST.match(text):
                    self._request(text, answer)
                elif text == "@victim":
                    if value or row.pair != "victim":
                        self._victim(stack)
                elif who in _ROADS and rest:
                    self._through_pool(who, rest, known, stack, answer)
                else:
                    self._direct(text, known, stack, answer)
        return answer

    def _request(self, step: str, answer: Answer) -> None:
        for reply in send(self.place, step):
            refused = reply.status >= 400
            victim = reply.tenant == str(VICTIM)
            if not victim:
                answer.take([reply.text], refused)
                answer.texts.append(f"status {reply.status}")
            read = self._reads([reply.text])
            self.history.append(Sent("api", reply.user, reply.tenant, reply.request, reply.at, refused, read))

    def _victim(self, stack: ExitStack) -> None:
        """The victim's own work, on a connection that stays open."""
        connection = stack.enter_context(self.place.direct(VICTIM))
        add = "INSERT INTO shop.orders (customer_id, number, amount, note) VALUES ({their_customer}, 'work', 1, '{their_note}')"
        for text in (
            add,
            "DELETE FROM shop.orders WHERE number = 'work'",
            "SELECT note FROM shop.orders WHERE note = '{their_note}'",
        ):
            self._execute(connection, self._filled(text, ""), VICTIM, Answer())

    def _through_pool(
        self, who: str, text: str, known: dict[str, Connection], stack: ExitStack, answer: Answer
    ) -> None:
        login = self.place.logins[ATTACKER] if who == "login" else self.place.service
        if who not in known:
            known[who] = stack.enter_context(self.place.pooled(login))
        connection, tenant = known[who], {"me": ATTACKER, "login": ATTACKER, "victim": VICTIM}.get(who, 0)
        mine = Answer() if who == "victim" else answer
        if who in ("login", NOBODY):
            self._execute(connection, text, tenant, mine, login)
            return
        try:
            with self.place.arm.scope(connection, str(tenant), f"pool/{tenant}/{who}"):
                self._execute(connection, text, tenant, mine, login, who)
        except psycopg.Error:
            return  # the transaction is over, and why is told already

    def _direct(self, text: str, known: dict[str, Connection], stack: ExitStack, answer: Answer) -> None:
        if "direct" not in known:
            connection = known["direct"] = stack.enter_context(self.place.direct(ATTACKER))
            connection.add_notice_handler(lambda notice: answer.texts.append(notice.message_primary or ""))
        self._execute(known["direct"], text, ATTACKER, answer)

    def _execute(
        self, connection: Connection, text: str, tenant: int, answer: Answer, login: str = "", user: str = ""
    ) -> None:
        """One statement, marked so that it is found again in the log."""
        mark, at = f"/* {self.place.database} {next(self._numbers)} */", datetime.now(UTC)
        refused, rows = False, list[str]()
        try:
            rows = run(connection, f"{mark} {text}")
        except psycopg.Error as error:
            refused, rows = True, words(error)
        answer.take(rows, refused)
        via = "api" if user else "sql"
        who = user or login or (self.place.service if self.place.arm.shared else self.place.logins[tenant])
        self.history.append(Sent(via, who, str(tenant or ""), mark, at, refused, self._reads(rows)))

    def _reads(self, texts: Sequence[str]) -> bool:
        return leaked(texts, self.place.truth.secrets(VICTIM))


def _plain(answer: Answer, value: str) -> list[str]:
    """What came back, with the value that was sent taken out."""
    return [text.replace(value, "?") if value else text for text in answer.texts]
