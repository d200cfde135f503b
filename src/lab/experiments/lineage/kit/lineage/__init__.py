"""Column lineage: read from SQL (`sql`), sent as OpenLineage events (`capture`), kept and shown (`store`, `app`).

`sql` alone needs sqlglot, `capture` OpenLineage's client, `app` FastAPI; the rest is Python's own.
"""
