"""One run, the store being up: raw observations.

seen: all of them. bench: store, delayed link, disk. datasets: written and compacted. query_times: timed
queries. file_sizes: one large scan in files of several sizes. compaction_interval: one
log compacted at several intervals. concurrent_readers: readers during compactions.
"""
