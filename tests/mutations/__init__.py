"""Mutation tests of the validator: right workbooks in many forms, one known mistake planted in each."""
