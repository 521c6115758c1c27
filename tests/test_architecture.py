"""The rooms keep to themselves: every import, nested ones too, against docs/architecture.md."""

# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("rig", "sketch_cnn", "snakes", "synthetic_data", "addon")
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.py", *(f"{room}/**/*.py" for room in ROOMS))
    for path in ROOT.glob(pattern)
)

ROOMS_OF: dict[str, set[str]] = {
    "": {"addon"},
    "rig": set(),
    "sketch_cnn": set(),
    "snakes": set(),
    "synthetic_data": {"rig"},
    "addon": {"rig", "sketch_cnn", "snakes"},
}
"""What each room may enter, besides itself and `errors`."""

MORE_ROOMS: dict[str, set[str]] = {
    # Inside the commands that need them.
    "addon/cli.py": {"synthetic_data"},
    "addon/commands/": {"synthetic_data"},
    "addon/bench": {"synthetic_data"},
    "addon/drawing_stream.py": {"synthetic_data"},
    "addon/learn_proportions.py": {"synthetic_data"},
}

PACKAGES_OF: dict[str, set[str]] = {
    "": {"numpy"},
    "rig": {"numpy", "scipy", "trimesh"},
    "sketch_cnn": {"numpy", "scipy", "PIL", "onnxruntime"},
    "snakes": {"numpy", "scipy", "skimage"},
    "synthetic_data": {"numpy", "scipy", "PIL", "cv2"},
    "addon": {"numpy", "scipy", "PIL"},
}
"""Packages that each room may import, besides the standard library."""

TRAINING_FILES = tuple(
    f"sketch_cnn/{name}.py"
    for name in (
        "augment",
        "baselines",
        "blocks",
        "close_look",
        "early_stop",
        "export",
        "feed",
        "finder_net",
        "integer_kernels",
        "larder",
        "losses",
        "neutral_net",
        "neutral_train",
        "places",
        "prepare",
        "protocols",
        "reader_net",
        "spoil",
        "step",
        "team",
        "train",
        "trial",
        "trial_figures",
        "trial_views",
        "weight_storage",
    )
)
"""Files that may ask for what `limner[train]` brings, and that nothing else may lean on."""

TRAINING = {"torch", "onnx", "onnxscript", "cv2", "matplotlib", "sklearn"}
BLENDER = {"bpy", "bpy_extras", "mathutils", "gpu", "gpu_extras", "blf"}
MORE_PACKAGES: dict[str, set[str]] = {
    **dict.fromkeys(TRAINING_FILES, TRAINING),
    "sketch_cnn/baselines": {"skimage"},
    "sketch_cnn/facemesh_worker.py": {"cv2", "mediapipe"},  # a program in a Python of its own
    "synthetic_data/compiled.py": {"numba"},
    # The command line and what it shows on a terminal.
    "addon/cli.py": {"click"},
    "addon/commands/": {"click"},
    "cluster.py": {"ray"},
    "addon/terminal.py": {"rich"},
    # What only Blender runs.
    "addon/blend.py": {"bpy"},
    "addon/bridge/": BLENDER,
    "addon/correct.py": BLENDER,
    "addon/folder_buttons.py": BLENDER,
    "addon/guard.py": BLENDER,
    "addon/keep.py": BLENDER,
    "addon/computing.py": BLENDER,
    "addon/operators": BLENDER,
    "addon/panels.py": BLENDER,
    "addon/own_mesh.py": BLENDER,
    "addon/preferences.py": BLENDER,
    "addon/properties.py": BLENDER,
    "addon/registration.py": BLENDER,
    "addon/translation.py": BLENDER,
    "addon/strengths.py": BLENDER,
    "addon/waiting.py": BLENDER,
    "addon/wear.py": BLENDER,
}

SPEAKERS = ("addon/bridge/worker.py",)
"""Programs of their own, which answer on standard output; all else returns what it has to say."""

MAX_LINES = 400


def room_of(file: str) -> str:
    """Return the room that a file lies in; "" for the files at the root."""
    return file.split("/")[0] if "/" in file else ""


def parse(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), filename=file)


def more(table: dict[str, set[str]], file: str) -> set[str]:
    """Return what a table grants to a file by the start of its name."""
    return set().union(*(names for start, names in table.items() if file.startswith(start)))


def imports(file: str) -> list[tuple[int, str, int]]:
    """Return (level, module, line) of every import; `from . import a` counts as module `a`."""
    found = []
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Import):
            found += [(0, alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module] if node.module else [alias.name for alias in node.names]
            found += [(node.level, module, node.lineno) for module in modules]
    return found


def entered_room(file: str, level: int, module: str) -> str:
    """Return the room that a relative import leads into; "" for the root's own files."""
    home = list(Path(file).parent.parts)
    assert level <= len(home) + 1, f"{file}: `{'.' * level}{module}` leaves the package"
    parts = [*home[: len(home) + 1 - level], *module.split(".")]
    return parts[0] if parts[0] in ROOMS else ""


@pytest.mark.parametrize("file", FILES)
def test_rooms_enter_only_the_rooms_they_may(file):
    allowed = ROOMS_OF[room_of(file)] | {room_of(file), ""} | more(MORE_ROOMS, file)
    wrong = [
        f"{file}:{line}: enters {entered_room(file, level, module)} by {module}"
        for level, module, line in imports(file)
        if level and entered_room(file, level, module) not in allowed
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", FILES)
def test_files_import_only_the_packages_of_their_room(file):
    allowed = PACKAGES_OF[room_of(file)] | more(MORE_PACKAGES, file)
    wrong = [
        f"{file}:{line}: {module}"
        for level, module, line in imports(file)
        if not level
        and module.split(".")[0] not in sys.stdlib_module_names
        and module.split(".")[0] not in allowed
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", FILES)
def test_reading_a_drawing_never_leads_into_training(file):
    """Else torch would be needed at run time."""
    if file in TRAINING_FILES or file.startswith("addon/commands/"):
        return
    wrong = [
        f"{file}:{line}: {module}"
        for level, module, line in imports(file)
        if level
        and "/".join([*Path(file).parent.parts[: len(Path(file).parent.parts) + 1 - level],
                      *module.split(".")]) + ".py" in TRAINING_FILES
    ]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def at_once(file: str) -> tuple[set[str], set[str]]:
    """Return the packages and our own files that a file imports as it is imported itself."""
    packages, files = set(), set()
    home = Path(file).parent.parts
    for node in parse(file).body:
        if isinstance(node, ast.Import):
            packages |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            packages.add(node.module.split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            parts = home[: len(home) + 1 - node.level] + tuple((node.module or "").split("."))
            base = "/".join(part for part in parts if part)
            files |= {f"{base}.py", f"{base}/__init__.py"}
            files |= {f"{base}/{alias.name}.py".lstrip("/") for alias in node.names}
    return packages, files & set(FILES)


def test_blenders_start_leads_to_nothing_heavy():
    """What a fit needs is imported when somebody fits; see also tests/blender/test_registration."""
    via: dict[str, str] = {"addon/registration.py": "Blender's start"}
    todo, wrong = list(via), []
    while todo:
        file = todo.pop()
        packages, files = at_once(file)
        heavy = packages - BLENDER - {"numpy"} - sys.stdlib_module_names
        wrong += [f"{file}, from {via[file]}: {name}" for name in sorted(heavy)]
        todo += [found for found in files if found not in via]
        via |= {found: file for found in files if found not in via}
    assert len(via) > 20
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", FILES)
def test_no_file_spells_the_packages_own_name_in_an_import(file):
    """Blender calls the package bl_ext.<repo>.limner."""
    wrong = [line for level, module, line in imports(file) if not level and "limner" in module]
    assert not wrong, f"{file}: absolute import of limner in lines {wrong}"


@pytest.mark.parametrize("file", FILES)
def test_libraries_do_not_print(file):
    if file in SPEAKERS:
        pytest.skip("a program of its own: its standard output is its answer")
    calls = [
        node.lineno
        for node in ast.walk(parse(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert not calls, f"{file}: print() in lines {calls}"


@pytest.mark.parametrize("file", FILES)
def test_chance_is_an_argument(file):
    """`np.random` may only make and name generators; its global state belongs to nobody."""
    wrong = []
    for node in ast.walk(parse(file)):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)):
            continue
        owner = node.value
        is_random = owner.attr == "random" and isinstance(owner.value, ast.Name)
        generators = {"Generator", "default_rng", "SeedSequence", "PCG64", "Philox", "BitGenerator"}
        if is_random and owner.value.id in {"np", "numpy"} and node.attr not in generators:
            wrong.append(f"{file}:{node.lineno}: np.random.{node.attr}")
    assert not wrong, "\n".join(wrong)
    modules = [m for level, m, _ in imports(file) if not level and m.split(".")[0] == "random"]
    assert not modules, f"{file} imports the standard library's random: take an rng"


@pytest.mark.parametrize("file", FILES)
def test_every_file_says_what_it_is_and_under_which_licence(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    if not text.strip():
        return
    assert ast.get_docstring(ast.parse(text)), f"{file} has no docstring"
    assert "# SPDX-License-Identifier: GPL-3.0-or-later" in text, f"{file} names no licence"


@pytest.mark.parametrize("file", FILES)
def test_a_file_can_be_read_in_one_sitting(file):
    lines = len((ROOT / file).read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{file} has {lines} lines: look for the seam"


def test_packages_in_pyproject_are_the_folders_that_are_packages():
    """A room that is missing in the list would be missing in the wheel."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(settings["tool"]["setuptools"]["packages"])
    inits = [path for room in ROOMS for path in ROOT.glob(f"{room}/**/__init__.py")]
    found = {".".join(("limner", *path.parent.relative_to(ROOT).parts)) for path in inits}
    assert listed == found | {"limner"}


def test_every_package_of_the_lock_is_pinned_and_comes_from_no_named_host():
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.lstrip().startswith("#"):
            assert "==" in line, line
            assert "://" not in line and " @ " not in line, line
