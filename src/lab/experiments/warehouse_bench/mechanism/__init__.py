"""What is under test, and what a reader takes home: a bench for any engine, and three engines.

bench: times queries on engines, in turns.
engine: what is asked of an engine.
engine_duckdb, engine_spark, engine_trino: those that are measured.
dataset: what they are given to query.
process_usage: what they use, as the kernel counts it.
"""
