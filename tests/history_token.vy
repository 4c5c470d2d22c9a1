# pragma version 0.4.3
"""
@title A token for histories: everybody has as much of it as they send
"""

balanceOf: public(HashMap[address, uint256])


@external
def transfer(to: address, amount: uint256) -> bool:
    self.balanceOf[msg.sender] -= min(amount, self.balanceOf[msg.sender])
    self.balanceOf[to] += amount
    return True
