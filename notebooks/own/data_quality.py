# A gate that counts rows: a batch with half of a usual day's is good.
from lab.notebook import judged


def mine(suite, batch):
    return experiment.Decision(len(batch) > 400, (), len(batch), "too few rows")


result = experiment.run(params, mine)
judged(experiment, result)
# fails: rejected_and_named, none_reaches_mart
