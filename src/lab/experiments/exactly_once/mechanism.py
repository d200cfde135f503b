"""Under test: the order of three steps (read, write, commit), and what is in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from confluent_kafka import Message

from lab.experiments.exactly_once.kit.loop import Link, ends, exactly_once

Step = Callable[[Link, Sequence[Message]], None]  # deals with one batch


def at_least_once(link: Link, batch: Sequence[Message]) -> None:
    """Write, then say how far: who dies in between has it written again."""
    link.produce(batch)
    link.flush()
    link.consumer.commit(offsets=ends(batch), asynchronous=False)


def at_most_once(link: Link, batch: Sequence[Message]) -> None:
    """Say how far, then write: who dies in between has it never written."""
    link.consumer.commit(offsets=ends(batch), asynchronous=False)
    link.produce(batch)
    link.flush()


@dataclass(frozen=True)
class Processor:
    """A way to deal with a batch. transactional: it asks for a producer with a transactional.id."""

    name: str
    step: Step
    transactional: bool = False

    @property
    def slug(self) -> str:
        return self.name.replace(" ", "-")


EXACTLY_ONCE = Processor("exactly once", exactly_once, transactional=True)
AT_LEAST_ONCE = Processor("at least once", at_least_once)
AT_MOST_ONCE = Processor("at most once", at_most_once)
