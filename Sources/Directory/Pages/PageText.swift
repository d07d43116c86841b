import Mustache
import Web

/// How texts are written into pages: with the same five characters escaped as Mustache's own way does it, but told by Unicode scalar.
///
/// Mustache's own way looks at characters as people see them. A quotation mark and a combining accent behind it are one such
/// character, and a number sign of Arabic and a `<` behind it are another: neither is one of the five, and both would be written
/// as they are, an end of the attribute and a beginning of a tag.
struct PageText: MustacheContentType {
    static let name = "PAGE"
    /// Stands at the head of every template, also of those that others include.
    static let pragma = "{{% CONTENT_TYPE: PAGE }}\n"

    func escapeText(_ text: String) -> String { HTML(text: text).markup }
}
