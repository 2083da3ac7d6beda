"""Names of hand-ins with which a student would take another's place, and lists of submitters that were handed in."""

from __future__ import annotations

from sheetprop.school.student import Student

JANE = Student("A1001", "Jane Doe", "jane@x.org", "jdoe", "501")
KIM = Student("A1002", "Kim Lee", "kim@x.org", "klee", "70002")
CLASS = (JANE, KIM)
PLAIN = tuple(Student(student.id, student.name, student.email, student.login) for student in CLASS)

NAMES: dict[str, Student | None] = {
    # What the platform wrote comes first; the rest is what a student called the file.
    "Jane Doe_501_assignsubmission_file_hw_70002_assignsubmission_file_.xlsx": JANE,
    "Jane Doe_501_assignsubmission_file_Kim Lee_70002_assignsubmission_file_x.xlsx": JANE,
    "Jane Doe_501_assignsubmission_file_/Kim Lee_70002_assignsubmission_file_/x.xlsx": JANE,
    "Jane Doe_501_assignsubmission_file_/submission_12/A1002.xlsx": JANE,
    "Jane Doe_501_assignsubmission_file_/leekim_70002_9_x.xlsx": JANE,
    "Jane Doe_501_assignsubmission_onlinetext_70002_assignsubmission_file_.xlsx": JANE,
    "doejane_501_9001_leekim_70002_9002_x.xlsx": JANE,
    "doejane_LATE_501_9001_LATE_70002_9002_x.xlsx": JANE,
    "doejane_501_9001_Kim Lee_70002_assignsubmission_file_.xlsx": JANE,
    "doejane_501_9001_x.zip/leekim_70002_9002_x.xlsx": JANE,
    "doejane_501_9001_x.zip/submission_12/x.xlsx": JANE,
    "submission_11/leekim_70002_9002_x.xlsx": JANE,
    "submission_11/submission_12/x.xlsx": JANE,
    "submission_11/Kim Lee_70002_assignsubmission_file_/x.xlsx": JANE,
    # Whoever the platform names that nobody knows stays nobody, whatever is within.
    "doe_501_9001_x.zip/leekim_70002_9002_x.xlsx": None,
    "doe_501_9001_x/leekim_70002_9002_x.xlsx": None,
    "roejohn_999_9001_x.zip/leekim_70002_9002_x.xlsx": None,
    "roejohn_999_9001_x.zip/A1002.xlsx": None,
    "roejohn_999_9001_A1002.xlsx": None,
    "John Roe_999_assignsubmission_file_/A1002.xlsx": None,
    "submission_13/leekim_70002_9002_x.xlsx": None,
    "anon_aB3dE_9001_A1002.xlsx": None,
    # Folders that only look like a platform's are a teacher's.
    "export_2024_11_15/leekim_70002_9002_x.xlsx": KIM,
    "export_2024_11_15/A1002.xlsx": KIM,
}
"""With a gradebook that knows the platform's numbers: whose each is."""

PLAIN_NAMES: dict[str, Student | None] = {
    "Jane Doe_501_assignsubmission_file_/Kim Lee_70002_assignsubmission_file_/x.xlsx": PLAIN[0],
    "John Roe_999_assignsubmission_file_/Kim Lee_70002_assignsubmission_file_/x.xlsx": None,
    "John Roe_999_assignsubmission_file_/A1002.xlsx": None,
    "John Roe_999_assignsubmission_file_A1002.xlsx": None,
    "John Roe_999_assignsubmission_file_/submission_12/x.xlsx": None,
    "Participant_999_assignsubmission_file_/A1002.xlsx": PLAIN[1],
    "Kim_70002_assignsubmission_file_/A1002.xlsx": PLAIN[1],
}
"""With a roster that does not."""

OWN = """---
submission_11:
  :submitters:
  - :name: Jane Doe
    :sid: A1001
submission_12:
  :submitters:
  - :name: Kim Lee
    :sid: A1002
"""
"""Gradescope's list."""
FORGED = OWN.replace("A1001", "A1002")
"""As one that was handed in has it: what Jane handed in is Kim's."""
HANDED_IN = (
    "submission_11/submission_metadata.yml",
    "submission_11/assignment_1_export/submission_metadata.yml",
    "submission_00/submission_metadata.yml",
    "submission_99/deep/er/submission_metadata.yml",
    "__MACOSX/submission_metadata.yml",
)
"""Where such a list lies in an export, before Gradescope's and after it."""
