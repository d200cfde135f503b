# A query that takes every customer for one who has left.
from lab.notebook import judged

mine = experiment.queries()["churn"].changed("silent_days > :inactive_days", "silent_days >= 0")
result = experiment.run(params, queries={"churn": mine}, timed=False)
judged(experiment, result)
# fails: rows_match
