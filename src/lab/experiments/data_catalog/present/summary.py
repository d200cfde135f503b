"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.data_catalog.judge.metrics import slug
from lab.experiments.data_catalog.judge.observations import ANSWERABLE
from lab.experiments.data_catalog.present.findings import Findings, findings, percent
from lab.experiments.data_catalog.workload.arms import LIKE, POSTGRES, SQLITE, TRIGRAMS, WHOLE_WORDS

ALTERNATIVES = (
    Alternative(
        "LIKE '%...%'",
        "A first version's search: no index helps, no word order, no ranking, no typing error.",
        "run beside it here",
    ),
    Alternative(
        "Trigrams",
        "SQLite's trigram tokenizer and PostgreSQL's pg_trgm tolerate errors in an index; words of under three letters find "
        "nothing.",
        "SQLite 3.34 and later; run beside it here. pg_trgm not run",
    ),
    Alternative(
        "Meilisearch, Typesense",
        "One process with prefixes, typing errors (up to two) and facets by default; another store to keep in step.",
        "their documentation, 2025; not run here",
    ),
    Alternative(
        "OpenSearch, Elasticsearch",
        "BM25, fuzziness AUTO (no edit up to two letters, one up to five, else two) and facets, in a cluster of its own.",
        "Elasticsearch 8 documentation; not run here",
    ),
    Alternative(
        "DataHub, OpenMetadata, Amundsen",
        "Whole catalogs with lineage, policies and connectors; each brings a search cluster and a database.",
        "their documentation, 2025; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    common = treatment.observed["common_queries_found"]
    like = controls[LIKE].observed["common_queries_found"]
    p95 = treatment.observed["p95_at_clients"]
    return Summary(
        answer=(
            f"Yes, for names, owners and fields: of the worst kind {percent(float(common.value))} of the queries have a relevant "
            f"dataset in the first ten, by LIKE {percent(float(like.value))}. By words that the catalog was not given it is "
            f"{percent(found.found('text', SQLITE))}. At {found.params.rate:g} searches/s of {found.params.clients} clients "
            f"95 % of the answers come within {float(p95.value):.0f} ms."
        ),
        conditions=(
            f"{found.datasets:,} datasets of R packages; owners and dates are made up",
            "by name or owner a third of the queries is cut off, a third mistyped; by field a quarter each: more than people do",
            "one process in Python on two cores, the load on the same machine",
        ),
        headline=Metric(
            "common_queries_found",
            100 * float(common.value),
            "%",
            "of common queries find a relevant dataset in the first ten, worst kind",
            better="higher",
        ),
        figure="found",
        decisions=(_search(found), _typos(found), _store(found), _freshness(found), _text(found)),
        alternatives=ALTERNATIVES,
    )


def _search(found: Findings) -> Decision:
    like, ours = (_correct(found, arm) for arm in (LIKE, SQLITE))
    return Decision(
        "Is LIKE enough for a catalog's search?",
        f"No: in the order of names its R-precision on one word without a typing error is {like:.2f}, against {ours:.2f} of "
        "full text with weights by column. SQLite's FTS5 needs no server.",
        "measured",
        ("ranks_better_than_like", slug("r_precision", LIKE), slug("r_precision", SQLITE)),
        figure="ranking",
    )


def _correct(found: Findings, arm: str) -> float:
    """R-precision over the common queries that LIKE can answer."""
    chosen = found.common[(found.common["arm"] == arm) & found.common["form"].isin(ANSWERABLE)]
    return float(chosen["r_precision"].mean())


def _typos(found: Findings) -> Decision:
    compared = (SQLITE, TRIGRAMS, WHOLE_WORDS)
    shares = [percent(found.found("typo", arm)) for arm in compared]
    return Decision(
        "How do I tolerate typing errors without a search engine?",
        f"Look misspelt words up by what is left of them without one letter: {shares[0]} of mistyped queries find theirs, by a "
        f"trigram index {shares[1]}, by whole words {shares[2]}. It finds one error in a word, not two.",
        "measured",
        ("corrections_complete", *(slug("found", "typo", arm) for arm in compared)),
        figure="found",
    )


def _store(found: Findings) -> Decision:
    ndcg = [found.of("ndcg", arm) for arm in (SQLITE, POSTGRES)]
    p95 = [found.value(slug("p95", arm)) for arm in (SQLITE, POSTGRES)]
    return Decision(
        "SQLite or PostgreSQL for the catalog?",
        f"Both find the same sets; BM25 ranks at nDCG@10 {ndcg[0]:.3f}, ts_rank at {ndcg[1]:.3f}; p95 is {p95[0]:.0f} and "
        f"{p95[1]:.0f} ms. SQLite's file takes one writer at a time and belongs on a local disk.",
        "measured",
        (
            "stores_agree",
            slug("ndcg", SQLITE),
            slug("ndcg", POSTGRES),
            slug("p95", SQLITE),
            slug("p95", POSTGRES),
        ),
        figure="latency",
    )


def _freshness(found: Findings) -> Decision:
    boosts, used = found.boosts, found.params.boost
    ages, ndcg = boosts["age"], boosts["ndcg"]
    return Decision(
        "How much should freshness count in the ranking?",
        f"As much as readers want: from {boosts.index[0]:g} to {boosts.index[-1]:g} times the score, halved after "
        f"{found.params.half_life:g} days, the first ten's mean age goes from {ages.iloc[0]:.0f} to {ages.iloc[-1]:.0f} days and "
        f"nDCG@10 stays within {ndcg.min():.3f} and {ndcg.max():.3f}. Dates are made up here, apart from relevance; {used:g} is "
        "our choice.",
        "simulated",
        tuple(f"{name}_at_boost_{boost:g}" for boost in boosts.index for name in ("age", "ndcg")),
        basis="dates of change drawn from one log-normal distribution, whatever the dataset",
        figure="freshness",
    )


def _text(found: Findings) -> Decision:
    text, field = (percent(found.found(kind, SQLITE)) for kind in ("text", "field"))
    return Decision(
        "Do I have to index the whole documentation?",
        f"Yes, if people search by its words: of queries from sections that were left out {text} find a dataset whose section "
        f"has both words, of fields {field}.",
        "measured",
        (slug("found", "text", SQLITE), slug("found", "field", SQLITE)),
        figure="found",
    )
