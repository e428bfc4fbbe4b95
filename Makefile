.PHONY: run test lint bench lock bundle

run: ; @scripts/run
test: ; @scripts/test
lint: ; @scripts/lint
bench: ; @scripts/bench
lock: ; @scripts/lock
bundle: ; @scripts/bundle
