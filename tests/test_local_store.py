"""What the local AWS's Proton does, without HTTP: rules of connections and tags, client tokens, pages."""

import re
import uuid
from typing import Any

import pytest

from proton_provider import service_model
from proton_provider.local.connections import Caller
from proton_provider.local.errors import ServiceError
from proton_provider.local.store import ProtonStore

ENVIRONMENT = Caller("111111111111", "eu-west-1")
MANAGEMENT = Caller("222222222222", "eu-west-1")
STRANGER = Caller("333333333333", "eu-west-1")
ROLE = "arn:aws:iam::111111111111:role/proton"
OTHER_ROLE = "arn:aws:iam::111111111111:role/path/other"
ABSENT = "00000000-0000-4000-8000-000000000000"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> ProtonStore:
    return ProtonStore(clock=clock)


def create(store: ProtonStore, caller: Caller = ENVIRONMENT, **members: Any) -> dict[str, Any]:
    """A new connection."""
    parameters = {
        "environmentName": "production",
        "managementAccountId": MANAGEMENT.account,
        "roleArn": ROLE.replace(ENVIRONMENT.account, caller.account),
    }
    answer = store.call("CreateEnvironmentAccountConnection", caller, {**parameters, **members})
    connection: dict[str, Any] = answer["environmentAccountConnection"]
    return connection


def call(store: ProtonStore, operation: Any, caller: Caller, **members: Any) -> dict[str, Any]:
    """The output of one operation on connections, unwrapped."""
    answer = store.call(f"{operation}EnvironmentAccountConnection", caller, members)
    connection: dict[str, Any] = answer["environmentAccountConnection"]
    return connection


def listed(store: ProtonStore, caller: Caller, by: str, **members: Any) -> tuple[list[str], str | None]:
    """The ids on one page of List, and the token of the next page."""
    answer = store.call("ListEnvironmentAccountConnections", caller, {"requestedBy": by, **members})
    return [item["id"] for item in answer["environmentAccountConnections"]], answer.get("nextToken")


def code(operation: Any, *arguments: Any, **members: Any) -> str:
    """The error code of a call that must fail."""
    with pytest.raises(ServiceError) as caught:
        operation(*arguments, **members)
    return caught.value.code


def message(operation: Any, *arguments: Any, **members: Any) -> str:
    """The error message of a call that must fail."""
    with pytest.raises(ServiceError) as caught:
        operation(*arguments, **members)
    return caught.value.message


def test_a_new_connection_is_pending_and_holds_what_was_asked_for(store: ProtonStore, clock: Clock) -> None:
    """Create answers with a PENDING connection, its ARN and both times, and without the roles that were not given."""
    connection = create(store)
    assert connection == {
        "arn": f"arn:aws:proton:eu-west-1:111111111111:environment-account-connection/{connection['id']}",
        "id": str(uuid.UUID(connection["id"])),
        "environmentAccountId": "111111111111",
        "environmentName": "production",
        "managementAccountId": "222222222222",
        "roleArn": ROLE,
        "status": "PENDING",
        "requestedAt": clock.now,
        "lastModifiedAt": clock.now,
    }


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_arns_are_in_the_partition_of_the_region(store: ProtonStore, region: str, partition: str) -> None:
    """A connection's ARN begins with the partition that its Region belongs to."""
    role = ROLE.replace("arn:aws:", f"arn:{partition}:")
    assert create(store, Caller("111111111111", region), roleArn=role)["arn"].startswith(
        f"arn:{partition}:proton:{region}:"
    )


def test_update_changes_the_roles_that_are_given_and_no_others(store: ProtonStore) -> None:
    """The time of change moves on, even on a clock that stands still. What was answered before stays as it was."""
    connection = create(store, componentRoleArn=ROLE)
    before = dict(connection)
    first = call(store, "Update", ENVIRONMENT, id=connection["id"], codebuildRoleArn=OTHER_ROLE)
    second = call(store, "Update", ENVIRONMENT, id=connection["id"], codebuildRoleArn=OTHER_ROLE)
    assert connection == before
    assert connection["lastModifiedAt"] < first["lastModifiedAt"] < second["lastModifiedAt"]
    changed = {"codebuildRoleArn": OTHER_ROLE, "lastModifiedAt": second["lastModifiedAt"]}
    assert second == {**connection, **changed}


TRANSITIONS = [
    ([], "Accept", "CONNECTED"),
    (["Accept"], "Accept", "CONNECTED"),
    (["Reject"], "Accept", "ConflictException"),
    ([], "Reject", "REJECTED"),
    (["Accept"], "Reject", "REJECTED"),
    (["Reject"], "Reject", "REJECTED"),
    ([], "Update", "PENDING"),
    (["Accept"], "Update", "CONNECTED"),
    (["Reject"], "Update", "ConflictException"),
    ([], "Delete", "PENDING"),
    (["Accept"], "Delete", "CONNECTED"),
    (["Reject"], "Delete", "REJECTED"),
]
CALLERS = {"Accept": MANAGEMENT, "Reject": MANAGEMENT, "Update": ENVIRONMENT, "Delete": ENVIRONMENT}


@pytest.mark.parametrize(("before", "operation", "outcome"), TRANSITIONS)
def test_each_status_allows_what_it_allows(
    store: ProtonStore, before: list[str], operation: Any, outcome: str
) -> None:
    """Every operation, in every status, leads to one status or to ConflictException. A decision made twice changes nothing."""
    connection = create(store)
    for earlier in before:
        connection = call(store, earlier, CALLERS[earlier], id=connection["id"])
    arguments = (store, operation, CALLERS[operation])
    if outcome.endswith("Exception"):
        assert code(call, *arguments, id=connection["id"]) == outcome
        return
    answer = call(*arguments, id=connection["id"])
    assert answer["status"] == outcome
    if before == [operation] and operation != "Update":
        assert answer == connection


@pytest.mark.parametrize("operation", ["Get", "Update", "Delete", "Accept", "Reject"])
def test_only_the_right_account_in_the_right_region_finds_a_connection(
    store: ProtonStore, operation: str
) -> None:
    """For everyone else it is a ResourceNotFoundException that names the id."""
    connection_id = create(store)["id"]
    own, other_side = (
        (MANAGEMENT, ENVIRONMENT) if operation in ("Accept", "Reject") else (ENVIRONMENT, MANAGEMENT)
    )
    for other in (other_side, STRANGER, Caller(own.account, "eu-west-2")):
        with pytest.raises(ServiceError, match=connection_id) as caught:
            call(store, operation, other, id=connection_id)
        assert caught.value.code == "ResourceNotFoundException"
    assert call(store, operation, own, id=connection_id)["id"] == connection_id


def test_a_deleted_connection_is_gone_for_both_accounts(store: ProtonStore) -> None:
    """After Delete nothing finds the connection, and a second Delete is a ResourceNotFoundException."""
    connection = create(store)
    call(store, "Delete", ENVIRONMENT, id=connection["id"])
    for operation, caller in (("Get", ENVIRONMENT), ("Accept", MANAGEMENT), ("Delete", ENVIRONMENT)):
        assert code(call, store, operation, caller, id=connection["id"]) == "ResourceNotFoundException"
    assert listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT") == ([], None)
    assert listed(store, MANAGEMENT, "MANAGEMENT_ACCOUNT") == ([], None)


def test_each_account_lists_its_side_of_the_connections(store: ProtonStore) -> None:
    """List answers with the caller's connections in the role that ``requestedBy`` names, in the caller's Region."""
    first = create(store)["id"]
    second = create(store, STRANGER)["id"]
    create(store, Caller("111111111111", "us-east-1"))
    assert listed(store, MANAGEMENT, "MANAGEMENT_ACCOUNT") == ([first, second], None)
    assert listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT") == ([first], None)
    assert listed(store, ENVIRONMENT, "MANAGEMENT_ACCOUNT") == ([], None)
    assert listed(store, MANAGEMENT, "ENVIRONMENT_ACCOUNT") == ([], None)


def test_list_narrows_by_name_and_status(store: ProtonStore) -> None:
    """``environmentName`` and ``statuses`` both narrow; an empty list of statuses does not."""
    one, two, three = create(store)["id"], create(store)["id"], create(store, environmentName="test")["id"]
    call(store, "Accept", MANAGEMENT, id=two)
    call(store, "Reject", MANAGEMENT, id=three)

    def ids(**members: Any) -> list[str]:
        return listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT", **members)[0]

    assert ids(environmentName="production") == [one, two]
    assert ids(statuses=["CONNECTED", "REJECTED"]) == [two, three]
    assert ids(environmentName="production", statuses=["PENDING"]) == [one]
    assert ids(statuses=[]) == [one, two, three]


def test_summaries_lack_the_codebuild_role(store: ProtonStore) -> None:
    """A summary is a connection without ``codebuildRoleArn``."""
    connection = create(store, codebuildRoleArn=ROLE, componentRoleArn=ROLE)
    answer = store.call(
        "ListEnvironmentAccountConnections", ENVIRONMENT, {"requestedBy": "ENVIRONMENT_ACCOUNT"}
    )
    del connection["codebuildRoleArn"]
    assert answer["environmentAccountConnections"] == [connection]


def test_a_page_has_a_hundred_items_by_default(store: ProtonStore) -> None:
    """The default page size is 100, and the last page has no token, also when it is full."""
    ids = [create(store)["id"] for _ in range(200)]
    first, token = listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT")
    second, end = listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT", nextToken=token)
    assert first + second == ids
    assert len(first) == 100
    assert end is None


def test_pages_neither_repeat_nor_skip_while_connections_come_and_go(store: ProtonStore) -> None:
    """What existed from the first to the last page is on exactly one of them."""
    staying = [create(store)["id"] for _ in range(10)]
    leaving = create(store)["id"]
    staying += [create(store)["id"] for _ in range(5)]
    seen, token = listed(store, MANAGEMENT, "MANAGEMENT_ACCOUNT", maxResults=3)
    call(store, "Delete", ENVIRONMENT, id=leaving)
    while token:
        if len(seen) < len(staying):
            create(store, environmentName="late")
        page, token = listed(store, MANAGEMENT, "MANAGEMENT_ACCOUNT", maxResults=3, nextToken=token)
        seen += page
    assert [connection_id for connection_id in seen if connection_id in staying] == staying
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("caller", "by", "members"),
    [
        (STRANGER, "ENVIRONMENT_ACCOUNT", {}),
        (Caller("111111111111", "us-east-1"), "ENVIRONMENT_ACCOUNT", {}),
        (ENVIRONMENT, "MANAGEMENT_ACCOUNT", {}),
        (ENVIRONMENT, "ENVIRONMENT_ACCOUNT", {"environmentName": "production"}),
        (ENVIRONMENT, "ENVIRONMENT_ACCOUNT", {"statuses": ["PENDING"]}),
    ],
)
def test_a_page_token_is_good_for_its_own_query_only(
    store: ProtonStore, caller: Caller, by: str, members: Any
) -> None:
    """Another account, Region, side or filter makes a token a ValidationException."""
    for _ in range(2):
        create(store)
    _, token = listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT", maxResults=1)
    assert code(listed, store, caller, by, nextToken=token, **members) == "ValidationException"


def test_a_page_token_may_be_used_twice_and_with_another_page_size(store: ProtonStore) -> None:
    """Asking again gives the same page. A token that was not given out is a ValidationException."""
    ids = [create(store)["id"] for _ in range(3)]
    _, token = listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT", maxResults=1)
    for size in (2, 100):
        page = listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT", maxResults=size, nextToken=token)
        assert page == (ids[1:], None)
    for made_up in ("x", "AAAA", "bnVsbA=="):
        assert (
            code(listed, store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT", nextToken=made_up)
            == "ValidationException"
        )


def test_the_same_token_and_parameters_give_the_first_connection(store: ProtonStore) -> None:
    """A repeated Create makes nothing new, and answers with the connection as it is now."""
    first = create(store, clientToken="t", tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    call(store, "Accept", MANAGEMENT, id=first["id"])
    again = create(store, clientToken="t", tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "1"}])
    assert (again["id"], again["status"]) == (first["id"], "CONNECTED")
    assert listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT") == ([first["id"]], None)


@pytest.mark.parametrize(
    "members",
    [
        {"roleArn": OTHER_ROLE},
        {"codebuildRoleArn": ROLE},
        {"environmentName": "test"},
        {"managementAccountId": "333333333333"},
        {"tags": [{"key": "a", "value": "b"}]},
    ],
)
def test_the_same_token_with_other_parameters_is_refused(store: ProtonStore, members: Any) -> None:
    """Any other parameter is a ValidationException that names IdempotentParameterMismatch."""
    create(store, clientToken="t")
    with pytest.raises(ServiceError, match="IdempotentParameterMismatch") as caught:
        create(store, clientToken="t", **members)
    assert caught.value.code == "ValidationException"


def test_a_token_lives_eight_hours(store: ProtonStore, clock: Clock) -> None:
    """Until then it gives the first connection, from then on a new one."""
    first = create(store, clientToken="t")
    clock.now += 8 * 3600 - 1
    assert create(store, clientToken="t")["id"] == first["id"]
    clock.now += 1
    assert create(store, clientToken="t")["id"] != first["id"]


def test_a_token_makes_a_new_connection_after_a_deletion(store: ProtonStore, clock: Clock) -> None:
    """A retry after Delete makes a new connection, to which the token then belongs for eight hours of its own."""
    first = create(store, clientToken="t")
    create(store, clientToken="other")
    call(store, "Delete", ENVIRONMENT, id=first["id"])
    clock.now += 3600
    second = create(store, clientToken="t", roleArn=OTHER_ROLE)
    clock.now += 7 * 3600 + 1
    assert second["id"] != first["id"]
    assert create(store, clientToken="t", roleArn=OTHER_ROLE)["id"] == second["id"]


def test_a_token_belongs_to_an_account_and_region(store: ProtonStore) -> None:
    """Another account or Region may use the same token. An empty token is no token."""
    callers = [ENVIRONMENT, STRANGER, Caller("111111111111", "us-east-1")]
    assert len({create(store, caller, clientToken="t")["id"] for caller in callers}) == 3
    assert create(store, clientToken="")["id"] != create(store, clientToken="")["id"]


def test_an_account_has_a_thousand_connections_in_a_region(store: ProtonStore) -> None:
    """The next one is a ServiceQuotaExceededException; deleted ones, other accounts and Regions do not count."""
    ids = [create(store, clientToken=str(number))["id"] for number in range(1000)]
    assert code(create, store) == "ServiceQuotaExceededException"
    assert create(store, clientToken="0")["id"] == ids[0]
    create(store, STRANGER)
    create(store, Caller("111111111111", "us-east-1"))
    call(store, "Delete", ENVIRONMENT, id=ids[0])
    create(store)
    assert code(create, store) == "ServiceQuotaExceededException"


def tags_of(store: ProtonStore, arn: str, caller: Caller = ENVIRONMENT) -> dict[str, str]:
    """All tags of a resource as a dictionary."""
    answer = store.call("ListTagsForResource", caller, {"resourceArn": arn})
    return {tag["key"]: tag["value"] for tag in answer["tags"]}


def test_tags_come_with_create_and_change_by_tag_and_untag(store: ProtonStore) -> None:
    """Tag adds and replaces, Untag takes away what is there, and the connection itself shows neither."""
    connection = create(store, tags=[{"key": "team", "value": "a"}, {"key": "Team", "value": ""}])
    arn = connection["arn"]
    assert tags_of(store, arn) == {"team": "a", "Team": ""}
    new = [{"key": "team", "value": "b"}, {"key": "x", "value": "y"}]
    assert store.call("TagResource", ENVIRONMENT, {"resourceArn": arn, "tags": new}) == {}
    assert tags_of(store, arn) == {"team": "b", "Team": "", "x": "y"}
    assert store.call("UntagResource", ENVIRONMENT, {"resourceArn": arn, "tagKeys": ["Team", "nope"]}) == {}
    assert tags_of(store, arn) == {"team": "b", "x": "y"}
    assert call(store, "Get", ENVIRONMENT, id=connection["id"]) == connection


def test_tags_come_in_pages(store: ProtonStore) -> None:
    """Tags are in the order of their keys. A tag that is added between two pages does not repeat or skip others."""
    arn = create(store, tags=[{"key": f"k{number:02}", "value": ""} for number in range(0, 20, 2)])["arn"]
    seen: list[str] = []
    token = None
    while token is not None or not seen:
        more: dict[str, Any] = {"nextToken": token} if token else {}
        answer = store.call("ListTagsForResource", ENVIRONMENT, {"resourceArn": arn, "maxResults": 3, **more})
        seen += [tag["key"] for tag in answer["tags"]]
        token = answer.get("nextToken")
        store.call("TagResource", ENVIRONMENT, {"resourceArn": arn, "tags": [{"key": "k01", "value": ""}]})
    assert seen == [f"k{number:02}" for number in range(0, 20, 2)]


@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "ListTagsForResource"])
def test_tags_are_the_environment_accounts(store: ProtonStore, operation: Any) -> None:
    """Other accounts and Regions, and other ARNs, get a ResourceNotFoundException."""
    connection = create(store)
    more: dict[str, Any] = {"TagResource": {"tags": []}, "UntagResource": {"tagKeys": []}}.get(operation, {})
    arns = [
        (MANAGEMENT, connection["arn"]),
        (Caller("111111111111", "us-east-1"), connection["arn"]),
        (ENVIRONMENT, connection["arn"].replace("eu-west-1", "us-east-1")),
        (ENVIRONMENT, f"arn:aws:proton:eu-west-1:111111111111:environment/{connection['id']}"),
        (ENVIRONMENT, connection["arn"].replace(connection["id"], ABSENT)),
    ]
    for caller, arn in arns:
        assert (
            code(store.call, operation, caller, {"resourceArn": arn, **more}) == "ResourceNotFoundException"
        )


@pytest.mark.parametrize(
    "tags", [[{"key": "AWS:x", "value": ""}], [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]]
)
def test_tags_that_aws_does_not_take_are_refused(store: ProtonStore, tags: Any) -> None:
    """AWS's own prefix, and a key twice: by Create and by Tag alike. The token of a refused Create is not used up."""
    arn = create(store)["arn"]
    assert code(create, store, clientToken="t", tags=tags) == "ValidationException"
    tagging = {"resourceArn": arn, "tags": tags}
    assert code(store.call, "TagResource", ENVIRONMENT, tagging) == "ValidationException"
    assert create(store, clientToken="t")["status"] == "PENDING"


def test_a_connection_has_fifty_tags_at_most(store: ProtonStore) -> None:
    """A 51st tag is refused, and nothing changes."""
    arn = create(store, tags=[{"key": str(number), "value": ""} for number in range(50)])["arn"]
    one_more = {"resourceArn": arn, "tags": [{"key": "more", "value": ""}, {"key": "0", "value": "new"}]}
    assert code(store.call, "TagResource", ENVIRONMENT, one_more) == "ValidationException"
    assert tags_of(store, arn)["0"] == ""


BAD_INPUT: list[tuple[str, dict[str, Any], str]] = [
    ("Get", {}, "null at 'id' failed to satisfy constraint: Member must not be null"),
    ("Get", {"id": None}, "Member must not be null"),
    ("Get", {"id": "x"}, "'x' at 'id' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-f]{8}-"),
    ("Update", {"id": ABSENT, "roleArn": ""}, "'' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 1"),
    ("Update", {"id": ABSENT, "roleArn": f"{ROLE}\n"}, "pattern: ^arn:(aws|aws-cn|aws-us-gov):iam::"),
    ("Update", {"id": ABSENT, "roleArn": f"{ROLE}é"}, "pattern"),
    ("Update", {"id": ABSENT, "roleArn": ROLE.replace("1" * 12, "\uff11" * 12)}, "pattern"),
    ("Create", {"environmentName": "e" * 101}, "Member must have length less than or equal to 100"),
    ("Create", {"tags": [{"key": "a", "value": ""}, {"value": ""}]}, "at 'tags.2.member.key' failed"),
    ("Create", {"tags": [None]}, "at 'tags.1.member' failed"),
    ("List", {"statuses": ["PENDING", "OPEN"]}, "'OPEN' at 'statuses.2.member' failed to satisfy constraint: Member must satisfy enum value set: [PENDING, CONNECTED, REJECTED]"),
    ("List", {"maxResults": 0}, "Member must have value greater than or equal to 1"),
    ("List", {"maxResults": 101}, "Member must have value less than or equal to 100"),
]  # fmt: skip
GOOD_INPUT = {
    "Create": {"environmentName": "e", "managementAccountId": "222222222222"},
    "List": {"requestedBy": "ENVIRONMENT_ACCOUNT"},
}


def name_of(operation: Any) -> str:
    """The full name of an operation on connections."""
    return f"{operation}EnvironmentAccountConnection" + ("s" if operation == "List" else "")


@pytest.mark.parametrize(("operation", "members", "words"), BAD_INPUT)
def test_bad_input_is_refused_in_awss_words(
    store: ProtonStore, operation: str, members: dict[str, Any], words: str
) -> None:
    """One constraint of the service model that is not met is one ValidationException that names member and constraint.

    A final newline, digits and letters of other scripts are not what AWS's patterns mean.
    """
    with pytest.raises(
        ServiceError, match=f"(?s)1 validation error detected: Value .*{re.escape(words)}"
    ) as caught:
        store.call(name_of(operation), ENVIRONMENT, {**GOOD_INPUT.get(operation, {}), **members})
    assert caught.value.code == "ValidationException"


def test_all_problems_are_listed_at_once(store: ProtonStore) -> None:
    """A request with several faults gets one message that counts and lists them."""
    text = message(store.call, name_of("Create"), ENVIRONMENT, {"environmentName": "-", "roleArn": "x"})
    assert text.startswith("3 validation errors detected: ")
    assert all(f"at '{member}'" in text for member in ("environmentName", "managementAccountId", "roleArn"))


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("Get", {"id": 1}),
        ("List", {"maxResults": True}),
        ("List", {"statuses": [1]}),
        ("Create", {"tags": ["a"]}),
    ],
)
def test_a_value_of_a_wrong_type_can_not_be_read(store: ProtonStore, operation: str, members: Any) -> None:
    """It is a SerializationException."""
    parameters = {**GOOD_INPUT.get(operation, {}), **members}
    assert code(store.call, name_of(operation), ENVIRONMENT, parameters) == "SerializationException"


def test_members_that_nobody_knows_are_ignored(store: ProtonStore) -> None:
    """Unknown members do no harm at any depth, and are not kept."""
    connection = create(store, unknown={"deep": [1]}, tags=[{"key": "a", "value": "b", "unknown": 1}])
    assert "unknown" not in connection
    assert tags_of(store, connection["arn"]) == {"a": "b"}


def test_every_operation_of_the_store_is_one_of_the_models(store: ProtonStore) -> None:
    """The ten operations are Proton's own, and all that its model has for connections and tags."""
    wanted = {
        name for name in service_model.model().operation_names if "EnvironmentAccountConnection" in name
    } | {"TagResource", "UntagResource", "ListTagsForResource"}
    assert store.operations == wanted
    assert len(wanted) == 10


@pytest.mark.parametrize("member", ["roleArn", "componentRoleArn", "codebuildRoleArn"])
@pytest.mark.parametrize(
    ("region", "arn", "words"),
    [
        ("eu-west-1", ROLE.replace("1" * 12, "3" * 12), "account 333333333333 in partition aws"),
        ("eu-west-1", ROLE.replace("aws", "aws-cn", 1), "account 111111111111 in partition aws-cn"),
        ("cn-north-1", ROLE, "account 111111111111 in partition aws"),
        ("us-gov-east-1", ROLE.replace("aws", "aws-cn", 1), "account 111111111111 in partition aws-cn"),
    ],
)
def test_roles_of_another_account_or_partition_are_refused(
    member: str, region: str, arn: str, words: str
) -> None:
    """Nothing is made or changed. The sentence is not that of a role that is merely not assumable yet: it has no ARN."""
    store = ProtonStore(check_role=lambda *_: "no.")
    caller = Caller(ENVIRONMENT.account, region)
    parameters = {"environmentName": "e", "managementAccountId": MANAGEMENT.account}
    made = store.call("CreateEnvironmentAccountConnection", caller, dict(parameters))
    connection = made["environmentAccountConnection"]
    for refused in (
        message(store.call, "CreateEnvironmentAccountConnection", caller, {**parameters, member: arn}),
        message(call, store, "Update", caller, id=connection["id"], **{member: arn}),
    ):
        assert refused.startswith(f"{member} must be a role of account 111111111111 in partition aws")
        assert refused.endswith(f"; it is one of {words}.")
        assert arn not in refused
    assert listed(store, caller, "ENVIRONMENT_ACCOUNT") == ([connection["id"]], None)
    assert call(store, "Get", caller, id=connection["id"]) == connection


def test_a_new_connection_is_hidden_from_the_management_account_for_the_delay(clock: Clock) -> None:
    """Accept, Reject and its List answer as if it were absent; the environment account works with it at once."""
    delay = 5.0
    store = ProtonStore(clock=clock, connection_delay=lambda: delay)
    connection = create(store)
    clock.now += 4.9
    for operation in ("Accept", "Reject"):
        assert code(call, store, operation, MANAGEMENT, id=connection["id"]) == "ResourceNotFoundException"
    assert listed(store, MANAGEMENT, "MANAGEMENT_ACCOUNT") == ([], None)
    assert listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT") == ([connection["id"]], None)
    updated = call(store, "Update", ENVIRONMENT, id=connection["id"], roleArn=OTHER_ROLE)
    assert updated["status"] == "PENDING"
    clock.now += 0.1
    assert listed(store, MANAGEMENT, "MANAGEMENT_ACCOUNT") == ([connection["id"]], None)
    assert call(store, "Accept", MANAGEMENT, id=connection["id"])["status"] == "CONNECTED"
    assert call(store, "Get", ENVIRONMENT, id=connection["id"])["roleArn"] == OTHER_ROLE


def test_without_a_delay_a_connection_is_never_hidden(store: ProtonStore, clock: Clock) -> None:
    """A clock that falls behind, or is finer than the times in answers, hides nothing."""
    clock.now = 1_700_000_000.0006
    connection = create(store)
    clock.now -= 1
    assert call(store, "Accept", MANAGEMENT, id=connection["id"])["status"] == "CONNECTED"


def test_roles_are_checked_with_the_service_that_uses_them() -> None:
    """Create and Update ask about each role they are given, and refuse with the reason and the ARN."""
    asked = []

    def check(arn: str, principal: str) -> str | None:
        asked.append((arn, principal))
        return "no." if arn == OTHER_ROLE else None

    store = ProtonStore(check_role=check)
    connection = create(store, componentRoleArn=ROLE, codebuildRoleArn=ROLE)
    assert asked == [
        (ROLE, "proton.amazonaws.com"),
        (ROLE, "proton.amazonaws.com"),
        (ROLE, "codebuild.amazonaws.com"),
    ]
    with pytest.raises(ServiceError, match=OTHER_ROLE) as caught:
        call(store, "Update", ENVIRONMENT, id=connection["id"], codebuildRoleArn=OTHER_ROLE)
    assert caught.value.code == "ValidationException"
    assert call(store, "Get", ENVIRONMENT, id=connection["id"]) == connection


def test_reset_forgets_everything(store: ProtonStore) -> None:
    """Afterwards there are no connections, and tokens of both kinds from before mean nothing."""
    first = create(store, clientToken="t")
    create(store)
    _, token = listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT", maxResults=1)
    store.reset()
    assert listed(store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT") == ([], None)
    assert create(store, clientToken="t")["id"] != first["id"]
    assert code(listed, store, ENVIRONMENT, "ENVIRONMENT_ACCOUNT", nextToken=token) == "ValidationException"
