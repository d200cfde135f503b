"""Data, faults and batches.

flights: the table. faults: the generator, written before and without the expectations. cases: good and faulty batches.
"""
