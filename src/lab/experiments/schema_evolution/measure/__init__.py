"""What one run gives, before anything is judged.

decoders: how a pair of schemas fares with each decoder. pairs: random pairs, versions, changes. walks: random histories.
files: Parquet. topic: orders of all versions on Kafka. drill: a bad deploy and its roll-back. seen: all of it.
"""
