/// The SQL files that ship in the program: migrations, reports, roles.
package enum Schema {
    /// sql/roles.sql: run once for a server, by psql as superuser.
    package static var roles: String { text("roles.sql") ?? "" }

    /// The migrations in the order of their numbers.
    ///
    /// - Throws: `MigrationError` when a file's name is not `NNNN_words.sql` or two have one number. A test keeps that from
    ///   being shipped.
    package static func migrations() throws -> [Migration] {
        try Migration.ordered(files(in: "migrations"))
    }

    /// Files of one folder: name without the folder, and text.
    static func files(in folder: String) -> [(name: String, text: String)] {
        EmbeddedSQL.files.filter { $0.path.hasPrefix(folder + "/") }.map { (String($0.path.dropFirst(folder.count + 1)), $0.text) }
    }

    private static func text(_ path: String) -> String? {
        EmbeddedSQL.files.first { $0.path == path }?.text
    }
}
