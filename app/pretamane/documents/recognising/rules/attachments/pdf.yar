// Searched for only where a PDF attaches something: so many endings take ten times as long as all other rules.

rule pdf_embeds_a_program
{
    meta:
        reason = "A program or a script is attached to this PDF."
        why = "attachments of invoices are XML or tables; a program waits for a click"
    strings:
        $name = /\/U?F\s{0,8}\([^()\x00]{1,200}\.(exe|scr|bat|cmd|pif|vbs|vbe|js|jse|wsf|hta|ps1|jar|lnk|msi|dll)\)/ nocase
    condition:
        kind == "pdf" and $name
}
