"""The recap: one model computed from the named reads, laid out as deck, workbook, report and data pack."""
