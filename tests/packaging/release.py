"""A release as its users get it: the source distribution, installed in a clean environment, and the recipes around it.

Run by `make package-test`, as it builds the kernels anew and downloads every dependency.
"""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from spython.main.parse.parsers import SingularityParser

from csfgeno import __version__

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "workflows/packaging"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

pytestmark = pytest.mark.timeout(1200)


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Return what a command prints; no variable of this environment points it back to the checkout."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=kept | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", out, ROOT, cwd=out)
    [made] = out.iterdir()
    return made


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a clean environment into which the tarball was installed."""
    home = tmp_path_factory.mktemp("clean")
    run(sys.executable, "-m", "venv", home / "venv", cwd=home)
    run(home / "venv/bin/pip", "install", "--quiet", "--no-cache-dir", tarball, cwd=home)
    return home / "venv/bin"


def test_tarball_holds_what_a_user_needs_and_nothing_of_a_build(tarball: Path) -> None:
    assert tarball.name == f"csfgeno-{__version__}.tar.gz"
    with tarfile.open(tarball) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "docs/embed.md", "workflows/Snakefile"} <= names
    assert {path.relative_to(ROOT).as_posix() for path in PACKAGING.rglob("*") if path.is_file()} <= names
    assert not [name for name in names if name.endswith((".so", ".c", ".pyc"))]


def test_sample_case_runs_from_the_tarball_with_its_kernels(installed: Path, tmp_path: Path) -> None:
    assert __version__ in run(installed / "csfgeno", "--version", cwd=tmp_path)
    said = run(installed / "csfgeno", "demo", "--out-dir", "demo", cwd=tmp_path)
    [page] = (tmp_path / "demo").glob("*.html")
    assert page.stat().st_size > 10_000
    assert "Report: file://" in said
    program = "import csfgeno, csfgeno.io.scan as s; print(csfgeno.__file__, s.native_scanner()[1] or 'native')"
    place, kernel = run(installed / "python", "-c", program, cwd=tmp_path).split(maxsplit=1)
    assert kernel.strip() == "native"
    assert not place.startswith(str(ROOT))


def test_dockerfile_is_clean_and_builds_from_the_tarball() -> None:
    run(Path(sys.executable).with_name("hadolint"), "Dockerfile", cwd=PACKAGING)
    assert "COPY csfgeno-${VERSION}.tar.gz" in (PACKAGING / "Dockerfile").read_text()


def test_apptainer_definition_does_what_the_dockerfile_does() -> None:
    recipe = SingularityParser(str(PACKAGING / "csfgeno.def")).parse()["spython-base"]
    assert recipe.fromHeader == "python:3.11-slim-bookworm"
    assert set(recipe.files) == {"csfgeno-{{ VERSION }}.tar.gz /tmp/csfgeno-{{ VERSION }}.tar.gz"}
    packages = {word for line in recipe.install for word in line.split()}
    assert set(debian_packages((PACKAGING / "Dockerfile").read_text())) <= packages


def debian_packages(dockerfile: str) -> list[str]:
    """Return what the Dockerfile installs from Debian."""
    lists = re.findall(r"--no-install-recommends([^&]*)&&", dockerfile)
    return [word for part in lists for word in part.replace("\\", " ").split()]


def test_conda_recipe_names_this_version_and_all_it_needs() -> None:
    recipe = render_recipe()
    assert recipe["package"] == {"name": "csfgeno", "version": __version__}
    assert recipe["source"] == {"url": "here", "sha256": "digest"}
    [[name, function]] = PROJECT["scripts"].items()
    assert recipe["build"]["entry_points"] == [f"{name} = {function}"]
    needs = [PROJECT["requires-python"], *PROJECT["dependencies"]]
    wanted = {re.sub(r"^(?=>)", "python", need).replace(">=", " >=").lower() for need in needs}
    assert set(recipe["requirements"]["run"]) == wanted
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert {need.replace(">=", " >=") for need in build} <= set(recipe["requirements"]["host"])
    assert recipe["about"]["license"] == PROJECT["license"]


def render_recipe() -> dict[str, Any]:
    """Return the recipe as conda-build renders it, with the functions it gives to a recipe."""
    text = (PACKAGING / "bioconda/meta.yaml").read_text()
    rendered = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True).from_string(text)
    document: dict[str, Any] = yaml.safe_load(
        rendered.render(
            environ={"CSFGENO_URL": "here", "CSFGENO_SHA256": "digest"},
            PYTHON="python",
            compiler=lambda language: f"{language}_compiler",
            pin_subpackage=lambda name, max_pin: f"{name} {max_pin}",
        )
    )
    return document
