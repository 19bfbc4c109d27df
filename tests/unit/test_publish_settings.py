"""The mqtt section: which brokers are taken, and that no password can stand in the open."""

import pytest
from pydantic import ValidationError

from softswitch.sections.mqtt import Mqtt


@pytest.mark.parametrize(
    "url",
    ["", "mqtt://127.0.0.1", "mqtt://broker.example:1883", "mqtts://broker.example", "mqtt://[::1]:1883/"],
)
def test_broker_urls_that_are_taken(url):
    assert Mqtt(url=url).url == url


@pytest.mark.parametrize(
    "url", ["127.0.0.1:1883", "http://broker.example", "mqtt://user:secret@broker.example", "mqtt://"]
)
def test_other_urls_are_refused_and_passwords_sent_to_their_file(url):
    with pytest.raises(ValidationError, match="password_file"):
        Mqtt(url=url)


@pytest.mark.parametrize(
    ("user", "allow"),
    [("crm", ()), ("crm", ("format",)), ("a user", ("hangup",)), ("", ("hangup",))],
)
def test_a_user_has_a_plain_name_and_commands_that_there_are(user: str, allow: tuple[str, ...]):
    with pytest.raises(ValidationError):
        Mqtt(commands={user: {"secret_file": "/secret", "allow": allow}})


def test_one_command_needs_no_list():
    assert Mqtt(commands={"crm": {"secret_file": "/s", "allow": "hangup"}}).commands["crm"].allow == (
        "hangup",
    )


@pytest.mark.parametrize("node", ["a/b", "a+b", "#", "a b"])
def test_a_nodes_name_cannot_break_its_topics(node):
    with pytest.raises(ValidationError):
        Mqtt(node=node)
