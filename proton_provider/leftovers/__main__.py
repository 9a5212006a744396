"""The command ``proton-leftovers``, also ``python -m proton_provider.leftovers``: reads its options and runs it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from proton_provider.errors import ConfigurationError, ProtonError
from proton_provider.rules import REGIONS

from . import import_file, tagged, templates
from .calls import Calls, sentence
from .find import PERMISSIONS, read
from .found import Inventory
from .progress import Progress
from .rules import leftovers
from .session import session
from .show import as_json, as_report, could_not_read

_SUCCESS, _INCOMPLETE, _USAGE, _INTERRUPTED = 0, 1, 2, 130

_LINES_OF_PERMISSIONS = "\n  ".join(
    ", ".join(action for action in PERMISSIONS if action.startswith(f"{service}:"))
    for service in ("iam", "cloudformation", "codebuild")
)
_DESCRIPTION = """\
Show what AWS Proton left behind in an account: IAM roles, service-linked roles,
CloudFormation stacks and CodeBuild projects. Show what still needs each of them,
and in which order to delete them. The command changes nothing.
"""
_EPILOG = f"""\
what belongs to Proton
  roles     whose trust policy allows proton.amazonaws.com, or a service under it
            (sync.proton, codebuild.proton), or codebuild.amazonaws.com if
            AWSProtonCodeBuildProvisioningBasicAccess is attached; and roles that
            one of these projects runs as
  stacks    AWSProton-*
  projects  AWSProton*
AWS documents these principals, the policy and the names. AWS also documents the
advice, except sentences that are marked (inferred).

permissions, which only list and read
  {_LINES_OF_PERMISSIONS}
  with --tagged also {tagged.PERMISSION}, with --templates {templates.PERMISSION}

exit status
  0  everything was read, even if nothing was found
  1  something could not be read; the rest is shown
  2  wrong usage: an unknown option, profile or Region, or a file that can not be written

Credentials, profile and endpoints come from the same places as those of the AWS CLI
and boto3.
"""


class _FailureError(Exception):
    """A failure that ends the command, with its sentence and its exit status."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status. Every failure prints one sentence on standard error."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.keep and options.import_file is None:
        parser.error("--keep needs --import FILE")
    if options.force and options.templates is None:
        parser.error("--force needs --templates DIR")
    try:
        return _run(options)
    except _FailureError as failure:
        return _fail(str(failure), failure.status)
    except KeyboardInterrupt:
        return _fail("interrupted; nothing was changed.", _INTERRUPTED)
    except BrokenPipeError:  # the reader of the output, such as head, has stopped reading
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _SUCCESS


def _run(options: argparse.Namespace) -> int:
    regions = tuple(dict.fromkeys(options.region or REGIONS))
    with _ending_in_a_sentence(), Progress(sys.stderr) as progress:
        calls = Calls(session(options.profile, regions[0]), progress)
        inventory = read(calls, regions, with_tagged=options.tagged)
        if options.templates is not None:
            inventory = _save_templates(options, calls, inventory)
    found = leftovers(inventory)
    if options.import_file is not None:
        _write(options.import_file, import_file.make(found, inventory, keeps=options.keep), inventory)
    _show(
        as_json(found, inventory) if options.json else as_report(found, inventory, _width()),
        inventory,
        options,
    )
    return _INCOMPLETE if inventory.unread else _SUCCESS


@contextmanager
def _ending_in_a_sentence() -> Iterator[None]:
    """Turn the errors of botocore, without which there is no report, into failures of the command."""
    try:
        yield
    except ProfileNotFound as error:
        raise _FailureError(f"{sentence(error)} Choose another with --profile.", _USAGE) from None
    except ConfigurationError as error:
        raise _FailureError(str(error), _USAGE) from None
    except ProtonError as error:  # of the provider's credentials
        raise _FailureError(str(error), _INCOMPLETE) from None
    except NoCredentialsError:
        raise _FailureError(
            "there are no AWS credentials. Sign in, or name a profile with --profile, and run it again.",
            _INCOMPLETE,
        ) from None
    except EOFError:  # botocore asks for the code of an MFA device
        raise _FailureError(
            "the profile asks for an MFA code, which needs a terminal to type it in.", _INCOMPLETE
        ) from None
    except (BotoCoreError, ClientError) as error:
        raise _FailureError(
            f"AWS did not say which account this is. {sentence(error)}", _INCOMPLETE
        ) from None


def _save_templates(options: argparse.Namespace, calls: Calls, inventory: Inventory) -> Inventory:
    """Save the templates, and say on standard error what was saved. The result has what could not be read of them, too."""
    folder: Path = options.templates
    stacks = templates.stacks_to_save(inventory)
    if not options.force and (there := templates.already_there(stacks, folder)):
        raise _FailureError(f"{there[0]} exists. To overwrite it, add --force.", _USAGE)
    try:
        saved = templates.save(calls, stacks, folder)
    except OSError as error:
        raise _FailureError(
            f"{error.filename or folder} can not be written: {error.strerror}.", _USAGE
        ) from None
    said = [f"{folder} has the templates, parameters and tags of {saved} stacks."]
    if any(value == templates.HIDDEN for stack in stacks for _, value in stack.parameters):
        said.append(
            f"Parameters with the value {templates.HIDDEN} are NoEcho: CloudFormation shows their values to nobody."
        )
    print(*said, sep="\n", file=sys.stderr)
    return replace(inventory, unread=tuple(calls.unread))


def _show(text: str, inventory: Inventory, options: argparse.Namespace) -> None:
    """Print the result. With ``--json``, what could not be read goes to standard error."""
    print(text, flush=True)
    if options.json:
        for line in could_not_read(inventory, _width()):
            print(line, file=sys.stderr)


def _write(path: Path, made: import_file.ImportFile, inventory: Inventory) -> None:
    """Write the file for `pulumi import`, and say on standard error what is in it and what is not."""
    try:
        path.write_text(json.dumps(made.content(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise _FailureError(f"{path} can not be written: {error.strerror}.", _USAGE) from None
    said = [f"{path} is for account {inventory.account} alone. Resources in it: {len(made.resources)}."]
    if set(REGIONS) - set(inventory.regions):
        said.append("Not all Regions were read: a stack in another Region may need a role that is in it.")
    said += [f"Not in it, because {reason}: {', '.join(names)}." for reason, names in made.left_out.items()]
    print(*said, sep="\n", file=sys.stderr)


def _width() -> int:
    """The width of the terminal. For a file or a pipe, lines may have any length."""
    return shutil.get_terminal_size((sys.maxsize, 24)).columns


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="proton-leftovers",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--profile", metavar="P", help="profile of the AWS configuration to use")
    parser.add_argument(
        "--region",
        nargs="+",
        action="extend",
        choices=REGIONS,
        metavar="R",
        help=f"Regions to read (default: the {len(REGIONS)} in which AWS offered Proton)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON, for programs")
    parser.add_argument(
        "--import",
        dest="import_file",
        type=Path,
        metavar="FILE",
        help="also write a file for: pulumi import --file FILE. It has what pulumi destroy can delete, with parents that keep "
        "the order of deletion",
    )
    parser.add_argument(
        "--tagged",
        action="store_true",
        help="also show what has Proton's tags and is in none of its stacks, such as what CodeBuild builds deployed",
    )
    parser.add_argument(
        "--templates",
        type=Path,
        metavar="DIR",
        help="also save the templates, parameters and tags of Proton's stacks in this folder",
    )
    parser.add_argument("--force", action="store_true", help="with --templates: overwrite files that exist")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="with --import: write a file for those who keep everything, without parents",
    )
    return parser


def _fail(text: str, status: int) -> int:
    print(f"proton-leftovers: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
