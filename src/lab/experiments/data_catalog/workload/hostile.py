"""Input that breaks what was not made for it: each as the target of a request."""

from __future__ import annotations

from urllib.parse import quote

import numpy as np

RANDOM = 30  # strings of random bytes
QUERIES = {
    "an operator of FTS5": "wage AND NOT OR NEAR(",
    "a column filter of FTS5": "name : wage -age ^first",
    "a quote that does not end": '"wage',
    "quotes of SQL": "'; DROP TABLE dataset; --",
    "an operator of tsquery": "wage & | ! <-> :* ()",
    "wildcards of LIKE": "%_\\%",
    "NUL": "wa\0ge",
    "only signs": "?!*-+()[]{}",
    "another script": "каталог данных 数据 目录 בדיקה",
    "joined and stacked marks": "e\u0301\u0301\u0301 \u202ewage\u200b",
    "emoji": "\N{BAR CHART}\N{FAMILY} wage",
    "one long word": "a" * 999,
    "very many words": "a " * 490,
    "10 kB": "wage " * 2_000,
    "a format": "%s %(name)s {0} ${x}",
}
TARGETS = {
    "broken UTF-8": "/search?q=%ff%fe%c0%80",
    "half a surrogate pair": "/search?q=%ed%a0%80",
    "an unknown facet": "/search?q=wage&colour=red",
    "an unknown value of a facet": "/search?q=wage&owner=nobody",
    "NUL in a facet": "/search?owner=%00",
    "a facet a hundred times": "/search?" + "&".join(["tag=small"] * 100),
    "limit 0": "/search?limit=0",
    "a limit without end": "/search?limit=999999999999999999999",
    "a page far behind": "/search?offset=100000",
    "days that are no number": "/search?within_days=NaN",
    "days beyond a calendar": "/search?within_days=1000000",
    "a facet instead of a number": "/search?limit=owner",
    "NUL in an id": "/datasets/a%00b",
    "a page with everything": "/?q=%3Cscript%3Ealert(1)%3C/script%3E&owner=%22%3E",
}


def texts(seed: int) -> dict[str, str]:
    """Queries by what is wrong with them, the last of them random bytes read as text."""
    random = np.random.default_rng([seed, 2])
    noise = {
        f"random bytes {number}": random.bytes(int(random.integers(1, 200))).decode("latin-1")
        for number in range(RANDOM)
    }
    return QUERIES | noise


def targets(seed: int) -> dict[str, str]:
    """All of it as targets of HTTP requests."""
    return {what: f"/search?q={quote(text, safe='')}" for what, text in texts(seed).items()} | TARGETS
