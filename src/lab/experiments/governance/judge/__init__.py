"""What was seen, judged without a service.

matching: findings against seeded faults. observations: by criterion. metrics: figures and tables. model: the audit's time.
"""
