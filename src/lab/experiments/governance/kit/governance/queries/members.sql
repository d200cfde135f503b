-- Every membership, one edge each: a role that inherits from a role that inherits shows as two.
SELECT g.rolname AS "group", m.rolname AS member, a.admin_option AS admin
FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE g.rolname !~ '^pg_' ORDER BY 1, 2
