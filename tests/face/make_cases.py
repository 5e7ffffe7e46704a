"""Write what the original Theano 1.0.5 returns for each case: ``python make_cases.py [MODULE...]``.

With names of modules of `cases`, only their results are made again.
"""

import collections
import gzip
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(HERE, "expected.json.gz")
MODES = {  # of some modules' cases; the others' mode is FAST_COMPILE, which needs no C compiler
    "optimised": {"mode": "FAST_RUN"},
    "convolution": {"mode": "Mode", "linker": "py", "optimizer": "None"},  # FAST_COMPILE has no convolutions
}


def results(floatX, modules):
    """Return the results of the cases of some modules, with Theano in this process."""
    import theano
    from cases import load, run

    if not theano.__version__.startswith("1.0.5"):
        raise SystemExit("the expected results come from Theano 1.0.5, this is " + theano.__version__)
    cases, modern = load()
    made = {}
    for name in sorted(cases):
        module = name.split(".")[0]
        if modules and module not in modules:
            continue
        for flag, value in MODES.get(module, {"mode": "FAST_COMPILE"}).items():
            setattr(theano.config, flag, value)
        theano.compile.mode.instantiated_default_mode = None  # it is made once
        try:
            made[name] = run(modern.get(name, cases[name]), theano)
        except Exception as error:
            print(
                "{} [{}]: {}: {}".format(name, floatX, type(error).__name__, str(error)[:300]),
                file=sys.stderr,
            )
    return made


def main(modules):
    """Collect the results of both floatX, each in a process of its own, and write them."""
    expected = collections.defaultdict(dict)
    if modules and os.path.exists(EXPECTED):
        with gzip.open(EXPECTED, "rt") as file:
            for name, kept in json.load(file).items():
                if name.split(".")[0] not in modules:
                    expected[name] = kept
    for floatX in ("float32", "float64"):
        flags = os.environ.get("THEANO_FLAGS", "") + ",floatX=" + floatX
        command = [sys.executable, os.path.abspath(__file__), "--print", floatX] + list(modules)
        out = subprocess.check_output(command, env=dict(os.environ, THEANO_FLAGS=flags.lstrip(",")))
        for name, result in json.loads(out.decode().splitlines()[-1]).items():
            expected[name][floatX] = result
    with open(EXPECTED, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(json.dumps(expected, sort_keys=True, indent=0).encode())
    print("{} cases".format(len(expected)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--print"]:
        print(json.dumps(results(sys.argv[2], sys.argv[3:])))
    else:
        main(sys.argv[1:])
