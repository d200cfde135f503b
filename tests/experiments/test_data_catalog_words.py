"""Words and their neighbours: the same for what is stored and what is asked, complete, whatever the script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.data_catalog.kit.catalog.words import (
    LONGEST,
    deletions,
    joined,
    name_words,
    one_edit,
    words,
)
from lab.experiments.data_catalog.oracle import distance, neighbours

SHORT = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Łódź, naïve Straße!", ["lodz", "naive", "strasse"]),
        ("t-test_of x²", ["t", "test", "of", "x2"]),
        ("данные 数据gen", ["данные", "数", "据", "gen"]),
        ("대한 ガ", ["대", "한", "カ"]),
        ("a\0b \ud800 \u202e", ["a", "b"]),
        ("?!* \N{BAR CHART}", []),
        ("", []),
    ],
)
def test_words_are_letters_and_digits_without_accents(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("ArgentinaCPI", ("argentinacpi", "argentina", "cpi")),
        ("wt.loss", ("wtloss", "wt", "loss")),
        ("HTTPServer2", ("httpserver2", "http", "server", "2")),
        ("age", ("age",)),
        ("___", ()),
    ],
)
def test_an_identifier_is_found_whole_and_by_its_parts(name: str, found: tuple[str, ...]) -> None:
    assert name_words(name) == found


@given(st.text(max_size=50))
def test_any_text_gives_words_that_a_store_can_take_and_that_give_themselves(text: str) -> None:
    for word in (*words(text), *name_words(text), joined(text)):
        assert len(word) <= LONGEST and "'" not in word and '"' not in word and "\0" not in word
        assert "".join(words(word)) == word


@given(st.text(max_size=30))
def test_what_is_stored_as_a_name_is_found_by_typing_it(name: str) -> None:
    assert not joined(name) or joined(name) in name_words(name)


@given(SHORT, SHORT)
def test_one_edit_is_what_the_full_table_says(first: str, second: str) -> None:
    assert one_edit(first, second) == one_edit(second, first) == (distance(first, second) <= 1)


@given(SHORT, SHORT)
def test_words_one_edit_apart_share_a_remainder(first: str, second: str) -> None:
    if distance(first, second) <= 1:
        assert deletions(first) & deletions(second)


def test_the_oracle_counts_a_swap_as_one_error_and_two_errors_as_two() -> None:
    assert (distance("wage", "wgae"), distance("wage", "wagges"), distance("", "ab")) == (1, 2, 2)
    assert neighbours("wage", ["wage", "wages", "gage", "age", "waste", "wgae"]) == [
        "age",
        "gage",
        "wages",
        "wgae",
    ]
