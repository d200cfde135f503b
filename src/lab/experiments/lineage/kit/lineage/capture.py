"""Events of a task's run, in OpenLineage's format, sent by OpenLineage's own client."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .flow import Flow, Relation, table_and_column

PRODUCER = "https://example.org/measured-data-engineering/lineage"


@dataclass
class Written:
    """What a task says that it wrote: filled in by the body of `Recorder.task`."""

    inputs: dict[str, Sequence[str]] = field(default_factory=dict)
    output: str = ""
    columns: Sequence[str] = ()
    lineage: Relation | None = None

    def table(
        self, name: str, columns: Sequence[str], inputs: Mapping[str, Sequence[str]], lineage: Relation | None
    ) -> None:
        """The table `name` with `columns` was written from `inputs` (columns by table).

        lineage: None if nobody knows more than the tables. ValueError if it speaks of columns that do not exist, or
        leaves one out that does: a declaration that has not kept up is found here, before it is stored.
        """
        if self.output:
            raise ValueError(
                f"a task tells of one table, this one of {self.output}: give {name} its own task"
            )
        if lineage is not None:
            _check(lineage, columns, inputs)
        self.inputs, self.output, self.columns, self.lineage = dict(inputs), name, columns, lineage


def _check(lineage: Relation, columns: Sequence[str], inputs: Mapping[str, Sequence[str]]) -> None:
    told, there = set(lineage.columns), set(columns)
    if told != there:
        raise ValueError(f"the lineage tells of other columns than were written: {sorted(told ^ there)}")
    known = {(table, column) for table, names in inputs.items() for column in names}
    flows = [*lineage.columns.values(), lineage.rows]
    strangers = {name for item in flows for name in item.sources if table_and_column(name) not in known}
    if strangers:
        raise ValueError(f"the lineage names sources that the task does not read: {sorted(strangers)}")


class Recorder:
    """Sends events to an OpenLineage server at `url` (POST api/v1/lineage)."""

    def __init__(self, url: str, namespace: str) -> None:
        from openlineage.client import OpenLineageClient
        from openlineage.client.transport.http import HttpConfig, HttpTransport

        self._client = OpenLineageClient(transport=HttpTransport(HttpConfig(url=url)))
        self._namespace = namespace

    @contextmanager
    def task(self, name: str) -> Iterator[Written]:
        """START, then COMPLETE with what the block wrote, or FAIL with its error.

        A server that can't be reached stops the task before it begins. If it can't be told of a failure, that is
        noted on the task's own error, which comes through.
        """
        run, written = str(uuid.uuid4()), Written()
        self._send("START", name, run)
        try:
            yield written
        except BaseException as error:
            try:
                self._send("FAIL", name, run, error=f"{type(error).__name__}: {error}")
            except Exception as unsent:
                error.add_note(f"lineage was not told: {unsent}")
            raise
        self._send("COMPLETE", name, run, written)

    def _send(self, kind: str, job: str, run: str, written: Written | None = None, error: str = "") -> None:
        from openlineage.client import event_v2, facet_v2

        facets: dict[str, Any] = (
            {"errorMessage": facet_v2.error_message_run.ErrorMessageRunFacet(error, "python")}
            if error
            else {}
        )
        self._client.emit(
            event_v2.RunEvent(
                eventTime=datetime.now(UTC).isoformat(),
                eventType=event_v2.RunState[kind],
                producer=PRODUCER,
                run=event_v2.Run(runId=run, facets=facets),
                job=event_v2.Job(namespace=self._namespace, name=job),
                inputs=_inputs(self._namespace, written) if written else [],
                outputs=_outputs(self._namespace, written) if written and written.output else [],
            )
        )


def _inputs(namespace: str, written: Written) -> list[Any]:
    from openlineage.client import event_v2

    return [
        event_v2.InputDataset(namespace=namespace, name=name, facets={"schema": _schema(columns)})
        for name, columns in written.inputs.items()
    ]


def _outputs(namespace: str, written: Written) -> list[Any]:
    from openlineage.client import event_v2

    facets = {"schema": _schema(written.columns)}
    if written.lineage is not None:
        facets["columnLineage"] = column_facet(namespace, written.lineage)
    return [event_v2.OutputDataset(namespace=namespace, name=written.output, facets=facets)]


def _schema(columns: Sequence[str]) -> Any:
    from openlineage.client.facet_v2 import schema_dataset

    return schema_dataset.SchemaDatasetFacet(
        [schema_dataset.SchemaDatasetFacetFields(name) for name in columns]
    )


def column_facet(namespace: str, lineage: Relation) -> Any:
    """OpenLineage's columnLineage facet; what decides rows is told once, of the whole dataset."""
    from openlineage.client.facet_v2 import column_lineage_dataset as facet

    fields = {name: facet.Fields(_fields(namespace, item)) for name, item in lineage.columns.items()}
    return facet.ColumnLineageDatasetFacet(fields, _fields(namespace, lineage.rows))


def _fields(namespace: str, flow: Flow) -> list[Any]:
    from openlineage.client.facet_v2 import column_lineage_dataset as facet

    kinds: dict[str, list[Any]] = {
        name: [facet.Transformation("DIRECT", kind)] for name, kind in flow.direct.items()
    }
    for name, kind in sorted(flow.indirect):
        kinds.setdefault(name, []).append(facet.Transformation("INDIRECT", kind))
    return [
        facet.InputField(namespace, *table_and_column(name), transformations=each)
        for name, each in kinds.items()
    ]
