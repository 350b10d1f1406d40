"""The command line: the only place that prints and exits.

Exit codes: 0 finished, also when nothing was detected; 1 unexpected failure; 2 wrong usage or settings; 3 unusable
input or reference data; 4 quality gate under `--strict`; 130 interrupted.
"""

import importlib
import logging
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import click

from csfgeno.errors import CsfgenoError, InputError, QualityGateError, ReferenceDataError, UsageError

EXIT_CODES: Final[tuple[tuple[type[CsfgenoError], int], ...]] = (
    (UsageError, 2),
    (InputError, 3),
    (ReferenceDataError, 3),
    (QualityGateError, 4),
)
EXIT_INTERRUPTED: Final = 130

_COMMANDS: Final = {
    "call": ("csfgeno.cli.call", "Genotype a case and write its report."),
    "cohort": ("csfgeno.cli.cohort", "Gather the cases of a laboratory and ask what recurs."),
    "compare": ("csfgeno.cli.compare", "Lay the VCFs of a case side by side."),
    "consensus": ("csfgeno.cli.consensus", "Write raw reads with UMIs as consensus reads."),
    "demo": ("csfgeno.cli.demo", "Run the shipped sample case."),
    "explain": ("csfgeno.cli.explain", "Say what a filter, state, grade, threshold or field means."),
    "kb": ("csfgeno.cli.kb", "Look after the knowledge tables."),
    "model": ("csfgeno.cli.model", "Fit the error model of an assay, or show it."),
    "panel": ("csfgeno.cli.panel", "Say what the targets of an assay can answer."),
    "report": ("csfgeno.cli.report", "Render the files of a JSON report again."),
    "simulate": ("csfgeno.cli.simulate", "Make reads with known truth, or spike variants into reads."),
    "study": ("csfgeno.cli.study", "Measure LoB, LoD, LoQ and precision from runs on known material."),
}


_ATTRIBUTES: Final = {"explain": "explain_command"}
"""Commands whose function cannot bear their name, because it calls a function of that name."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used, so that help and version stay fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of that name, or `None`."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, _ATTRIBUTES.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(_COMMANDS.items())])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="csfgeno", message="csfgeno %(version)s")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="How much to tell on standard error.",
)
def cli(log_level: str) -> None:
    """Genotype cerebrospinal-fluid cell-free DNA in non-small-cell lung cancer.

    For research and decision support; the laboratory validates before clinical use.
    """
    logging.basicConfig(level=log_level.upper(), format="%(levelname)s %(message)s", stream=sys.stderr, force=True)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    try:
        cli.main(args=arguments, prog_name="csfgeno", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("csfgeno: interrupted; nothing was written", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except CsfgenoError as error:
        logging.getLogger(__name__).debug("raised here", exc_info=True)
        click.echo(f"csfgeno: {error}", err=True)
        sys.exit(exit_code(error))
    sys.exit(0)


def exit_code(error: CsfgenoError) -> int:
    """Return the exit code of an anticipated error."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
