"""What people see and send: screens, forms, sheets and documents. Decides nothing that the models decide."""
