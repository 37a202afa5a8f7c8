"""Excel sheets: declared once, they give the blank template, the import check, the workbook of rejected rows and the export."""
