"""From what was read to rows of a feed: mapped by the contract, inserted, or rejected."""
