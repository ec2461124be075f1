# Writes the manual pages from include/ants_otp.h: ants_otp.3 (the conventions and the codes) and a page for each function.
#
#     awk -v folder=man3 -v version=0.1.0 -f bindings/c/man.awk include/ants_otp.h

function page(name, what,    file) {
    file = folder "/" name ".3"
    printf ".TH %s 3 \"\" \"ants_otp %s\" \"ants_otp\"\n.SH NAME\n%s \\- %s\n", name, version, name, words(what) >file
    return file
}

# Text as troff shows it.
function plain(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return text ~ /^[.']/ ? "\\&" text : text
}

# The same without the marks of the comments.
function words(text) {
    gsub(/\*\*/, "", text)
    gsub(/`/, "", text)
    return plain(text)
}

function first_sentence(text) {
    text = text " "
    return substr(text, 1, match(text, /[.:] /) ? RSTART - 1 : length(text) - 1)
}

# The comment that has just ended belongs to the function whose declaration this is.
function write_function(declaration,    name, file, i, line, said, heading) {
    match(declaration, /ants_otp_[a-z0-9_]+\(/)
    name = substr(declaration, RSTART, RLENGTH - 1)
    said = ""
    for (i = 1; i <= lines && comment[i] != ""; i++)
        said = said (i > 1 ? " " : "") comment[i]
    file = page(name, first_sentence(said))
    print ".SH SYNOPSIS\n.nf\n.B #include <ants_otp.h>\n" >file
    print plain(declaration) "\n.fi\n.SH DESCRIPTION" >file
    for (i = 1; i <= lines; i++) {
        line = comment[i]
        if (match(line, /^(Ownership|Codes|Threads|Since): /)) {
            heading = toupper(substr(line, 1, RLENGTH - 2))
            print ".SH " heading >file
            line = substr(line, RLENGTH + 1)
        }
        print line == "" ? ".PP" : words(line) >file
    }
    print ".SH SEE ALSO\n.BR ants_otp (3)" >file
    close(file)
    functions[++count] = name
}

# The opening comment of the header: the conventions as they stand.
NR == 1 { opening = 1; next }
opening && /^ \*\// { opening = 0; next }
opening { sub(/^ \* ?/, ""); overview[++overviews] = $0; next }

/^\/\*\*/ { lines = 0; inside = 1 }
inside {
    line = $0
    ended = line ~ /\*\/$/
    sub(/^\/\*\* ?/, "", line); sub(/ ?\*\/$/, "", line); sub(/^ \* ?/, "", line)
    if (!(line == "" && (lines == 0 || ended)))
        comment[++lines] = line
    if (ended)
        inside = 0
    next
}

/^typedef enum/ { enumeration = 1 }
enumeration && /^ +\/\*\*/ { said = $0; sub(/^ *\/\*\* /, "", said); sub(/ \*\/$/, "", said) }
enumeration && / = / { constants[++constant_count] = $1 " " $3; meanings[constant_count] = said }
/^}/ { enumeration = 0 }

# A declaration may take several lines.
/^(ANTS_OTP_NODISCARD|const char \*|int|int64_t|size_t|bool|void) ?.*/ && !/^typedef/ { declaring = 1; declaration = "" }
declaring {
    declaration = declaration (declaration == "" || declaration ~ /NODISCARD$/ ? "" : "\n") $0
    if (declaration == "ANTS_OTP_NODISCARD")
        declaration = ""
    if (/;$/) {
        declaring = 0
        sub(/^ANTS_OTP_NODISCARD /, "", declaration)
        write_function(declaration)
    }
}

END {
    file = page("ants_otp", "confirm mobile numbers with one-time passwords sent by the ANTS OTP service")
    print ".SH SYNOPSIS\n.nf\n.B #include <ants_otp.h>\n\n.B cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs ants_otp)\n.fi" >file
    print ".SH DESCRIPTION\n.nf" >file
    for (i = 1; i <= overviews; i++)
        print words(overview[i]) >file
    print ".fi\n.SH CODES" >file
    for (i = 1; i <= constant_count; i++) {
        split(constants[i], part, " ")
        sub(/,$/, "", part[2])
        printf ".TP\n.B %s (%s)\n%s\n", part[1], plain(part[2]), words(meanings[i]) >file
    }
    print ".SH FUNCTIONS" >file
    for (i = 1; i <= count; i++)
        printf ".BR %s (3)%s\n", functions[i], i < count ? "," : "" >file
    close(file)
}
