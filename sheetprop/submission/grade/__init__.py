"""What a submission comes to: the judgement of its tables, of what was asked, and the points."""
