/// What matters of a compiler's hundreds of arguments: the module or crate, and the source.
enum CompilerArguments {
    /// The words to show instead of the whole command line; nil when it names neither a module nor a source.
    static func essence(of arguments: ArraySlice<String>) -> [String]? {
        let module = value(after: ["-module-name", "--crate-name"], in: arguments)
        let primaries = values(after: "-primary-file", in: arguments)
        let sources = primaries.isEmpty ? sources(in: arguments) : primaries
        guard module != nil || !sources.isEmpty else { return nil }

        var words: [String] = []
        if let module { words.append(sources.isEmpty ? module : module + ":") }
        if let first = sources.first { words.append(lastPart(of: first)) }
        if sources.count > 1 { words.append("(+\(sources.count - 1))") }
        return words
    }

    private static func value(after names: Set<String>, in arguments: ArraySlice<String>) -> String? {
        guard let place = arguments.firstIndex(where: names.contains), arguments.index(after: place) < arguments.endIndex else { return nil }
        return arguments[arguments.index(after: place)]
    }

    private static func values(after name: String, in arguments: ArraySlice<String>) -> [String] {
        zip(arguments, arguments.dropFirst()).filter { $0.0 == name }.map(\.1)
    }

    /// What looks like a source and is not the value of an option that names another file.
    private static func sources(in arguments: ArraySlice<String>) -> [String] {
        zip([""] + arguments, arguments).filter { !namesAnother.contains($0.0) && isSource($0.1) }.map(\.1)
    }

    private static func isSource(_ argument: String) -> Bool {
        guard !argument.hasPrefix("-"), let dot = argument.lastIndex(of: ".") else { return false }
        return extensions.contains(argument[argument.index(after: dot)...])
    }

    private static func lastPart(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    private static let namesAnother: Set<String> = ["-o", "-MF", "-MT", "-MQ", "-main-file-name", "-dumpbase", "-include"]

    private static let extensions: Set<Substring> = [
        "c", "cc", "cpp", "cxx", "m", "mm", "swift", "rs", "java", "kt", "hs", "ts", "tsx", "go", "zig", "cu", "s", "S", "d", "ml", "sol",
    ]
}
