"""What resources of both providers share: their schema, and errors that are told instead of taken for an answer."""

from __future__ import annotations

import builtins
import traceback
from collections.abc import Callable
from typing import Any, ClassVar

from tf.iface import Provider, Resource
from tf.schema import Attribute, Schema

State = dict[str, Any]


class Thing(Resource):
    """A resource by four verbs: make, look, change, remove. `look` gives None for what does not exist.

    An exception in any of them becomes a diagnostic and leaves the state as it was: a server that does not answer must
    never look like one whose objects are gone.
    """

    kind: ClassVar[str]
    key: ClassVar[str]
    attributes: ClassVar[tuple[Attribute, ...]]

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    @classmethod
    def get_name(cls) -> str:
        return cls.kind

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(
            attributes=list(cls.attributes), version=1
        )  # without one every read would be an upgrade

    def make(self, planned: State) -> None:
        raise NotImplementedError

    def look(self, current: State) -> State | None:
        raise NotImplementedError

    def change(self, current: State, planned: State) -> None:
        raise NotImplementedError

    def remove(self, current: State) -> None:
        raise NotImplementedError

    def create(self, ctx: Any, planned: State) -> State | None:
        def done() -> State | None:
            self.make(planned)
            return self.look(planned)

        return self._told(ctx, done, None)

    def read(self, ctx: Any, current: State) -> State | None:
        return self._told(ctx, lambda: self.look(current), current)

    def update(self, ctx: Any, current: State, planned: State) -> State | None:
        def done() -> State | None:
            self.change(current, planned)
            return self.look(planned)

        return self._told(ctx, done, current)

    def delete(self, ctx: Any, current: State) -> State | None:
        return self._told(ctx, lambda: self.remove(current), current)

    def import_(self, ctx: Any, id: str) -> State | None:
        return self._told(ctx, lambda: self.look({self.key: id}), None)

    def _told(self, ctx: Any, action: Callable[[], State | None], otherwise: State | None) -> State | None:
        try:
            return action()
        except Exception as error:
            what = f"{ctx.type_name}: {type(error).__name__}"
            ctx.diagnostics.add_error(what, str(error).strip() or traceback.format_exc(limit=1))
            return otherwise


class OneProvider(Provider):
    """A provider that takes its settings from the environment, as the published ones do too."""

    type: ClassVar[str]
    resources: ClassVar[tuple[builtins.type[Thing], ...]]

    def full_name(self) -> str:
        return f"registry.opentofu.org/local/{self.type}"

    def get_model_prefix(self) -> str:
        return f"{self.type}_"

    def get_provider_schema(self, diags: Any) -> Schema:
        return Schema(attributes=[])

    def validate_config(self, diags: Any, config: Any) -> None:
        """There is none."""

    def configure_provider(self, diags: Any, config: Any) -> None:
        """Settings are read where they are needed."""

    def get_data_sources(self) -> list[Any]:
        return []

    def get_resources(self) -> list[Any]:
        return list(self.resources)

    def get_functions(self) -> list[Any]:
        return []
