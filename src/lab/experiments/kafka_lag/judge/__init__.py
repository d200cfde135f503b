"""From what was seen to observations, metrics and tables; none of it talks to a broker.

checks: of deliveries, placements, Little's law. hold: throughput, latency and lag of one hold. observations: one
for each criterion. metrics: and tables.
"""
