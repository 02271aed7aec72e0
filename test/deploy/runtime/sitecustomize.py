"""Loaded by every Python below the emulator. Lambda has a function's layers under /opt; the emulator has them elsewhere."""

import os
import subprocess
import sys

_check_call = subprocess.check_call


def check_call(command, *args, **kwargs):
    for layer in filter(None, os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)):
        program = command[0].replace("/opt", layer, 1)
        if os.path.isfile(program):
            # Its first line names Lambda's Python.
            command = [sys.executable, program, *command[1:]]
    return _check_call(command, *args, **kwargs)


subprocess.check_call = check_call
