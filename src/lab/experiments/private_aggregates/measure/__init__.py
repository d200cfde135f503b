"""Measurements of an arm, each by itself.

seen: what they give. accuracy: errors, utility, intervals. sizes: errors of small groups and tables. privacy: audits
and OpenDP's own account. audit: the method. leaks: keys and low-order bits. ledger: the accountant. peer: diffprivlib.
"""
