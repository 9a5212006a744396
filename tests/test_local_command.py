"""The command ``proton-local``: its output, how it stops, and when it refuses to start."""

import signal
import socket
import subprocess
import sys
from typing import Any

import pytest

from proton_provider.local import __main__ as command
from proton_provider.local import clients

pytestmark = pytest.mark.usefixtures("no_aws_in_shell")

COMMAND = [sys.executable, "-m", "proton_provider.local"]


class Running:
    """The command as a process, from its first line on."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        self.url = self.first_line.removeprefix("listening on ").rstrip()

    def __enter__(self) -> "Running":  # noqa: PYI034  # Self needs Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """Exit code, and what else it wrote."""
        self.process.send_signal(number)
        out, err = self.process.communicate()
        return self.process.returncode, out, err

    def client(self, service: str) -> Any:
        """A real client of it."""
        return clients.client(self.url, service, "111111111111", "eu-west-1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_serves_and_ends_cleanly(number: signal.Signals) -> None:
    """The first line is the address, signals end it with 0, and it prints nothing in between."""
    with Running() as running:
        assert running.first_line == f"listening on http://127.0.0.1:{running.url.rpartition(':')[2]}\n"
        made = running.client("proton").create_environment_account_connection(
            environmentName="e", managementAccountId="222222222222"
        )
        assert made["environmentAccountConnection"]["environmentAccountId"] == "111111111111"
        running.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        assert running.end(number) == (0, "", "")


def test_it_ends_while_a_client_stays_connected() -> None:
    """An open connection does not keep it from ending."""
    with Running() as running:
        host, port = running.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))):
            assert running.end(signal.SIGTERM)[0] == 0


def test_it_writes_a_line_for_each_request_when_asked() -> None:
    """``--verbose`` shows service, operation, account, Region and outcome on standard error."""
    with Running("--verbose") as running:
        running.client("sts").get_caller_identity()
        _, out, err = running.end(signal.SIGTERM)
    assert out == ""
    assert err == "sts GetCallerIdentity 111111111111 eu-west-1 200\n"


def test_it_checks_roles_when_asked() -> None:
    """``--check-roles`` refuses a role that is not there."""
    with Running("--check-roles", "--iam-delay", "0.5") as running:
        proton = running.client("proton")
        with pytest.raises(proton.exceptions.ValidationException, match="does not exist"):
            proton.create_environment_account_connection(
                environmentName="e",
                managementAccountId="222222222222",
                roleArn="arn:aws:iam::111111111111:role/r",
            )


def test_it_hides_new_connections_from_the_other_account_when_asked() -> None:
    """``--connection-delay`` keeps the management account waiting; the environment account sees its own at once."""
    with Running("--connection-delay", "3600") as running:
        proton = running.client("proton")
        made = proton.create_environment_account_connection(
            environmentName="e", managementAccountId="111111111111"
        )["environmentAccountConnection"]
        assert proton.get_environment_account_connection(id=made["id"])
        with pytest.raises(proton.exceptions.ResourceNotFoundException):
            proton.accept_environment_account_connection(id=made["id"])


def test_a_host_that_others_can_reach_is_warned_of() -> None:
    """Binding more than the loopback says what that means, after the first line."""
    with Running("--host", "0.0.0.0") as running:  # noqa: S104  # what the warning is about
        assert running.first_line.startswith("listening on http://0.0.0.0:")
        code, out, err = running.end(signal.SIGTERM)
    assert (code, out) == (0, "")
    assert err.startswith("warning: other machines can reach 0.0.0.0")


def test_a_busy_port_is_one_sentence_and_exit_code_2() -> None:
    """It names host and port and says what to do, without a trace."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"proton-local: can not listen on 127.0.0.1 port {port}: Address already in use. "
        "Choose another port with --port. With --port 0 it takes any free one.\n"
    )


def test_a_missing_extra_is_one_sentence() -> None:
    """Without moto the command says what to install."""
    program = "import sys; sys.modules['moto'] = None; from proton_provider.local.__main__ import main; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "proton-local: The local AWS needs moto's server: pip install 'proton-provider[local]'"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [["--port", "65536"], ["--port", "-1"], ["--port", "x"], ["--iam-delay", "-1"], ["--iam-delay", "inf"],
     ["--iam-delay", "nan"], ["--connection-delay", "-1"], ["--connection-delay", "soon"], ["--nope"]],
)  # fmt: skip
def test_wrong_arguments_are_refused_with_a_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 2 and the last line names the argument."""
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err.splitlines()[-1]
