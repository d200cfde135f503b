"""Run a notebook headless, in processes of its own, and keep what it leaves behind."""

from lab.lazy import leave_out

# papermill imports jsonschema, which here takes a second to build a grammar of IRIs that no notebook has.
leave_out("rfc3987_syntax")
