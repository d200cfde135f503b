"""From what was seen to observations, metrics and tables.

result: all of them put together.
observations: what was seen, held against the criteria.
ranking: geometric means, and the ratios of engines and of formats.
reproducibility: what two halves of the rounds say about an order.
median_interval: how far a few rounds can be trusted.
linear_law: a + b x bytes.
cost: what a query costs.
fairness: whether engines took turns and had the same resources.
"""
