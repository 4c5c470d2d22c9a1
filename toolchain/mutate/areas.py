"""What each part of the contracts guards: where no mutant may live, and where nine in ten die."""

import re

GUARDED = {
    "authorisation": (
        *(r"/Administration\.sol:", r"/Authority\.sol:"),
        r"/ExecutorDeployment\.sol:(constructor|_delegate)$",
    ),
    "callback": (
        r"/CallbackGuard\.sol:",
        r"/ArbitrageExecutor\.sol:(fallback|_onSwap\w*|_runFor|_runOn)$",
        r"/CycleRun\.sol:(run|answer|_pay)$",
    ),
    "repayment": (r"/flash/", r":(pay\w*|approve\w*|settle\w*)$", r"/TokenCalls\.sol:_call$"),
    "balance checks": (
        r"/DeclaredTokens\.sol:(open|close|at|requireNative|_\w+)$",
        r"/Express\.sol:attempt$",
        r":balanceOf$",
        r"/ArbitrageExecutor\.sol:_execute$",
    ),
}
"""Patterns of `path:function`; the first area that has one wins."""


def area_of(path: str, function: str) -> str:
    """A guarded area, or the folder in which the file lies."""
    place = f"{path}:{function}"
    for area, patterns in GUARDED.items():
        if any(re.search(pattern, place) for pattern in patterns):
            return area
    folder = path.split("/")[1:-1]
    return folder[0] if folder else "program loop"
