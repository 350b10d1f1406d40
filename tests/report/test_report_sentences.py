"""The catalogue of sentences: complete for every vocabulary, without idle entries, and the only source of words."""

import ast
import re
from importlib import resources
from string import Formatter

import pytest

from csfgeno.report.sentences import load_sentences
from csfgeno.vocab import (
    CallState,
    Consequence,
    Direction,
    EvidenceMode,
    FilterName,
    MoleculeKind,
    QcVerdict,
    SpecimenKind,
)

SAY = load_sentences("en", power="95", level="95")
REPORT = resources.files("csfgeno.report")


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("state", [state.lower() for state in CallState]),
        ("verdict", [verdict.lower() for verdict in QcVerdict]),
        ("findings.empty", [verdict.lower() for verdict in QcVerdict]),
        ("specimen", SpecimenKind),
        ("specimen_in", SpecimenKind),
        ("mode", EvidenceMode),
        ("mode_text", EvidenceMode),
        ("filter", FilterName),
        ("consequence", [consequence.name.lower() for consequence in Consequence]),
        ("direction", Direction),
        ("quality.metric", MoleculeKind),
        ("figure", [state.lower() for state in CallState]),
    ],
)
def test_every_word_of_a_vocabulary_has_its_sentence(section: str, names: list[str]) -> None:
    keys = {key.removeprefix(f"{section}.") for key in SAY.texts if key.startswith(f"{section}.")}
    assert set(names) <= keys


@pytest.mark.parametrize("mode", EvidenceMode)
def test_every_mode_has_its_unit(mode: EvidenceMode) -> None:
    assert SAY.count(f"unit.{mode}", 1).startswith("1 ")
    assert SAY.count(f"unit.{mode}", 1240).startswith("1,240 ")


def test_no_sentence_is_idle() -> None:
    folders = (REPORT, REPORT / "view", REPORT / "templates")
    code = "".join(
        file.read_text(encoding="utf-8")
        for folder in folders
        for file in folder.iterdir()
        if file.name.endswith((".py", ".j2"))
    )
    for key in SAY.texts:
        parts = key.split(".")
        heads = [".".join(parts[:size]) for size in range(len(parts), 0, -1)]
        assert any(f"{head}." in code or f"{head}'" in code or f'{head}"' in code for head in heads), key


def test_a_missing_key_or_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        SAY("no.such.key")
    with pytest.raises(KeyError):
        SAY("negative.failed")


def test_singular_and_plural_have_the_same_placeholders() -> None:
    for key, text in SAY.texts.items():
        if key.endswith(".one"):
            other = SAY.texts[f"{key.removesuffix('.one')}.other"]
            assert _placeholders(text) - {"n", "molecules"} <= _placeholders(other), key


def test_templates_hold_no_words_of_their_own() -> None:
    for file in (REPORT / "templates").iterdir():
        if file.name.endswith(".j2"):
            text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<[^>]*>", " ", file.read_text(encoding="utf-8"), flags=re.DOTALL)
            assert not re.search(r"[A-Za-z]", text), (file.name, text.split())


def test_views_hold_no_words_of_their_own() -> None:
    """Two words in a row that are neither documentation nor classes of the style sheet are outside the catalogue."""
    looks = set(re.findall(r"\.([a-z_-]+)", (REPORT / "static" / "report.css").read_text(encoding="utf-8")))
    for file in (REPORT / "view").iterdir():
        if file.name.endswith(".py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            owners = (ast.Module, ast.ClassDef, ast.FunctionDef)
            bodies = [node.body for node in ast.walk(tree) if isinstance(node, owners)]
            told = {id(line.value) for body in bodies for line in body if isinstance(line, ast.Expr)}
            texts = [
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
            ]
            words = [text for text in texts if not set(text.split()) <= looks]
            assert [text for text in words if re.search(r"[A-Za-z]{2,} +[a-z]{2,} ", f"{text} ")] == [], file.name


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
