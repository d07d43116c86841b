/// Why the schema cannot be brought up to date. Every one of them is found before anything is changed.
package enum MigrationError: Error, Equatable, CustomStringConvertible {
    /// A file in sql/migrations is not called `NNNN_words.sql`.
    case malformedName(String)
    case sameNumber(String, String)
    /// The database ran a file of this name whose text was another.
    case changed(file: String)
    /// The database ran a file that this program does not have: the database is newer than the program.
    case unknown(file: String)
    /// This file comes before `after`, which the database has run already.
    case outOfOrder(file: String, after: String)

    package var description: String {
        switch self {
        case .malformedName(let file):
            "sql/migrations/\(file) is not named NNNN_words.sql (four digits, then lower-case letters, digits and underscores)"
        case .sameNumber(let one, let other):
            "sql/migrations has two files of one number: \(one) and \(other). Give the later one the next free number."
        case .changed(let file):
            "migration \(file) was changed after this database ran it. Restore the file, and put the change into a new one: migrations only go forward."
        case .unknown(let file):
            "this database ran migration \(file), which this program does not have. Use the release that has it, or a newer one."
        case .outOfOrder(let file, let after):
            "migration \(file) has not been run, but \(after) has, which comes later. Give it a number above all that exist."
        }
    }
}
