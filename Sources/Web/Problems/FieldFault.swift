/// One fault of one place in a request; a problem lists all that were found.
package struct FieldFault: Error, Sendable, Hashable {
    /// Where it is.
    package enum Place: Sendable, Hashable {
        /// A JSON pointer as a URI fragment (RFC 6901, section 6), such as `#/messages/0/role`.
        case pointer(String)
        /// A query or path parameter.
        case parameter(String)
        /// A header.
        case header(String)
    }

    /// Where it is.
    package let place: Place
    /// What is wrong, as a sentence.
    package let detail: String
    /// What was wanted, when that can be said in a word or two.
    package let expected: String?
    /// What was there, in kind; never the value, which may be a secret.
    package let found: String?

    package init(_ place: Place, _ detail: String, expected: String? = nil, found: String? = nil) {
        self.place = place
        self.detail = detail
        self.expected = expected
        self.found = found
    }

    /// A fault in a body's member, named by the path to it.
    package init(body path: [String], _ detail: String, expected: String? = nil, found: String? = nil) {
        self.init(.pointer(JSONPointer.fragment(path)), detail, expected: expected, found: found)
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = []
        switch place {
        case .pointer(let text): members.append(.init("pointer", .string(text)))
        case .parameter(let text): members.append(.init("parameter", .string(text)))
        case .header(let text): members.append(.init("header", .string(text)))
        }
        members.append(.init("detail", .string(detail)))
        if let expected { members.append(.init("expected", .string(expected))) }
        if let found { members.append(.init("found", .string(found))) }
        return .object(members)
    }
}
