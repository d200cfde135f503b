"""One run, the store being up: raw observations.

seen: all of them. bench: store, delayed link, disk. datasets: written, compacted, bytes counted twice. query_times: timed
queries. tpch_answers: all 22 on every layout. file_sizes: one large scan in files of several sizes. compaction_interval: one
log compacted at several intervals. concurrent_readers: readers during compactions. killed_compaction: what a kill leaves.
"""
