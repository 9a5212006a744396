"""The set-up scripts: the environment, failures, the local AWS, .venv and the stack."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aws_plugin
import down
import environment
import local_aws
import progress
import pytest
import stack
import yaml
from archives import program
from clone import Clone

ODD = 'it\'s a $(folder) with "spaces", #, ? and %41'
"""A name that a shell would take apart."""

LISTENS = """
import http.server
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
print(f"listening on http://127.0.0.1:{server.server_port}")
server.serve_forever()
"""

PRINTS_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone in a folder with an odd name, with this Python as its .venv's."""
    made = Clone(tmp_path / ODD)
    made.python.parent.mkdir(parents=True)
    made.python.symlink_to(sys.executable)
    return made


class TestEnvironment:
    def test_nobody_elses_login_gets_in(self, clone: Clone) -> None:
        """An engine of the clone sees none of the user's AWS and Pulumi variables, but the machine's certificates."""
        theirs = {
            "AWS_PROFILE": "work",
            "AWS_SESSION_TOKEN": "token",
            "PULUMI_ACCESS_TOKEN": "login",
            "PULUMI_STACK": "production",
            "AWS_CA_BUNDLE": "/etc/certificates",
            "PATH": "/bin",
            "HOME": "/home/them",
        }
        seen = environment.of_engine(theirs, clone, Path("/engine"))
        assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "PULUMI_ACCESS_TOKEN", "PULUMI_STACK"}.isdisjoint(seen)
        assert (seen["AWS_CA_BUNDLE"], seen["HOME"]) == ("/etc/certificates", "/home/them")
        assert seen["PATH"] == f"{clone.venv}/bin:/engine:/bin"
        assert seen["AWS_CONFIG_FILE"] == seen["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull

    def test_shell_takes_over_exactly(self, clone: Clone) -> None:
        """A shell that evaluates the lines has exactly these values, whatever characters the clone's path has."""
        theirs = {
            "PATH": "/usr/bin:/bin",
            "AWS_PROFILE": "work",
            "PULUMI_ACCESS_TOKEN": "login",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        folders = environment.own_folders(clone, Path(f"/cache/{ODD}"))
        variables = environment.of_clone(theirs, clone) | environment.of_local_aws("http://127.0.0.1:1")
        lines = environment.shell_lines(theirs, folders, variables)
        answer = subprocess.run(
            ["/bin/sh", "-c", f'eval "$LINES"; {shlex.quote(sys.executable)} -c "{PRINTS_ENVIRONMENT}"'],
            env={**theirs, "LINES": lines},
            capture_output=True,
            text=True,
            check=True,
        )
        shell = json.loads(answer.stdout)
        assert {name: shell[name] for name in variables} == variables
        assert shell["PYTHONDONTWRITEBYTECODE"] == "", "each start of Python would compile the SDKs anew"
        assert shell["PATH"] == os.pathsep.join([*folders, theirs["PATH"]])
        assert {"AWS_PROFILE", "PULUMI_ACCESS_TOKEN"}.isdisjoint(shell)

    @pytest.mark.parametrize("name", ["AWS_$(touch pwned)", "AWS_`touch pwned`", "AWS_\ntouch pwned\n"])
    def test_name_of_a_variable_is_never_run(self, name: str, tmp_path: Path) -> None:
        """A shell that evaluates the lines runs no part of a name that some process has put into the environment."""
        lines = environment.shell_lines({name: "", "AWS_PROFILE": "work"}, [], {})
        assert "unset AWS_PROFILE\n" in lines
        subprocess.run(["/bin/sh", "-c", lines], cwd=tmp_path, check=True)
        assert list(tmp_path.iterdir()) == []

    def test_proxy_is_not_asked_for_the_loopback(self, clone: Clone) -> None:
        """Behind a proxy the local AWS is reached directly, and the user's own exceptions stay."""
        variables = environment.of_clone({"https_proxy": "http://proxy:3128", "no_proxy": "intranet"}, clone)
        assert variables["no_proxy"] == variables["NO_PROXY"] == "127.0.0.1,localhost,intranet"
        assert "no_proxy" not in environment.of_clone({}, clone)


class TestProgress:
    def test_failed_step_says_which_and_why(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A failed command ends in one line with the step, what was tried, its last words and where the rest is."""
        log = tmp_path / "logs" / "step.log"

        def action() -> None:
            progress.run_logged(
                "engine", "building it", ["/bin/sh", "-c", "echo first; echo no space; exit 7"], log
            )

        with pytest.raises(progress.StepError, match=r"making it: .*No such file.*nowhere"):
            progress.run_logged("engine", "making it", [tmp_path / "nowhere"], log)
        assert progress.exit_status(action) == 1
        lines = capsys.readouterr().err.splitlines()
        assert lines == [
            "    first",
            "    no space",
            f"engine      failed: building it: no space (exit status 7; its whole output is in {log}).",
        ]

    def test_interruption_is_no_traceback(self, capsys: pytest.CaptureFixture[str]) -> None:
        """^C ends a command with the usual status and one line."""

        def interrupted() -> None:
            raise KeyboardInterrupt

        assert progress.exit_status(interrupted) == 130
        assert capsys.readouterr().err.startswith("interrupted")


# What is started is to outlive its starter: nothing waits for it.
@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
class TestLocalAws:
    def test_outlives_its_starter_and_is_found(self, tmp_path: Path) -> None:
        """It is found by its folder, a second one is refused, and it is gone after `stop`, which may be called twice."""
        folder = tmp_path / ODD
        url = local_aws.start(folder, [sys.executable, "-c", LISTENS], os.environ)
        try:
            assert local_aws.running(folder) == url
            with pytest.raises(progress.StepError, match="running already"):
                local_aws.start(folder, [sys.executable, "-c", LISTENS], os.environ)
        finally:
            assert local_aws.stop(folder)
        assert local_aws.running(folder) is None
        assert not local_aws.stop(folder)
        assert [path.name for path in folder.iterdir()] == ["log"]

    def test_foreign_process_is_never_ended(self, tmp_path: Path) -> None:
        """A recorded pid that now belongs to somebody else's process is forgotten, and that process left alone."""
        with subprocess.Popen(["sleep", "600"]) as stranger:
            (tmp_path / "pid").write_text(str(stranger.pid), encoding="ascii")
            (tmp_path / "url").write_text("http://127.0.0.1:1", encoding="ascii")
            assert local_aws.running(tmp_path) is None
            assert not local_aws.stop(tmp_path)
            assert stranger.poll() is None
            stranger.kill()

    def test_killed_one_is_not_running(self, tmp_path: Path) -> None:
        """After a kill, or a reboot, the record it left does not count."""
        local_aws.start(tmp_path, [sys.executable, "-c", LISTENS], os.environ)
        pid = int((tmp_path / "pid").read_text("ascii"))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert local_aws.running(tmp_path) is None

    def test_ends_also_when_it_ignores_the_request(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A process that ignores SIGTERM is killed."""
        monkeypatch.setattr(local_aws, "END_LIMIT", 0.2)
        deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN){LISTENS}"
        local_aws.start(tmp_path, [sys.executable, "-c", deaf], os.environ)
        assert local_aws.stop(tmp_path)
        assert local_aws.running(tmp_path) is None

    @pytest.mark.parametrize("venv", [True, False])
    def test_destroy_that_fails_says_what_still_works(
        self, clone: Clone, monkeypatch: pytest.MonkeyPatch, venv: bool
    ) -> None:
        """The advice works without .venv. If .venv is missing, the sentence says so."""
        state = clone.state / ".pulumi" / "stacks" / "one-stack" / "local.json"
        state.parent.mkdir(parents=True)
        state.touch()
        if not venv:
            clone.python.unlink()
        monkeypatch.setenv("PATH", "")
        monkeypatch.setenv("XDG_CACHE_HOME", str(clone.root))  # no engine is there, so no destroy succeeds
        local_aws.start(clone.aws, [sys.executable, "-c", LISTENS], os.environ)
        try:
            with pytest.raises(progress.StepError) as failed:
                down.down(clone)
        finally:
            local_aws.stop(clone.aws)
        assert "`python3 scripts/down.py --force` forgets the stack" in str(failed.value)
        assert ("`make tools` makes it" in str(failed.value)) == (not venv)

    def test_failed_start_gives_its_last_line(self, tmp_path: Path) -> None:
        """One that ends at once fails the step with what it said last. The user's AWS variables do not reach it."""
        program = ["/bin/sh", "-c", "echo moto is missing, profile=$AWS_PROFILE.; exit 3"]
        with pytest.raises(progress.StepError, match=r"stopped with status 3: moto is missing, profile=\."):
            local_aws.start(tmp_path, program, {**os.environ, "AWS_PROFILE": "work"})
        assert local_aws.running(tmp_path) is None


class TestAwsPlugin:
    def test_launcher_starts_the_clones_own_stand_in(self, clone: Clone) -> None:
        """The installed stand-in is this clone's script on this clone's Python, whatever characters its path has."""
        program(
            clone.scripts / "without_downloads" / "aws_stand_in" / "pulumi-resource-aws",
            "import sys; print(sys.argv[1:], sys.executable)\n",
        )
        launcher = program(clone.local / "pulumi-resource-aws", aws_plugin.launcher(clone))
        answer = subprocess.run([launcher, "127.0.0.1:1", "x y"], capture_output=True, text=True, check=True)
        assert answer.stdout == f"['127.0.0.1:1', 'x y'] {clone.python}\n"
        assert aws_plugin.is_stand_in(launcher)

    def test_stand_in_of_another_version_is_removed_and_a_real_plugin_is_not(self, tmp_path: Path) -> None:
        """A program in YAML takes the newest plugin that is installed, whatever pulumi_aws says."""
        for version, content in (("1.0.0", b"#!/bin/sh\n"), ("2.0.0", b"#!/bin/sh\n"), ("3.0.0", b"\x7fELF")):
            folder = tmp_path / f"resource-aws-v{version}"
            folder.mkdir()
            (folder / "pulumi-resource-aws").write_bytes(content)
        aws_plugin._remove_stand_ins_of_other_versions(tmp_path / "resource-aws-v1.0.0")
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "resource-aws-v1.0.0",
            "resource-aws-v3.0.0",
        ]


class TestStack:
    def test_config_keeps_what_the_user_added(self, tmp_path: Path) -> None:
        """A config that names the address and the connection is left as it is; another one keeps Pulumi's salt."""
        path = tmp_path / "Pulumi.local.yaml"
        stack.write_config(path, "http://127.0.0.1:4", "id-1")
        with path.open("a", encoding="utf-8") as file:
            file.write("  one-stack:mine: kept\nencryptionsalt: v1:salt\n")
        before = path.read_text("utf-8")
        stack.write_config(path, "http://127.0.0.1:4", "id-1")
        assert path.read_text("utf-8") == before
        stack.write_config(path, "http://127.0.0.1:5", "id-1")
        assert yaml.safe_load(path.read_text("utf-8"))["encryptionsalt"] == "v1:salt"

    def test_removed_stack_does_not_exist(self, clone: Clone) -> None:
        """The backup that the engine leaves of a removed stack is no stack."""
        folder = clone.state / ".pulumi" / "stacks" / "one-stack"
        folder.mkdir(parents=True)
        (folder / "local.json.bak").touch()
        assert not stack.exists(clone)
        (folder / "local.json").touch()
        assert stack.exists(clone)


class TestLocks:
    @pytest.fixture
    def lock(self, clone: Clone) -> Callable[..., Path]:
        """Writes a lock of the stack as an engine does. It is held by a process that has ended, by default."""

        def write(**changes: object) -> Path:
            ended = subprocess.Popen(["true"])
            ended.wait()
            holder = {
                "pid": ended.pid,
                "username": "me",
                "hostname": socket.gethostname(),
                "timestamp": "now",
            }
            path = clone.state / ".pulumi" / "locks" / "organization" / "one-stack" / "local" / "id.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({**holder, **changes}), encoding="utf-8")
            return path

        return write

    def test_lock_of_a_killed_engine_is_removed(self, clone: Clone, lock: Callable[..., Path]) -> None:
        """Its number may be that of another program by now, such as this one, or of an engine that has ended."""
        with subprocess.Popen([program(clone.local / "pulumi", "#!/bin/sh\nexit")]) as engine:
            os.waitid(os.P_PID, engine.pid, os.WEXITED | os.WNOWAIT)
            for path in (lock(), lock(pid=os.getpid()), lock(pid=engine.pid)):
                stack.clear_locks(clone)
                assert not path.exists()

    def test_lock_of_a_running_engine_is_left(self, clone: Clone, lock: Callable[..., Path]) -> None:
        """The sentence says who holds it. An engine of another machine counts as running."""
        path = lock(hostname="elsewhere", username="her", pid=7)
        with pytest.raises(
            progress.StepError, match="process 7 of her on elsewhere has held its lock since now"
        ):
            stack.clear_locks(clone)
        waits = program(clone.local / "pulumi", "#!/bin/sh\nread line\n")
        with subprocess.Popen([waits], stdin=subprocess.PIPE) as engine:
            lock(pid=engine.pid)
            with pytest.raises(progress.StepError, match=f"process {engine.pid} of me"):
                stack.clear_locks(clone)
        assert path.exists()
