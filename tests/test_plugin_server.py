"""The plugin's process: how the engine starts it, wrong requests, and how it stops."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from log_engines import LogEngine, listening, silent
from pulumi.runtime.proto import (
    engine_pb2,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from proton_provider.aws import session
from proton_provider.plugin import failures, server

SERVES = """
import sys
import threading

from google.protobuf import empty_pb2
from proton_provider import stopping
from proton_provider.plugin import server
from pulumi.runtime.proto import provider_pb2_grpc

server._GRACE = float(sys.argv.pop(1))

class Provider(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, engine):
        self.engine = engine

    def Delete(self, request, context):
        print("under way", flush=True)
        self.engine.stopping.wait()
        return empty_pb2.Empty()

    def Read(self, request, context):
        print("under way", flush=True)
        threading.Event().wait()

    def Create(self, request, context):
        print("under way", flush=True)
        stopping.pause(1_000_000, "what never comes")

raise SystemExit(server.serve(Provider, sys.argv[1:]))
"""


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Calls that wait, answer, log and fail."""

    def __init__(self, engine: server.Engine) -> None:
        self.engine = engine
        self.waiting = threading.Semaphore(0)
        self.cancelled = threading.Event()

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the protocol's name
        self.waiting.release()
        self.cancelled.wait()
        return provider_pb2.CreateResponse(id="made")

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the protocol's name
        self.cancelled.set()
        return empty_pb2.Empty()

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the protocol's name
        return provider_pb2.CheckResponse(inputs=request.news)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the protocol's name
        self.engine.log("warning", "a line", "urn:of:a::resource")
        return provider_pb2.InvokeResponse()

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the protocol's name
        self.engine.address = request.address
        return empty_pb2.Empty()

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # the protocol's name
        if request.id == "kept":
            failures.fail_incomplete(
                context, "half made", resource_id="kept", outputs=request.olds, inputs=request.news
            )
        getattr(failures, request.id)(context, "what failed")


class Served:
    """A plugin that can be called."""

    def __init__(self, port: int) -> None:
        self.port = port
        # The engine's own limits.
        largest = 400 * 1024 * 1024
        options = [("grpc.max_receive_message_length", largest), ("grpc.max_send_message_length", largest)]
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)


@contextmanager
def serving(address: str = "") -> Iterator[tuple[Served, Provider]]:
    """A plugin that works for the engine at an address, and its insides."""
    made: list[Provider] = []

    def make(engine: server.Engine) -> Provider:
        made.append(Provider(engine))
        return made[0]

    running, port = server.start(make, server.Engine(address))
    served = Served(port)
    with served.channel:
        yield served, made[0]
    running.stop(None).wait()


class Process(Served):
    """A plugin in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.output = process.stdout
        super().__init__(int(self.output.readline()))


@contextmanager
def started(*arguments: str, grace: float = 60) -> Iterator[Process]:
    """A plugin's process, started with the engine's arguments."""
    command = [sys.executable, "-c", SERVES, str(grace), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            served = Process(process)
            with served.channel:
                yield served
        finally:
            process.kill()


def test_it_listens_on_the_loopback_alone() -> None:
    """The port that it prints is open at 127.0.0.1 and at no other address of the machine."""
    with serving() as (served, _):
        socket.create_connection(("127.0.0.1", served.port)).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", served.port))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order_and_the_call_under_way_first(number: signal.Signals) -> None:
    """A call that waits learns that the end has come, is answered, and the process ends with status 0."""
    with started() as served:
        call = served.stub.Delete.future(provider_pb2.DeleteRequest())
        assert served.output.readline() == "under way\n"
        served.process.send_signal(number)
        assert call.result() == empty_pb2.Empty()
        assert served.process.wait() == 0


def test_a_signal_ends_the_pauses_of_a_life_cycle() -> None:
    """A life cycle that waits ends as well, so that the process need not be killed."""
    with started() as served:
        call = served.stub.Create.future(provider_pb2.CreateRequest())
        assert served.output.readline() == "under way\n"
        served.process.terminate()
        assert "what never comes" in str(call.exception())
        assert served.process.wait() == 0


def test_a_call_that_never_ends_does_not_keep_it() -> None:
    """After its time of grace the process ends, whatever its calls do."""
    with started(grace=0.5) as served:
        call = served.stub.Read.future(provider_pb2.ReadRequest())
        assert served.output.readline() == "under way\n"
        served.process.terminate()
        assert served.process.wait() == 1
        assert call.exception() is not None


def test_it_ends_when_nobody_listens_at_the_engines_address() -> None:
    """The address is the last argument; once it is closed the process ends in order."""
    engine = socket.create_server(("127.0.0.1", 0))
    with engine, started("-v=9", f"127.0.0.1:{engine.getsockname()[1]}") as served:
        assert served.process.poll() is None
        engine.close()
        assert served.process.wait() == 0


def test_it_knows_whether_its_engine_has_ended() -> None:
    """Only an address that refuses a connection says so: none, or one that does not answer, says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        address = f"127.0.0.1:{there.getsockname()[1]}"
        assert not server.Engine(address).has_ended()
    assert server.Engine(address).has_ended()
    assert not server.Engine("").has_ended()
    by_hand = server.Engine()
    by_hand.address = address  # an engine that has attached, and has ended
    assert not by_hand.has_ended()
    assert not server.Engine("no-such-host.invalid:1").has_ended()


def test_it_ends_when_the_process_that_started_it_was_killed() -> None:
    """A killed engine takes it along, though somebody else may already listen at the engine's address."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        address = f"127.0.0.1:{somebody.getsockname()[1]}"
        starts = "import subprocess, sys; subprocess.Popen(sys.argv[1:]); sys.stdin.read()"
        command = [sys.executable, "-c", starts, sys.executable, "-c", SERVES, "60", address]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            assert parent.stdout.readline().strip().isdigit()
            parent.kill()
            # The plugin holds the other end of this pipe for as long as it lives.
            assert parent.stdout.read() == ""


@pytest.mark.parametrize("operations", [server.OPERATIONS, server._THREADS + 20])
def test_operations_run_at_once_and_a_cancellation_comes_through(operations: int) -> None:
    """At least as many operations as promised wait at the same time, and the call that ends their wait does not queue."""
    with serving() as (served, provider):
        calls = [served.stub.Create.future(provider_pb2.CreateRequest()) for _ in range(operations)]
        for _ in range(min(operations, server._THREADS)):
            provider.waiting.acquire()
        served.stub.Cancel(empty_pb2.Empty())
        assert [call.result().id for call in calls] == ["made"] * operations
    assert server.OPERATIONS >= 32


def test_large_bags_go_both_ways() -> None:
    """A message of more than gRPC's usual four megabytes arrives and comes back."""
    news = struct_pb2.Struct()
    news.update({"text": "x" * 5_000_000})
    with serving() as (served, _):
        assert served.stub.Check(provider_pb2.CheckRequest(news=news)).inputs == news


def test_messages_reach_the_engine_with_their_severity_and_resource() -> None:
    """A warning is the engine's own; an engine that says later where it is gets those that follow."""
    first, second = LogEngine(), LogEngine()
    with listening(first) as address, listening(second) as later, serving(address) as (served, _):
        served.stub.Invoke(provider_pb2.InvokeRequest())
        assert first.logged == [(engine_pb2.WARNING, "a line", "urn:of:a::resource")]
        served.stub.Attach(plugin_pb2.PluginAttach(address=later))
        served.stub.Invoke(provider_pb2.InvokeRequest())
        assert (len(first.logged), len(second.logged)) == (1, 1)


@pytest.mark.usefixtures("no_aws_in_shell")
def test_its_start_does_not_wait_for_the_engine() -> None:
    """An engine that takes connections and says nothing: the plugin listens, answers and ends all the same."""
    with silent() as address:
        command = [sys.executable, "-m", "proton_provider.plugin", "-v=9", address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            served = Process(process)
            with served.channel:
                assert served.stub.Configure(provider_pb2.ConfigureRequest()).acceptSecrets
            process.terminate()
            assert process.wait() == 0


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("fail", grpc.StatusCode.FAILED_PRECONDITION),
        ("fail_internal", grpc.StatusCode.INTERNAL),
    ],
)
def test_a_failure_is_one_sentence_with_its_meaning(failure: str, code: grpc.StatusCode) -> None:
    """The engine gets the sentence alone, and by the code whether something may have been done."""
    with serving() as (served, _), pytest.raises(grpc.RpcError) as caught:
        served.stub.Update(provider_pb2.UpdateRequest(id=failure))
    assert (caught.value.code(), caught.value.details()) == (code, "what failed")


def test_a_resource_that_was_made_but_not_completed_is_kept() -> None:
    """The failure carries id, outputs and inputs, in the form that the engine keeps in state."""
    outputs, inputs = struct_pb2.Struct(), struct_pb2.Struct()
    outputs.update({"arn": "a"})
    inputs.update({"role": "b"})
    with serving() as (served, _), pytest.raises(grpc.RpcError) as caught:
        served.stub.Update(provider_pb2.UpdateRequest(id="kept", olds=outputs, news=inputs))
    details = {item.key: item.value for item in caught.value.trailing_metadata()}["grpc-status-details-bin"]
    kept = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(details).details[0].Unpack(kept)
    assert kept == provider_pb2.ErrorResourceInitFailed(
        id="kept", properties=outputs, inputs=inputs, reasons=["half made"]
    )
    assert caught.value.details() == "half made"


def test_each_operation_keeps_its_connection() -> None:
    """As many connections to AWS are kept as operations run at once."""
    assert session.CONNECTIONS == server.OPERATIONS
