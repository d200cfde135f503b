"""What the pipeline has to bear.

source: the database, its table, its seed and its own log. transactions: what the bank does, kind by kind.
writers: when it does it, open loop. controls: designs that are known to fail, and the batches of their replays.
The kills are in `measure`: they take their moment from what is seen of the work.
"""
