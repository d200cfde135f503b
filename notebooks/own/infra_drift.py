# Who may do what is nobody's business: grants are ignored.
from lab.notebook import judged

mine = {"ignore": ["postgresql_grant*"]}
result = experiment.run(params, mine)
judged(experiment, result)
# fails: detected_in_time, answered
# passes: nothing_destroyed
