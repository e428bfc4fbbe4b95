rule rtf_loads_an_object
{
    meta:
        reason = "This rich text loads an object of another program as soon as it is opened."
        why = "\\objupdate makes Word run what is embedded without a click; programs that save RTF do not write it"
    strings:
        $at_once = "\\objupdate"
    condition:
        kind == "rtf" and $at_once
}

rule rtf_starts_a_program
{
    meta:
        reason = "A field in this rich text starts a program."
        why = "a DDE field that updates itself runs a command on the reader's machine"
    strings:
        $field = /\\fldinst[^\\\x00]{0,60}DDEAUTO/ nocase
    condition:
        kind == "rtf" and $field
}

rule csv_starts_a_program
{
    meta:
        reason = "A cell of this table starts a program when a spreadsheet opens it."
        why = "a formula of the form =program|'arguments'!cell runs the program"
    strings:
        $formula = /[=+@-]\s{0,4}(cmd|powershell|mshta|rundll32|regsvr32|wscript|cscript)(\.exe)?\s{0,4}\|/ nocase
    condition:
        (kind == "csv" or kind == "txt") and $formula
}
