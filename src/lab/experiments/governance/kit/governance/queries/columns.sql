-- Every column of every table and view outside the system's schemas, with the table's owner; partitions are in their parent.
SELECT n.nspname || '.' || c.relname AS dataset, n.nspname AS schema, c.relname AS "table", c.relkind::text AS kind,
       -- a partition may have an owner of its own
       CASE c.relkind WHEN 'p' THEN ARRAY(SELECT DISTINCT pg_get_userbyid(o.relowner)::text FROM pg_partition_tree(c.oid) t
                                          JOIN pg_class o ON o.oid = t.relid ORDER BY 1)
                      ELSE ARRAY[pg_get_userbyid(c.relowner)::text] END AS owners,
       c.reltuples::float AS rows, a.attname AS "column",
       format_type(a.atttypid, a.atttypmod) AS type
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, a.attnum
