"""Training bases and unit training: subjects, plans, reports, and what follows from their reviews."""
