"""Text as words, the same for what is stored and what is asked, so that every store answers alike.

Neither SQLite nor PostgreSQL is left to find words: their rules differ (what is a letter, what is a host name), and both
are given words that need no rule. Correction of typing errors looks up neighbours that lack one letter (Garbe,
SymSpell 2012; Mor and Fraenkel 1982), which finds every word within one edit and compares few.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST = 100  # letters of a word; the rest is cut off
SHORTEST_CORRECTED = 4  # letters: below that nearly every word is a neighbour of every other

# Letters that Unicode does not take apart, as they are typed on a keyboard that lacks them.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
# Scripts that put no space between words (Thai to Khmer, kana, Han, Hangul): each sign is a word of its own.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_WITHIN = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])"
)


def words(text: str) -> list[str]:
    """The words of a text in order: letters and digits in lower case without accents, at most LONGEST each."""
    return [word[:LONGEST] for word in _WORD.findall(_plain(text).casefold().translate(_PLAIN))]


def joined(text: str) -> str:
    """All letters and digits of `text` as one word: `wt.loss`, `wt_loss` and `WtLoss` are the same; "" if it has none."""
    return "".join(words(text))[:LONGEST]


@lru_cache(50_000)  # columns of the same name are met again and again
def name_words(name: str) -> tuple[str, ...]:
    """Words of an identifier: the whole as one, and its parts (`ArgentinaCPI`: argentinacpi, argentina, cpi)."""
    if not (whole := joined(name)):
        return ()
    return tuple(dict.fromkeys((whole, *words(_WITHIN.sub(" ", _plain(name))))))


def deletions(word: str) -> set[str]:
    """`word`, and what is left of it without each of its letters."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def one_edit(first: str, second: str) -> bool:
    """Whether one letter typed too much, left out, mistaken or swapped with the next explains the difference.

    True for equal words. (Damerau 1964; Wagner and Lowrance 1975 with a limit of one.)
    """
    if first == second:
        return True
    short, long = sorted((first, second), key=len)
    start = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(long) - len(short) == 1:
        return short[start:] == long[start + 1 :]
    if len(long) != len(short):
        return False
    swapped = short[start : start + 2] == long[start : start + 2][::-1]
    return short[start + 1 :] == long[start + 1 :] or (swapped and short[start + 2 :] == long[start + 2 :])


def _plain(text: str) -> str:
    """Without accents and other marks that sit on a letter."""
    if text.isascii():
        return text
    apart = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", "".join(apart))  # Hangul's letters are put together again
