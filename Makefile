# Two commands for everyone: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test install install-test check lint types clean

demo: install
	$(BIN)/s3ns models pull
	$(BIN)/s3ns classify samples/demo.mp4

# The tests of one file stay together: they share what is costly to make.
test: install-test check
	$(BIN)/s3ns models pull
	$(BIN)/python -m pytest -n auto --dist loadfile

check: lint types

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=23.1"

install: $(BIN)/python
	rm -rf build
	$(PIP) install ".[cpu]"

# The strict editable install lets mypy see the package, and edits take effect at once.
# Its links are made anew each time, so that new files are found.
install-test: $(BIN)/python
	rm -rf build
	$(PIP) install --config-settings editable_mode=strict -e ".[cpu,test,train]"

clean:
	rm -rf $(VENV) build *.egg-info
