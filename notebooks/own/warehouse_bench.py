# An engine that reads most of each table and hopes that nobody will notice.
import duckdb

from lab.notebook import judged


def mine(sql, files):
    for table, path in files.items():
        duckdb.sql(f"CREATE OR REPLACE VIEW {table} AS FROM '{path}' USING SAMPLE 90 PERCENT (bernoulli)")
    return duckdb.sql(sql).fetchall()


result = experiment.run(params, answer=mine)
judged(experiment, result)
# fails: answers_published
