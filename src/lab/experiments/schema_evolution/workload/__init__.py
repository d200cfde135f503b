"""What is thrown at the readers.

orders: a history of an order's schema, and changes to it. fuzz: random schemas and edits. values: data that reach every
branch and symbol. producer: orders on a topic.
"""
