"""What is true: tables, rules, workflows and who may see which row. Knows no request and no screen."""
