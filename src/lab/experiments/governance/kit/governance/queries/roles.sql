-- Every role, whether it may log in, and what makes it privileged: attributes, and predefined roles that it is a member of.
SELECT r.rolname AS role, r.rolcanlogin AS can_login,
       array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcreaterole THEN 'createrole' END,
                          CASE WHEN r.rolcreatedb THEN 'createdb' END, CASE WHEN r.rolreplication THEN 'replication' END,
                          CASE WHEN r.rolbypassrls THEN 'bypassrls' END], NULL)
       || ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                WHERE m.member = r.oid AND g.rolname ~ '^pg_' ORDER BY 1) AS privileged
FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1
