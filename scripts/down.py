"""Destroys the stack and stops the local AWS: `make down`."""

from __future__ import annotations

import argparse
import sys

import local_aws
import stack
from clone import HERE, Clone
from progress import StepError, exit_status, say


def down(clone: Clone, *, force: bool = False) -> None:
    """Remove what `up` made. It is no error if something is missing. With `force`, the stack is removed, not destroyed.

    Raises StepError when the engine fails, or another one works on the stack. Then the local AWS is left running, for the
    next try.
    """
    stack.clear_locks(clone)
    if not stack.exists(clone):
        say(stack.STEP, "there is none")
    elif force or local_aws.running(clone.aws) is None:
        stack.forget(clone)
        say(stack.STEP, "removed without a destroy: its resources were only in the local AWS")
    else:
        try:
            stack.pulumi(clone, "destroy", "--yes", "--skip-preview", "--remove", "--stack", stack.NAME)
        except StepError as error:
            venv = (
                ""
                if clone.python.exists()
                else "The destroy needs .venv, which is not there: `make tools` makes it. "
            )
            remedy = f"{venv}`python3 scripts/down.py --force` forgets the stack and ends the local AWS all the same."
            raise StepError(stack.STEP, f"{error} {remedy}") from error
    clone.stack_config.unlink(missing_ok=True)
    say(local_aws.STEP, "ended" if local_aws.stop(clone.aws) else "not running")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python scripts/down.py", description=__doc__)
    parser.add_argument("--force", action="store_true", help="remove the stack without destroying it first")
    options = parser.parse_args(arguments)
    return exit_status(lambda: down(HERE, force=options.force))


if __name__ == "__main__":
    sys.exit(main())
