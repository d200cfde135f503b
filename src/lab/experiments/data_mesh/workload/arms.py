"""Who looks at a change before it is merged: consumers' expectations, and what is usual in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lab.experiments.data_mesh.mechanism import Break, Expectation, Need, Publication, verify


@dataclass(frozen=True)
class Context:
    """What else there is to look at. schema: columns and types before the change; failing: the publisher's own tests."""

    schema: Mapping[str, str]
    failing: Sequence[str] = ()


@dataclass(frozen=True)
class Arm:
    """A way to find what breaks a consumer: `Arm("mine", lambda publication, expectation, context: [Break(...), ...])`."""

    name: str
    notice: Callable[[Publication, Expectation, Context], Sequence[Break]]


def _own(publication: Publication, expectation: Expectation, context: Context) -> list[Break]:
    return [Break(expectation.consumer, expectation.dataset, "", "test", name) for name in context.failing]


def _shape(publication: Publication, expectation: Expectation, context: Context) -> list[Break]:
    fields = {name: Need(need.type) for name, need in expectation.fields.items()}
    return verify(publication, replace(expectation, fields=fields, key=(), fresh=None))


def _whole(publication: Publication, expectation: Expectation, context: Context) -> list[Break]:
    fields = {
        name: replace(expectation.fields.get(name, Need()), type=type_)
        for name, type_ in context.schema.items()
    }
    return verify(publication, replace(expectation, fields=fields))


EXPECTATIONS = Arm("expectations", lambda publication, expectation, _: verify(publication, expectation))
SHAPE = Arm("fields and types alone", _shape)
WHOLE = Arm("whole schema", _whole)
OWN = Arm("publisher's own tests", _own)
ARMS = (EXPECTATIONS, SHAPE, WHOLE, OWN)
