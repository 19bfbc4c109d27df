"""Each kind of action is in the registry, in the file's model, and in the reference."""

from typing import get_args

from documents import ROOT

from softswitch.actions.actions_file import AnyIntegration
from softswitch.app.acting.registry import KINDS


def test_every_kind_can_be_configured_is_done_by_a_module_and_documented() -> None:
    models = get_args(get_args(AnyIntegration)[0])
    configured = [get_args(model.model_fields["kind"].annotation)[0] for model in models]
    assert configured == list(KINDS)
    reference = (ROOT / "docs/reference/actions.md").read_text()
    assert [kind for kind in KINDS if f"\n## `{kind}`\n" not in reference] == []
