#!/bin/sh
# A worker of Kafka Connect with the properties in the file CONNECT_PROPERTIES.
set -eu
exec java "-Xmx${CONNECT_HEAP_MB}m" -XX:+UseSerialGC -Djava.awt.headless=true -Dlog4j2.configurationFile=file:/opt/log4j2.properties \
    -cp '/opt/kafka/*' org.apache.kafka.connect.cli.ConnectDistributed "$CONNECT_PROPERTIES"
