# pragma version ~=0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Exact State of Many Pools in One Call
@license MIT
@notice These view functions read hundreds of pools in one
        `eth_call`: on a deployed lens, on its code put at an
        unused address by a state override, or on a lens that the
        call itself creates, which needs no support from the node.
        The functions answer words, one record a pool, in the order
        asked. A record is a head and the words of its body:

        | bits of the head | what                                  |
        |------------------|---------------------------------------|
        | 255..248         | `OK`, or why the pool is unreadable   |
        | 247..232         | number of body words that follow      |
        | 231..216         | concentrated pools: `int16`, the word |
        |                  | of the tick bitmap to go on from      |
        | 159..0           | factory, or vault, of a readable pool |
        | 31..0            | selector that an unreadable one fails |

        Fewer records than asked mean that the budget is spent: ask
        again from the first pool without one. A page of ticks ends
        early for the same reason, and its head says where.
@dev Each kind of pool is a module beside this file; views.vy has
     the static calls, their bounds and the records.
"""

import erc20
import factories
import multi_token
import pairs
import ticks


exports: (erc20.tokens, erc20.symbols)
exports: (factories.pools, factories.listed)
exports: pairs.uniswap_v2
exports: (ticks.uniswap_v3, ticks.algebra, ticks.uniswap_v4)
exports: (multi_token.curve, multi_token.balancer_v2)
