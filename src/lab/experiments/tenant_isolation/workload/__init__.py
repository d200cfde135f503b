"""What is thrown at it.

attacks: the matrix, as data. arms: installations with something taken away; faults for the lint. shop.sql: the tables.
"""
