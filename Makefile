# Stead's workshop. `make` alone lists the targets; everything runs from a fresh clone.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint docs bench lock
MAKEFLAGS += --no-print-directory

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv with everything that is needed; does nothing when nothing has changed
	@scripts/setup

demo: setup ## A practice cluster with faults, and Stead taking care of it (needs no cluster, no root)
	@.venv/bin/stead demo

test: setup ## Every check and test that CI runs
	@scripts/system-package kubernetes-client command -v kubectl
	@scripts/system-package openssh-server test -x /usr/sbin/sshd
	@scripts/system-package bubblewrap command -v bwrap
	@scripts/system-package passt command -v pasta
	@scripts/system-package iproute2 command -v ip
	@scripts/system-package systemd command -v systemd-analyze
	@scripts/system-package prometheus command -v prometheus
	@scripts/system-package prometheus-alertmanager command -v prometheus-alertmanager
	@scripts/test

lint: setup ## The quick half of `make test`: format, lint, floors, types
	@scripts/test lint format floors types

docs: setup ## Build the documentation into site/
	@scripts/docs

bench: setup ## Measure Stead on this machine and write docs/benchmarks.md
	@.venv/bin/python -m bench

lock: setup ## Pin the newest allowed versions in requirements.lock (needs uv)
	@scripts/lock
