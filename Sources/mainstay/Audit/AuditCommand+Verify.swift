import ArgumentParser
import Foundation
import Jobs
import Workspaces

extension AuditCommand {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look through the whole access log for what was changed, taken out, exchanged, cut off or forged.",
            discussion: """
                Every hash is computed again here, page by page; nothing is changed. What is behind the last checkpoint is held by the
                chain alone: that it was cut off, only a head that was kept elsewhere shows. --checkpoint compares with such a file
                where it is there, and writes the new head into it where all is well.
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Option(help: ArgumentHelp("A file with the head of an earlier look; it is written when there is none.", valueName: "file"))
        var checkpoint: String?

        func run() async throws {
            let settings = try await settings.load()
            let keys = try settings.auditKeys()
            let published = try checkpoint.flatMap { try Self.head(in: $0) }
            let (result, head) = try await AuditCommand.with(settings) { pool in
                let verifier = AccessLogVerifier(pool: pool, keys: keys)
                let result = try await verifier.run(published: published)
                return (result, verifier.head(of: result, at: Date()))
            }
            output.print(Self.table(of: result, naming: output.chosen != .table))
            if output.chosen == .table, !result.findings.isEmpty { print("\n" + Self.list(of: result.findings).text) }
            for sentence in Self.sentences(on: result) { Talk.say(sentence) }
            guard result.isClean else { throw ExitCode.found }
            guard let checkpoint, let head else { return }
            // Whole or not at all: what stands there is all that is known from outside.
            try PublishedHead.data(of: head).write(to: URL(fileURLWithPath: checkpoint), options: .atomic)
        }

        /// The head in a file; nil when there is no file.
        private static func head(in path: String) throws -> AccessLogCheckpoint? {
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            do {
                return try PublishedHead.checkpoint(in: data)
            } catch {
                throw ValidationError("\(path): \(error)")
            }
        }

        /// - Parameter naming: with what was found in a column of its own, for programs.
        static func table(of result: AccessLogResult, naming: Bool) -> Table {
            var columns = ["entries", "checkpoints", "signed", "unsigned", "sealed to"].map { Table.Column(title: $0, kind: .number) }
            columns += [Table.Column(title: "head", kind: .number), Table.Column(title: "hash"), Table.Column(title: "found", kind: .number)]
            if naming { columns.append(Table.Column(title: "findings", kind: .json)) }
            var table = Table(columns)
            var cells: [String?] = [result.entries, result.checkpoints, result.signed, result.unsigned, result.sealed].map { "\($0)" }
            cells += [result.head.map { "\($0.sequence)" }, result.head.map { $0.hash.hexadecimal }, "\(result.found)"]
            if naming { cells.append(json(result.findings)) }
            table.rows.append(cells)
            return table
        }

        static func list(of findings: [AccessLogFinding]) -> Table {
            var table = Table("#entry", "#through", "found", "what it means")
            for finding in findings { table.rows.append(["\(finding.first)", "\(finding.last)", finding.reason.rawValue, finding.sentence]) }
            return table
        }

        /// What else is to be known.
        static func sentences(on result: AccessLogResult) -> [String] {
            var sentences: [String] = []
            let unlisted = result.found - result.findings.count
            if unlisted > 0 { sentences.append("\(unlisted) more were found and are not listed.") }
            guard let head = result.head else { return sentences + (result.isClean ? ["The log is empty."] : []) }
            if result.unsigned > 0 {
                sentences.append(
                    """
                    \(result.unsigned) checkpoints are not signed: they prove nothing against whoever may write to the database. Set \
                    MAINSTAY_AUDIT_KEY where `mainstay serve` runs.
                    """)
            }
            if head.sequence > result.sealed {
                sentences.append("From entry \(result.sealed + 1) on there is no signed checkpoint: that the end was cut off behind it is not seen.")
            }
            return sentences
        }

        private static func json(_ findings: [AccessLogFinding]) -> String {
            struct Line: Encodable {
                let found: String
                let entry: Int
                let through: Int
            }
            let lines = findings.map { Line(found: $0.reason.rawValue, entry: $0.first, through: $0.last) }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            guard let data = try? encoder.encode(lines) else { return "[]" }
            return String(decoding: data, as: UTF8.self)
        }
    }
}
