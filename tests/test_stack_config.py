"""Settings: which source wins, which values are accepted, and that secrets are not shown."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from accounts import role_arn

from proton_provider.errors import ConfigurationError
from proton_provider.settings import AssumedRole, Settings, WebIdentityRole
from proton_provider.settings.aws_settings import AwsSettings, problem_with_settings
from proton_provider.settings.resolve import resolve

pytestmark = pytest.mark.usefixtures("profiles")

PROFILES = """
[default]
region = eu-central-1

[profile plain]
region = ca-central-1

[profile without-region]
output = json

[profile own]
[profile ours]
[profile theirs]
[profile p]
[profile keyed]
aws_access_key_id = of-profile
aws_secret_access_key = of-profile
"""


@pytest.fixture
def profiles(no_aws_in_shell: Path) -> None:
    no_aws_in_shell.write_text(PROFILES, encoding="utf-8")


FIRST, SECOND, THIRD, FOURTH = (role_arn(name) for name in ("first", "second", "third", "fourth"))


@dataclasses.dataclass
class Sources:
    """Where settings come from: the resource's `aws`, the stack's config, the shell, the stack's state."""

    monkeypatch: pytest.MonkeyPatch
    own: dict[str, Any] = dataclasses.field(default_factory=dict)
    config: dict[str, str] = dataclasses.field(default_factory=dict)
    state: str | None = None

    def resolve(self) -> Settings:
        return resolve(self.own, self.config.get, region=self.state)


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Sources:
    return Sources(monkeypatch)


Level = Callable[[Sources], None]


def state(region: str) -> Level:
    def put(sources: Sources) -> None:
        sources.state = region

    return put


def own(**members: Any) -> Level:
    return lambda sources: sources.own.update(members)


def config(**values: Any) -> Level:
    """Values of the stack's config, `aws__region` for `aws:region`; lists and maps become JSON text."""
    texts = {
        name.replace("__", ":"): value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }
    return lambda sources: sources.config.update(texts)


def shell(name: str, value: str) -> Level:
    return lambda sources: sources.monkeypatch.setenv(name, value)


PRECEDENCE: Mapping[str, tuple[Callable[[Settings], Any], list[tuple[Any, Level]]]] = {
    "region": (
        lambda found: found.region,
        [
            ("eu-west-1", state("eu-west-1")),
            ("eu-west-2", own(region="eu-west-2")),
            ("us-east-1", config(proton__region="us-east-1")),
            ("us-east-2", config(aws__region="us-east-2")),
            ("us-west-2", shell("AWS_REGION", "us-west-2")),
            ("ca-central-1", shell("AWS_DEFAULT_REGION", "ca-central-1")),
            ("eu-central-1", own()),
        ],
    ),
    "profile": (
        lambda found: found.profile,
        [
            ("own", own(profile="own")),
            ("ours", config(proton__profile="ours")),
            ("theirs", config(aws__profile="theirs")),
            ("p", shell("AWS_PROFILE", "p")),
            ("plain", shell("AWS_DEFAULT_PROFILE", "plain")),
            (None, own()),
        ],
    ),
    "endpoint": (
        lambda found: found.endpoint_url,
        [
            ("http://own:1", own(endpointUrl="http://own:1")),
            ("http://ours:2", config(proton__endpointUrl="http://ours:2")),
            ("http://shell:3", shell("AWS_ENDPOINT_URL_PROTON", "http://shell:3")),
            ("http://shell:4", shell("AWS_ENDPOINT_URL", "http://shell:4")),
            (None, config(aws__endpoints=[{"iam": "http://iam:5"}, {"sts": "http://sts:6"}])),
        ],
    ),
    "roles": (
        lambda found: [role.role_arn for role in found.assume_roles],
        [
            ([FIRST], own(assumeRoleArn=FIRST)),
            ([SECOND], config(proton__assumeRoleArn=SECOND)),
            ([THIRD, FOURTH], config(aws__assumeRoles=[{"roleArn": THIRD}, {"roleArn": FOURTH}])),
            ([], own()),
        ],
    ),
    "allowed accounts": (
        lambda found: found.allowed_account_ids,
        [
            (("1" * 12,), own(allowedAccountIds=["1" * 12])),
            (("2" * 12, "3" * 12), config(aws__allowedAccountIds=["2" * 12, "3" * 12])),
            ((), own()),
        ],
    ),
    "attempts": (
        lambda found: found.max_attempts,
        [
            (3, own(maxAttempts=3.0)),
            (5, config(aws__maxRetries="5")),
            (6, shell("AWS_MAX_ATTEMPTS", "6")),
            (None, own()),
        ],
    ),
}


@pytest.mark.parametrize(
    ("setting", "level"),
    [(setting, level) for setting, (_, levels) in PRECEDENCE.items() for level in range(len(levels))],
)
def test_each_level_beats_all_later_ones(sources: Sources, setting: str, level: int) -> None:
    """A value comes from the first source that has it, whatever the later ones say."""
    read, levels = PRECEDENCE[setting]
    for _, put in levels[level:]:
        put(sources)
    expected, _ = levels[level]
    assert read(sources.resolve()) == expected


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_setting_is_none(sources: Sources, empty: str | None) -> None:
    """A member or a setting without a value leaves the word to the next source."""
    names = ("region", "profile", "assumeRoleArn", "endpointUrl")
    own(**dict.fromkeys(names, empty))(sources)
    if empty is not None:
        config(**{f"proton__{name}": empty for name in names}, aws__assumeRoles=empty, aws__token=empty)(
            sources
        )
    assert sources.resolve() == resolve({}, lambda _key: None)


KEYS = config(aws__accessKey="key", aws__secretKey="secret", aws__token="token")
ARE_USED = {"access_key": "key", "secret_key": "secret", "token": "token"}
NOT_USED = dict.fromkeys(ARE_USED)
ROLES = config(proton__assumeRoleArn=SECOND, aws__assumeRoles=[{"roleArn": THIRD}])
LISTS = config(aws__allowedAccountIds=["1" * 12], aws__forbiddenAccountIds=["2" * 12])
HOLD = {"allowed_account_ids": ("1" * 12,), "forbidden_account_ids": ("2" * 12,)}
DO_NOT_HOLD = dict.fromkeys(HOLD, ())
WEB_IDENTITY = {"roleArn": FIRST, "webIdentityTokenFile": "/token"}
SHELL_TOKEN = (shell("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"), shell("AWS_ROLE_ARN", FIRST))
OF_TOKEN = WebIdentityRole(role_arn=FIRST, token_file="/token")
SHELL_KEYS = (shell("AWS_ACCESS_KEY", "old"), shell("AWS_SECRET_KEY", "old"))
POLICIES = ("arn:aws:iam::aws:policy/ReadOnlyAccess",)


def assumed(*arns: str) -> dict[str, Any]:
    return {"assume_roles": tuple(AssumedRole(role_arn=arn) for arn in arns)}


TOGETHER: Mapping[str, tuple[Sequence[Level], dict[str, Any]]] = {
    # Keys and profiles
    "a resource's profile beats keys": ([KEYS, own(profile="p")], {"profile": "p", **NOT_USED}),
    "proton:profile beats keys": ([KEYS, config(proton__profile="p")], {"profile": "p", **NOT_USED}),
    "keys beat aws:profile, which still has the Region": (
        [KEYS, config(aws__profile="plain")],
        {"profile": None, "region": "ca-central-1", **ARE_USED},
    ),
    "keys beat the shell's profile, which still has the Region": (
        [KEYS, shell("AWS_PROFILE", "plain")],
        {"profile": None, "region": "ca-central-1", **ARE_USED},
    ),
    "keys beat the shell's profile, even an absent one": ([KEYS, shell("AWS_PROFILE", "absent")], ARE_USED),
    "half a pair of keys does no harm beside a profile of ours": (
        [config(aws__accessKey="key", proton__profile="p")],
        {"profile": "p"},
    ),
    # Roles to assume
    "a resource's profile is used without roles": ([ROLES, own(profile="p")], assumed()),
    "proton:profile is used with proton's role": ([ROLES, config(proton__profile="p")], assumed(SECOND)),
    "aws:profile is used with proton's role": ([ROLES, config(aws__profile="p")], assumed(SECOND)),
    "a resource's role goes with its profile": (
        [ROLES, own(profile="p", assumeRoleArn=FIRST)],
        assumed(FIRST),
    ),
    "aws:assumeRoles are assumed from aws:profile": (
        [config(aws__assumeRoles=[{"roleArn": THIRD}], aws__profile="theirs")],
        assumed(THIRD),
    ),
    "aws:assumeRoles are not assumed from a profile of ours": (
        [config(aws__assumeRoles=[{"roleArn": THIRD}], aws__profile="theirs", proton__profile="ours")],
        assumed(),
    ),
    "a role of pulumi-aws has all that STS takes, and an entry without a role is passed over": (
        [
            config(
                aws__assumeRoles=[
                    {"sessionName": "nothing to assume"},
                    {
                        "roleArn": FIRST,
                        "duration": "1h30m",
                        # `pulumi config set --path` writes digits as numbers.
                        "externalId": 12345,
                        "sessionName": 678,
                        "sourceIdentity": 9,
                        "policy": "{}",
                        "policyArns": POLICIES,
                        "tags": {"b": "2", "a": "1"},
                        "transitiveTagKeys": ["a"],
                    },
                ]
            )
        ],
        {
            "assume_roles": (
                AssumedRole(
                    role_arn=FIRST,
                    duration_seconds=5400,
                    external_id="12345",
                    policy="{}",
                    policy_arns=POLICIES,
                    session_name="678",
                    source_identity="9",
                    tags=(("a", "1"), ("b", "2")),
                    transitive_tag_keys=("a",),
                ),
            )
        },
    ),
    # Web identities
    "a web identity beats a profile, and keys and a web identity of the shell": (
        [
            config(
                aws__profile="p",
                aws__assumeRoleWithWebIdentity={
                    **WEB_IDENTITY,
                    "duration": "15m",
                    "policyArns": POLICIES,
                    "policy": "{}",
                },
            ),
            *SHELL_TOKEN,
            *SHELL_KEYS,
        ],
        {
            "web_identity": WebIdentityRole(
                role_arn=FIRST,
                token_file="/token",
                duration_seconds=900,
                policy_arns=POLICIES,
                policy="{}",
            )
        },
    ),
    "a resource's profile beats a web identity": (
        [own(profile="p"), config(aws__assumeRoleWithWebIdentity=WEB_IDENTITY)],
        {"profile": "p", "web_identity": None},
    ),
    "proton:profile beats a web identity": (
        [config(proton__profile="p", aws__assumeRoleWithWebIdentity=WEB_IDENTITY)],
        {"profile": "p", "web_identity": None},
    ),
    "keys beat a web identity": (
        [KEYS, config(aws__assumeRoleWithWebIdentity=WEB_IDENTITY)],
        {"web_identity": None, **ARE_USED},
    ),
    "a web identity of the shell beats its profile": (
        [*SHELL_TOKEN, shell("AWS_PROFILE", "p")],
        {"web_identity": OF_TOKEN},
    ),
    "keys of the shell beat its web identity": (
        [*SHELL_TOKEN, *SHELL_KEYS],
        {"web_identity": None, "access_key": "old", "secret_key": "old", "token": None},
    ),
    "a named profile beats all of the shell": (
        [*SHELL_TOKEN, *SHELL_KEYS, config(aws__profile="theirs")],
        {"profile": "theirs", "web_identity": None, **NOT_USED},
    ),
    # Accounts: those of the config speak of its own credentials, those of a resource of whatever it uses
    "lists hold": ([LISTS], HOLD),
    "lists hold for aws:profile": ([LISTS, config(aws__profile="p")], HOLD),
    "lists hold for aws:assumeRoles": ([LISTS, config(aws__assumeRoles=[{"roleArn": FIRST}])], HOLD),
    "lists do not hold for a resource's profile": ([LISTS, own(profile="p")], DO_NOT_HOLD),
    "lists do not hold for proton:profile": ([LISTS, config(proton__profile="p")], DO_NOT_HOLD),
    "lists do not hold for a resource's role": ([LISTS, own(assumeRoleArn=FIRST)], DO_NOT_HOLD),
    "lists do not hold for proton's role": ([LISTS, config(proton__assumeRoleArn=FIRST)], DO_NOT_HOLD),
    "a resource's list holds for its role": (
        [own(assumeRoleArn=FIRST, allowedAccountIds=["3" * 12])],
        {"allowed_account_ids": ("3" * 12,)},
    ),
    # The rest
    "the default profile's Region is the machine's": (
        [shell("AWS_REGION", "")],
        {"region": "eu-central-1", "region_is_from_environment": True},
    ),
    "default tags are sorted texts without null": (
        [config(aws__defaultTags={"tags": {"b": "2", "a": 1.0, "c": True, "d": None}})],
        {"default_tags": (("a", "1"), ("b", "2"), ("c", "true"))},
    ),
    "0 in aws:maxRetries is not given": ([config(aws__maxRetries="0")], {"max_attempts": None}),
}
"""Settings that have a meaning beside each other; what each means alone is in test_configuration_table.py."""


@pytest.mark.parametrize("name", TOGETHER)
def test_settings_beside_each_other(sources: Sources, name: str) -> None:
    """What belongs to another account, or is weaker than what stands beside it, is left out."""
    levels, members = TOGETHER[name]
    for put in levels:
        put(sources)
    found = sources.resolve()
    assert {member: getattr(found, member) for member in members} == members


@pytest.mark.parametrize(
    ("levels", "source"),
    [
        ([], "AWS's default sources"),
        ([shell("AWS_PROFILE", "p")], "AWS_PROFILE p"),
        ([shell("AWS_ACCESS_KEY_ID", "k"), shell("AWS_SECRET_ACCESS_KEY", "s")], "AWS_ACCESS_KEY_ID"),
        (SHELL_TOKEN, "AWS_WEB_IDENTITY_TOKEN_FILE"),
        ([KEYS, config(aws__profile="p")], "aws:accessKey"),
        ([config(aws__profile="p")], "aws:profile p"),
        ([config(aws__profile="keyed"), *SHELL_KEYS], "aws:profile keyed"),
        ([config(proton__profile="p")], "proton:profile p"),
        ([own(profile="p")], "aws.profile p"),
        ([own(assumeRoleArn=FIRST)], "aws.assumeRoleArn"),
        ([config(proton__assumeRoleArn=FIRST)], "proton:assumeRoleArn"),
        ([config(aws__assumeRoles=[{"roleArn": FIRST}])], "aws:assumeRoles"),
        ([own(provider={"profile": "p"})], "profile of the explicit aws.Provider p"),
    ],
)
def test_what_decides_whose_credentials_they_are_is_named(
    sources: Sources, levels: Sequence[Level], source: str
) -> None:
    """The error about a wrong account names the setting that chose it."""
    for put in levels:
        put(sources)
    assert sources.resolve().credentials_source == source


@pytest.mark.parametrize(
    ("seconds", "durations"),
    [
        (
            900,
            ["900s", "15m", "900000ms", "900000000us", "900000000µs", "900000000\N{GREEK SMALL LETTER MU}s"],
        ),
        (1800, [".5h"]),
        (3600, ["1h", "1.h", "+1h", "3600000000000ns"]),
        (5400, ["90m", "1.5h"]),
        (7200, ["1h1h"]),
        (3601, ["1h0m1s"]),
        (5410, ["1h30m10s"]),
        (None, ["", None]),
    ],
)
def test_durations_read_as_go_reads_them(
    sources: Sources, seconds: int | None, durations: list[str | None]
) -> None:
    """All that Go takes for a duration is one, for pulumi-aws is written in Go; without one STS decides."""
    config(aws__assumeRoles=[{"roleArn": FIRST, "duration": duration} for duration in durations])(sources)
    assert [role.duration_seconds for role in sources.resolve().assume_roles] == [seconds] * len(durations)


def of_role(**members: Any) -> list[dict[str, Any]]:
    return [{"roleArn": FIRST, **members}]


NOT_READ: list[tuple[str, str, list[Any]]] = [
    ("aws:assumeRoles", "", ["[{", {"roleArn": FIRST}, ["x"]]),
    ("aws:assumeRoles", " roleArn", [[{"roleArn": "admin"}]]),
    ("aws:assumeRoles", " has no member role_arn", [[{"role_arn": FIRST}]]),
    ("aws:assumeRoles", " has no member external_id", [of_role(external_id="x")]),
    (
        "aws:assumeRoles",
        " duration",
        [
            of_role(duration=wrong)
            for wrong in (
                "soon",
                "\N{SUPERSCRIPT TWO}h",
                "90",
                90,
                "1h 30m",
                "1d",
                "-1h",
                "h",
                "1.5",
                "1h30",
                ".h",
            )
        ],
    ),
    ("aws:assumeRoles", " policyArns", [of_role(policyArns="x")]),
    ("aws:assumeRoles", " tags", [of_role(tags=["x"])]),
    ("aws:assumeRoles", " transitiveTagKeys", [of_role(transitiveTagKeys=[1.5])]),
    ("aws:assumeRole", " is not read any more", ["yes", [1], {"roleArn": FIRST}]),
    ("aws:assumeRoleWithWebIdentity", " has no member role_arn", [{"role_arn": FIRST}]),
    ("aws:assumeRoleWithWebIdentity", " duration", [{**WEB_IDENTITY, "duration": 0}]),
    ("aws:assumeRoleWithWebIdentity", " policyArns", [{**WEB_IDENTITY, "policyArns": {}}]),
    ("aws:ignoreTags", " has no member key_prefixes", [{"key_prefixes": ["x"]}]),
    ("aws:endpoints", "", [{"sts": "http://x:1"}, 5]),
    ("aws:endpoints", " sts", [[{"sts": "localhost:4600"}]]),
    ("aws:defaultTags", "", [[1]]),
    ("aws:defaultTags", " has no member team; its members are tags", [{"team": "x"}]),
    ("aws:defaultTags", " tags", [{"tags": "x"}]),
    ("aws:defaultTags", " tags the value of 'a' must be a string; this is a list", [{"tags": {"a": ["x"]}}]),
    ("aws:allowedAccountIds", "", ["111111111111"]),
    ("aws:allowedAccountIds", "[0]", [[True], ["22222222222"], ["22222222222x"]]),
    ("aws:allowedAccountIds", "[0] must be an account id: twelve digits (quote it: ", [[22222222222]]),
    ("aws:forbiddenAccountIds", "", [{"a": "b"}]),
    ("aws:maxRetries", "", ["many", "-1"]),
    ("proton:assumeRoleArn", "", ["admin"]),
    ("proton:endpointUrl", "", ["localhost:4600"]),
    ("aws.endpointUrl", "", ["http://", 5.0]),
    ("aws.maxAttempts", "", [2.5, float("inf"), ["3"]]),
]


@pytest.mark.parametrize(
    ("setting", "problem", "value"),
    [(setting, problem, value) for setting, problem, wrong in NOT_READ for value in wrong],
)
def test_what_does_not_read_is_named(sources: Sources, setting: str, problem: str, value: Any) -> None:
    """A value that does not read is a `ConfigurationError`: one sentence that begins with the name of the setting."""
    if setting.startswith("aws."):
        own(**{"assumeRoleArn": FIRST, setting.removeprefix("aws."): value})(sources)
    else:
        config(**{setting: value})(sources)
    with pytest.raises(ConfigurationError) as caught:
        sources.resolve()
    text = str(caught.value)
    assert text.startswith(f"{setting}{problem}")
    assert text.endswith(".")
    assert "\n" not in text
    assert ("quote it" in text) is ("quote it" in problem)


@pytest.mark.parametrize("part", ["accessKey", "secretKey", "token"])
def test_a_part_of_the_keys_is_refused(sources: Sources, part: str) -> None:
    """The sentence says which belong together."""
    config(**{f"aws:{part}": "x"})(sources)
    with pytest.raises(
        ConfigurationError, match=r"^aws:accessKey and aws:secretKey .*, and aws:token only with"
    ):
        sources.resolve()


@pytest.mark.parametrize(
    ("aws", "problem"),
    [
        ({}, None),
        ({"region": "eu-west-1", "maxAttempts": 3.0, "profile": None}, None),
        ({"assumeRoleArn": FIRST, "externalId": "x", "sessionTags": {"a": "b", "c": 1.5, "d": None}}, None),
        ({"allowedAccountIds": ["1" * 12]}, None),
        ({"allowedAccountIds": ("1" * 12,)}, None),
        ("eu-west-1", "must be a map of settings, or AwsSettings"),
        ([], "must be a map of settings, or AwsSettings"),
        ({"regoin": "a", "keys": 1}, "has no member keys, regoin; its members are allowedAccountIds, "),
        ({"assumeRoleArn": FIRST + "\n"}, "assumeRoleArn must be the ARN of an IAM role"),
        ({"assumeRoleArn": 5.0}, "assumeRoleArn must be the ARN of an IAM role, as a string"),
        ({"sessionTags": {"": "b"}}, "sessionTags the key '' must be a string"),
        ({"allowedAccountIds": 5.0}, "allowedAccountIds must be a list of account ids"),
        (
            {"allowedAccountIds": ["1" * 12, 5.0]},
            "allowedAccountIds[1] must be an account id: twelve digits (quote it",
        ),
    ],
)
def test_the_shape_of_aws_is_judged(aws: Any, problem: str | None) -> None:
    """A problem of the `aws` argument names the member; `test_bad_programs` has more of them."""
    found = problem_with_settings(aws)
    assert (found or "").startswith(problem or "")
    assert (found is None) is (problem is None)


def test_unknown_members_are_not_missed() -> None:
    """A role whose ARN is not known yet is there all the same, so that its external id means something."""
    assert problem_with_settings({"externalId": "x"}, frozenset({"assumeRoleArn"})) is None


def test_no_secret_is_in_a_representation(sources: Sources) -> None:
    """Secret key and token are not shown where settings are, such as in a failing test."""
    KEYS(sources)
    text = repr(sources.resolve())
    assert "'secret'" not in text
    assert "'token'" not in text
    assert "'key'" in text


def test_settings_of_a_resource_travel_by_names_of_the_wire() -> None:
    """Members that are given, and no others, become properties; a map of the user's keeps its keys."""
    given = AwsSettings(region="eu-west-1", assume_role_arn=FIRST, session_tags={"role_arn": "a"})
    assert given.to_properties() == {
        "region": "eu-west-1",
        "assumeRoleArn": FIRST,
        "sessionTags": {"role_arn": "a"},
    }
    assert AwsSettings().to_properties() == {}


@pytest.mark.parametrize(
    "put",
    [
        own(profile="absent"),
        config(aws__accessKey="key", aws__secretKey="secret", aws__profile="absent"),
        shell("AWS_PROFILE", "absent"),
    ],
)
@pytest.mark.parametrize("region", [None, "us-east-1"])
def test_a_profile_that_does_not_exist_is_an_error(sources: Sources, put: Level, region: str | None) -> None:
    """An absent profile is a `ConfigurationError` that names it, whether or not its Region is needed."""
    put(sources)
    own(region=region)(sources)
    problem = r"(aws[.:]profile|AWS_PROFILE) absent is not in .*aws configure list-profiles.*\.$"
    with pytest.raises(ConfigurationError, match=problem):
        sources.resolve()


def test_a_config_file_that_does_not_read_is_an_error(sources: Sources, no_aws_in_shell: Path) -> None:
    """A broken config file is a `ConfigurationError` that names it."""
    no_aws_in_shell.write_text("not a config file", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="aws-config"):
        sources.resolve()
