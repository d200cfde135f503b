# A strategy that sends every second message to the first partition.
from lab.notebook import judged


def mine(key, sequence, partitions):
    return 0 if sequence % 2 else sequence // 2 % partitions


result = experiment.run(params, [experiment.Variant("mine", mine, zipf=0)])
judged(experiment, result)
# fails: lag_bounded
# passes: delivered_once, placed_as_told
