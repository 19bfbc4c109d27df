"""softswitch trunk status prints what the running node says, and that none runs."""

import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from softswitch.cli import trunk_status
from softswitch.cli.root import softswitch
from softswitch.errors import SoftswitchError

TOLD: dict[str, Any] = {
    "name": "berlin",
    "kind": "register",
    "source": "sql",
    "state": "up",
    "since": time.time() - 7300,
    "error": "",
    "registration": {
        "phase": "registered",
        "at": "192.0.2.1:5060",
        "status": 200,
        "reason": "OK",
        "since": time.time() - 7300,
        "expires_in": 187.2,
        "next_try_in": None,
    },
    "latency_ms": {"last": 12.5, "p50": 11.0},
    "calls": {"in": 3, "out": 1},
    "failures": {"options": 2, "register": 0, "call": 0},
    "targets": [
        {
            "host": "sip.example.com",
            "address": "192.0.2.1:5060",
            "transport": "udp",
            "state": "up",
            "since": time.time() - 7300,
            "latency_ms": {"last": 12.5, "p50": 11.0},
            "error": "",
        }
    ],
}


def told(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(TOLD), **changes}


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trunks: list[Any], *arguments: str) -> Result:
    answer = {"trunks": trunks, "problems": ["trunks.yaml:3:5: it is broken"]}
    monkeypatch.setattr(trunk_status.desk, "ask", lambda config, do, **args: answer)
    command = ["--set", f"data_dir={tmp_path}", "trunk", "status", *arguments]
    return CliRunner().invoke(softswitch, command, catch_exceptions=False)


def test_all_trunks_are_a_table_with_what_went_wrong_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    waiting = {**TOLD["registration"], "phase": "waiting", "expires_in": None, "next_try_in": 41.5}
    down = told(name="paris", state="down", error="REGISTER: 403 Forbidden", registration=waiting)
    lines = run(tmp_path, monkeypatch, [told(), down]).output.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "SINCE", "REGISTRATION", "LATENCY", "P50", "IN", "OUT"]
    assert " ".join(lines[1].split()) == "berlin up 2 h expires in 3 min 12.5 ms 11 ms 3 1"
    assert "paris" in lines[2] and "failed, again in 41 s" in lines[2]
    assert lines[3].strip() == "REGISTER: 403 Forbidden"
    assert lines[4] == "! trunks.yaml:3:5: it is broken"


def test_one_trunk_is_told_closely_with_its_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    output = run(tmp_path, monkeypatch, [told()], "berlin").output
    assert "berlin        up for 2 h\n" in output
    assert "expires in 3 min at 192.0.2.1:5060" in output
    assert "192.0.2.1:5060 (sip.example.com, udp) up for 2 h, 12.5 ms\n" in output
    assert "2 options, 0 register, 0 call" in output


def test_a_trunk_of_which_nothing_is_known_has_dashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    unheard = told(state="unknown", registration=None, latency_ms={"last": None, "p50": None}, targets=[])
    lines = run(tmp_path, monkeypatch, [unheard]).output.splitlines()
    assert " ".join(lines[1].split()) == "berlin unknown 2 h - - - 3 1"


def test_json_is_what_the_node_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    answer = json.loads(run(tmp_path, monkeypatch, [told()], "--json").output)
    assert answer["trunks"][0]["name"] == "berlin" and answer["problems"]


def test_watching_asks_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pauses: list[float] = []

    def stop_after_three(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(trunk_status.time, "sleep", stop_after_three)
    result = run(tmp_path, monkeypatch, [told()], "--json", "--watch")
    told_three_times = [json.loads(line) for line in result.stdout.splitlines() if line]
    assert [each["trunks"][0]["name"] for each in told_three_times] == ["berlin"] * 3


def test_without_a_node_it_is_said_in_one_line(tmp_path: Path):
    command = ["--set", f"data_dir={tmp_path}", "trunk", "status"]
    with pytest.raises(SoftswitchError, match=f"no node is running with {tmp_path}: start it with"):
        CliRunner().invoke(softswitch, command, catch_exceptions=False, standalone_mode=False)
