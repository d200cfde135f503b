#!/bin/sh
# Apicurio Registry on PORT of the loopback address, its health on MANAGEMENT_PORT, its store in memory.
set -eu
exec java "-Xmx${REGISTRY_HEAP_MB}m" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true \
    -Dquarkus.http.host=127.0.0.1 "-Dquarkus.http.port=$PORT" \
    -Dquarkus.management.host=127.0.0.1 "-Dquarkus.management.port=$MANAGEMENT_PORT" -jar /opt/apicurio/quarkus-run.jar
