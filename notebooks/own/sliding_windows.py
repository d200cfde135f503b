# The transformation with its deduplication switched off.
from lab.notebook import judged


def mine(events, size, slide, lateness, **more):
    return experiment.windows(events, size, slide, lateness, **more | {"deduplicate": False})


result = experiment.run(params, mine)
judged(experiment, result)
# fails: counted_once
# passes: watermark_predicted
