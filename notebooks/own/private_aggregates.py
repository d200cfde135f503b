# A mechanism that looks at every second row, to save time.
from lab.notebook import judged


def mine(table, query, bounds, unit, delta):
    return experiment.prepare(table.iloc[::2], query, bounds, unit, delta)


result = experiment.run(params, mine, only=["exactness", "utility"])
judged(experiment, result)
# fails: exact_before_noise
