"""YAML that people write by hand: plain mappings, lists and text, each with the line it stands on.

Every scalar stays the text that was typed, so that `007` is not seven and `no` is not false; whoever knows the
meaning converts it. Tags, aliases, duplicate keys and deep nesting are refused, so a file can neither construct
objects nor grow in memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import yaml

from csfgeno.errors import SettingsError

Loc = tuple[str | int, ...]

_MAX_BYTES: Final = 1_000_000
_MAX_DEPTH: Final = 20
_CORE_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "merge", "value")
)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A parsed file.

    Attributes
    ----------
    name
        Base name of the file.
    value
        `dict`, `list`, `str`, or `None` for null and for an empty file.
    lines
        1-based line of every key and list item by its path from the root.
    """

    name: str
    value: object
    lines: Mapping[Loc, int]

    def line(self, loc: Loc) -> int:
        """Return the line of `loc`, or of the nearest thing around it that is in the file."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 1)


def read_yaml(path: Path) -> YamlFile:
    """Return the content of a YAML file.

    Raises
    ------
    SettingsError
        If the file cannot be read, is not UTF-8, is not YAML, or uses what is refused; with its line.
    """
    text = _read_text(path)
    try:
        _refuse_growth(text, path.name)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SettingsError(f"{path.name} line {line}: a control character; expected text") from None
    except yaml.MarkedYAMLError as error:
        raise SettingsError(_syntax_message(path.name, error)) from None
    lines: dict[Loc, int] = {}
    value = None if root is None else _Converter(path.name, lines).convert(root, ())
    return YamlFile(path.name, value, lines)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read: {error.strerror}") from None
    if len(content) > _MAX_BYTES:
        raise SettingsError(f"{path.name} is larger than {_MAX_BYTES:,} bytes; expected a short YAML file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path.name} is not UTF-8 text; expected a YAML file") from None


def _refuse_growth(text: str, name: str) -> None:
    """Walk the events of the parser, which does not recurse, before anything is built."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise SettingsError(
                f"{name} line {_line(event.start_mark)}: an alias (*{event.anchor}) is not accepted; write it out"
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise SettingsError(f"{name} line {_line(event.start_mark)}: nested more than {_MAX_DEPTH} levels deep")


def _syntax_message(name: str, error: yaml.MarkedYAMLError) -> str:
    line = _line(error.problem_mark or error.context_mark)
    problem = error.problem or "not understood"
    if "'\\t'" in problem:
        return f"{name} line {line}: a tab; YAML is indented with spaces"
    return f"{name} line {line}: not valid YAML: {problem}"


class _Mark(Protocol):
    @property
    def line(self) -> int: ...


def _line(mark: _Mark | None) -> int:
    return mark.line + 1 if mark else 1


class _Converter:
    """Turns nodes into plain values and notes the line of each."""

    def __init__(self, name: str, lines: dict[Loc, int]) -> None:
        self._name = name
        self._lines = lines

    def convert(self, node: yaml.Node, loc: Loc) -> object:
        if node.tag not in _CORE_TAGS:
            raise self._error(node, f"the tag {node.tag!r} is not accepted; write plain values")
        if isinstance(node, yaml.MappingNode):
            return self._convert_mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self._convert_at(item, item, (*loc, index)) for index, item in enumerate(node.value)]
        return None if node.tag == "tag:yaml.org,2002:null" else node.value

    def _convert_mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, "a key is a list or a mapping; expected a word")
            if key.value in values:
                first = self._lines[(*loc, key.value)]
                raise self._error(key, f"the key '{key.value}' is there twice (first in line {first}); keep one")
            values[key.value] = self._convert_at(key, value, (*loc, key.value))
        return values

    def _convert_at(self, place: yaml.Node, node: yaml.Node, loc: Loc) -> object:
        self._lines[loc] = _line(place.start_mark)
        return self.convert(node, loc)

    def _error(self, node: yaml.Node, text: str) -> SettingsError:
        return SettingsError(f"{self._name} line {_line(node.start_mark)}: {text}")
