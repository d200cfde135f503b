"""One run on a broker.

bench: topics, generators and group at work. consumer, worker: a member of the group and one partition's worker.
lag: the probe. seen: what is kept.
"""
