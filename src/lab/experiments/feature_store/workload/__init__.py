"""What is thrown at the store.

popularity: of entities. history: updates before the run, and the rows to join. traffic: updates while lookups run.
joins: ways to join on time. naive: the online store without its mechanism.
"""
