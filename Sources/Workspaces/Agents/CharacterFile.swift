/// Which generation of the character format a file has. Told by what is in it; no file says so itself.
package enum CharacterShape: String, Sendable, CaseIterable {
    /// Speakers are `user`; `clients` and `modelProvider` stand at the top.
    case v0
    /// Speakers are `name`; examples are lists of lists.
    case v1
    /// Examples are groups `{"examples": […]}`, knowledge items are typed.
    case v2
}

/// A conversation line from a character's examples.
package struct CharacterMessage: Sendable, Equatable {
    package let speaker: String
    package let text: String
    package let actions: [String]
}

/// What a character knows or where it is written.
package enum CharacterKnowledge: Sendable, Equatable {
    case text(String)
    case file(path: String)
    case directory(path: String)
    /// A shape that is not known here: kept in the document, not interpreted.
    case other
}

/// A plugin that a character names, and the versions it accepts when it says so.
package struct PluginReference: Sendable, Hashable {
    package let name: String
    package let range: String?

    package init(name: String, range: String?) {
        self.name = name
        self.range = range
    }
}

/// One thing that is wrong with a character file.
package struct CharacterFault: Sendable, Equatable, CustomStringConvertible {
    package let pointer: JSONPointer
    /// A clause without values from the file.
    package let detail: String

    package var description: String {
        "\(pointer.steps.isEmpty ? "the document" : pointer.description): \(detail)"
    }
}

/// Why a character file was not accepted.
package enum CharacterFileError: Error, Sendable, Equatable, CustomStringConvertible {
    case syntax(JSONSyntaxError)
    /// At most ``CharacterReader/maximumFaults`` of them, in the order of reading.
    case faults([CharacterFault])

    package var description: String {
        switch self {
        case .syntax(let error): "not JSON: \(error)"
        case .faults(let faults): faults.map(\.description).joined(separator: "; ")
        }
    }
}

/// A character file of any generation, read, and without its secrets.
///
/// The fields are what Mainstay itself uses; ``document`` is the whole file as it was written, members that nobody here
/// knows included, minus `secrets` and `settings.secrets`. There is no way to reach what was stripped: it does not
/// outlive the initializer.
package struct CharacterFile: Sendable {
    package let shape: CharacterShape
    package let name: String
    package let username: String?
    package let system: String?
    package let bio: [String]
    package let lore: [String]
    package let topics: [String]
    package let adjectives: [String]
    package let postExamples: [String]
    package let style: [String: [String]]
    package let conversations: [[CharacterMessage]]
    package let knowledge: [CharacterKnowledge]
    package let plugins: [PluginReference]

    /// The file without its secrets. Store this and nothing else.
    package let document: JSONNode
    /// Where secrets stood, by place and never by value: what the owner has to set again.
    package let strippedSecrets: [JSONPointer]
    /// Members written twice; the later one was taken.
    package let duplicates: [JSONPointer]

    /// Reads a file's bytes.
    ///
    /// - Throws: ``CharacterFileError``, every fault with its place.
    package init(_ bytes: [UInt8]) throws {
        var parser = JSONParser(bytes)
        let written: JSONNode
        do {
            written = try parser.parse()
        } catch let error as JSONSyntaxError {
            throw CharacterFileError.syntax(error)
        }
        try self.init(document: written, duplicates: parser.duplicates)
    }

    /// Reads a document, one that was stored among them: stripping what was stripped before changes nothing.
    ///
    /// - Throws: ``CharacterFileError/faults(_:)``.
    package init(document written: JSONNode, duplicates: [JSONPointer] = []) throws {
        let stripped = SecretStripping(written)
        var reader = CharacterReader()
        let fields = reader.read(stripped.document)
        guard reader.faults.isEmpty, let fields else { throw CharacterFileError.faults(reader.faults) }
        self.shape = fields.shape
        self.name = fields.name
        self.username = fields.username
        self.system = fields.system
        self.bio = fields.bio
        self.lore = fields.lore
        self.topics = fields.topics
        self.adjectives = fields.adjectives
        self.postExamples = fields.postExamples
        self.style = fields.style
        self.conversations = fields.conversations
        self.knowledge = fields.knowledge
        self.plugins = fields.plugins
        self.document = stripped.document
        self.strippedSecrets = stripped.removed
        self.duplicates = duplicates
    }

    /// The first sentence or so of the character, for lists: at most 280 characters.
    package var summary: String {
        let text = bio.first { !$0.isEmpty } ?? system ?? ""
        return text.count <= 280 ? text : text.prefix(279) + "…"
    }

    /// The document as another agent's: a top-level `id`, which names the original, becomes the new agent's.
    package func document(forAgent id: String) -> JSONNode {
        document["id"] == nil ? document : document.replacing("id", with: .string(id))
    }
}
