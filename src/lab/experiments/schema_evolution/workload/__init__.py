"""What is thrown at the readers.

orders: a history of an order's schema, and changes to it. fuzz, edits: random schemas. team: random histories.
values: data that reach every branch and symbol. producer: orders on a topic.
"""
