# A checker that holds every change for harmless.
from lab.notebook import judged


def mine(reader, writer):
    return []


result = experiment.run(params, experiment.Arm("mine", mine))
judged(experiment, result)
# fails: no_missed_break
