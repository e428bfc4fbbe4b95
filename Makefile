.PHONY: run test e2e lint bench lock bundle

run: ; @scripts/run
test: ; @scripts/test
e2e: ; @scripts/e2e
lint: ; @scripts/lint
bench: ; @scripts/bench
lock: ; @scripts/lock
bundle: ; @scripts/bundle
