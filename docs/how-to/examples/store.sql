-- One role and one database for one store, and nothing else for that role.
-- psql -v ON_ERROR_STOP=1 -v store=vault -f store.sql      (as a superuser of the cluster)
\set role equality_:store
CREATE ROLE :"role" LOGIN;
CREATE DATABASE :"role" OWNER :"role" TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
ALTER ROLE :"role" CONNECTION LIMIT 60;
-- After a wave was rewritten in random order, the old log that still holds the order is let go.
GRANT pg_checkpoint TO :"role";
\connect :role
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO :"role";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
