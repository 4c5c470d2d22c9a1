"""Where runs are tried: in the express form of a program and in the general one."""

from dataclasses import dataclass

from executor_world import KEEPER, OWNER, World, script, scripted
from program_assembler import header

from keeper.chain import Address


@dataclass(frozen=True)
class RunScene:
    """A world, its WPOL, and how a program there begins: in the express form with a lead alone."""

    world: World
    lead: str

    @property
    def wpol(self) -> Address:
        return self.world.manifest.token("WPOL").address

    @property
    def start(self) -> bytes:
        return header([] if self.lead == "wpol" else [self.wpol], lead=self.lead)

    def together(self, *steps: tuple[Address, bytes]) -> None:
        """Calls in one transaction, by one who may run programs."""
        world, agent = self.world, scripted(self.world)
        world.do(OWNER, world.executor, "setExecutor(address,bool)", agent, True)
        script(world, agent, *((where, data, True) for where, data in steps))
        world.do(KEEPER, agent, "play()")
