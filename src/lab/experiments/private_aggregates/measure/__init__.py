"""Measurements of a variant, each by itself.

seen: what they give. accuracy: errors, utility, intervals. advice: what the page advises, beside its neighbours. privacy: audits
and OpenDP's own account. audit: the method. leaks: keys and low-order bits. ledger: the accountant. peer: diffprivlib.
"""
