"""One run, services up.

sink: the function that writes. daemon: a process that stays; replayer, live: two such. session: an arm after the other.
seen: what is left. load: rows per 100 ms, latency of live rows, and the capacity that follows from both.
"""
