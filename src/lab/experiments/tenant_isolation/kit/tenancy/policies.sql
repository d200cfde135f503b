-- Rows apart by tenant, PostgreSQL 15 or later. Run it as a superuser in the database; running it again changes nothing.
-- Then:  SELECT tenancy.protect('shop.orders');            for each table with a column tenant_id (or another, named)
--        SELECT tenancy.add_login('acme', '7');            for each login of a tenant that sends SQL itself
--        GRANT tenancy_service TO app;                     for the application, which says per transaction for whom it works
CREATE SCHEMA IF NOT EXISTS tenancy;
REVOKE ALL ON SCHEMA tenancy FROM PUBLIC;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tenancy_login', 'tenancy_service'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', name);
        END IF;
    END LOOP;
END $$;

CREATE TABLE IF NOT EXISTS tenancy.logins (login name PRIMARY KEY, tenant text NOT NULL);

-- For whom this session works. A tenant's own login decides by itself: session_user is not changed by SET ROLE, and a
-- setting that anybody can write is not asked. The service's setting must be local to a transaction (set_config(..., true)).
-- Stable, so a query asks once; not immutable, or a prepared plan would keep the first tenant.
CREATE OR REPLACE FUNCTION tenancy.tenant() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN pg_has_role(session_user, 'tenancy_service', 'MEMBER')
                THEN nullif(current_setting('app.tenant', true), '')
                ELSE (SELECT tenant FROM tenancy.logins WHERE login = session_user) END
$$;

CREATE OR REPLACE FUNCTION tenancy.add_login(login name, tenant text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = login AND (rolsuper OR rolbypassrls)) THEN
        RAISE EXCEPTION '% is above row-level security', login;
    END IF;
    IF pg_has_role(login, 'tenancy_service', 'MEMBER') THEN
        RAISE EXCEPTION '% is a login of the service, which names its tenant itself', login;
    END IF;
    EXECUTE format('GRANT tenancy_login TO %I', login);
    INSERT INTO tenancy.logins AS l VALUES (login, tenant)
    ON CONFLICT ON CONSTRAINT logins_pkey DO UPDATE SET tenant = excluded.tenant;
END $$;

CREATE OR REPLACE FUNCTION tenancy.protect(target regclass, tenant_column name DEFAULT 'tenant_id') RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_type text;
    part regclass;
    own text;
    others text;
BEGIN
    SELECT format_type(a.atttypid, a.atttypmod) INTO of_type FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.attrelid = target AND a.attname = tenant_column AND a.attnum > 0 AND a.attnotnull AND c.relkind IN ('r', 'p');
    IF of_type IS NULL THEN
        RAISE EXCEPTION '% is no table with a column % that is NOT NULL', target, quote_ident(tenant_column);
    END IF;
    -- Policies are joined by OR: whatever another one shows to a tenant this one can't hide.
    SELECT string_agg(quote_ident(polname) || ' on ' || polrelid::regclass, ', ') INTO others FROM pg_policy
    WHERE polrelid IN (SELECT target UNION SELECT relid FROM pg_partition_tree(target)) AND polname <> 'tenant' AND polpermissive
      AND EXISTS (SELECT FROM unnest(polroles) r WHERE CASE WHEN r = 0 THEN true ELSE pg_has_role(r, 'tenancy_login', 'MEMBER')
                  OR pg_has_role(r, 'tenancy_service', 'MEMBER') END);
    IF others IS NOT NULL THEN
        RAISE EXCEPTION '% has permissive policies of its own for tenants: %', target, others
            USING HINT = 'Drop them, or make them RESTRICTIVE.';
    END IF;
    -- A partition that is addressed by itself has its own policies: none, so nobody gets in that way.
    FOR part IN SELECT target UNION SELECT relid FROM pg_partition_tree(target) LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
        EXECUTE format('REVOKE TRUNCATE, REFERENCES, TRIGGER ON %s FROM PUBLIC, tenancy_login, tenancy_service', part);
    END LOOP;
    -- The sub-select is asked once for a query, not for each row, whether there is an index or not.
    own := format('%I = (SELECT tenancy.tenant()::%s)', tenant_column, of_type);
    EXECUTE format('DROP POLICY IF EXISTS tenant ON %s', target);
    EXECUTE format('CREATE POLICY tenant ON %s TO tenancy_login, tenancy_service USING (%s) WITH CHECK (%s)', target, own, own);
END $$;

REVOKE ALL ON FUNCTION tenancy.protect(regclass, name), tenancy.add_login(name, text), tenancy.tenant() FROM PUBLIC;
GRANT USAGE ON SCHEMA tenancy TO tenancy_login, tenancy_service;
GRANT EXECUTE ON FUNCTION tenancy.tenant() TO tenancy_login, tenancy_service;

-- Large objects know no policies, and every role may make them and list them.
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc
             WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^(lo_|loread$|lowrite$)' LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;
REVOKE SELECT ON pg_catalog.pg_largeobject_metadata FROM PUBLIC;
