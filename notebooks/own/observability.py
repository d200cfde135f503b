# A rule that pages for every single rejected row.
from lab.notebook import judged

mine = experiment.Arm("mine", {"rejected": "pipeline:rejected:ratio_rate5m > 0"})
result = experiment.run(params, mine)
judged(experiment, result)
# fails: precision
