"""One run, services up. seen: what is kept. queries: the streaming queries, and the batch jobs on the same topic."""
