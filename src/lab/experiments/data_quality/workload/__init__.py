"""Data, faults and batches.

faults: the generator, written before and without the expectations. batches: of the table, good and faulty.
"""
