"""The truth in plain Python: which rows there are, whose they are, what must be nowhere else. It asks no policy."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from lab.experiments.tenant_isolation.params import Params

CUSTOMERS = 4  # of each tenant
Customer = tuple[int, int, str]  # tenant, id, e-mail
Order = tuple[int, int, int, str, str, str, str]  # tenant, id, customer, number, amount, product, note


def secret(seed: int, *words: object) -> str:
    """Twelve hex digits that nobody guesses."""
    return hashlib.sha256("/".join(map(str, (seed, *words))).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Truth:
    """All rows of a shop, as they are made by rule."""

    params: Params

    @cached_property
    def customers(self) -> list[Customer]:
        seed = self.params.seed
        return [
            (tenant, tenant * 1000 + n, f"{secret(seed, tenant, 'mail', n)}@example.org")
            for tenant in range(1, self.params.tenants + 1)
            for n in range(CUSTOMERS)
        ]

    @cached_property
    def orders(self) -> list[Order]:
        return [
            self._order(tenant, n)
            for tenant in range(1, self.params.tenants + 1)
            for n in range(self.params.orders)
        ]

    def _order(self, tenant: int, n: int) -> Order:
        seed = self.params.seed
        amount = f"{int(secret(seed, tenant, 'amount', n), 16) % 10**9 + 1}.{tenant % 100:02}"
        number = f"N-{secret(seed, tenant, 'number', n)}"
        note = f"secret-{secret(seed, tenant, 'note', n)}"
        return (
            tenant,
            tenant * 100_000 + n,
            tenant * 1000 + n % CUSTOMERS,
            number,
            amount,
            f"product-{tenant}",
            note,
        )

    def notes(self, tenant: int) -> set[str]:
        return {order[6] for order in self.orders if order[0] == tenant}

    def secrets(self, tenant: int) -> set[str]:
        """What is that tenant's alone: its notes and its customers' addresses."""
        return self.notes(tenant) | {email for owner, _, email in self.customers if owner == tenant}

    def others(self, tenant: int) -> set[str]:
        """What that tenant must never see."""
        return {
            one
            for other in range(1, self.params.tenants + 1)
            if other != tenant
            for one in self.secrets(other)
        }


def leaked(texts: Iterable[str], secrets: Collection[str]) -> bool:
    """Whether one of `secrets` is anywhere in what came back."""
    return any(one in text for text in texts for one in secrets)


@dataclass
class Book:
    """Orders by tenant and number as a model of the database: each tenant sees and changes its own, the operator all."""

    notes: dict[tuple[int, str], str] = field(default_factory=dict)

    def insert(self, tenant: int, number: str, note: str) -> bool:
        """Whether it was new."""
        new = (tenant, number) not in self.notes
        if new:
            self.notes[tenant, number] = note
        return new

    def update(self, tenant: int, number: str | None, note: str) -> int:
        """How many rows are changed; all of the tenant's if no number is named."""
        found = self._of(tenant, number)
        self.notes |= dict.fromkeys(found, note)
        return len(found)

    def delete(self, tenant: int, number: str | None) -> int:
        found = self._of(tenant, number)
        for key in found:
            del self.notes[key]
        return len(found)

    def seen(self, tenant: int) -> list[tuple[str, str]]:
        """Numbers and notes, in order."""
        return sorted((number, note) for (owner, number), note in self.notes.items() if owner == tenant)

    def _of(self, tenant: int, number: str | None) -> list[tuple[int, str]]:
        return [key for key in self.notes if key[0] == tenant and number in (None, key[1])]
