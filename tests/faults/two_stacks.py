"""Two stacks that manage the same connections: what each finds when both run at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from engine.harness import Client, MakeStack, Stack
from engine.programs import arn, live, program, requested, roles


def run_at_once(make_stack: MakeStack, client: Client, *, rounds: int, connections: int) -> list[int]:
    """Run two stacks at once `rounds` times; each sets two roles of the same connections, in the opposite order.

    Asserts that both end well, that each connection holds what one of them set and nothing of the other, and that a
    refresh of the one that lost shows it. Returns how many connections the first stack won, by round.
    """
    ids = {f"r{number}": requested(client) for number in range(connections)}

    def of(stack: str, number: int) -> str:
        name_of = f"{stack}-{number}"
        arns = {"role_arn": arn(name_of), "component_role_arn": arn(f"{name_of}-component")}
        names = sorted(ids, reverse=stack == "b")
        return program(*(roles(name, connection_id=ids[name], **arns) for name in names))

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
            lost = [name_of for name_of, winner in winners.items() if winner != name]
            printed = stack.refresh("--skip-preview", "--diff").text
            other = "b" if name == "a" else "a"
            assert printed.count(f'"{arn(f"{name}-{number}")}" => "{arn(f"{other}-{number}")}"') == len(
                lost
            ), printed
            assert _roles_in_state(stack) == {
                name_of: arn(f"{winner}-{number}") for name_of, winner in winners.items()
            }
        won.append(list(winners.values()).count("a"))
    return won


def _roles_in_state(stack: Stack) -> dict[str, str]:
    return {
        resource["urn"].rpartition("::")[2]: resource["outputs"]["roleArn"]
        for resource in stack.resources("EnvironmentAccountConnectionRoles")
    }
