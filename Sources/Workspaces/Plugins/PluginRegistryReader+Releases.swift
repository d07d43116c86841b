/// Releases: a registry names the newest of each line, once as the package registry has it and once as a tag in the repository.
extension PluginRegistryReader {
    /// Longer than any version that a release has.
    private static let maximumVersionLength = 128

    mutating func releases(_ node: JSONNode, at pointer: JSONPointer) -> [PluginEntry.Release] {
        var releases: [PluginEntry.Release] = []
        for line in PluginLine.allCases {
            for key in line.fileKeys {
                let (npm, git) = (pointer.member("npm"), pointer.member("git").member(key))
                let range = coreRange(node["npm"]?[key + "CoreRange"], at: npm.member(key + "CoreRange"))
                if let version = version(node["npm"]?[key], at: npm.member(key)) {
                    releases.append(.init(version: version, line: line, coreRange: range, isPublished: true))
                }
                // The tag of the same version says nothing more; one of another version is a release that is not published.
                if let version = version(node["git"]?[key]?["version"], at: git.member("version")) {
                    releases.append(.init(version: version, line: line, coreRange: nil, isPublished: false))
                }
            }
        }
        var seen: Set<String> = []
        return releases.filter { seen.insert($0.version).inserted }
    }

    private mutating func coreRange(_ node: JSONNode?, at pointer: JSONPointer) -> String? {
        guard let text = text(node, at: pointer, limit: nil) else { return nil }
        guard text.utf8.count <= CoreRange.maximumLength else {
            ignore(pointer, "is longer than \(CoreRange.maximumLength) bytes")
            return nil
        }
        return text
    }

    /// A version without the `v` that tags begin with.
    private mutating func version(_ node: JSONNode?, at pointer: JSONPointer) -> String? {
        guard let text = text(node, at: pointer, limit: nil) else { return nil }
        let bare = text.hasPrefix("v") || text.hasPrefix("V") ? String(text.dropFirst()) : text
        guard bare.utf8.count <= Self.maximumVersionLength, SemanticVersion(bare) != nil else {
            ignore(pointer, "this is no version such as 1.2.3")
            return nil
        }
        return bare
    }
}
