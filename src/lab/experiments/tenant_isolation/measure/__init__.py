"""One run, services up: what was seen, without a judgement.

place: databases, roles, pool, application. attempts: the matrix. sending: requests and statements. sequences: random ones
against a model. audited: the history against the audit. overhead: time of policies, planning by partitions.
"""
