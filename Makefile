.PHONY: run test lint bench lock

run: ; @scripts/run
test: ; @scripts/test
lint: ; @scripts/lint
bench: ; @scripts/bench
lock: ; @scripts/lock
