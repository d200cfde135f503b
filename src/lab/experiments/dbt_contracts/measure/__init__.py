"""One run, services up: raw observations.

seen: what they are. sources: the source on DuckDB and PostgreSQL. builds: one build after another. timing: by size.
"""
