"""Settings: which source wins, which values are accepted, and that secrets are not shown."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from accounts import role_arn

from proton_provider.errors import ConfigurationError
from proton_provider.settings import AssumedRole, Settings, WebIdentityRole
from proton_provider.settings.aws_settings import AwsSettings, problem_with_settings
from proton_provider.settings.resolve import resolve
from proton_provider.wire_names import wire_name

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
            (None, config(aws__endpoints=[{"iam": "http://theirs:3"}])),
        ],
    ),
    "roles": (
        lambda found: [role.role_arn for role in found.assume_roles],
        [
            ([FIRST], own(assumeRoleArn=FIRST)),
            ([SECOND], config(proton__assumeRoleArn=SECOND)),
            ([THIRD, FOURTH], config(aws__assumeRoles=[{"roleArn": THIRD}, {"roleArn": FOURTH}])),
            ([FIRST], config(aws__assumeRole={"roleArn": FIRST})),
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


def keys(found: Settings) -> tuple[str | None, str | None, str | None]:
    return found.access_key, found.secret_key, found.token


def test_keys_come_from_the_config(sources: Sources) -> None:
    """Keys of the stack's config are used where no profile is named."""
    KEYS(sources)
    assert keys(sources.resolve()) == ("key", "secret", "token")


@pytest.mark.parametrize("named", [own(profile="p"), config(proton__profile="p")], ids=["own", "ours"])
def test_a_profile_of_ours_beats_the_keys_of_the_config(sources: Sources, named: Level) -> None:
    """Keys of `aws:…` are dropped where a profile is named at an earlier level."""
    KEYS(sources)
    named(sources)
    found = sources.resolve()
    assert (found.profile, keys(found)) == ("p", (None, None, None))


def test_configured_keys_beat_the_configured_profile(sources: Sources) -> None:
    """Beside `aws:profile`, keys of `aws:…` are used, as pulumi-aws does; the profile's Region still counts."""
    KEYS(sources)
    config(aws__profile="plain")(sources)
    found = sources.resolve()
    assert (found.profile, keys(found), found.region) == (None, ("key", "secret", "token"), "ca-central-1")


@pytest.mark.parametrize(
    ("named", "roles"),
    [
        (own(profile="p"), []),
        (config(proton__profile="p"), [SECOND]),
        (config(aws__profile="p"), [SECOND]),
        (own(profile="p", assumeRoleArn=FIRST), [FIRST]),
    ],
    ids=["own", "ours", "theirs", "own with a role"],
)
def test_a_profile_beats_roles_of_a_later_level(sources: Sources, named: Level, roles: list[str]) -> None:
    """A profile is an account by itself: roles that a later level would assume from elsewhere are left out."""
    config(proton__assumeRoleArn=SECOND, aws__assumeRoles=[{"roleArn": THIRD}])(sources)
    named(sources)
    assert [role.role_arn for role in sources.resolve().assume_roles] == roles


@pytest.mark.parametrize(
    ("put", "source"),
    [
        ((), "AWS's default sources"),
        ((shell("AWS_PROFILE", "p"),), "AWS_PROFILE p"),
        ((shell("AWS_ACCESS_KEY_ID", "k"), shell("AWS_SECRET_ACCESS_KEY", "s")), "AWS_ACCESS_KEY_ID"),
        (
            (shell("AWS_WEB_IDENTITY_TOKEN_FILE", "t"), shell("AWS_ROLE_ARN", FIRST)),
            "AWS_WEB_IDENTITY_TOKEN_FILE",
        ),
        ((KEYS, config(aws__profile="p")), "aws:accessKey"),
        ((config(aws__profile="p"),), "aws:profile p"),
        ((config(proton__profile="p"),), "proton:profile p"),
        ((own(profile="p"),), "aws.profile p"),
        ((own(assumeRoleArn=FIRST),), "aws.assumeRoleArn"),
        ((config(proton__assumeRoleArn=FIRST),), "proton:assumeRoleArn"),
        ((config(aws__assumeRoles=[{"roleArn": FIRST}]),), "aws:assumeRoles"),
        ((own(provider={"profile": "p"}),), "profile of the explicit aws.Provider p"),
    ],
)
def test_what_decides_whose_credentials_they_are_is_named(
    sources: Sources, put: tuple[Level, ...], source: str
) -> None:
    """A wrong account is told with the setting that chose it."""
    for each in put:
        each(sources)
    assert sources.resolve().credentials_source == source


def test_a_profile_of_ours_beats_the_configured_chain(sources: Sources) -> None:
    """`aws:assumeRoles` is assumed from what `aws:...` names, and from nothing else."""
    config(aws__assumeRoles=[{"roleArn": THIRD}], aws__profile="theirs")(sources)
    assert [role.role_arn for role in sources.resolve().assume_roles] == [THIRD]
    config(proton__profile="ours")(sources)
    assert sources.resolve().assume_roles == ()


def test_half_a_pair_of_keys_does_no_harm_beside_a_profile_of_ours(sources: Sources) -> None:
    """What a profile makes meaningless is not judged."""
    config(aws__accessKey="key", proton__profile="p")(sources)
    assert sources.resolve().profile == "p"


@pytest.mark.parametrize(
    ("put", "hold"),
    [
        (own(), True),
        (config(aws__profile="p"), True),
        (config(aws__assumeRoles=[{"roleArn": FIRST}]), True),
        (own(profile="p"), False),
        (config(proton__profile="p"), False),
        (own(assumeRoleArn=FIRST), False),
        (config(proton__assumeRoleArn=FIRST), False),
    ],
)
def test_account_ids_of_the_config_speak_of_its_own_credentials(
    sources: Sources, put: Level, hold: bool
) -> None:
    """`aws:allowedAccountIds` and `aws:forbiddenAccountIds` hold only where no profile or role of ours is used."""
    config(aws__allowedAccountIds=["1" * 12], aws__forbiddenAccountIds=["2" * 12])(sources)
    put(sources)
    found = sources.resolve()
    expected = (("1" * 12,), ("2" * 12,)) if hold else ((), ())
    assert (found.allowed_account_ids, found.forbidden_account_ids) == expected


def test_allowed_accounts_of_a_resource_hold_beside_its_own_role(sources: Sources) -> None:
    """What a resource says of accounts is said of whatever credentials it uses."""
    own(assumeRoleArn=FIRST, allowedAccountIds=["3" * 12])(sources)
    assert sources.resolve().allowed_account_ids == ("3" * 12,)


def test_a_role_of_ours_has_all_that_sts_takes(sources: Sources) -> None:
    """External id, session name, tags and duration belong to the role that a resource names."""
    own(
        assumeRoleArn=FIRST,
        externalId="external",
        sessionName="session",
        sessionTags={"team_name": "a"},
        durationSeconds=900.0,
    )(sources)
    (role,) = sources.resolve().assume_roles
    assert role == AssumedRole(
        role_arn=FIRST,
        external_id="external",
        session_name="session",
        tags=(("team_name", "a"),),
        duration_seconds=900,
    )


def test_configured_roles_have_all_that_pulumi_aws_knows(sources: Sources) -> None:
    """Every member of `aws:assumeRoles` that STS takes arrives; an entry without a role is passed over."""
    config(
        aws__assumeRoles=[
            {"sessionName": "nothing to assume"},
            {
                "roleArn": FIRST,
                "duration": "1h30m",
                "externalId": "external",
                "policy": "{}",
                "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
                "sessionName": "session",
                "sourceIdentity": "someone",
                "tags": {"b": "2", "a": "1"},
                "transitiveTagKeys": ["a"],
            },
        ]
    )(sources)
    assert sources.resolve().assume_roles == (
        AssumedRole(
            role_arn=FIRST,
            duration_seconds=5400,
            external_id="external",
            policy="{}",
            policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
            session_name="session",
            source_identity="someone",
            tags=(("a", "1"), ("b", "2")),
            transitive_tag_keys=("a",),
        ),
    )


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("900s", 900),
        ("15m", 900),
        ("90m", 5400),
        ("1h", 3600),
        ("1.5h", 5400),
        (".5h", 1800),
        ("1.h", 3600),
        ("1h0m1s", 3601),
        ("1h30m10s", 5410),
        ("2h30m", 9000),
        ("+1h", 3600),
        ("1h1h", 7200),
        ("900000ms", 900),
        ("900000000us", 900),
        ("900000000µs", 900),
        ("900000000\N{GREEK SMALL LETTER MU}s", 900),
        ("3600000000000ns", 3600),
        ("", None),
        (None, None),
    ],
)
def test_durations_read_as_go_reads_them(sources: Sources, duration: str | None, seconds: int | None) -> None:
    """All that Go takes for a duration is one, for pulumi-aws is written in Go; without one STS decides."""
    config(aws__assumeRoles=[{"roleArn": FIRST, "duration": duration}])(sources)
    assert sources.resolve().assume_roles[0].duration_seconds == seconds


def test_sts_has_its_own_endpoint(sources: Sources) -> None:
    """The address of STS is the first in `aws:endpoints` and none of Proton's."""
    config(
        aws__endpoints=[{"iam": "http://iam:1"}, {"sts": "http://sts:2"}, {"sts": "http://sts:3"}],
        proton__endpointUrl="http://proton:4",
    )(sources)
    found = sources.resolve()
    assert (found.sts_endpoint_url, found.endpoint_url) == ("http://sts:2", "http://proton:4")


def test_default_tags_are_texts_in_the_order_of_their_keys(sources: Sources) -> None:
    """A number or a boolean in `aws:defaultTags` becomes the text that JSON writes; null is left out, a list refused."""
    config(aws__defaultTags={"tags": {"b": "2", "a": 1.0, "c": True, "d": None}})(sources)
    assert sources.resolve().default_tags == (("a", "1"), ("b", "2"), ("c", "true"))
    config(aws__defaultTags={"tags": {"a": ["x"]}})(sources)
    with pytest.raises(ConfigurationError, match="aws:defaultTags tags: the value of 'a' must be a string"):
        sources.resolve()


def test_no_retries_of_pulumi_aws_mean_the_default(sources: Sources) -> None:
    """pulumi-aws reads 0 in `aws:maxRetries` as not given, and so does this."""
    config(aws__maxRetries="0")(sources)
    assert sources.resolve().max_attempts is None


@pytest.mark.parametrize(
    ("put", "name"),
    [
        (config(aws__assumeRoles="[{"), "aws:assumeRoles"),
        (config(aws__assumeRoles={"roleArn": FIRST}), "aws:assumeRoles"),
        (config(aws__assumeRoles=["x"]), "aws:assumeRoles"),
        (config(aws__assumeRoles=[{"role_arn": FIRST}]), "aws:assumeRoles has no member role_arn"),
        (config(aws__assumeRoles=[{"roleArn": FIRST, "external_id": "x"}]), "no member external_id"),
        (config(aws__assumeRole={"RoleArn": FIRST}), "aws:assumeRole has no member RoleArn"),
        (config(aws__assumeRoleWithWebIdentity={"role_arn": FIRST}), "WebIdentity has no member role_arn"),
        (config(aws__ignoreTags={"key_prefixes": ["x"]}), "aws:ignoreTags has no member key_prefixes"),
        (config(aws__defaultTags={"team": "x"}), "aws:defaultTags has no member team; its members are tags"),
        (config(aws__assumeRoles=[{"roleArn": "admin"}]), "aws:assumeRoles roleArn"),
        (config(aws__assumeRoles=[{"roleArn": FIRST, "duration": "soon"}]), "aws:assumeRoles duration"),
        (
            config(aws__assumeRoles=[{"roleArn": FIRST, "duration": "\N{SUPERSCRIPT TWO}h"}]),
            "aws:assumeRoles duration",
        ),
        *(
            (config(aws__assumeRoles=[{"roleArn": FIRST, "duration": wrong}]), "aws:assumeRoles duration")
            for wrong in ("90", 90, "1h 30m", "1d", "-1h", "h", "1.5", "1h30", ".h")
        ),
        (config(aws__assumeRoles=[{"roleArn": FIRST, "policyArns": "x"}]), "aws:assumeRoles policyArns"),
        (config(aws__assumeRoles=[{"roleArn": FIRST, "tags": ["x"]}]), "aws:assumeRoles tags"),
        (
            config(aws__assumeRoles=[{"roleArn": FIRST, "transitiveTagKeys": [1.5]}]),
            "aws:assumeRoles transitiveTagKeys",
        ),
        (config(aws__assumeRole="yes"), "aws:assumeRole"),
        (config(aws__assumeRole=[1]), "aws:assumeRole"),
        (config(proton__assumeRoleArn="admin"), "proton:assumeRoleArn"),
        (config(aws__endpoints={"sts": "http://x:1"}), "aws:endpoints"),
        (config(aws__endpoints=5), "aws:endpoints"),
        (config(aws__endpoints=[{"sts": "localhost:4600"}]), "aws:endpoints sts"),
        (config(proton__endpointUrl="localhost:4600"), "proton:endpointUrl"),
        (own(endpointUrl="http://"), "aws.endpointUrl"),
        (own(endpointUrl=5.0), "aws.endpointUrl"),
        (config(aws__defaultTags=[1]), "aws:defaultTags"),
        (config(aws__defaultTags={"tags": "x"}), "aws:defaultTags tags"),
        (config(aws__allowedAccountIds="111111111111"), "aws:allowedAccountIds"),
        (config(aws__allowedAccountIds=[11111111111]), "aws:allowedAccountIds"),
        (config(aws__allowedAccountIds=[True]), "aws:allowedAccountIds[0]"),
        (config(aws__forbiddenAccountIds={"a": "b"}), "aws:forbiddenAccountIds"),
        (config(aws__maxRetries="many"), "aws:maxRetries"),
        (config(aws__maxRetries="-1"), "aws:maxRetries"),
        (own(maxAttempts=0.0), "aws.maxAttempts"),
        (own(maxAttempts=2.5), "aws.maxAttempts"),
        (own(maxAttempts=float("inf")), "aws.maxAttempts"),
        (own(maxAttempts=["3"]), "aws.maxAttempts"),
        (own(assumeRoleArn=FIRST, durationSeconds="long"), "aws.durationSeconds"),
        (config(aws__accessKey="key"), "aws:secretKey"),
        (config(aws__secretKey="secret"), "aws:accessKey"),
        (config(aws__token="token"), "aws:token"),
    ],
)
def test_what_does_not_read_is_named(sources: Sources, put: Level, name: str) -> None:
    """A value that does not read is a `ConfigurationError`: one sentence that begins with the name of the setting."""
    put(sources)
    with pytest.raises(ConfigurationError) as caught:
        sources.resolve()
    text = str(caught.value)
    assert name in text
    assert text.startswith(("aws:", "aws.", "proton:"))
    assert text.endswith(".")
    assert "\n" not in text


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
        (
            {"regoin": "eu-west-1", "keys": 1},
            "has no member keys, regoin; its members are allowedAccountIds, ",
        ),
        ({"region": 5.0}, "region must be a string"),
        ({"profile": ["p"]}, "profile must be a string"),
        ({"endpointUrl": True}, "endpointUrl must be a string"),
        ({"assumeRoleArn": "admin"}, "assumeRoleArn must be the ARN of an IAM role"),
        ({"assumeRoleArn": FIRST + "\n"}, "assumeRoleArn must be the ARN of an IAM role"),
        ({"assumeRoleArn": 5.0}, "assumeRoleArn must be the ARN of an IAM role, as a string"),
        ({"externalId": "x"}, "externalId needs assumeRoleArn"),
        (
            {"sessionName": "s", "durationSeconds": 900.0},
            "sessionName, durationSeconds need assumeRoleArn",
        ),
        ({"assumeRoleArn": FIRST, "sessionTags": ["a"]}, "sessionTags must be a map of strings"),
        ({"assumeRoleArn": FIRST, "sessionTags": {"": "b"}}, "sessionTags the key '' must be a string"),
        (
            {"assumeRoleArn": FIRST, "sessionTags": {"a": ["b"]}},
            "sessionTags the value of 'a' must be a string",
        ),
        ({"allowedAccountIds": "1" * 12}, "allowedAccountIds must be a list of account ids"),
        ({"allowedAccountIds": 5.0}, "allowedAccountIds must be a list of account ids"),
        (
            {"allowedAccountIds": ["1" * 12, 5.0]},
            "allowedAccountIds[1] must be an account id: twelve digits (quote it",
        ),
    ],
)
def test_the_shape_of_aws_is_judged(aws: Any, problem: str | None) -> None:
    """What is wrong with the `aws` argument is told in words that name the member."""
    found = problem_with_settings(aws)
    if problem is None:
        assert found is None
    else:
        assert found is not None
        assert found.startswith(problem)


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


def test_equal_settings_are_one_key() -> None:
    """Settings hash by value, so that one client serves all that are equal."""
    role = AssumedRole(role_arn=FIRST, tags=(("a", "b"),))
    assert hash(Settings(assume_roles=(role,))) == hash(Settings(assume_roles=(dataclasses.replace(role),)))


# AwsSettings


def test_settings_of_a_resource_travel_by_names_of_the_wire() -> None:
    """Members that are given, and no others, become properties; tags become a list, with keys as they are."""
    given = AwsSettings(
        region="eu-west-1",
        assume_role_arn=FIRST,
        session_tags={"role_arn": "a", "costCenter": "b"},
        allowed_account_ids=["1" * 12],
        max_attempts=4,
    )
    assert given.to_properties() == {
        "region": "eu-west-1",
        "assumeRoleArn": FIRST,
        "sessionTags": {"role_arn": "a", "costCenter": "b"},
        "allowedAccountIds": ["1" * 12],
        "maxAttempts": 4,
    }
    assert AwsSettings().to_properties() == {}


def test_there_is_no_place_for_keys() -> None:
    """What is given to a resource is stored in state in clear, so no member takes a credential."""
    names = {field.name for field in dataclasses.fields(AwsSettings)}
    assert names == {
        "region",
        "profile",
        "assume_role_arn",
        "external_id",
        "session_name",
        "session_tags",
        "duration_seconds",
        "endpoint_url",
        "allowed_account_ids",
        "max_attempts",
    }


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("role_arn", "roleArn"),
        ("codebuild_role_arn", "codebuildRoleArn"),
        ("id", "id"),
        ("roleArn", "roleArn"),
    ],
)
def test_names_are_awss_on_the_wire(name: str, wire: str) -> None:
    """Python's names are spelt as AWS spells them, and AWS's own stay."""
    assert wire_name(name) == wire


# Profiles of AWS's shared configuration files


@pytest.mark.parametrize(
    ("put", "region"),
    [
        (own(), "eu-central-1"),
        (own(profile="plain"), "ca-central-1"),
        (own(profile="without-region"), None),
        (own(profile="plain", region="us-east-1"), "us-east-1"),
        (shell("AWS_PROFILE", "plain"), "ca-central-1"),
    ],
)
def test_a_profiles_region_counts_where_nothing_else_names_one(
    sources: Sources, put: Level, region: str | None
) -> None:
    """The Region of the profile, or of the default one, is the last to be asked."""
    put(sources)
    assert sources.resolve().region == region


@pytest.mark.parametrize("put", [own(profile="absent"), shell("AWS_PROFILE", "absent")])
@pytest.mark.parametrize("region", [None, "us-east-1"])
def test_a_profile_that_does_not_exist_is_told(sources: Sources, put: Level, region: str | None) -> None:
    """An absent profile is a `ConfigurationError` that names it, whether or not its Region is needed."""
    put(sources)
    own(region=region)(sources)
    with pytest.raises(
        ConfigurationError,
        match=r"(aws\.profile|AWS_PROFILE) absent is not in .*aws configure list-profiles.*\.$",
    ):
        sources.resolve()


def test_an_absent_profile_of_the_shell_does_no_harm_beside_configured_keys(sources: Sources) -> None:
    """pulumi-aws reads nothing of the shell's profile where `aws:…` has keys."""
    KEYS(sources)
    shell("AWS_PROFILE", "absent")(sources)
    assert keys(sources.resolve()) == ("key", "secret", "token")


def test_a_config_file_that_does_not_read_is_told(sources: Sources, no_aws_in_shell: Path) -> None:
    """A broken config file is a `ConfigurationError` that names it."""
    no_aws_in_shell.write_text("not a config file", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="aws-config"):
        sources.resolve()


def test_a_file_that_changes_is_read_again(sources: Sources, no_aws_in_shell: Path) -> None:
    """Settings are equal for as long as the shared files are the same, and new when one has changed."""
    before = sources.resolve()
    assert sources.resolve() == before
    no_aws_in_shell.write_text(PROFILES.replace("eu-central-1", "eu-west-2"), encoding="utf-8")
    assert sources.resolve() != before
    assert sources.resolve().region == "eu-west-2"


# The environment


def test_a_region_of_the_shell_alone_is_marked(sources: Sources) -> None:
    """A Region that neither the program nor the stack's config names may be another one in the next shell."""
    for put, ambient in (
        (shell("AWS_REGION", "us-east-1"), True),
        (shell("AWS_REGION", ""), True),  # the default profile's
        (config(aws__region="us-east-1"), False),
    ):
        put(sources)
        assert sources.resolve().region_is_from_environment is ambient


WEB_IDENTITY = {"roleArn": FIRST, "webIdentityTokenFile": "/token"}


def test_a_web_identity_is_read_as_pulumi_aws_reads_it(sources: Sources) -> None:
    """Keys of `aws:…` beat a web identity there, which beats a profile, keys and a web identity of the shell."""
    config(
        aws__assumeRoleWithWebIdentity={
            **WEB_IDENTITY,
            "duration": "15m",
            "policyArns": ["arn:a"],
            "policy": "{}",
        },
        aws__profile="p",
    )(sources)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        shell(name, "x")(sources)
    assert sources.resolve().web_identity == WebIdentityRole(
        role_arn=FIRST, token_file="/token", duration_seconds=900, policy_arns=("arn:a",), policy="{}"
    )
    KEYS(sources)
    found = sources.resolve()
    assert (found.web_identity, keys(found)) == (None, ("key", "secret", "token"))


def test_a_web_identity_of_the_shell_is_used_where_there_are_no_keys(sources: Sources) -> None:
    """Keys of the shell beat its web identity, which beats its profile; a named profile beats all."""
    for name, value in (
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
        ("AWS_ROLE_ARN", FIRST),
        ("AWS_ROLE_SESSION_NAME", "runner"),
        ("AWS_PROFILE", "p"),
    ):
        shell(name, value)(sources)
    expected = WebIdentityRole(role_arn=FIRST, token_file="/token", session_name="runner")
    assert sources.resolve().web_identity == expected
    for name in ("AWS_ACCESS_KEY", "AWS_SECRET_KEY"):
        shell(name, "old")(sources)
    assert keys(sources.resolve()) == ("old", "old", None)
    config(aws__profile="theirs")(sources)
    found = sources.resolve()
    assert (found.profile, found.web_identity, keys(found)) == ("theirs", None, (None, None, None))


@pytest.mark.parametrize(
    ("account", "hint"), [(22222222222, True), ("22222222222", False), ("22222222222x", False)]
)
def test_an_account_id_that_lost_its_zero_gets_a_hint(sources: Sources, account: object, hint: bool) -> None:
    """A number of too few digits may have been an id with a zero in front, for which YAML needs quotes."""
    config(aws__allowedAccountIds=[account])(sources)
    with pytest.raises(ConfigurationError) as caught:
        sources.resolve()
    assert str(caught.value).startswith("aws:allowedAccountIds[0] must be an account id")
    assert ("Quote it: a number loses its leading zeros." in str(caught.value)) is hint


def test_strings_of_digits_are_taken_as_numbers(sources: Sources) -> None:
    """`pulumi config set --path` writes digits as a number; ids and names that are made of them arrive as strings."""
    config(
        aws__allowedAccountIds=[222222222222],
        aws__forbiddenAccountIds=[333333333333.0],
        aws__assumeRoles=[{"roleArn": FIRST, "externalId": 12345, "sessionName": 678, "sourceIdentity": 9}],
    )(sources)
    found = sources.resolve()
    assert (found.allowed_account_ids, found.forbidden_account_ids) == (("222222222222",), ("333333333333",))
    (role,) = found.assume_roles
    assert (role.external_id, role.session_name, role.source_identity) == ("12345", "678", "9")
