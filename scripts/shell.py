"""Prints the lines that set up a shell for this clone: `eval "$(make -s env)"`."""

from __future__ import annotations

import argparse
import os
import sys

import local_aws
import pulumi_engine
from clone import HERE
from environment import of_clone, of_local_aws, own_folders, shell_lines
from progress import StepError, exit_status

STEP = "env"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python scripts/shell.py", description=__doc__)
    parser.add_argument(
        "--no-aws", action="store_true", help="set no endpoint and no credentials, as the tests need it"
    )
    options = parser.parse_args(arguments)

    def print_lines() -> None:
        engine = pulumi_engine.existing(os.environ)
        variables = of_clone(os.environ, HERE)
        if not options.no_aws:
            url = local_aws.running(HERE.aws)
            if url is None:
                raise StepError(STEP, "the local AWS is not running; `make up` starts it.")
            variables |= of_local_aws(url)
        print(shell_lines(os.environ, own_folders(HERE, engine.folder), variables))

    return exit_status(print_lines)


if __name__ == "__main__":
    sys.exit(main())
