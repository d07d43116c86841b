package import Foundation

/// One thing in a registry file that was not taken.
package struct PluginRegistryFault: Sendable, Equatable, CustomStringConvertible {
    package enum Effect: String, Sendable {
        /// The whole entry.
        case refused
        /// This value only; the rest of its entry was taken.
        case ignored
    }

    /// The file, as its reader calls it.
    package let file: String
    package let pointer: JSONPointer
    /// A clause without values from the file.
    package let detail: String
    package let effect: Effect

    package var description: String {
        "\(file): \(pointer.steps.isEmpty ? "the document" : pointer.description): \(detail)"
    }
}

/// Why a registry file was not read at all.
package enum PluginRegistryError: Error, Sendable, Equatable, CustomStringConvertible {
    case syntax(file: String, JSONSyntaxError)
    case notARegistry(file: String, JSONPointer, String)
    /// Two files that say the same of all plugins, and maybe not the same.
    case sameForm(String, String)

    package var description: String {
        switch self {
        case .syntax(let file, let error): "\(file): not JSON: \(error)"
        case .notARegistry(let file, let pointer, let detail): "\(file): \(pointer.steps.isEmpty ? "the document" : pointer.description): \(detail)"
        case .sameForm(let one, let other): "\(one) and \(other) have the same form: an import takes one of each, so import them one by one"
        }
    }
}

/// A registry file of either form, read: what it says of each plugin, and what of it could not be taken.
///
/// - index: `{"@scope/name": "github:owner/repository", …}`. An entry whose name is blank is a comment.
/// - full: `{"lastUpdatedAt": …, "registry": {"@scope/name": {"git": …, "npm": …, "supports": …, …}, …}}`.
///
/// Members that nobody here knows are left alone. A bad entry is left out and named, and the others are taken.
package struct PluginRegistryFile: Sendable {
    package enum Form: String, Sendable {
        case index
        case full
    }

    /// More plugins than this are a mistake, or an attack on the importer.
    package static let maximumCount = 50_000

    /// What its reader calls it.
    package let name: String
    package let form: Form
    /// The date that the registry bears; an index bears none.
    package let registryAt: Date?
    package let faults: [PluginRegistryFault]
    let entries: [PluginEntry]
    /// Names that are there, with entries that could not be taken.
    let refused: Set<String>
    let bytes: [UInt8]

    /// Reads a file's bytes.
    ///
    /// - Parameter name: what faults call it.
    /// - Throws: ``PluginRegistryError``.
    package init(_ bytes: [UInt8], named name: String) throws {
        var parser = JSONParser(bytes)
        let document: JSONNode
        do {
            document = try parser.parse()
        } catch let error as JSONSyntaxError {
            throw PluginRegistryError.syntax(file: name, error)
        }
        guard case .object(let top) = document else {
            throw PluginRegistryError.notARegistry(file: name, JSONPointer(), "expected an object, found \(document.typeName)")
        }
        var reader = PluginRegistryReader(file: name)
        let place: JSONPointer
        let members: [JSONMember]
        // No package may be called `registry` and be an object at once, so the two forms cannot be mistaken.
        if let registry = document["registry"], registry.text == nil {
            place = JSONPointer().member("registry")
            guard case .object(let entries) = registry else {
                throw PluginRegistryError.notARegistry(file: name, place, "expected an object, found \(registry.typeName)")
            }
            form = .full
            members = entries
            registryAt = reader.date(document["lastUpdatedAt"], at: JSONPointer().member("lastUpdatedAt"))
        } else {
            place = JSONPointer()
            form = .index
            members = top
            registryAt = nil
        }
        guard members.count <= Self.maximumCount else {
            throw PluginRegistryError.notARegistry(file: name, place, "it has more than \(Self.maximumCount) entries")
        }
        for duplicate in parser.duplicates { reader.note(duplicate: duplicate) }
        let isFull = form == .full
        entries = members.compactMap { reader.entry($0, isFull: isFull, at: place.member($0.name)) }
        self.name = name
        self.bytes = bytes
        faults = reader.faults
        refused = reader.refused
    }
}
