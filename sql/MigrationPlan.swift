/// What a database remembers of one migration that it ran.
struct MigrationRecord: Sendable, Equatable {
    let number: Int
    let name: String
    let digest: String

    var file: String { Migration.fileName(number: number, name: name) }
}

/// Which files remain to be run, or why none may be. Pure: files and records in, decision out.
enum MigrationPlan {
    /// The files that the database has not run, in order.
    ///
    /// - Throws: `MigrationError`: a file that was run must be here unchanged, or corrected (see ``Migration``), and a file
    ///   that was not run must come after all that were. (Numbers may have gaps.)
    static func pending(files: [Migration], records: [MigrationRecord]) throws(MigrationError) -> [Migration] {
        var byNumber: [Int: Migration] = [:]
        for file in files { byNumber[file.number] = file }
        for record in records {
            guard let file = byNumber.removeValue(forKey: record.number) else { throw .unknown(file: record.file) }
            let isSame = file.digest == record.digest || file.corrects.contains(record.digest)
            guard isSame, file.name == record.name else { throw .changed(file: record.file) }
        }
        let pending = byNumber.values.sorted { $0.number < $1.number }
        if let first = pending.first, let last = records.max(by: { $0.number < $1.number }), first.number < last.number {
            throw .outOfOrder(file: first.file, after: last.file)
        }
        return pending
    }
}
