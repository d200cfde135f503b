# An audit that always finds the same, wherever it looks.
from lab.notebook import judged


def mine(dsn, catalogue, **options):
    return [experiment.Finding("public_access", "table shop.customers", "as always", 5)]


result = experiment.run(params, mine)
judged(experiment, result)
# fails: mock_audit_passes, faults_found, findings_right
