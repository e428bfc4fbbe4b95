"""Names that people, programs and attackers give to files: 200 and more, each of which must do no harm anywhere."""

# ruff: noqa: RUF001 — letters that look like others are what some of these names are about

from collections.abc import Iterator

_PATHS = (
    "../../etc/passwd", "..\\..\\windows\\system32\\config\\sam", "/etc/shadow", "C:\\boot.ini", "C:boot.ini",
    "\\\\server\\share\\a.pdf", "....//....//a.pdf", "..;/a.pdf", "%2e%2e%2fa.pdf", "..%c0%afa.pdf", "a/../b.pdf",
    "./a.pdf", "~/a.pdf", "~root", "file:///etc/passwd", "//a.pdf", "a.pdf/", "a.pdf\\", "/", "\\", ".", "..", "...",
    "....", "/.", "/..", "a//b", "a\\/b", "dir/", "../", "..\\", "~", "-", "--", "-rf", "--help", "-o=a.pdf", "@file",
    "/dev/null", "/proc/self/environ", "nul", "CON", "con.txt", "AUX.pdf", "COM1", "LPT1.docx", "prn.", "CLOCK$",
    "a.pdf:stream", "a.pdf::$DATA", "a:b.pdf", "?.pdf", "*.pdf", "<a>.pdf", "a|b.pdf", "\u2215etc\u2215passwd",
    "\uff0e\uff0e\uff0fa.pdf", "a\u2044b.pdf", "a\u29f5b.pdf",
)  # fmt: skip
_CONTROLS = (
    "a\0.pdf", "a.pdf\0.exe", "\0", "a\nb.pdf", "a\r\nb.pdf", "a\r\nSet-Cookie: x=1.pdf", "a\r\n\r\n<html>.pdf",
    "\n", "\r", "\t", "a\tb.pdf", "a\x1b[31mred.pdf", "a\x07.pdf", "a\x08\x08b.pdf", "a\x7f.pdf", "a\x85b.pdf",
    "a\x9b31mb.pdf", "a\u2028b.pdf", "a\u2029b.pdf", "a\vb\fc.pdf", "\x01\x02\x03", "a\x1ab.txt",
)  # fmt: skip
_BIDI = (
    "invoice\u202efdp.exe", "\u202egnp.exe", "a\u202ab.pdf", "a\u202bb.pdf", "a\u202cb.pdf", "a\u202db.pdf",
    "a\u2066b.pdf", "a\u2067b.pdf", "a\u2068b\u2069.pdf", "\u200eleft.pdf", "\u200fright.pdf", "\u061carab.pdf",
    "חשבונית.pdf", "فاتورة.pdf", "חשבונית 12.pdf", "a\u202e\u202e\u202e.pdf", "\u202e", "\u2066\u2069",
    "עברית english עברית.txt", "photo_high_re\u202egnp.js",
)  # fmt: skip
_INVISIBLE = (
    "\u200b.pdf", "a\u200b.pdf", "a.pdf\u200b", "a\ufeff.pdf", "\ufeffa.pdf", "a\u2060b.pdf", "a\u00adb.pdf",
    "a.exe\u200d", "a.\u200dpdf", "\u3164.pdf", "\u3164", "a\u2800\u2800\u2800\u2800.exe", "\u115f\u1160.pdf", "\uffa0",
    "a\u00a0b.pdf", "a\u3000b.pdf", "a\u2003.pdf", " a.pdf", "a.pdf ", "  ", "a    b.pdf", "a .pdf", "a. pdf",
    "invoice.pdf" + " " * 200 + ".exe", "a\U000e0041\U000e0042.pdf", "a\ufe0f.pdf", "a\u034f.pdf", "می\u200cخواهم.pdf",
    "👨\u200d👩\u200d👧.png", "a\u180eb.pdf",
)  # fmt: skip
_MARKUP = (
    "<script>alert(1)</script>.pdf", '"><img src=x onerror=alert(1)>.pdf', "'><svg onload=alert(1)>.png",
    "javascript:alert(1).pdf", "{{7*7}}.pdf", "${7*7}.pdf", "#{7*7}.pdf", "%{7*7}.pdf", "<%= 7*7 %>.pdf", "&lt;.pdf",
    "&#x3c;script&#x3e;.pdf", "a&b.pdf", "a<!--b.pdf", "]]>.pdf", "a' OR '1'='1.pdf", "a'; DROP TABLE documents;--.pdf",
    "a\\'.pdf", "$(touch a).pdf", "`touch a`.pdf", "a; touch b.pdf", "a | touch b.pdf", "a && touch b.pdf",
    "a > b.pdf", "!!.pdf", "$HOME.pdf", "%PATH%.pdf", "%s%s%s%n.pdf", "{0}.pdf", "{name}.pdf", "%(name)s.pdf",
    "=1+1.csv", "=cmd|' /C calc'!A0.csv", "+1.csv", "@SUM(1).csv",
)  # fmt: skip
_HEADERS = (
    'a"b.pdf', 'a".pdf; filename="b.exe', "a\\b.pdf", 'a\\"b.pdf', "a;b.pdf", "a=b.pdf", "a,b.pdf", "a%20b.pdf",
    "a%0d%0ab.pdf", "a%22b.pdf", "a%.pdf", "%", "%%", "a%ZZ.pdf", "=?utf-8?b?YQ==?=.pdf", "UTF-8''a.pdf", "a'b'c.pdf",
    '"', "\\\\", '""', "a\\", ";", "filename*=UTF-8''b.exe", "a#b.pdf", "a?b.pdf", "a+b.pdf", "a b.pdf",
)  # fmt: skip
_ALPHABETS = (
    "Grüße.pdf", "Gru\u0308ße.pdf", "naïve café.docx", "漢字.pdf", "中文名称.txt", "日本語のファイル.docx",
    "한국어.hwp.pdf",
    "\u1112\u1161\u11ab.pdf", "Привет.odt", "Ελληνικά.pdf", "ไทย.pdf", "हिन्दी.pdf", "தமிழ்.pdf", "ქართული.pdf",
    "Հայերեն.pdf", "አማርኛ.pdf", "😀.png", "🏴\U000e0067\U000e0062\U000e007f.png", "𝓘𝓷𝓿𝓸𝓲𝓬𝓮.pdf", "ﬁle.pdf",
    "İstanbul.PDF",
    "ı.pdf", "ß.PDF", "Z̸̧̛a̴̢l̶g̷o̵.pdf", "a" + "\u0301" * 300 + ".pdf", "раураl.pdf", "ａ.ｐｄｆ", "a.pdf\u0301",
    "\u0301.pdf",
    "\ud800.pdf", "a\udfff.pdf", "\ufffe.pdf", "\uffff", "\U0010ffff.pdf", "\ue000.pdf",
)  # fmt: skip
_LONG = (
    "a" * 256, "a" * 255, "a" * 251 + ".pdf", "a" * 252 + ".pdf", "a" * 5000 + ".pdf", "ä" * 300 + ".docx",
    "漢" * 300 + ".pdf", "😀" * 300 + ".png", "a." * 400 + "pdf", "." * 400 + "pdf", "a." + "b" * 400, " " * 400,
    "a" + " " * 400 + ".pdf", "/" * 4000, "../" * 1000 + "a.pdf", "\u202e" * 1000 + ".pdf", "a" * 100_000,
)  # fmt: skip
_ENDINGS = (
    "", "a", ".pdf", ".htaccess", "..pdf", "a.", "a..", "a.pdf.", "a.pdf...", "a.pdf. . .", "a.pdf.exe", "a.exe.pdf",
    "a.PdF", "a.pdf;.exe", "a.pdf%00.exe", "a.pdf\n.exe", ".", ".a.", "index.php", "web.config", "desktop.ini",
    "Thumbs.db", "a.tar.gz", "a.p df", "None", "null", "undefined", "NaN", "true", "0", "-1", "1e309", "unnamed",
)  # fmt: skip


def _all() -> Iterator[str]:
    for names in (_PATHS, _CONTROLS, _BIDI, _INVISIBLE, _MARKUP, _HEADERS, _ALPHABETS, _LONG, _ENDINGS):
        yield from names


HOSTILE_NAMES = tuple(dict.fromkeys(_all()))
