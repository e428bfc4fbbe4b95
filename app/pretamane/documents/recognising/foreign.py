"""What people send that is not taken, by the name it ends in and by its first bytes."""

from pretamane.documents.recognising.plain import is_plain
from pretamane.documents.recognising.refusing import Foreign

_PROGRAM = "programs are never kept here, under no name; send a document or a picture"
_SCRIPT = "scripts are never kept here; send what it is about as a PDF or as plain text"
_UNPACK = "unpack it and send the files that are in it"
_PAGE = "print it to a PDF and send that"
_PICTURE = "save it as a JPEG, a PNG or a PDF and send that"
_ELSE = "only documents, mails and pictures are kept here"

WINDOWS_PROGRAM = Foreign("a Windows program", _PROGRAM)
LINUX_PROGRAM = Foreign("a Linux program", _PROGRAM)
MAC_PROGRAM = Foreign("a macOS program", _PROGRAM)
PROGRAM = Foreign("a program", _PROGRAM)
JAVA_PROGRAM = Foreign("a Java program", _PROGRAM)
ANDROID_PROGRAM = Foreign("an Android program", _PROGRAM)
SHORTCUT = Foreign("a shortcut", "it only points at something; send the file that it points at")
SCRIPT = Foreign("a script", _SCRIPT)
HTML = Foreign("a web page (HTML)", _PAGE)
SVG = Foreign("an SVG drawing", "it can hold scripts; save it as a PNG or a PDF and send that")
XML = Foreign("an XML file", _PAGE)
POSTSCRIPT = Foreign("a PostScript file", "save it as a PDF and send that")
ZIP = Foreign("a zip archive", _UNPACK)
ARCHIVE = Foreign("an archive", _UNPACK)
TAR = Foreign("a tar archive", _UNPACK)
DISK = Foreign("a disk image", _UNPACK)
MAILBOX = Foreign("a mailbox of many mails", "save each mail as .eml and send those")
OUTLOOK = Foreign("an Outlook message", "save it as .eml or as a PDF and send that")
OLD_WORD = Foreign("a Word document of the old kind", "open it, save it as .docx and send that")
OLD_EXCEL = Foreign("an Excel workbook of the old kind", "open it, save it as .xlsx and send that")
OLD_POWERPOINT = Foreign("a PowerPoint presentation of the old kind", "open it, save it as .pptx and send that")
OLD_MICROSOFT = Foreign("a Microsoft file of an old kind", "open it, save it as .docx or as a PDF and send that")
LOCKED_OFFICE = Foreign(
    "an Office file with a password and without a known ending",
    "let its name end in .docx, .xlsx or .pptx, whichever it is, and send it again",
)
TEMPLATE = Foreign("an Office template or show", "open it, save it as .docx, .xlsx or .pptx and send that")
BINARY_WORKBOOK = Foreign("a binary Excel workbook", "open it, save it as .xlsx and send that")
OTHER_ODF = Foreign("an OpenDocument file of another kind", "save it as a PDF and send that")
OTHER_OFFICE = Foreign("an Office file of another kind", "save it as a PDF and send that")
BOOK = Foreign("an e-book (EPUB)", "save it as a PDF and send that")
APPLE = Foreign("an Apple Pages, Numbers or Keynote file", "export it as a PDF or for Office and send that")
PICTURE = Foreign("a picture of another kind", _PICTURE)
RAW_PHOTO = Foreign("a camera's raw picture", _PICTURE)
FILM = Foreign("a film", _ELSE)
SOUND = Foreign("a sound recording", _ELSE)
FONT = Foreign("a font", _ELSE)
DATABASE = Foreign("a database", "export what is meant as a .csv or a PDF and send that")
UNKNOWN = Foreign(
    "a file of no kind that is known here", "save it as a PDF, a picture or an Office document and send that"
)
TOO_MANY_PARTS = Foreign("an archive with more parts than any document has", _UNPACK)

_ENDINGS = {
    WINDOWS_PROGRAM: "exe com scr pif cpl dll sys msi msp mst msix appx ocx drv gadget application",
    LINUX_PROGRAM: "elf so bin run appimage deb rpm ko",
    MAC_PROGRAM: "app dylib pkg mpkg command",
    JAVA_PROGRAM: "jar war ear class jnlp",
    ANDROID_PROGRAM: "apk aab dex ipa",
    PROGRAM: "wasm chm hlp xll ade adp mde",
    SHORTCUT: "lnk url desktop webloc scf library-ms search-ms",
    SCRIPT: "js jse mjs cjs vbs vbe vb wsf wsh wsc sct ps1 psm1 psd1 ps1xml bat cmd sh bash zsh fish csh ksh py pyw "
    "pyc rb pl pm php phtml phar lua tcl awk hta inf reg scpt applescript asp aspx jsp cgi au3 ahk iqy slk",
    HTML: "html htm xhtml xht shtml mht mhtml hta",
    SVG: "svg svgz",
    XML: "xml xsl xslt xsd rdf fodt fods fodp",
    POSTSCRIPT: "ps eps ai",
    ZIP: "zip zipx",
    ARCHIVE: "7z rar gz tgz bz2 tbz tbz2 xz txz lz lzma zst tzst lz4 z cab arj ace lzh lha uue",
    TAR: "tar",
    DISK: "iso img dmg vhd vhdx vmdk",
    MAILBOX: "mbox mbx pst ost",
    OUTLOOK: "msg oft",
    OLD_WORD: "doc dot",
    OLD_EXCEL: "xls xlt xla",
    OLD_POWERPOINT: "ppt pot pps ppa",
    TEMPLATE: "dotx xltx potx ppsx ott ots otp",
    BINARY_WORKBOOK: "xlsb",
    OTHER_ODF: "odg odf odb odc odm otg",
    BOOK: "epub",
    APPLE: "pages numbers key",
    PICTURE: "bmp dib ico cur psd avif jxl jp2 j2k djvu wmf emf xcf",
    RAW_PHOTO: "dng cr2 cr3 nef arw orf rw2 raf",
    FILM: "mp4 m4v mov avi mkv webm mpg mpeg wmv flv 3gp",
    SOUND: "mp3 wav ogg oga flac m4a aac wma aiff opus amr mid",
    FONT: "ttf otf woff woff2",
    DATABASE: "sqlite sqlite3 db mdb accdb dbf",
}
BY_EXTENSION = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
# Those whose content is text, so that only their name tells.
TEXTS = {SCRIPT, HTML, SVG, XML, POSTSCRIPT, MAILBOX, SHORTCUT}

# Where a magic number stands, what it is, whose it is; the first that fits counts.
_SIGNATURES: tuple[tuple[int, bytes, Foreign], ...] = (
    (0, b"\x7fELF", LINUX_PROGRAM),
    (0, b"MZ", WINDOWS_PROGRAM),
    *((0, magic, MAC_PROGRAM) for magic in (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf")),
    *((0, magic, MAC_PROGRAM) for magic in (b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbf")),
    (0, b"\0asm", PROGRAM),
    (0, b"dex\n", ANDROID_PROGRAM),
    (0, b"ITSF", PROGRAM),
    (0, b"L\0\0\0\x01\x14\x02\0", SHORTCUT),
    (0, b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (0, b"Rar!\x1a\x07", ARCHIVE),
    (0, b"\x1f\x8b", ARCHIVE),
    (0, b"\x1f\x9d", ARCHIVE),
    (0, b"BZh", ARCHIVE),
    (0, b"\xfd7zXZ\0", ARCHIVE),
    (0, b"\x28\xb5\x2f\xfd", ARCHIVE),
    (0, b"\x04\x22\x4d\x18", ARCHIVE),
    (0, b"MSCF\0\0\0\0", ARCHIVE),
    (0, b"!<arch>\n", ARCHIVE),
    (0, b"\xed\xab\xee\xdb", LINUX_PROGRAM),
    (2, b"-lh", ARCHIVE),
    (7, b"**ACE**", ARCHIVE),
    (0, b"PK\5\6", ZIP),
    (0, b"PK\7\x08", ZIP),
    (257, b"ustar", TAR),
    (0, b"!BDN", MAILBOX),
    (0, b"\xc5\xd0\xd3\xc6", POSTSCRIPT),
    (0, b"8BPS\0", PICTURE),
    (0, b"\0\0\1\0", PICTURE),
    (0, b"\xff\x0a", PICTURE),
    (0, b"\0\0\0\x0cJXL ", PICTURE),
    (0, b"\0\0\0\x0cjP  ", PICTURE),
    (0, b"AT&TFORM", PICTURE),
    (0, b"ID3", SOUND),
    (0, b"OggS", SOUND),
    (0, b"fLaC", SOUND),
    (8, b"WAVE", SOUND),
    (8, b"AVI ", FILM),
    (0, b"\x1aE\xdf\xa3", FILM),
    (0, b"SQLite format 3\0", DATABASE),
    (0, b"\0\1\0\0Standard ", DATABASE),
    (0, b"OTTO", FONT),
    (0, b"wOF", FONT),
)
_JAVA_OR_FAT = b"\xca\xfe\xba\xbe"
# A fat Mach-O holds a handful of programs; a class file has its version at that place, which begins at 45.
_FEWEST_OF_JAVA = 45


def by_content(head: bytes) -> Foreign | None:
    """Only what binary content proves: a text may begin with the very letters of a magic number."""
    is_text = is_plain(head[:512])
    for offset, magic, kind in _SIGNATURES:
        if head.startswith(magic, offset) and not is_text:
            return kind
    if head.startswith(_JAVA_OR_FAT):
        return JAVA_PROGRAM if int.from_bytes(head[4:8], "big") >= _FEWEST_OF_JAVA else MAC_PROGRAM
    return None
