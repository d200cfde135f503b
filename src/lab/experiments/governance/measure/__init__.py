"""What a run measures.

bench: the server with the company's database, seeded and mended. rounds: audits of it. labels: the classifier. onboarding:
datasets brought in. growth: the audit's time. seen: what comes of it.
"""
