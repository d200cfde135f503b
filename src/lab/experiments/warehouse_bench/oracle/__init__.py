"""The truth, found another way.

published_answers: TPC-H's answers, and a comparison with them value by value.
execution_plan: what a run must have done, told from its parameters alone.
"""
