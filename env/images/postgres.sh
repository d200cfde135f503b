#!/bin/sh
# Initialise /data once, then serve on PGPORT of the loopback address. Settings that an experiment needs come by ALTER SYSTEM.
# TLS: a folder with certificates and keys, readable by their owner alone; the server gets copies of its own in /tls.
set -eu
if [ "$(id -u)" = 0 ]; then
    [ -z "${TLS:-}" ] || install -D -o postgres -g postgres -m 600 -t /tls "$TLS"/*
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0"
fi
bin=/usr/lib/postgresql/15/bin
if [ ! -s /data/PG_VERSION ]; then
    "$bin/initdb" -D /data -U lab -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
    # Here and not on the command line, which would win over ALTER SYSTEM.
    cat >> /data/postgresql.conf <<SETTINGS
listen_addresses = '127.0.0.1'
max_connections = 50
shared_buffers = 256MB
unix_socket_directories = ''
SETTINGS
fi
exec "$bin/postgres" -D /data -p "$PGPORT"
