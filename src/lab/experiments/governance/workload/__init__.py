"""What the audit is given.

company: a database without a fault, with its catalogue. faults: what is wrong in it, drawn blind. columns: for the classifier.
"""
