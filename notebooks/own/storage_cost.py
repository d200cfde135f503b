# A policy that puts an object away on the day after its last read.
from lab.notebook import judged


def mine(history):
    deep = history.now_in == "DEEP_ARCHIVE"
    return [] if deep else [experiment.Move(history.today + 1, "DEEP_ARCHIVE")]


result = experiment.run(params, mine)
judged(experiment, result)
# fails: latency_acceptable
# passes: none_beats_the_optimum
