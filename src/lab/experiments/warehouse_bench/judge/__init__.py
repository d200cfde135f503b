"""From what was seen to observations, metrics and tables.

result: all of them put together. metrics: the record's figures.
observations: what was seen, held against the criteria.
ranking: geometric means, ratios of engines, what formats add, and whether halves of the rounds agree.
median_interval: how far a few rounds can be trusted.
linear_model: a + b x bytes.
cost: what a query uses and costs.
"""
