#!/bin/sh
# Iceberg's REST catalog on PORT, with the properties in the file CATALOG_PROPERTIES.
set -eu
exec java "-Xmx${CATALOG_HEAP_MB}m" -XX:+UseSerialGC -Djava.awt.headless=true -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -cp '/opt/icebergcatalog/*' org.eclipse.jetty.xml.XmlConfiguration "port=$PORT" "catalog=$CATALOG_PROPERTIES" /opt/icebergcatalog.xml
