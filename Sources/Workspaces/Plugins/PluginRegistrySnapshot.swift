import Crypto
package import Foundation

/// A registry at one moment: its index, its full form, or both together.
///
/// Where both are there, a plugin is in the registry when either has it, and the full form says what is known of it.
package struct PluginRegistrySnapshot: Sendable {
    /// The date that the registry bears; nil where its files bear none.
    package let registryAt: Date?
    package let faults: [PluginRegistryFault]
    /// SHA-256 over the files, the index first.
    package let digest: [UInt8]
    /// By name.
    let entries: [PluginEntry]
    /// Plugins that are there and could not be read from any of the files: of them nothing new is known.
    let refused: Set<String>

    /// - Parameter files: at most one of each form.
    /// - Throws: ``PluginRegistryError/sameForm(_:_:)``.
    package init(_ files: [PluginRegistryFile]) throws {
        var ordered: [PluginRegistryFile] = []
        for form in [PluginRegistryFile.Form.index, .full] {
            let same = files.filter { $0.form == form }
            if same.count > 1 { throw PluginRegistryError.sameForm(same[0].name, same[1].name) }
            ordered += same
        }
        var hasher = SHA256()
        var found: [String: PluginEntry] = [:]
        var refused: Set<String> = []
        for file in ordered {
            hasher.update(data: file.bytes)
            refused.formUnion(file.refused)
            // The full form comes last and replaces what the index had.
            for entry in file.entries { found[entry.name.text] = entry }
        }
        digest = Array(hasher.finalize())
        registryAt = ordered.compactMap(\.registryAt).max()
        faults = ordered.flatMap(\.faults)
        entries = found.values.sorted { $0.name.text < $1.name.text }
        self.refused = refused.subtracting(found.keys)
    }

    /// How many plugins could be read.
    package var count: Int { entries.count }
}
