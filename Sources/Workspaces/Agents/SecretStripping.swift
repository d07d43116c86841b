/// A document with the two places emptied where character files keep secrets: `secrets` and `settings.secrets`.
///
/// Whatever stands there goes, whether it looks like a secret or not, whatever its type and however the name is
/// capitalised.
package struct SecretStripping: Sendable {
    /// The document without them.
    package let document: JSONNode
    /// The place of each thing that was removed: every member of an object, or the place itself when it held something
    /// else. An empty object leaves no trace here. Names that are themselves secrets are blotted out.
    package let removed: [JSONPointer]

    package init(_ document: JSONNode) {
        var removed: [JSONPointer] = []
        let outer = Self.strip(document, at: JSONPointer(), into: &removed)
        guard case .object(let members) = outer else {
            self.document = document
            self.removed = []
            return
        }
        self.document = .object(
            members.map { member in
                guard member.name.lowercased() == "settings" else { return member }
                let pointer = JSONPointer().member(member.name)
                return JSONMember(name: member.name, value: Self.strip(member.value, at: pointer, into: &removed))
            })
        self.removed = removed.map(KeyScanner.redacted)
    }

    private static func strip(_ node: JSONNode, at pointer: JSONPointer, into removed: inout [JSONPointer]) -> JSONNode {
        guard case .object(let members) = node else { return node }
        var kept: [JSONMember] = []
        for member in members {
            if member.name.lowercased() == "secrets" {
                removed += places(member.value, at: pointer.member(member.name))
            } else {
                kept.append(member)
            }
        }
        return .object(kept)
    }

    private static func places(_ node: JSONNode, at pointer: JSONPointer) -> [JSONPointer] {
        switch node {
        case .null: []
        case .object(let members): members.map { pointer.member($0.name) }
        case .array(let elements): elements.indices.map { pointer.element($0) }
        default: [pointer]
        }
    }
}
