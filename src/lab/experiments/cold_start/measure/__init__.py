"""What is seen in one run.

seen: what is kept. evaluation: predictions for the cold cohort. level: how far levels are off.
exactness: what the oracle is asked.
service: the cache under load and faults.
"""
