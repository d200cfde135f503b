"""One run on a broker.

bench: topic, generators and group at work. consumer, lane: a member of the group and one partition's worker.
lag: the probe. seen: what is kept.
"""
