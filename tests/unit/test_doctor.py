"""The doctor finds what would keep a node from starting, and says what to do."""

from pathlib import Path

import pytest

from softswitch import config
from softswitch.cli import checkup


def found(what: str, *settings: str) -> checkup.Finding:
    examined = checkup.examine(config.load(Path("/dev/null"), settings), call=False)
    return next(finding for finding in examined if finding.what == what)


def test_a_node_without_files_of_settings_is_well(tmp_path: Path) -> None:
    finding = found("files", f"data_dir={tmp_path}", f"secret_key_file={tmp_path}/later.key")
    assert (finding.ok, finding.detail) == (True, "the settings name none")


@pytest.mark.parametrize(
    "setting", ["identity.roots_file", "trunks_file", "sip.tls.key_file", "mqtt.ca_file", "actions_file"]
)
def test_a_file_that_a_setting_names_and_nobody_can_read_is_told(tmp_path: Path, setting: str) -> None:
    missing = tmp_path / "missing.pem"
    finding = found("files", f"data_dir={tmp_path}", f"{setting}={missing}")
    assert not finding.ok
    assert finding.detail.startswith(f"{setting}: {missing} cannot be read (No such file or directory)")


def test_a_mistake_in_the_file_of_trunks_is_told_with_its_line(tmp_path: Path) -> None:
    trunks = tmp_path / "trunks.yaml"
    trunks.write_text("trunks:\n  - name: berlin\n    kind: ip\n    host: 192.0.2.1\n")
    finding = found("files", f"data_dir={tmp_path}", f"trunks_file={trunks}")
    assert f"{trunks}:4:5: unknown key 'host'" in finding.detail


def test_the_files_that_can_be_read_are_named(tmp_path: Path) -> None:
    trunks = tmp_path / "trunks.yaml"
    trunks.write_text("trunks:\n  - {name: berlin, kind: ip, hosts: 192.0.2.1}\n")
    assert found("files", f"data_dir={tmp_path}", f"trunks_file={trunks}").detail == "trunks_file"
