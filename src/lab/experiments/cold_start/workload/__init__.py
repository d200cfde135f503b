"""What the strategies are put to.

ratings: the real ratings and users. cohort: users held out, and their histories cut short.
arms: strategies and clients that are compared.
"""
