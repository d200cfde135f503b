"""What a column holds about a person: by the check digits of its values, by their form, by the column's name."""

from __future__ import annotations

import ipaddress
import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from .names import HINTS, may_be, plain

NONE = "none"
# Share of a column's distinct values that must be valid; see the experiment for its neighbours.
THRESHOLD = 0.5
CHANCE = 1e-6  # a column whose values chance could have made valid with more than this is not told by them
LONGEST = 80  # characters of a value that is looked at; longer ones are text


@dataclass(frozen=True)
class Label:
    """What a column holds. why: "es.dni", "name"; share: of its distinct values that are valid, 0 if the name told."""

    label: str
    why: str = ""
    share: float = 0.0


@dataclass(frozen=True)
class Rule:
    """A kind of value. form: without blanks, dots, slashes and hyphens; a value that departs from it is not looked at further.

    chance: with which a value of that form which is something else is valid.
    """

    label: str
    why: str
    form: re.Pattern[str]
    valid: Callable[[str], bool]
    chance: float


def classify(
    columns: Sequence[str], sample: Sequence[Sequence[Any]], threshold: float = THRESHOLD, names: bool = True
) -> dict[str, Label]:
    """The label of each column, from rows of a sample. Personal names, addresses and birthdays are told by names alone.

    columns: names; sample: rows, a value for each column (None, numbers, text, dates, JSON as dict or list).
    threshold: share of distinct values that must be valid; names: False looks at values only. ValueError for rows of
    another length or a threshold outside of (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold = {threshold}: above 0, at most 1")
    if wrong := next((row for row in sample if len(row) != len(columns)), None):
        raise ValueError(f"a row has {len(wrong)} values for {len(columns)} columns")
    return {
        column: _column(column, [row[place] for row in sample], threshold, names)
        for place, column in enumerate(columns)
    }


def _column(name: str, values: Sequence[Any], threshold: float, names: bool) -> Label:
    """The first label of the parts of a column; JSON has several, each with its key as its name."""
    parts: dict[str, list[Any]] = {name: []}
    for value in values:
        for key, leaf in _leaves(name, value):
            parts.setdefault(key, []).append(leaf)
    found = [_part(key, own, threshold, names) for key, own in parts.items()]
    return next((label for label in found if label.label != NONE), found[0])


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, own in value.items():
            yield from _leaves(str(key), own)
    elif isinstance(value, list | tuple):
        for own in value:
            yield from _leaves(name, own)
    elif value is not None:
        yield name, value


def _part(name: str, values: Sequence[Any], threshold: float, names: bool) -> Label:
    texts = {text: _SEPARATORS.sub("", text) for text in map(_text, values) if text}
    by_value = _by_value(texts, threshold)
    if by_value.label != NONE or not names:
        return by_value
    hint = next((label for label, words in HINTS.items() if words.search(plain(name))), NONE)
    return Label(hint, "name") if hint != NONE and may_be(hint, values, list(texts)) else Label(NONE)


def _by_value(texts: Mapping[str, str], threshold: float) -> Label:
    if not texts:
        return Label(NONE)
    for rule in RULES:
        valid = _valid(rule, texts, threshold)
        if valid and _by_chance(valid, len(texts), rule.chance) < CHANCE:
            return Label(rule.label, rule.why, valid / len(texts))
    return Label(NONE)


def _valid(rule: Rule, texts: Mapping[str, str], threshold: float) -> int:
    """How many are valid; 0 as soon as there can't be enough."""
    allowed = left = math.floor((1 - threshold) * len(texts) + 1e-9)
    for text, compact in texts.items():
        if not (rule.form.fullmatch(compact) and rule.valid(text)):
            left -= 1
            if left < 0:
                return 0
    return len(texts) - (allowed - left)


def _by_chance(valid: int, of: int, chance: float) -> float:
    """Probability that so many of `of` values or more are valid by chance."""
    return math.fsum(
        math.comb(of, count) * chance**count * (1 - chance) ** (of - count) for count in range(valid, of + 1)
    )


def _text(value: Any) -> str:
    """A value as it would be written; "" for what is no identifier: truth values, times, long text, bytes."""
    if isinstance(value, bool | bytes | memoryview):
        return ""
    if isinstance(value, int | float | Decimal):
        finite = value.is_finite() if isinstance(value, Decimal) else value == value
        if not finite or abs(value) >= 10**LONGEST:
            return ""
        # A number that a table holds as a float or numeric has no digits behind the point of its own.
        value = int(value) if value == int(value) else value
    text = unicodedata.normalize("NFKC", str(value)).strip()
    return text if len(text) <= LONGEST else ""


_SEPARATORS = re.compile(r"[\s./-]")
_EMAIL = re.compile(r"[^\s@<>,;\"]{1,64}@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}")
_PHONE = re.compile(r"(?:\+|00)[1-9][\d\s().-]{6,17}\d")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
# Beginnings of Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay, Maestro.
_CARD = re.compile(r"(?:4|5[0-8]|2[2-7]|3[4-9]|30|6)\d{11,17}")


def _email(text: str) -> bool:
    return bool(_EMAIL.fullmatch(text))


def _phone(text: str) -> bool:
    return bool(_PHONE.fullmatch(text)) and 8 <= sum(char.isdigit() for char in text) <= 15


def _card(text: str) -> bool:
    from stdnum import luhn

    digits = re.sub(r"[\s-]", "", text)
    return bool(_CARD.fullmatch(digits)) and luhn.is_valid(digits)


def _ssn(text: str) -> bool:
    # It has no check digit: without its hyphens every number of nine digits would be one.
    from stdnum.us import ssn

    return bool(_SSN.fullmatch(text)) and ssn.is_valid(text)


def _ip(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text.partition("/")[0])
    except ValueError:
        return False
    # Version numbers are four small numbers too.
    return found.version == 6 or max(found.packed) > 99


def _stdnum(name: str, length: int = 0) -> Callable[[str], bool]:
    """A validator of python-stdnum. length: of those that tables hold as numbers, which lose their leading zeros."""

    def valid(text: str) -> bool:
        return bool(_is_valid(name)(text.zfill(length) if length and text.isdigit() else text))

    return valid


@cache
def _is_valid(name: str) -> Callable[[str], bool]:
    from importlib import import_module

    return import_module(f"stdnum.{name}").is_valid


def _rule(label: str, why: str, form: str, valid: Callable[[str], bool], chance: float) -> Rule:
    return Rule(label, why, re.compile(form), valid, chance)


# The surest first: of two that fit, a value is the one that chance makes less often.
RULES: Sequence[Rule] = (
    _rule("email", "form", r".+@.+", _email, 1e-7),
    _rule("bank_account", "iban", r"[A-Za-z]{2}\d{2}\w{11,30}", _stdnum("iban"), 1e-4),
    _rule("ip_address", "form", r"\d{4,14}|[\da-fA-F:]*:[\da-fA-F:]*", _ip, 1e-3),
    _rule("phone", "form", r"(?:\+|00)[\d()]{8,20}", _phone, 1e-3),
    _rule("national_id", "it.codicefiscale", r"[A-Za-z]{6}\w{10}", _stdnum("it.codicefiscale"), 1 / 26),
    _rule("national_id", "es.dni", r"\d{8}[A-Za-z]", _stdnum("es.dni"), 1 / 23),
    _rule("national_id", "us.ssn", r"\d{9}", _ssn, 0.05),
    _rule("national_id", "fr.nir", r"[12]\d{4}\w{2}\d{8}", _stdnum("fr.nir"), 1 / 97),
    _rule("national_id", "br.cpf", r"\d{9,11}", _stdnum("br.cpf", 11), 1 / 50),
    _rule("national_id", "pl.pesel", r"\d{9,11}", _stdnum("pl.pesel", 11), 1 / 50),
    _rule("payment_card", "luhn", r"\d{12,19}", _card, 0.1),
    _rule("national_id", "in.aadhaar", r"[2-9]\d{11}", _stdnum("in_.aadhaar"), 0.1),
    _rule("national_id", "nl.bsn", r"\d{8,9}", _stdnum("nl.bsn", 9), 1 / 11),
)
