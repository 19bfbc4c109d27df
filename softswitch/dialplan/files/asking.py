"""Steps that hear the caller: what they listen for, and the variables that they collect."""

from typing import Literal

from pydantic import Field, model_validator

from softswitch.dialplan.files.choices import Choices
from softswitch.dialplan.files.kinds import Expression, Key, Name
from softswitch.dialplan.files.texts import Prompts, Texts
from softswitch.values import Section


class Listen(Choices):
    """Waits for one of the intents. With `otherwise` the whole vocabulary is listened for, and what means
    none of them leads there: to a step with `answer`, for instance.
    """

    otherwise: Name | None = None


class Ask(Section):
    """One variable of a form: how it is asked for, and what makes it valid."""

    ask: Prompts = Prompts()
    reask: Prompts = Prompts()
    sentences: Texts = Texts()
    valid: Expression | None = None
    invalid: Prompts = Prompts()


class Collect(Choices):
    """Fills one `slot`, or the variables of a `form` in order; a caller may give several at once, and correct
    them. With `confirm` he is asked whether it is right: always, or only when the ear was `unsure`.
    """

    slot: Name | None = None
    form: dict[Name, Ask] = Field({})
    sentences: Texts = Texts()
    valid: Expression | None = None
    invalid: Prompts = Prompts()
    confirm: Prompts = Prompts()
    confirm_when: Literal["always", "unsure"] = "always"
    terminator: Key = "#"
    next: Name

    @model_validator(mode="after")
    def _collects_something(self) -> "Collect":
        if (self.slot is None) == (not self.form):
            raise ValueError("expected `slot`, or `form` with its variables")
        if self.form and (self.valid or self.invalid):
            raise ValueError("in a form each variable has its own `valid` and `invalid`")
        return self

    @property
    def fields(self) -> dict[str, Ask]:
        """By variable: those of the form, or the one slot as a form of one."""
        if self.slot is None:
            return dict(self.form)
        return {self.slot: Ask(valid=self.valid, invalid=self.invalid)}


class Dtmf(Section):
    """Keys alone, speech is not heard: a menu, or a variable that is keyed in."""

    menu: dict[Key, Name] = Field({})
    slot: Name | None = None
    valid: Expression | None = None
    invalid: Prompts = Prompts()
    terminator: Key = "#"
    next: Name | None = None

    @model_validator(mode="after")
    def _is_menu_or_slot(self) -> "Dtmf":
        if (self.slot is None) == (not self.menu):
            raise ValueError("expected `menu`, or `slot` and `next`")
        if (self.slot is None) != (self.next is None):
            raise ValueError("`slot` needs `next`; a menu has none")
        return self
