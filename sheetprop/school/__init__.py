"""The school's own files: who is in the class, whose a submission is, and the grades where the school wants them.

sheet reads a CSV export so that it can be written back with only chosen cells changed; headings says by which words
its columns are known. roster lists the students, canvas and moodle know the exports of those platforms, gradebook
fills them, matching finds out which student a submission is from, submitters reads what Gradescope says of that,
comment words the feedback for a cell, and feedback_zip packs it as Moodle takes it.
"""
