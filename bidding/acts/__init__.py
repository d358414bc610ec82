"""Acts on sealed bids: one function per act, the unit of work first. Where a tender moves, trading.acts moves it."""
