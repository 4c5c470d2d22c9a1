"""What each part of the contracts guards: where no mutant may live, and where nine in ten die."""

import re

GUARDED = {
    "authorisation": (r"/Administration\.sol:", r":_authorise$"),
    "callback": (
        r"/CallbackGuard\.sol:",
        r"/ArbitrageExecutor\.sol:(_runBound|fallback|\w*(Call|Callback|Operation|FlashLoan)\w*)$",
    ),
    "repayment": (r"/flash/", r":(pay|approve\w*|repay\w*|settle\w*)$", r"/TokenCalls\.sol:_call$"),
    "balance checks": (
        r"/DeclaredTokens\.sol:(open|close|_declaredInHeader)$",
        r":balanceOf$",
        r"/ArbitrageExecutor\.sol:execute$",
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
