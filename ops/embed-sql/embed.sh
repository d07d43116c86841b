#!/bin/sh
# embed.sh OUTPUT FOLDER FILE… : writes the files as one Swift file. Run by the EmbedSQL plugin.
#
# Text goes in as raw string literals (###"""), in which SQL needs no escapes.
set -eu
output=$1
folder=${2%/}
shift 2
{
    echo '/// The .sql files of this target, in the order of their paths. Generated at build time.'
    echo 'enum EmbeddedSQL {'
    echo '    static let files: [(path: String, text: String)] = ['
    for file in "$@"; do
        printf '        (\n            "%s",\n###"""\n' "${file#"$folder"/}"
        cat "$file"
        # The line break before the closing quotes does not belong to the text: a file's own last one is kept by this one.
        printf '\n"""###\n        ),\n'
    done
    echo '    ]'
    echo '}'
} >"$output.new"
mv "$output.new" "$output"
