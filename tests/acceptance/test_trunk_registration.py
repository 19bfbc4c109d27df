"""Trunks that register, at a real Kamailio: refreshed, refused, moved, given up; and two hundred at once."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gateway_alone import GatewayAlone
from kamailio import PASSWORD, Kamailio
from node import free_port, wait_for
from sipp import Sipp

from softswitch.events import CallConfirmed, CallEnded
from softswitch.gateway import messages
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

pytestmark = pytest.mark.slow


def at(registrar: Kamailio, transport: str = "udp") -> Target:
    return Target("registrar.example", registrar.address, registrar.port, transport)


def trunk(name: str = "carrier", **settings: object) -> Trunk:
    whole = {"kind": "register", "hosts": "registrar.example", "username": f"u-{name}", **settings}
    return Trunk.model_validate({"name": name, **whole})


def connection(target: Target | None, *targets: Target, **settings: object) -> Connection:
    password = str(settings.pop("password", PASSWORD))
    attempt = int(str(settings.pop("attempt", 1)))
    return Connection(trunk(**settings), (*([target] if target else []), *targets), password, target, attempt)


@pytest.fixture(scope="module")
def registrar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kamailio]:
    with Kamailio(tmp_path_factory.mktemp("kamailio")) as started:
        yield started


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path / "gateway") as started:
        yield started
    print(started.log)


def order(gateway: GatewayAlone, *connections: Connection) -> None:
    gateway.order(messages.Trunks(connections))


def test_a_trunk_registers_by_digest_and_unregisters_when_it_is_removed(gateway, registrar):
    order(gateway, connection(at(registrar), name="plain", expires="300s"))
    told = gateway.wait(messages.Registered)
    assert (told.trunk, told.target, told.status) == ("plain", at(registrar), 200)
    assert 290 <= told.expires <= 300
    assert registrar.saved("u-plain") == [300]
    order(gateway)
    wait_for(lambda: registrar.saved("u-plain") == [300, 0], "it is unregistered")


def test_a_user_for_digest_alone_and_tcp_work(gateway, registrar):
    order(gateway, connection(at(registrar, "tcp"), name="tcp", auth_username="other", transport="tcp"))
    assert gateway.wait(messages.Registered).status == 200
    assert registrar.saved("u-tcp")


def test_a_registration_is_refreshed_before_it_expires_and_each_refresh_is_told(gateway, tmp_path):
    with Kamailio(tmp_path / "brief", max_expires=7) as brief:
        order(gateway, connection(at(brief), name="brief"))
        assert gateway.wait(messages.Registered).expires <= 7
        began = time.monotonic()
        assert gateway.wait(messages.Registered, 2).status == 200
        assert time.monotonic() - began < 6


def test_a_wrong_password_is_told_with_the_registrars_reason_and_not_tried_again(gateway, registrar):
    order(gateway, connection(at(registrar), name="wrong", password="no"))
    told = gateway.wait(messages.Registered)
    assert (told.status, told.reason) == (403, "Wrong password")
    asked = registrar.asked("u-wrong")
    time.sleep(1)
    assert registrar.asked("u-wrong") == asked
    order(gateway, connection(at(registrar), name="wrong", attempt=2))
    assert gateway.wait(messages.Registered, 2).status == 200


def test_the_same_order_again_changes_nothing_and_a_new_attempt_registers_again(gateway, registrar):
    order(gateway, connection(at(registrar), name="again"))
    gateway.wait(messages.Registered)
    order(gateway, connection(at(registrar), name="again"))
    time.sleep(0.5)
    assert len(registrar.saved("u-again")) == 1
    order(gateway, connection(at(registrar), name="again", attempt=2))
    gateway.wait(messages.Registered, 2)
    assert len(registrar.saved("u-again")) == 2


def test_a_dead_registrar_is_left_for_the_next_as_soon_as_control_says(gateway, registrar):
    dead = Target("dead.example", "127.0.0.1", free_port(), "udp")
    order(gateway, connection(dead, at(registrar), name="moved"))
    time.sleep(0.5)
    order(gateway, connection(dead, at(registrar), name="moved", attempt=2))  # while the first waits
    time.sleep(0.2)
    began = time.monotonic()
    moved = replace(connection(dead, at(registrar), name="moved", attempt=3), register_at=at(registrar))
    order(gateway, moved)
    told = gateway.wait(messages.Registered)
    assert (told.status, told.target) == (200, at(registrar))
    assert time.monotonic() - began < 1


def test_a_refused_connection_is_told_as_no_answer_with_its_reason(gateway):
    nobody = Target("nobody.example", "127.0.0.1", free_port(), "tcp")
    order(gateway, connection(nobody, name="refused", transport="tcp"))
    told = gateway.wait(messages.Registered)
    assert told.status == 0
    assert "refused" in told.reason.lower(), told.reason


def test_no_registrar_means_unregistered_and_the_account_stays(gateway, registrar):
    order(gateway, connection(at(registrar), name="paused"))
    gateway.wait(messages.Registered)
    order(gateway, replace(connection(at(registrar), name="paused"), register_at=None))
    wait_for(lambda: registrar.saved("u-paused")[-1] == 0, "it is unregistered")
    order(gateway, connection(at(registrar), name="paused", attempt=2))
    gateway.wait(messages.Registered, 2)


def test_a_node_that_stops_unregisters(tmp_path, registrar):
    with GatewayAlone(tmp_path) as gateway:
        order(gateway, connection(at(registrar), name="stopped"))
        gateway.wait(messages.Registered)
    assert registrar.saved("u-stopped")[-1] == 0


def test_a_call_to_the_registered_user_comes_by_his_trunk(gateway, registrar):
    order(
        gateway,
        connection(at(registrar), name="first"),
        connection(at(registrar), name="second"),
    )
    gateway.wait(messages.Registered, 2)
    with Sipp("call", registrar.port, user="u-second") as sipp:
        offered = gateway.wait(messages.Offered)
        assert offered.info.trunk == "second"
        gateway.answer(offered)
        gateway.wait(CallConfirmed)
        order(gateway, connection(at(registrar), name="first"))  # the second is removed during its call
        sipp.wait()
    assert gateway.wait(CallEnded).sip_status == 200


def test_two_hundred_registrations_are_held_by_one_gateway(gateway, registrar):
    names = [f"many-{number}" for number in range(200)]
    began = time.monotonic()
    order(gateway, *(connection(at(registrar), name=name) for name in names))
    gateway.wait(messages.Registered, 200, seconds=30)
    print(f"200 registrations in {time.monotonic() - began:.1f} s")
    told = [message for message in gateway.taken if isinstance(message, messages.Registered)]
    assert {m.trunk for m in told if m.status == 200} == set(names)
