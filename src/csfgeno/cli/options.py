"""Options that several commands share."""

from pathlib import Path
from typing import Final

import click

previous_option: Final = click.option(
    "--previous",
    type=click.Path(path_type=Path),
    multiple=True,
    help="JSON of an earlier case of this patient, laid beside this one; may be repeated.",
)
