# Two commands: make demo, make test. Both make .venv first, and can be repeated.
PYTHON ?= python3
BIN := .venv/bin
# Containers tell Python to keep nothing that it compiled; here some hundred processes begin, each of which would compile.
export PYTHONDONTWRITEBYTECODE =
PY := $(BIN)/python

.PHONY: demo test pytest test-frameworks test-cluster test-slow accuracy readback gallery bench golden reference resolve lint clean

demo: .venv/installed
	$(BIN)/weightreel render scenes/hidden_grid.toml
	@echo
	@echo "Open this one:  $(CURDIR)/media/hidden_grid.web.mp4  (H.264: browsers, slides, any player)"
	@echo "in full size:   $(CURDIR)/media/hidden_grid.mp4  (mp4v, OpenCV's: VLC and mpv)"
	@echo "for a README:   $(CURDIR)/media/hidden_grid.gif"

# One for each processor; each collects all tests for itself, which takes seconds.
WORKERS = -n auto --maxprocesses 8 --dist worksteal

# Lint beside the tests: where it has nothing kept from the last time, mypy alone keeps a processor busy for 20 seconds.
test: .venv/installed-test
	@$(MAKE) --no-print-directory -j 2 lint pytest

pytest: .venv/installed-test
	$(PY) -m pytest $(WORKERS)

# The adapters, with the real frameworks, in a .venv-frameworks of their own: one process for each backend of Keras.
test-frameworks: .venv-frameworks/installed
	$(FRAMEWORK_TESTS) $(filter-out %/test_keras.py,$(wildcard tests/frameworks/test_*.py))
	KERAS_BACKEND=torch $(FRAMEWORK_TESTS) tests/frameworks/test_keras.py
	KERAS_BACKEND=jax $(FRAMEWORK_TESTS) tests/frameworks/test_keras.py

# Films made by a Dask cluster: a real scheduler and real workers, and something that speaks as S3 does, on this machine.
test-cluster: .venv/installed-cluster
	$(PY) -m pytest tests/cluster

test-slow: .venv/installed-test .venv/calls.so
	$(PY) -m pytest -m slow $(WORKERS)

# Trains every scene in full, some minutes, and compares accuracies with those of the source documents.
accuracy: .venv/installed
	$(PY) tests/accuracy.py

# Reads the numbers of all scenes back from frames, and compares; needs the program tesseract.
readback: .venv/installed-test
	@PYTHONPATH=tests $(PY) -m readback

# The pictures of scenes/README.md.
gallery: .venv/installed
	for scene in scenes/*.toml; do \
	  name=$$(basename $$scene .toml); \
	  [ $$name = lesson_9 ] && how="--at 1 --size 224x224" || how="--at 0.84 --size 960x540"; \
	  $(BIN)/weightreel still $$name $$how -o media/$$name.png || exit 1; \
	done

# Speeds as a table: ONLY="film train" are parts of it, JSON=path keeps it, ROUNDS=n says how often each pair takes turns.
bench: .venv-bench/installed
	@PYTHONPATH=tests ONLY="$(ONLY)" JSON="$(JSON)" ROUNDS="$(ROUNDS)" .venv-bench/bin/python -m benchmarks

# Accept what views and scenes draw today; look at the difference before you commit it.
golden: .venv/installed-test
	$(PY) -m pytest tests/golden tests/reference --accept-golden

# scenes/REFERENCE.md and the types of `import weightreel`, from the types themselves.
reference: .venv/installed
	$(PY) tests/reference.py

lint: .venv/installed-test
	$(BIN)/ruff check .
	mkdir -p .venv/types/weightreel
	for name in $(notdir $(wildcard render/public/*.py*) render/public/py.typed); do ln -sfn ../../../render/public/$$name .venv/types/weightreel/$$name; done
	ln -sfn ../../../render .venv/types/weightreel/render
	ln -sfn ../../../trainer .venv/types/weightreel/trainer
	MYPYPATH=.venv/types $(BIN)/mypy
	MYPYPATH=.venv/types $(BIN)/mypy $(wildcard scenes/*.py) tests/typed_script.py

# What pip would install for each Python that pyproject.toml promises, from wheels alone; needs the network.
# With a new pip: one of 2023 asks the Python that runs it in place of the one named, and answers what 3.11 would take.
resolve: .venv/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --upgrade "pip>=26"
	@for version in 3.11 3.12 3.13 3.14; do \
	  found=$$($(PY) -m pip install --dry-run --ignore-installed --only-binary=:all: --python-version $$version \
	    --target .venv/resolved --progress-bar off . ) || { echo "Python $$version: $$found"; exit 1; }; \
	  echo "Python $$version: $$(echo "$$found" | grep '^Would install')"; \
	done

# Makes the calls of a process fail that change files; without a compiler the tests that need it say that they were left out.
.venv/calls.so: tests/failing/calls.c .venv/bin/python
	@if command -v $(CC) >/dev/null; then $(CC) -O1 -Wall -shared -fPIC -o $@ $< -ldl; \
	else echo "There is no compiler ($(CC)): the tests that make system calls fail are left out"; fi

.venv/bin/python:
	$(PYTHON) -m venv .venv

# The requirement of pyproject.toml, bounds included, under the other build's name.
HEADLESS = $$(sed -n 's/^  "opencv-python\(.*\)",$$/opencv-python-headless\1/p' pyproject.toml)
TESTED = $$($(PY) -c "import tomllib; print(*(repr(d) for d in tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['test']))" | tr -d "'")
INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check

# Where the system lacks libGL, OpenCV's headless build takes the place of the usual one. $(1): constraints.
define opencv_that_loads
@$(PY) -c "import cv2" 2>/dev/null || { \
  echo "OpenCV needs libGL, which this machine lacks: installing opencv-python-headless in its place"; \
  $(PY) -m pip uninstall --quiet --yes opencv-python; \
  $(INSTALL) $(1) --force-reinstall --no-deps $(HEADLESS); }
endef

.venv/installed: pyproject.toml .venv/bin/python
	$(INSTALL) -e .
	$(call opencv_that_loads)
	@touch $@

# With the versions that frames were drawn with, for their digests.
.venv/installed-test: .venv/installed tests/constraints.txt
	$(INSTALL) -c tests/constraints.txt -e . $(TESTED)
	$(call opencv_that_loads,-c tests/constraints.txt)
	@touch $@

.venv/installed-cluster: .venv/installed-test
	$(INSTALL) -c tests/constraints.txt -e '.[dask]' "moto[server]>=5,<6" "s3fs>=2026.1" boto3
	@touch $@

# Frameworks warn when they are imported; threads of several frameworks would wait for each other.
FRAMEWORK_TESTS = OMP_NUM_THREADS=1 .venv-frameworks/bin/python -m pytest -W default \
  -o addopts="-q -p no:zarr --import-mode=importlib --strict-markers"

# PyTorch first: what else needs it would take its newest build, which is large where no small one is known.
.venv-frameworks/installed: PY := .venv-frameworks/bin/python
.venv-frameworks/installed: pyproject.toml tests/constraints.txt tests/frameworks/constraints.txt
	@test -x $(PY) || $(PYTHON) -m venv .venv-frameworks
	@$(PY) tests/frameworks/small_torch.py
	$(INSTALL) -c tests/frameworks/constraints.txt torch
	$(INSTALL) -c tests/frameworks/constraints.txt -c tests/constraints.txt -e . pytest \
	  keras jax scikit-learn pytorch-lightning transformers accelerate peft
	$(call opencv_that_loads,-c tests/constraints.txt)
	@touch $@

# What films and trainings are compared with; the table is made without PyTorch where its small build is not to be had.
.venv-bench/installed: PY := .venv-bench/bin/python
.venv-bench/installed: pyproject.toml tests/constraints.txt tests/frameworks/constraints.txt
	@test -x $(PY) || $(PYTHON) -m venv .venv-bench
	@$(PY) tests/frameworks/small_torch.py && $(INSTALL) -c tests/frameworks/constraints.txt torch \
	  || echo "the table is made without PyTorch"
	$(INSTALL) -c tests/frameworks/constraints.txt -c tests/constraints.txt -e . scikit-learn matplotlib
	$(call opencv_that_loads,-c tests/constraints.txt)
	@touch $@

clean:
	rm -rf .venv .venv-bench .venv-frameworks build dist .pytest_cache .mypy_cache .ruff_cache
