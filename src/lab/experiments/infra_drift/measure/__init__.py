"""stack: servers, configuration, a first apply. live: the detector while hands change things. beside: the rest.
seen: all that a run leaves.
"""
