"""Rules of the house that can be checked: one-way imports, files opened in one place, modules that stay small."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "csfgeno"
FOUNDATION = {"records", "vocab", "errors", "thresholds", "genome", "intervals"}
ORDER = [
    "io",
    "inputs",
    "molecules",
    "evidence",
    "errormodel",
    "calling",
    "identity",
    "compartments",
    "qc",
    "annotation",
    "structural",
    "knowledge",
    "monitoring",
    "report",
    "cohort",
    "validation",
    "simulation",
    "assay",
    "pipeline",
    "laboratory",
    "cli",
]
MODULES = sorted(SOURCE.rglob("*.py"))


def stage_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_stage_imports_a_later_one(path: Path) -> None:
    own = stage_of(path)
    if own not in ORDER:
        assert own in FOUNDATION | {"__init__", "__main__", "testing"}
        return
    for name in imports_of(path):
        if name.startswith("csfgeno."):
            stage = name.split(".")[1]
            assert stage in FOUNDATION | {"__version__"} or ORDER.index(stage) <= ORDER.index(own), name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_only_io_opens_files(path: Path) -> None:
    if stage_of(path) in ("io", "testing"):
        return
    assert not [name for name in imports_of(path) if name.split(".")[0] in ("pysam", "tempfile", "shutil", "sqlite3")]
    calls = [n.func for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    assert not [f for f in calls if isinstance(f, ast.Name) and f.id == "open"]
    methods = [f for f in calls if isinstance(f, ast.Attribute) and ast.unparse(f.value) != "outputs"]
    assert not [f for f in methods if f.attr in ("open", "write_text", "write_bytes")]


def test_reads_are_never_counted_by_pileup() -> None:
    """`pileup` and `count_coverage` both miscount overlapping mates."""
    for path in MODULES:
        words = {n.attr for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute)}
        assert not words & {"pileup", "count_coverage"}, path


def test_nothing_is_unpickled_or_evaluated() -> None:
    for path in MODULES:
        names = set(imports_of(path))
        assert not {n for n in names if n.split(".")[0] in ("pickle", "joblib", "marshal", "shelve")}, path
        calls = [n.func for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        assert not [f for f in calls if isinstance(f, ast.Name) and f.id in ("eval", "exec")], path


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_modules_stay_below_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
