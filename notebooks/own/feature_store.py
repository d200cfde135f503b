# A join by event time alone: what was corrected later is taken as if it had been known.
from lab.notebook import judged

mine = """SELECT position, event_time, known_time, event_id, {features} FROM (
  SELECT position, {kept} FROM asked ASOF LEFT JOIN log
  ON asked.entity = log.entity AND asked.moment >= log.event_time) ORDER BY position"""
result = experiment.run(params, experiment.Join("mine", mine))
judged(experiment, result)
# fails: point_in_time
