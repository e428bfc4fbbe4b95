"""What somebody reads who finds the folder years later."""

from typing import Final

README: Final = """This folder holds everything that a practice kept in Pretamane. It can be read without Pretamane.

documents/    the originals, by contact: the day, the title, and the number of an older version
restricted/   originals that only some accounts were allowed to know of
trash/        originals that were in the trash
quarantine/   files that may be harmful and were never served: do not open them
*.csv         tables for a spreadsheet (UTF-8, with commas)
*.json        the same tables for programs, exact to the last sign: one row a line
manifest.json every file with its size and its SHA-256; it was written last

documents.csv names every document, versions.csv the file of every version.
To see whether all of it is there:     pretamane export --verify FOLDER
To put it into another house:          pretamane import FOLDER

There are no passwords and no keys in it; everything else is. Keep it where you keep your files.
"""
