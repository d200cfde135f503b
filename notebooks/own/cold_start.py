# A strategy that takes everybody for a harsh critic without a taste.
import numpy as np

from lab.notebook import judged


def mine(population):
    return lambda attributes, history: np.array([1.0] + [0.0] * (len(population.names) - 1))


result = experiment.run(params, mine, "mine")
judged(experiment, result)
# fails: log_loss_within_delta, calibrated
