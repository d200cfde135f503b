# An installation in which the application's login has been given the service's role.
from lab.notebook import judged

mine = experiment.Arm("mine", ("GRANT tenancy_service TO {login}",))
result = experiment.run(params, mine)
judged(experiment, result)
# fails: sql_blocked
