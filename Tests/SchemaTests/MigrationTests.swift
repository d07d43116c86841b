import Foundation
import Testing

@testable import Schema

@Suite struct MigrationTests {
    static func migration(_ file: String, _ text: String = "select 1;") throws -> Migration {
        try Migration(file: file, text: text)
    }

    static func record(_ migration: Migration) -> MigrationRecord {
        MigrationRecord(number: migration.number, name: migration.name, digest: migration.digest)
    }

    @Test func `A file's name gives its number and words`() throws {
        let migration = try Self.migration("0042_add_the_answer_2.sql")
        #expect(migration.number == 42)
        #expect(migration.name == "add_the_answer_2")
        #expect(migration.file == "0042_add_the_answer_2.sql")
    }

    @Test(arguments: [
        "1_a.sql", "00001_a.sql", "0000_a.sql", "0001_.sql", "0001a.sql", "0001_A.sql", "0001_a b.sql", "0001_a.txt", "-001_a.sql", "0001",
    ])
    func `A name of another form is refused`(file: String) {
        #expect(throws: MigrationError.malformedName(file)) { try Self.migration(file) }
    }

    @Test func `The digest is SHA-256 of the text`() throws {
        // printf 'select 1;' | sha256sum
        #expect(try Self.migration("0001_a.sql").digest == "354b7196c9ba5fb4b21cf615bb6ec4cd5c07503c34229feef033fc081a8c03f4")
    }

    @Test func `Two files of one number are refused`() throws {
        #expect(throws: MigrationError.sameNumber("0001_a.sql", "0001_b.sql")) {
            try Migration.ordered([("0001_a.sql", ""), ("0001_b.sql", "")])
        }
    }

    @Test func `Files are put into the order of their numbers`() throws {
        let ordered = try Migration.ordered([("0010_c.sql", ""), ("0002_b.sql", ""), ("0001_a.sql", "")])
        #expect(ordered.map(\.number) == [1, 2, 10])
    }

    @Test func `What ships can be ordered, and is not empty`() throws {
        let shipped = try Schema.migrations()
        #expect(shipped.first?.file == "0001_foundation.sql")
        #expect(shipped.allSatisfy { !$0.text.isEmpty })
        #expect(Schema.roles.contains("mainstay_owner"))
    }

    @Test func `What ships is what lies in the folders, byte for byte`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "sql")
        let onDisk = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }.sorted()
        #expect(EmbeddedSQL.files.map(\.path) == onDisk)
        for file in EmbeddedSQL.files {
            #expect(try file.text == String(contentsOf: folder.appending(path: file.path), encoding: .utf8), "\(file.path)")
        }
    }

    @Test func `What was not run is pending, in order, gaps allowed`() throws {
        let files = try ["0001_a.sql", "0003_b.sql", "0007_c.sql"].map { try Self.migration($0) }
        #expect(try MigrationPlan.pending(files: files, records: []) == files)
        #expect(try MigrationPlan.pending(files: files, records: [Self.record(files[0])]) == Array(files[1...]))
        #expect(try MigrationPlan.pending(files: files, records: files.map(Self.record)).isEmpty)
    }

    @Test func `A changed file is refused, by text or by name`() throws {
        let run = Self.record(try Self.migration("0001_a.sql"))
        #expect(throws: MigrationError.changed(file: "0001_a.sql")) {
            try MigrationPlan.pending(files: [Self.migration("0001_a.sql", "select 2;")], records: [run])
        }
        #expect(throws: MigrationError.changed(file: "0001_a.sql")) {
            try MigrationPlan.pending(files: [Self.migration("0001_b.sql")], records: [run])
        }
    }

    @Test func `A corrected file stands for the texts that it names, and for no other`() throws {
        let before = try Self.migration("0001_a.sql", "select refused;")
        let corrected = try Self.migration("0001_a.sql", "-- corrects \(before.digest)\nselect 1;")
        #expect(try MigrationPlan.pending(files: [corrected], records: [Self.record(before)]).isEmpty)
        #expect(try MigrationPlan.pending(files: [corrected], records: [Self.record(corrected)]).isEmpty)
        #expect(throws: MigrationError.changed(file: "0001_a.sql")) {
            try MigrationPlan.pending(files: [corrected], records: [Self.record(try Self.migration("0001_a.sql", "select 2;"))])
        }
    }

    @Test func `A file that was run and is gone is refused`() throws {
        let files = try ["0001_a.sql", "0002_b.sql"].map { try Self.migration($0) }
        #expect(throws: MigrationError.unknown(file: "0002_b.sql")) {
            try MigrationPlan.pending(files: [files[0]], records: files.map(Self.record))
        }
    }

    @Test func `A new file with an old number is refused`() throws {
        let files = try ["0001_a.sql", "0002_b.sql", "0003_c.sql"].map { try Self.migration($0) }
        #expect(throws: MigrationError.outOfOrder(file: "0002_b.sql", after: "0003_c.sql")) {
            try MigrationPlan.pending(files: files, records: [Self.record(files[0]), Self.record(files[2])])
        }
    }
}
