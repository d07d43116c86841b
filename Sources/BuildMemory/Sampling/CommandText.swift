/// A command line made short enough to read, safe to print and fit to be sent: paths cut to their last part, secrets
/// starred out, control characters gone. Always plain enough for a terminal without Unicode where the command was.
package struct CommandText: Sendable, Equatable {
    /// What a process does for a build, as far as its name tells.
    package enum Role: String, Sendable, Codable, CaseIterable {
        case compile
        case link
        case other
    }

    /// The last part of the program's path, as `swift-frontend`.
    package let program: String
    /// The shortened line, the program's name first.
    package let text: String
    /// Compiler, linker or neither.
    package let role: Role

    /// The longest `text`, in characters: enough for a module, a source file and some options on one line of a wide terminal.
    package static let longest = 160

    /// - Parameter arguments: the program and its arguments as they were given.
    package init(arguments: [String], longest: Int = Self.longest) {
        let path = arguments.first ?? ""
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.index(after: $0) } ?? path.startIndex
        let base = Self.printable(path[slash...])
        program = base.isEmpty ? "?" : base
        role = Self.role(of: program, arguments: arguments)
        let essence = role == .compile ? CompilerArguments.essence(of: arguments.dropFirst()) : nil
        let words = essence ?? SecretRedaction.redact(arguments.dropFirst().flatMap(Self.words)).map(Self.shortPath)
        text = Self.cut(([program] + words.map { Self.printable($0[...]) }).filter { !$0.isEmpty }.joined(separator: " "), to: longest)
    }

    /// From `/proc/PID/cmdline`: arguments ended by NUL bytes. Nil for a process that has none (it has ended, or it is a kernel's).
    init?(cmdline: UnsafeRawBufferPointer) {
        var arguments = cmdline.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        if arguments.last?.isEmpty == true { arguments.removeLast() }
        guard let first = arguments.first, !first.isEmpty else { return nil }
        self.init(arguments: arguments)
    }

    private static func words(_ argument: String) -> [String] {
        argument.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// `/a/long/way/to/File.swift` becomes `.../File.swift`; an option keeps its name: `--path=.../x`.
    static func shortPath(_ word: String) -> String {
        let start = word.firstIndex(of: "/") ?? word.startIndex
        let prefix = word[..<start]
        guard word[start...].hasPrefix("/"), prefix.isEmpty || prefix.hasSuffix("="), let last = word.lastIndex(of: "/"), last > start else {
            return word
        }
        return prefix + "..." + word[last...]
    }

    /// What a terminal or a database could take amiss becomes a question mark.
    private static func printable(_ text: Substring) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: clean.append("?")
            default: clean.append(scalar)
            }
        }
        return String(clean)
    }

    private static func cut(_ text: String, to longest: Int) -> String {
        text.count <= longest ? text : text.prefix(max(longest - 3, 0)) + "..."
    }

    private static func role(of program: String, arguments: [String]) -> Role {
        // Cross compilers are `aarch64-linux-gnu-g++-12`: a target before the name and a version after it.
        let name = program.split(separator: "-").last(where: { $0.first?.isNumber != true }).map(String.init) ?? program
        if linkers.contains(program) || linkers.contains(name) { return .link }
        guard compilers.contains(program) || compilers.contains(name) else { return .other }
        // One name serves many steps: the driver that plans, the linker that is called as a compiler.
        if program == "swift-frontend" { return arguments.contains("-frontend") || arguments.contains("-c") ? .compile : .other }
        if drivers.contains(program) || drivers.contains(name) {
            return arguments.contains("-c") || arguments.contains("-S") || arguments.contains("-cc1") ? .compile : .other
        }
        return .compile
    }

    private static let compilers: Set<String> = [
        "swift-frontend", "cc1", "cc1plus", "cc1obj", "clang", "clang++", "gcc", "g++", "cc", "c++", "rustc", "javac", "kotlinc", "ghc", "tsc",
        "tsgo", "esbuild", "swc", "compile", "zig", "nvcc", "cicc", "ptxas", "dmd", "ocamlopt", "solc",
    ]
    private static let drivers: Set<String> = ["clang", "clang++", "gcc", "g++", "cc", "c++"]
    private static let linkers: Set<String> = [
        "ld", "ld.bfd", "ld.gold", "gold", "ld.lld", "lld", "ld64", "ld64.lld", "mold", "ld.mold", "collect2", "link", "lto1",
    ]
}
