-- A sink that a backlog can be replayed into: the newest version of a key stays, whatever comes last, and a message that
-- comes twice is taken once, in whatever batch it comes. `arm` keeps several replays apart.
CREATE SCHEMA IF NOT EXISTS backlog;

CREATE TABLE IF NOT EXISTS backlog.newest (
    arm text, key bigint, version bigint NOT NULL, PRIMARY KEY (arm, key)
);
-- Each message that was absorbed, with two moments by the server's clock: when the sink was asked to, and when it was done.
CREATE TABLE IF NOT EXISTS backlog.arrivals (
    arm text, source text, partition int, message_offset bigint, version bigint NOT NULL, asked timestamptz, at timestamptz,
    PRIMARY KEY (arm, source, partition, message_offset)
);

-- Absorb one batch in one transaction; the number of its messages that were not there already.
-- wait_s: how long the sink's one lane is held for it, as by a slow disk or an index elsewhere; 0 in a real one.
CREATE OR REPLACE FUNCTION backlog.absorb(
    arm_ text, source_ text, partition_ int, offsets bigint[], keys bigint[], versions bigint[],
    wait_s double precision DEFAULT 0, newest_wins boolean DEFAULT true
) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    asked_ timestamptz := clock_timestamp();
    fresh bigint[];
BEGIN
    IF cardinality(keys) <> cardinality(offsets) OR cardinality(versions) <> cardinality(offsets) THEN
        RAISE EXCEPTION 'offsets, keys and versions must be as many';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('backlog.' || arm_));
    PERFORM pg_sleep(wait_s);
    WITH taken AS (
        INSERT INTO backlog.arrivals
            SELECT arm_, source_, partition_, row.message_offset, row.version, asked_, clock_timestamp()
            FROM unnest(offsets, versions) AS row (message_offset, version)
            ON CONFLICT DO NOTHING
            RETURNING message_offset
    )
    SELECT array_agg(message_offset) FROM taken INTO fresh;
    INSERT INTO backlog.newest AS mine
        SELECT DISTINCT ON (row.key) arm_, row.key, row.version
        FROM unnest(offsets, keys, versions) WITH ORDINALITY AS row (message_offset, key, version, place)
        WHERE row.message_offset = ANY (fresh)
        -- Of a key that comes twice in one batch the newest, or, if the last write wins, the last.
        ORDER BY row.key, CASE WHEN newest_wins THEN row.version ELSE row.place END DESC
        ON CONFLICT (arm, key) DO UPDATE SET version = excluded.version
        WHERE NOT newest_wins OR mine.version < excluded.version;
    RETURN coalesce(cardinality(fresh), 0);
END
$$;
