/// A piece of an HTML document in which every value is escaped.
///
/// ```swift
/// let row: HTML = "<td title=\"\(error)\">\(error)</td>"
/// ```
///
/// What stands in the source code is markup; what is interpolated is text, whatever characters it holds. Markup can be made in
/// no other way: there is no initialiser from a `String` that keeps its angle brackets.
///
/// A value may stand between tags and in an attribute between double quotes. Not in a script or a style, nor as the name of a
/// tag or an attribute; an address is made by ``PageAddress``, so that it begins with a path of ours.
package struct HTML: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// As it goes to the client.
    package private(set) var markup: String

    package init(stringLiteral value: StaticString) {
        markup = value.description
    }

    package init(stringInterpolation: StringInterpolation) {
        markup = stringInterpolation.markup
    }

    /// A text, escaped.
    package init(text: String) {
        markup = ""
        Self.escape(text, into: &markup)
    }

    /// Pieces one after the other.
    package init(_ pieces: [HTML]) {
        markup = pieces.map(\.markup).joined()
    }

    package static let empty: HTML = ""

    package static func + (left: HTML, right: HTML) -> HTML {
        var sum = left
        sum.markup += right.markup
        return sum
    }

    package static func += (left: inout HTML, right: HTML) {
        left.markup += right.markup
    }

    /// Collects what a literal with interpolations is made of.
    package struct StringInterpolation: StringInterpolationProtocol {
        package typealias StringLiteralType = StaticString

        fileprivate var markup = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            markup.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            markup += literal.description
        }

        /// Escaped.
        package mutating func appendInterpolation(_ text: String) {
            HTML.escape(text, into: &markup)
        }

        package mutating func appendInterpolation(_ number: Int) {
            markup += number.description
        }

        package mutating func appendInterpolation(_ piece: HTML) {
            markup += piece.markup
        }

        package mutating func appendInterpolation(_ pieces: [HTML]) {
            for piece in pieces { markup += piece.markup }
        }
    }

    /// The five characters that mean something between tags or in a quoted attribute. A NUL, which no document may hold, becomes
    /// the sign for a character that cannot be shown.
    private static func escape(_ text: String, into markup: inout String) {
        guard text.utf8.contains(where: { isSpecial($0) }) else {
            markup += text
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": markup += "&amp;"
            case "<": markup += "&lt;"
            case ">": markup += "&gt;"
            case "\"": markup += "&quot;"
            case "'": markup += "&#39;"
            case "\0": markup += "\u{FFFD}"
            default: markup.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"), 0: true
        default: false
        }
    }
}
