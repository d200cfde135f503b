"""Spark's rule for late rows, replayed over the micro-batches of a query as they were recorded.

Apache Spark 4.1, one windowed aggregation: a batch is filtered with the watermark of the batch before it, and its state is
cleared with its own. That one is the largest event time of all batches before, less the delay; 0 (1970) before there is
any. A row is dropped, and a group cleared, when its window's end is at or before the watermark concerned. Nothing of
the code under test is used, and no array: one event after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """number: its own. key: of its feature, beside the window."""

    number: int
    event_s: int
    key: tuple[str, ...]


@dataclass(frozen=True)
class Replayed:
    """counted, dropped: numbers of events. watermarks, state: of each batch, s, and rows after it."""

    counted: frozenset[int]
    dropped: frozenset[int]
    watermarks: tuple[float, ...]
    state: tuple[int, ...]


@dataclass
class _State:
    """Of the replay: what the next batch is filtered and cleared with, and the groups that are held."""

    filters: float = 0
    clears: float = 0
    largest: int = 0
    groups: set[tuple[int, tuple[str, ...]]] = field(default_factory=set)


def replay(batches: Iterable[Sequence[Event]], watermark_s: int, window_s: int) -> Replayed:
    """What Spark does with these batches; an empty one is a batch too."""
    state = _State()
    counted: set[int] = set()
    dropped: set[int] = set()
    watermarks: list[float] = []
    rows: list[int] = []
    for batch in batches:
        watermarks.append(state.clears)
        for event in batch:
            end = window_end(event.event_s, window_s)
            if end <= state.filters:
                dropped.add(event.number)
            else:
                counted.add(event.number)
                state.groups.add((end, event.key))
            state.largest = max(state.largest, event.event_s)
        state.groups = {group for group in state.groups if group[0] > state.clears}
        rows.append(len(state.groups))
        state.filters = state.clears
        state.clears = max(state.clears, state.largest - watermark_s)
    return Replayed(frozenset(counted), frozenset(dropped), tuple(watermarks), tuple(rows))


def batches(events: Mapping[int, Event], ends: Iterable[int]) -> list[list[Event]]:
    """The events of each batch. events: by offset, those that the guard refuses left out. ends: offsets behind each batch."""
    found, begin = [], 0
    for end in ends:
        found.append([events[offset] for offset in range(begin, end) if offset in events])
        begin = end
    return found


def late(events: Iterable[Event], window_s: int) -> frozenset[int]:
    """Events whose window had ended, by the largest event time before them in the log."""
    found, largest = set(), 0
    for event in events:
        if window_end(event.event_s, window_s) <= largest:
            found.add(event.number)
        largest = max(largest, event.event_s)
    return frozenset(found)


def window_end(event_s: int, window_s: int) -> int:
    """Windows begin at multiples of their length since 1970."""
    return event_s - event_s % window_s + window_s
