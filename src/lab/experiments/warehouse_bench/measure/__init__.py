"""One run with its services up.

engines: the services, each one's start timed. measurement: what is seen while the queries run.
kept_run: the whole benchmark, run once and kept.
"""
