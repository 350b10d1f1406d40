"""The catalogue of every word in the HTML report; another language is another file beside `en.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from csfgeno.report import numerals


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences of one language by dotted key. A missing key or value is an error, never an empty text.

    `common` fills placeholders that every sentence may use, such as the power behind a limit of detection.
    """

    language: str
    texts: Mapping[str, str]
    common: Mapping[str, object]

    def __call__(self, key: str, **values: object) -> str:
        """Return the sentence with its `{placeholders}` filled."""
        return self.texts[key].format_map({**self.common, **values})

    def count(self, key: str, number: int, **values: object) -> str:
        """Return the `one` or `other` form of a sentence, with `{n}` filled."""
        form = "one" if number == 1 else "other"
        return self(f"{key}.{form}", n=numerals.count(number), **values)

    def section(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return the names and sentences below a key, in the order of the file."""
        prefix = f"{key}."
        return tuple((name.removeprefix(prefix), self(name)) for name in self.texts if name.startswith(prefix))


def load_sentences(language: str, **common: object) -> Sentences:
    """Return the catalogue of a language, with the values that all its sentences may use."""
    return Sentences(language, _read_catalogue(language), common)


@cache
def _read_catalogue(language: str) -> Mapping[str, str]:
    source = resources.files("csfgeno.report") / "templates" / f"{language}.yaml"
    return MappingProxyType(dict(_flatten(yaml.safe_load(source.read_text(encoding="utf-8")))))


def _flatten(tree: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in tree.items():
        key = f"{prefix}{name}"
        pairs += _flatten(value, f"{key}.") if isinstance(value, dict) else [(key, " ".join(str(value).split()))]
    return pairs
