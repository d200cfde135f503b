"""From what was seen to observations, metrics and tables; none of it talks to a broker.

checks: of deliveries, placements, order, Little's law. window: throughput, latency and lag of one window. model: what
placement and one worker's rate predict, beside what came. observations: one for each criterion. metrics: and tables.
"""
