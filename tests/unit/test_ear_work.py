"""The work folder: results appear whole, once, and anew when something that they hang on has changed."""

from pathlib import Path

import pytest
from ear.work import Task, Work, key


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def task(text: str, inputs: tuple[object, ...] = ()) -> Task:
    return Task("note", write, (text,), (text, *inputs), ("work",))


def never(path: Path, text: str) -> None:
    raise AssertionError("made a second time")


def test_a_result_is_made_once(tmp_path):
    first = Work(tmp_path, quiet=True).one("notes", task("yes"))
    again = Task("note", never, ("yes",), ("yes",), ("work",))
    assert Work(tmp_path, quiet=True).one("notes", again) == first
    assert first.read_text() == "yes"


def test_another_input_is_another_result(tmp_path):
    work = Work(tmp_path, quiet=True)
    assert work.one("notes", task("yes", (1,))) != work.one("notes", task("yes", (2,)))


def test_results_that_are_inputs_count_by_name_wherever_the_folder_is(tmp_path):
    assert key([tmp_path / "a-1"], []) == key([Path("/elsewhere/a-1")], [])
    assert key([tmp_path / "a-1"], []) != key([tmp_path / "a-2"], [])
    assert key([[tmp_path / "a-1"]], []) == key([[Path("/elsewhere/a-1")]], [])


def test_the_code_that_makes_a_result_counts():
    assert key([], ["fst"]) != key([], ["graph"])


def test_a_result_cut_off_half_way_is_no_result(tmp_path):
    def half(path: Path, text: str) -> None:
        path.write_text(text[:1], encoding="utf-8")
        raise KeyboardInterrupt

    cut = Task("note", half, ("yes",), ("yes",), ("work",))
    with pytest.raises(KeyboardInterrupt):
        Work(tmp_path, quiet=True).one("notes", cut)
    assert Work(tmp_path, quiet=True).one("notes", task("yes")).read_text() == "yes"
    assert len(list(tmp_path.iterdir())) == 1


def test_several_processes_give_results_in_order(tmp_path):
    tasks = [task(str(number)) for number in range(20)]
    paths = Work(tmp_path, processes=2, quiet=True).all("notes", tasks)
    assert [path.read_text() for path in paths] == [str(number) for number in range(20)]


def test_the_last_good_results_survive_a_failure(tmp_path):
    with pytest.raises(ZeroDivisionError):
        Work(tmp_path, quiet=True).all("notes", [task("yes"), Task("bad", fail, (), (), ("work",))])
    assert len(list(tmp_path.glob("note-*"))) == 1


def fail(path: Path) -> None:
    path.write_text(str(1 / 0), encoding="utf-8")


def test_a_build_that_is_not_on_a_terminal_tells_one_line_for_a_stage(tmp_path, capsys):
    Work(tmp_path).one("notes", task("yes"))
    assert capsys.readouterr().err.startswith("notes: 1 of 1, ")
