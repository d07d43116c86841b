extension JSONNode {
    /// This value as people read it: a member or element a line, two spaces a level, members in their order, numbers with their digits.
    package var lines: String {
        var text = ""
        write(into: &text, indentation: "")
        return text
    }

    private func write(into text: inout String, indentation: String) {
        let inner = indentation + "  "
        switch self {
        case .array(let elements) where !elements.isEmpty:
            text += "[\n"
            for (index, element) in elements.enumerated() {
                text += inner
                element.write(into: &text, indentation: inner)
                text += index == elements.count - 1 ? "\n" : ",\n"
            }
            text += indentation + "]"
        case .object(let members) where !members.isEmpty:
            text += "{\n"
            for (index, member) in members.enumerated() {
                text += inner + JSONNode.string(member.name).written + ": "
                member.value.write(into: &text, indentation: inner)
                text += index == members.count - 1 ? "\n" : ",\n"
            }
            text += indentation + "}"
        case .number(let digits): text += digits
        default: text += written
        }
    }

    /// On one line.
    private var written: String { String(decoding: canonicalBytes, as: UTF8.self) }
}
