#!/bin/sh
# A server of a standalone cluster: serve master.Master ARGUMENTS, or worker.Worker ARGUMENTS.
set -eu
export SPARK_HOME=/opt/spark/pyspark SPARK_LOCAL_IP=127.0.0.1 SPARK_LOG_DIR=/tmp
name=$1
shift
exec "$SPARK_HOME/bin/spark-class" "org.apache.spark.deploy.$name" "$@"
