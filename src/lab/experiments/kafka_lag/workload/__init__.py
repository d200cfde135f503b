"""What is thrown at a strategy.

arms: strategies and keys, treatment and control. messages: one hold, prepared before it begins. producer: a
load generator's process.
"""
