"""One run, the store being up: raw observations.

seen: all of them. bench: store, delayed link, disk. datasets: written, compacted, bytes counted three times.
query_times: timed queries. needed_bytes: what must be fetched for a query. tpch_answers: all 22 on every layout.
compaction_frequency: one log compacted at several frequencies. metadata_times: listing, planning, committing.
concurrent_readers: readers during compactions. killed_compaction: what a kill leaves.
"""
