"""The administration: one view per subject, all built on ScopedModelView."""
