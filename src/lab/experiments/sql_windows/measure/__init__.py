"""One run on the engines.

engines: connections and tables. session: the steps. rows: against the oracle. timing, processor: clock and processor
time. sort_memory: where sorts spill. speedups: what helps. seen: what all give.
"""
