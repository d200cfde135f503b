"""What is thrown at a strategy.

variants: strategies, keys, topics, and which of them is measured at which rate. messages: one measurement window,
prepared before it begins. producer: a load generator's process.
"""
