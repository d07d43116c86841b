import Foundation
import Testing

/// The list of traps beside this file says what is tested, and where: it and the tests name the same.
@Suite struct TrapListTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    private static let tests = folder.deletingLastPathComponent().deletingLastPathComponent()

    /// A line of the list: a trap and the suites in which it is sprung.
    private struct Trap {
        let number: Int
        let cells: [String]
        let suites: [String]
    }

    private static func traps() throws -> [Trap] {
        let list = try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8)
        return list.split(separator: "\n").compactMap { line in
            guard let number = line.firstMatch(of: #/^\| T([0-9]+) \|/#).flatMap({ Int($0.output.1) }) else { return nil }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            return Trap(number: number, cells: cells, suites: (cells.last ?? "").matches(of: #/`([A-Za-z]+)`/#).map { String($0.output.1) })
        }
    }

    /// The sources of the suites, by their names.
    private static func sources() throws -> [String: String] {
        var found: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: tests.path) where path.hasSuffix("Tests.swift") {
            let file = tests.appending(path: path)
            found[file.deletingPathExtension().lastPathComponent] = try String(contentsOf: file, encoding: .utf8)
        }
        return found
    }

    @Test("each trap has one line, with what happens, what must come of it, and suites that there are")
    func whole() throws {
        let (traps, sources) = (try Self.traps(), try Self.sources())
        #expect(traps.map(\.number).sorted() == Array(1...40))
        for trap in traps {
            #expect(trap.cells.count == 4 && trap.cells.allSatisfy { !$0.isEmpty }, "T\(trap.number)")
            #expect(!trap.suites.isEmpty, "T\(trap.number)")
            for suite in trap.suites { #expect(sources[suite] != nil, "T\(trap.number): there is no \(suite)") }
        }
    }

    @Test("what a test calls by a number stands in that number's line")
    func named() throws {
        let lines = Dictionary(uniqueKeysWithValues: try Self.traps().map { ($0.number, $0.suites) })
        var seen = 0
        for (suite, source) in try Self.sources() {
            for name in source.matches(of: #/"((?:T[0-9]+, )*T[0-9]+): /#) {
                for number in name.output.1.matches(of: #/[0-9]+/#).compactMap({ Int($0.output) }) {
                    seen += 1
                    #expect(lines[number]?.contains(suite) == true, "T\(number) is tested in \(suite), and the list does not say so")
                }
            }
        }
        #expect(seen > 40, "\(seen) were found: is the form of names another one now?")
    }
}
