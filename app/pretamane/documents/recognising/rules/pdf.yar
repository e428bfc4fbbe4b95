// Scripts that print a PDF when it opens, and links that launch a document, are ordinary: no rule minds them.

rule pdf_launches_a_program
{
    meta:
        reason = "This PDF starts a program when somebody opens it or clicks in it."
        why = "no paper needs to; it is how PDFs are made to bring programs"
    strings:
        // Each begins anew only behind the bracket that ends the last, so that no file can make the search long.
        $launch_first = /\/Launch\s{0,8}(\/Win\s{0,8}<<\s{0,8})?\/F\s{0,8}\([^()\x00]{0,200}(\.exe|\.cmd|\.bat|\.ps1|\.vbs|\.scr|\.hta|\.jar|cmd|powershell|mshta|\/(ba)?sh)\)/ nocase
        $program_first = /\/F\s{0,8}\([^()\x00]{0,200}(\.exe|\.cmd|\.bat|\.ps1|\.vbs|\.scr|\.hta|\.jar|powershell|mshta|\/(ba)?sh)\)\s{0,8}(>>\s{0,8})?\/S\s{0,8}\/Launch\b/ nocase
    condition:
        kind == "pdf" and any of them
}

// Where something is attached, rules of their own search for what it is called.
rule pdf_attaches_something
{
    meta:
        then = "attachments"
    strings:
        $attached = /\/EF[\x00\s<%]/
    condition:
        kind == "pdf" and $attached
}

rule pdf_attacks_its_reader
{
    meta:
        reason = "A script in this PDF does what only attacks on PDF readers do."
        why = "these calls have been the known weak places of readers, and no form uses them so"
    strings:
        $collect = /Collab\.(collectEmailInfo|getIcon)\s{0,4}\(/
        $player = /media\.newPlayer\s{0,4}\(\s{0,4}null/
        $export = /exportDataObject\s{0,4}\([^()\x00]{0,200}nLaunch\s{0,4}:\s{0,4}[12]/
        $sprayed = /unescape\s{0,4}\(\s{0,4}["']%u[0-9a-f]{4}%u[0-9a-f]{4}/ nocase
    condition:
        kind == "pdf" and any of them
}
