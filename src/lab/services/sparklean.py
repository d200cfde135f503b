"""A Spark for short streams from Kafka: without table formats, which take a driver seconds to load, and soon up to speed."""

from __future__ import annotations

from lab import paths

# A driver that lives a minute never gets to gain from the optimising compiler, which takes the cores from its first batches.
_QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_JARS = ("spark-sql-kafka", "spark-token-provider-kafka", "kafka-clients", "commons-pool2")
# Checkpoints on a local disk: without its native library Hadoop runs a program (chmod, readlink) wherever it asks for a mode or
# a link, twelve for each file by Spark's own manager. Its plain file system, which keeps no checksum files, runs one. A rename
# is atomic there too.
_CHECKPOINTS = {
    "spark.sql.streaming.checkpointFileManagerClass": "org.apache.spark.sql.execution.streaming.checkpointing."
    "FileSystemBasedCheckpointFileManager",
    "spark.sql.streaming.checkpoint.fileChecksum.enabled": "false",
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
}


def kafka_only() -> dict[str, str]:
    """Settings for `spark_session`: Spark's Kafka source and sink alone, the quick compiler alone, checkpoints by plain files."""
    jars = [path for name in _JARS for path in sorted((paths.tools() / "spark").glob(f"{name}*.jar"))]
    return _CHECKPOINTS | {
        "spark.jars": ",".join(map(str, jars)),
        "spark.driver.defaultJavaOptions": _QUICK,
        "spark.sql.extensions": "",
        "spark.sql.catalog.spark_catalog": "builtin",
    }
