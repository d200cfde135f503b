"""The pages: plain HTML without a script, so that keyboard, screen reader and phone need nothing of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape
from urllib.parse import quote, urlencode

from .dataset import Answer, Dataset, Hit

MOST_SHOWN = 8  # values of a facet
_STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}
form{display:flex;gap:.5rem;flex-wrap:wrap}input[type=search]{flex:1;min-width:12rem}
input,button{font:inherit;padding:.4rem .6rem}a{color:#00529b}:focus-visible{outline:3px solid #d55e00;outline-offset:2px}
.columns{display:flex;gap:2rem;flex-wrap:wrap}main{flex:3;min-width:min(20rem,100%)}nav{flex:1;min-width:12rem}
ol,nav ul{padding-left:1.2rem}li{margin-bottom:.7rem;overflow-wrap:anywhere}nav li{margin-bottom:.1rem}
small{color:#555}.skip{position:absolute;left:-99rem}.skip:focus{position:static}
table{border-collapse:collapse}td,th{text-align:left;padding:.1rem 1rem .1rem 0}
td,th{overflow-wrap:anywhere;vertical-align:top}h2{font-size:1.1rem}
"""


def results(
    query: str, filters: Mapping[str, Collection[str]], answer: Answer, limit: int, offset: int
) -> str:
    """The search form, what was found, and what it can be narrowed to."""
    hits = "".join(_hit(hit) for hit in answer.hits)
    listed = f'<ol start="{offset + 1}">{hits}</ol>' if hits else "<p>Try fewer or other words.</p>"
    chosen = [(kind, value) for kind, values in filters.items() for value in values]
    hidden = "".join(f'<input type="hidden" name="{kind}" value="{escape(value)}">' for kind, value in chosen)
    return _page(
        f"{query} - data catalog" if query else "Data catalog",
        f"""<header><h1>Data catalog</h1>
<form role="search" action="/"><label for="q">Name, owner, field or words</label>
<input type="search" id="q" name="q" value="{escape(query)}" maxlength="1000" autofocus>{hidden}
<button>Search</button></form></header>
<div class="columns"><main id="results" tabindex="-1">{_chosen(query, chosen)}<h2>{_count(answer)}</h2>{listed}
{_more(query, chosen, answer, limit, offset)}</main>
<nav aria-label="Narrow the results">{_facets(query, chosen, answer)}</nav></div>""",
    )


def dataset(item: Dataset) -> str:
    """One dataset with its fields."""
    facts = {
        "Owner": f"{item.owner} {item.email}",
        "Source": item.source,
        "Updated": item.updated.isoformat(),
        "Rows": "unknown" if item.rows is None else f"{item.rows:,}",
        "Tags": ", ".join(item.tags),
    }
    rows = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in facts.items())
    fields = "".join(
        f"<tr><td>{escape(each.name)}</td><td>{escape(each.type)}</td></tr>" for each in item.fields
    )
    return _page(
        f"{item.name} - data catalog",
        f"""<header><a href="/">Data catalog</a></header>
<main id="results" tabindex="-1"><h1>{escape(item.name)}</h1><p>{escape(item.title)}</p>
<table>{rows}</table><h2>{len(item.fields)} fields</h2><table><tr><th>name</th><th>type</th></tr>{fields}</table>
<h2>Description</h2><p>{escape(item.text)}</p></main>""",
    )


def _page(title: str, body: str) -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>
<a class="skip" href="#results">Skip to the results</a>{body}</body></html>"""


def _hit(hit: Hit) -> str:
    item = hit.dataset
    why = f" · found in {escape(', '.join(hit.why))}" if hit.why else ""
    return (
        f'<li><a href="/show/{quote(item.id)}">{escape(item.name)}</a> {escape(item.title)}<br><small>{escape(item.owner)} · '
        f"{escape(item.source)} · updated {item.updated.isoformat()}{why}</small></li>"
    )


def _count(answer: Answer) -> str:
    said = {
        "corrected": ", with words one typing error away",
        "any word": " that have any of the words; none has all",
    }
    return f"{answer.total:,} dataset{'' if answer.total == 1 else 's'}{said.get(answer.how, '')}"


def _address(query: str, chosen: Collection[tuple[str, str]], **more: int) -> str:
    return escape("/?" + urlencode([("q", query), *chosen, *more.items()]))


def _chosen(query: str, chosen: list[tuple[str, str]]) -> str:
    links = [
        f'<a href="{_address(query, [other for other in chosen if other != one])}">{escape(": ".join(one))} (remove)</a>'
        for one in chosen
    ]
    return f"<p>Only {', '.join(links)}</p>" if links else ""


def _more(query: str, chosen: list[tuple[str, str]], answer: Answer, limit: int, offset: int) -> str:
    links = []
    if offset:
        links.append(
            f'<a href="{_address(query, chosen, limit=limit, offset=max(0, offset - limit))}">Previous</a>'
        )
    if offset + limit < min(answer.total, 400):
        links.append(f'<a href="{_address(query, chosen, limit=limit, offset=offset + limit)}">Next</a>')
    return f"<p>{' '.join(links)}</p>" if links else ""


def _facets(query: str, chosen: list[tuple[str, str]], answer: Answer) -> str:
    parts = []
    for kind, counts in answer.facets.items():
        if kind == "changed within" or not counts:
            continue
        items = "".join(
            f'<li><a href="{_address(query, [*chosen, (kind, value)])}">{escape(value)}</a> ({count:,})</li>'
            for value, count in list(counts.items())[:MOST_SHOWN]
            if (kind, value) not in chosen
        )
        parts.append(f"<h2>{kind}</h2><ul>{items}</ul>")
    return "".join(parts)
