rule picture_holds_a_script
{
    meta:
        reason = "There is a script inside this picture."
        why = "a server or a browser that is talked into reading the picture as a page would run it"
    strings:
        $php = /<\?php\s/ nocase
        $script = /<script[\s>]/ nocase
    condition:
        (kind == "png" or kind == "jpeg" or kind == "gif" or kind == "webp" or kind == "tiff" or kind == "heic") and any of them
}
