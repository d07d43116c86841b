/// Conversations: lists of messages, or groups of them; who speaks, and what was done.
extension CharacterConverter {
    mutating func examples(_ node: JSONNode, at place: JSONPointer) -> JSONNode {
        guard case .array(let elements) = node else { return node }
        return .array(elements.enumerated().map { index, element in conversation(element, at: place.element(index)) })
    }

    private mutating func conversation(_ node: JSONNode, at place: JSONPointer) -> JSONNode {
        switch node {
        case .array(let messages):
            let converted = JSONNode.array(self.messages(messages, at: place))
            return target == .v2 ? .object([JSONMember(name: "examples", value: converted)]) : converted
        case .object(let members):
            guard case .array(let messages)? = node["examples"] else { return node }
            let converted = JSONNode.array(self.messages(messages, at: place.member("examples")))
            if target == .v2 { return node.replacing("examples", with: converted) }
            for member in members where member.name != "examples" {
                note(.left, place.member(member.name), "a conversation of \(target.rawValue) is a plain list")
            }
            return converted
        default:
            return node
        }
    }

    private mutating func messages(_ nodes: [JSONNode], at place: JSONPointer) -> [JSONNode] {
        nodes.enumerated().map { index, node in message(node, at: place.element(index)) }
    }

    private mutating func message(_ node: JSONNode, at place: JSONPointer) -> JSONNode {
        // As the reader has it: of two that say who speaks, `name` counts.
        guard case .object(let members) = node, let key = ["name", "user"].first(where: { node[$0]?.text != nil }) else { return node }
        var written: [JSONMember] = []
        for member in members {
            switch member.name {
            case key:
                written.append(JSONMember(name: target == .v0 ? "user" : "name", value: member.value))
            case "name", "user":
                if member.value != node[key] { note(.left, place.member(member.name), "the speaker is told by `\(key)` beside it") }
            case "content":
                written.append(JSONMember(name: "content", value: content(member.value, at: place.member("content"))))
            default:
                written.append(member)
            }
        }
        return .object(written)
    }

    private mutating func content(_ node: JSONNode, at place: JSONPointer) -> JSONNode {
        if let text = node.text { return .object([JSONMember(name: "text", value: .string(text))]) }
        guard case .object(var members) = node else { return node }
        let action = node["action"]?.text
        guard let actions = (node["actions"] ?? .null).texts else { return node }
        if target == .v0 {
            if action == nil, actions.count == 1 {
                members.remove("action")
                members.replace("actions", by: JSONMember(name: "action", value: .string(actions[0])))
            } else if !actions.isEmpty {
                note(.kept, place.member("actions"), "v0 has one action a message")
            }
        } else if let action {
            members.remove("actions")
            members.replace("action", by: JSONMember(name: "actions", value: .array(([action] + actions).map(JSONNode.string))))
        }
        return .object(members)
    }
}

extension [JSONMember] {
    /// Puts another member where the one of this name stands.
    mutating func replace(_ name: String, by member: JSONMember) {
        guard let index = firstIndex(where: { $0.name == name }) else { return }
        self[index] = member
    }
}
