#!/bin/sh
# embed.sh OUTPUT TYPE FOLDER FILE… : writes the files as one Swift file. Run by the plugins EmbedSQL and EmbedContract.
#
# Text goes in as raw string literals (###"""), in which neither SQL nor JSON needs escapes.
set -eu
output=$1
type=$2
folder=${3%/}
shift 3
{
    echo '/// Files as text, in the order of their paths. Generated at build time.'
    echo "enum $type {"
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
