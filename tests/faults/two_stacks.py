"""Two stacks that manage the same connections: what each finds when both run at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from engine.connection_programs import arn, declare, live, program, requested
from engine.harness import Client, MakeStack, Stack


def run_at_once(make_stack: MakeStack, client: Client, *, rounds: int, connections: int) -> list[int]:
    """Run two stacks at once `rounds` times; each sets two roles of the same connections, in the opposite order.

    Asserts that both end well, that each connection holds what one of them set and nothing of the other, and that a
    refresh of the one that lost shows it. Returns how many connections the first stack won, by round.
    """
    ids = {f"r{number}": requested(client) for number in range(connections)}

    def of(stack: str, number: int) -> str:
        kind, name_of = "EnvironmentAccountConnectionRoles", f"{stack}-{number}"
        roles = {"role_arn": arn(name_of), "component_role_arn": arn(f"{name_of}-component")}
        names = sorted(ids, reverse=stack == "b")
        return program(*(declare(kind, name, connection_id=ids[name], **roles) for name in names))

    stacks = {name: make_stack(program()) for name in ("a", "b")}
    won = []
    for number in range(rounds):
        for name, stack in stacks.items():
            stack.write(of(name, number))
        with ThreadPoolExecutor() as pool:
            for ended in [pool.submit(stack.up, "--skip-preview") for stack in stacks.values()]:
                ended.result()
        winners = {}
        for name, connection_id in ids.items():
            found = live(client, connection_id)
            winner = found["roleArn"].rpartition("/")[2]
            assert winner in (f"a-{number}", f"b-{number}")
            assert found["componentRoleArn"] == f"{found['roleArn']}-component"
            winners[name] = winner[0]
        for name, stack in stacks.items():
            lost = [roles for roles, winner in winners.items() if winner != name]
            printed = stack.refresh("--skip-preview", "--diff").text
            other = "b" if name == "a" else "a"
            assert printed.count(f'"{arn(f"{name}-{number}")}" => "{arn(f"{other}-{number}")}"') == len(
                lost
            ), printed
            assert _roles_in_state(stack) == {
                roles: arn(f"{winner}-{number}") for roles, winner in winners.items()
            }
        won.append(list(winners.values()).count("a"))
    return won


def _roles_in_state(stack: Stack) -> dict[str, str]:
    return {
        resource["urn"].rpartition("::")[2]: resource["outputs"]["roleArn"]
        for resource in stack.resources("EnvironmentAccountConnectionRoles")
    }
