# A guard that lets everything through.
from lab.notebook import judged


def mine(events):
    return events, events.where("false")


result = experiment.run(params, mine)
judged(experiment, result)
# fails: guard_keeps, refused_rightly
# passes: drops_predicted
