"""Where runs are tried: in the express form of a program and in the general one."""

from dataclasses import dataclass

from executor_world import KEEPER, OWNER, World, script, scripted
from program_assembler import header

from keeper.chain import Address


@dataclass(frozen=True)
class RunScene:
    """A world, the token of its runs, and how a program there begins.

    With a lead alone, which is the token's, it is in the express form.
    """

    world: World
    lead: str
    symbol: str = "WPOL"

    @property
    def coin(self) -> Address:
        """Token 0."""
        return self.world.manifest.token(self.symbol).address

    @property
    def start(self) -> bytes:
        return header([self.coin] if self.lead == "none" else [], lead=self.lead)

    def together(self, *steps: tuple[Address, bytes]) -> None:
        """Calls in one transaction, by one who may run programs."""
        world, agent = self.world, scripted(self.world)
        world.do(OWNER, world.executor, "setExecutor(address,bool)", agent, True)
        script(world, agent, *((where, data, True) for where, data in steps))
        world.do(KEEPER, agent, "play()")


LEADS = (("none", "WPOL"), ("wpol", "WPOL"), ("none", "USDC.e"), ("usdc_e", "USDC.e"))
"""Leads of programs, and the tokens that they begin with."""
