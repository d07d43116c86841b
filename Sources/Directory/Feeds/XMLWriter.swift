/// Writes XML 1.0: elements with texts and attributes, everything escaped.
struct XMLWriter: Sendable {
    private(set) var text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"

    /// An element with others in it.
    mutating func element(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ content: (inout XMLWriter) -> Void) {
        begin(name, attributes)
        text += ">\n"
        content(&self)
        text += "</\(name)>\n"
    }

    /// An element with a text in it.
    mutating func element(_ name: StaticString, text content: String) {
        begin(name, [:])
        text += ">\(Self.escaped(content))</\(name)>\n"
    }

    /// An element with nothing in it.
    mutating func element(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) {
        begin(name, attributes)
        text += "/>\n"
    }

    private mutating func begin(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) {
        text += "<\(name)"
        for (name, value) in attributes { text += " \(name)=\"\(Self.escaped(value))\"" }
    }

    /// Escaped for a text and for an attribute; characters that XML cannot hold become U+FFFD.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
