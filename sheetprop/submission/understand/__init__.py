"""Understanding formulas: what each computes, of which quantities at which iteration, and what its constants are."""
