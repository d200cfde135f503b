"""One run with everything up: what can be seen of it from outside.

driver: the sink as a Spark driver in a process of its own. pipeline: all that runs, by name. kills: SIGKILL at a chosen
moment, and the way back. under_load: the run itself. after_load: what is read when it is over (`Seen`).
sizes: the same batch into tables of other sizes.
"""
