# Fields that are sealed, sent without TLS and kept in plain files: where is the text readable?
from lab.notebook import judged

mine = experiment.Arm("mine", tls=False, fields=True, files=False)
result = experiment.run(params, mine)
judged(experiment, result)
# fails: needle_nowhere
# passes: rows_arrive
