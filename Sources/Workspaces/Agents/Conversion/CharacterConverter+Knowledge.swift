/// What a character knows: texts, files and folders.
extension CharacterConverter {
    mutating func knowledge(_ node: JSONNode, at place: JSONPointer) -> JSONNode {
        guard case .array(let elements) = node else { return node }
        let items = elements.enumerated().map { index, element in item(element, at: place.element(index)) }
        // Told once: the list may have thousands.
        if target == .v2, items.contains(where: { $0.text != nil }) { note(.kept, place, "v2 has a form for files and folders, and none for texts") }
        return .array(items)
    }

    private mutating func item(_ node: JSONNode, at place: JSONPointer) -> JSONNode {
        guard case .object(let members) = node else { return node }
        if node["item"]?.isObject == true { return target == .v2 ? node : untyped(node, members, at: place) }
        if let text = (node["content"] ?? node["text"])?.text {
            // The oldest files say beside a text where it came from.
            if target == .v0 { return node }
            let name = node["content"] == nil ? "text" : "content"
            for member in members where member.name != name { note(.left, place.member(member.name), "a text of \(target.rawValue) stands alone") }
            return .string(text)
        }
        return target == .v2 ? typed(node, members, at: place) : plain(node, at: place)
    }

    /// `{"path": …}` and `{"directory": …}`, which the middle generation has.
    private mutating func plain(_ node: JSONNode, at place: JSONPointer) -> JSONNode {
        if target == .v0, (node["path"] ?? node["directory"])?.text != nil { note(.kept, place, "v0 knows texts alone") }
        return node
    }

    private mutating func typed(_ node: JSONNode, _ members: [JSONMember], at place: JSONPointer) -> JSONNode {
        if let path = node["path"]?.text {
            for member in members where member.name != "path" { note(.left, place.member(member.name), "a file of v2 is a path and no more") }
            return Self.typed("path", .string(path))
        }
        if let path = node["directory"]?.text {
            var value = members.filter { $0.name != "path" }
            value.replace("directory", by: JSONMember(name: "path", value: .string(path)))
            return Self.typed("directory", .object(value))
        }
        return node
    }

    private static func typed(_ kind: String, _ value: JSONNode) -> JSONNode {
        .object([JSONMember(name: "item", value: .object([JSONMember(name: "case", value: .string(kind)), JSONMember(name: "value", value: value)]))])
    }

    private mutating func untyped(_ node: JSONNode, _ members: [JSONMember], at place: JSONPointer) -> JSONNode {
        let value = node["item"]?["value"]
        guard let kind = node["item"]?["case"]?.text, ["path", "directory"].contains(kind),
            let path = value?.text ?? value?["path"]?.text ?? value?["directory"]?.text
        else {
            note(.kept, place, "its type is not known here")
            return node
        }
        for member in members where member.name != "item" { note(.left, place.member(member.name), "it stands beside the item") }
        var written = [JSONMember(name: kind, value: .string(path))]
        if case .object(let more)? = value { written += more.filter { !["path", "directory"].contains($0.name) } }
        return plain(.object(written), at: place)
    }
}
