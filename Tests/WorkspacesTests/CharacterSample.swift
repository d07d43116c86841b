@testable import Workspaces

/// A character file of one generation made by chance, with everything that its generation has and something that none knows.
///
/// Lists that the oldest generation asks for are there, and `bio` is a list: of those a conversion may change the spelling alone.
struct CharacterSample {
    let document: JSONNode

    init(of shape: CharacterShape, using generator: inout some RandomNumberGenerator) {
        var members: [JSONMember] = [
            JSONMember(name: "name", value: .string("Sample")), JSONMember(name: "bio", value: Self.list("b", &generator)),
            JSONMember(name: "topics", value: Self.list("t", &generator)), JSONMember(name: "adjectives", value: Self.list("j", &generator)),
            JSONMember(name: "postExamples", value: Self.list("p", &generator)),
            JSONMember(
                name: "style", value: .object(["all", "chat", "post"].map { JSONMember(name: $0, value: Self.list($0, &generator)) })),
            JSONMember(name: "somethingElse", value: .object([JSONMember(name: "deep", value: Self.list("x", &generator))])),
        ]
        let conversations = (0..<Int.random(in: 1...3, using: &generator)).map { _ in Self.conversation(shape, &generator) }
        members.append(JSONMember(name: "messageExamples", value: .array(conversations)))
        let knowledge = (0..<Int.random(in: 0...3, using: &generator)).map { _ in Self.knowledge(shape, &generator) }
        members.append(JSONMember(name: "knowledge", value: .array(knowledge)))
        let plugins = ["@x/one", "@x/two@^1.0.0", "@elizaos/plugin-discord", "@elizaos/plugin-openai", "@elizaos/plugin-groq"]
        members.append(JSONMember(name: "plugins", value: .array(Self.some(of: plugins, &generator).map(JSONNode.string))))
        switch shape {
        case .v0:
            let clients = Self.some(of: ["discord", "telegram", "smoke-signals"], &generator)
            members.append(JSONMember(name: "clients", value: .array(clients.map(JSONNode.string))))
            members.append(JSONMember(name: "lore", value: Self.list("l", &generator)))
            if Bool.random(using: &generator) { members.append(JSONMember(name: "modelProvider", value: .string("anthropic"))) }
        case .v1: break
        case .v2:
            if Bool.random(using: &generator) { members.append(JSONMember(name: "advancedPlanning", value: .bool(true))) }
            if Bool.random(using: &generator) { members.append(JSONMember(name: "documents", value: Self.list("d", &generator))) }
        }
        members.shuffle(using: &generator)
        document = .object(members)
    }

    private static func some(of words: [String], _ generator: inout some RandomNumberGenerator) -> [String] {
        words.filter { _ in Bool.random(using: &generator) }
    }

    private static func list(_ word: String, _ generator: inout some RandomNumberGenerator) -> JSONNode {
        .array((0..<Int.random(in: 0...3, using: &generator)).map { .string("\(word)\($0)") })
    }

    private static func conversation(_ shape: CharacterShape, _ generator: inout some RandomNumberGenerator) -> JSONNode {
        let messages = JSONNode.array((0..<Int.random(in: 1...3, using: &generator)).map { _ in message(shape, &generator) })
        guard shape == .v2 else { return messages }
        let title = Int.random(in: 0..<8, using: &generator) == 0 ? [JSONMember(name: "title", value: .string("a greeting"))] : []
        return .object([JSONMember(name: "examples", value: messages)] + title)
    }

    private static func message(_ shape: CharacterShape, _ generator: inout some RandomNumberGenerator) -> JSONNode {
        var content = [JSONMember(name: "text", value: .string("hello"))]
        if shape == .v0 {
            if Bool.random(using: &generator) { content.append(JSONMember(name: "action", value: .string("GO"))) }
        } else {
            if Bool.random(using: &generator) { content.append(JSONMember(name: "actions", value: list("A", &generator))) }
        }
        if Bool.random(using: &generator) { content.append(JSONMember(name: "source", value: .string("direct"))) }
        let speaker = JSONMember(name: shape == .v0 ? "user" : "name", value: .string("{{user1}}"))
        return .object([speaker, JSONMember(name: "content", value: .object(content))])
    }

    private static func knowledge(_ shape: CharacterShape, _ generator: inout some RandomNumberGenerator) -> JSONNode {
        let shared = JSONMember(name: "shared", value: .bool(Bool.random(using: &generator)))
        let isFolder = Bool.random(using: &generator)
        if Bool.random(using: &generator) { return .string("known") }
        switch shape {
        case .v0:
            return .object(["id", "path", "content"].map { JSONMember(name: $0, value: .string($0)) })
        case .v1:
            let place = JSONMember(name: isFolder ? "directory" : "path", value: .string("docs"))
            return .object(isFolder || Bool.random(using: &generator) ? [place, shared] : [place])
        case .v2:
            let value: JSONNode = isFolder ? .object([JSONMember(name: "path", value: .string("docs")), shared]) : .string("docs")
            let kind = JSONMember(name: "case", value: .string(isFolder ? "directory" : "path"))
            return .object([JSONMember(name: "item", value: .object([kind, JSONMember(name: "value", value: value)]))])
        }
    }
}
