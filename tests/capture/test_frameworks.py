"""The adapters where no framework is installed: each says how to get it. With the frameworks they are tested by `make
test-frameworks`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

import weightreel
from weightreel.trainer.errors import CaptureError

ROOT = Path(__file__).parents[2]
MISSING: dict[str, tuple[tuple[str, ...], Callable[[], object], str]] = {
    "pytorch": (
        ("torch",),
        lambda: weightreel.pytorch.watch(None, None),
        "PyTorch is missing: pip install torch",
    ),
    "keras": (
        ("keras",),
        lambda: weightreel.keras.RecorderCallback("run.zarr"),
        "Keras is missing: pip install keras",
    ),
    "huggingface": (
        ("transformers",),
        lambda: weightreel.huggingface.RecorderCallback("run.zarr"),
        "Transformers is missing: pip install transformers accelerate",
    ),
    "lightning": (
        ("lightning", "lightning.pytorch", "pytorch_lightning"),
        lambda: weightreel.lightning.recorder_callback("run.zarr"),
        "Lightning is missing: pip install lightning",
    ),
    "sklearn": (
        ("sklearn",),
        lambda: weightreel.sklearn.fit(None, [], [], path="run.zarr"),
        "scikit-learn is missing: pip install scikit-learn",
    ),
}


@pytest.mark.parametrize("adapter", MISSING)
def test_a_framework_that_is_missing_says_how_to_get_it(adapter, monkeypatch):
    modules, call, words = MISSING[adapter]
    for module in modules:
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr("importlib.import_module", _without(modules))
    monkeypatch.setattr("weightreel.trainer.capture.lightning.find_spec", lambda name: None)
    with pytest.raises(CaptureError) as raised:
        call()
    assert str(raised.value) == words


def _without(modules: tuple[str, ...]) -> Callable[[str], ModuleType]:
    """What imports modules, except these."""
    import importlib

    found = importlib.import_module

    def imported(name: str, package: str | None = None) -> ModuleType:
        if name in modules:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        return found(name, package)

    return imported


def test_adapters_import_no_framework():
    code = (
        "import sys, weightreel; [getattr(weightreel, name) for name in weightreel._ADAPTERS];"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not set(out.split()) & {"torch", "keras", "sklearn", "lightning", "pytorch_lightning", "transformers", "jax"}


def test_both_names_are_the_same():
    from weightreel.trainer.capture import pytorch

    assert weightreel.pytorch.watch is pytorch.watch
    assert not set(weightreel._ADAPTERS) & set(weightreel.__all__)  # a star would hide the framework itself


@pytest.fixture
def asked() -> ModuleType:
    """What `make test-frameworks` asks before it installs anything."""
    spec = spec_from_file_location("small_torch", ROOT / "tests/frameworks/small_torch.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_large_build_of_torch_is_installed_unasked(asked, monkeypatch):
    monkeypatch.delenv("FRAMEWORKS", raising=False)
    monkeypatch.setattr(asked.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(asked.sys, "platform", "linux")
    version = asked.pinned()
    monkeypatch.setattr(asked, "offered", lambda: {version, "2.0.0+cpu"})
    with pytest.raises(SystemExit, match=r"(?s)about 3 GB.*FRAMEWORKS=1") as raised:
        asked.main()
    assert "\n" in str(raised.value)
    monkeypatch.setattr(asked, "offered", lambda: {version, f"{version}+cpu"})
    asked.main()
    monkeypatch.setattr(asked, "offered", lambda: set())
    monkeypatch.setenv("FRAMEWORKS", "1")
    asked.main()


def test_a_small_build_is_one_for_the_processor_or_for_a_machine_that_has_no_other(asked):
    assert not asked.small("2.13.0", {"2.13.0"}, "linux")
    assert asked.small("2.13.0", {"2.13.0"}, "darwin")
    assert not asked.small("2.13.0", set(), "darwin")
