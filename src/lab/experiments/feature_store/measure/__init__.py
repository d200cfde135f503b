"""What is seen in a run, without a judgement.

seen: what the measurements give. offline: joins on time. rival: the same by Feast, in its own environment. live: updates
and lookups together. workers: processes of its own for that. outage: Redis killed and filled again, and the state at rest.
"""
