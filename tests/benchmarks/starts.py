"""Times what each process pays once: the import in the program, and the first operation in the provider."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Final

from benchmarks.programs import DYNAMIC, NATIVE
from engine.harness import ENVIRONMENT_ACCOUNT
from pulumi.dynamic.dynamic import serialize_provider

from proton_provider.dynamic import EnvironmentAccountConnectionRolesProvider

PROCESSES: Final = {DYNAMIC: "pulumi.dynamic", NATIVE: "proton_provider.plugin"}
"""The Python module that is the provider's process, by variant."""

_NO_ENGINE: Final = "127.0.0.1:9"
"""Nothing listens there; a process looks for its engine later than it says its port."""

_IMPORTS: Final = """
import json, sys, time
began = time.perf_counter()
import pulumi
between = time.perf_counter()
from proton_provider import EnvironmentAccountConnectionRoles
ended = time.perf_counter()
print(json.dumps({
    "pulumi": between - began,
    "proton_provider": ended - between,
    "boto3": "boto3" in sys.modules or "botocore" in sys.modules,
}))
"""

_FIRST_OPERATION: Final = """
import base64, json, sys, time
import dill
import pulumi.dynamic
from pulumi.dynamic import Config, ConfigureRequest

url, account, connection_id, pickled = sys.argv[1:]
stages, last = {}, time.perf_counter()

def stage(name):
    global last
    now = time.perf_counter()
    stages[name] = now - last
    last = time.perf_counter()

provider = dill.loads(base64.b64decode(pickled))
provider.configure(ConfigureRequest(Config({
    "aws:region": "us-east-1", "aws:accessKey": account, "aws:secretKey": "local", "proton:endpointUrl": url,
}, "project")))
stage("importing the provider")

import botocore.session
stage("importing botocore")
import boto3
stage("importing boto3 on top")
from proton_provider.aws import client as aws_client
stage("importing our api on top")

from botocore.loaders import JSONFileLoader
reading = 0.0
load_file = JSONFileLoader.load_file
def timed_load_file(self, path):
    global reading
    began = time.perf_counter()
    try:
        return load_file(self, path)
    finally:
        reading += time.perf_counter() - began
JSONFileLoader.load_file = timed_load_file

connections = provider._operations.connector({"region": "us-east-1"})()
stage("making the client")
stages["making the client"] -= reading
stages["reading botocore's models of services and endpoints"] = reading
connections.find(connection_id)
stage("first call")
connections.find(connection_id)
stage("second call")
print(json.dumps(stages))
"""


def time_imports() -> dict[str, float | bool]:
    """Seconds of importing `pulumi` and then a resource of `proton_provider` in a fresh process, and whether that imported boto3."""
    return _measured(_IMPORTS)


def time_first_operation(url: str, connection_id: str) -> dict[str, float | bool]:
    """Seconds of each stage of the first operation in a fresh provider process, and of the call after it."""
    pickled = serialize_provider(EnvironmentAccountConnectionRolesProvider())
    return _measured(_FIRST_OPERATION, url, ENVIRONMENT_ACCOUNT, connection_id, pickled)


def time_processes() -> dict[str, float]:
    """Seconds until a provider's process of each variant has said its port, as the engine waits for it."""
    return {variant: _until_port(module) for variant, module in PROCESSES.items()}


def _until_port(module: str) -> float:
    began = time.perf_counter()
    # Unbuffered, as Pulumi's own script starts the dynamic one.
    command = [sys.executable, "-u", "-m", module, _NO_ENGINE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline()
        took = time.perf_counter() - began
        process.kill()
    int(port)
    return took


def _measured(program: str, *arguments: str) -> dict[str, float | bool]:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    measured: dict[str, float | bool] = json.loads(done.stdout)
    return measured
