-- Who did what since a time, from the server's own log (log_destination = jsonlog, logging_collector = on).
SELECT (line ->> 'timestamp')::timestamptz AS at, (line ->> 'session_start')::timestamptz AS begun,
       line ->> 'session_id' AS session, line ->> 'user' AS role, coalesce(line ->> 'remote_host', '[local]') AS host,
       line ->> 'application_name' AS program, left(line ->> 'message', 200) AS message
FROM pg_ls_logdir() AS file,
     regexp_split_to_table(pg_read_file(current_setting('log_directory') || '/' || file.name), E'\n') AS text,
     LATERAL (SELECT CASE WHEN text ~ '^[{].*[}]$' THEN text::jsonb END AS line) AS parsed  -- a last line may be half written
WHERE file.name ~ '[.]json$' AND file.modification >= date_trunc('second', %(since)s::timestamptz)  -- a file's time has no more
  AND (line ->> 'timestamp')::timestamptz >= %(since)s AND line ->> 'user' IS NOT NULL
ORDER BY 1
