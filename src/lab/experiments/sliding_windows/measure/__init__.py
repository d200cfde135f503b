"""One run, services up: what was seen, without a judgement.

seen: what is handed on. sink: a consumer outside Spark that stamps what arrives. stream: all queries on one live stream.
price: slide after slide on events that are all there.
"""
