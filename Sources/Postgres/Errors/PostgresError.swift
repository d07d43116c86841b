/// What went wrong with a database call, with all that the server said about it.
///
/// ``description`` is one line for operators. It never holds a password, a parameter or ``detail`` (in which the server quotes
/// row values).
public struct PostgresError: Error, Sendable {
    /// The kind of an error. A struct, so that kinds can be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case connection, timeout, server, decoding, cancelled, usage, configuration, overloaded
        }

        private let value: Value

        /// The connection could not be opened or broke.
        public static let connection = Code(value: .connection)
        /// The deadline passed: waiting for a connection, connecting, or in a statement. The connection was replaced.
        public static let timeout = Code(value: .timeout)
        /// The server refused the statement; ``PostgresError/sqlState`` says why.
        public static let server = Code(value: .server)
        /// A column is not what the program expects.
        public static let decoding = Code(value: .decoding)
        /// The task was cancelled.
        public static let cancelled = Code(value: .cancelled)
        /// The program asked for something that cannot be: a defect of the caller.
        public static let usage = Code(value: .usage)
        /// The URL, a variable or an option is wrong.
        public static let configuration = Code(value: .configuration)
        /// Too many callers wait for a connection already.
        public static let overloaded = Code(value: .overloaded)

        public var description: String { value.rawValue }
    }

    public var code: Code
    public var message: String

    /// Five characters, from the server only.
    public var sqlState: String?
    /// `ERROR`, `FATAL` or `PANIC`, from the server only.
    public var severity: String?
    /// The server's detail. It may quote values of rows: for a person who may see them, not for a log.
    public var detail: String?
    public var hint: String?
    public var constraint: String?
    public var table: String?
    public var column: String?

    /// Label of the statement that failed (``SQL/label``).
    public var statement: String?
    /// Where the program called.
    public var file: String?
    public var line: Int?

    /// True when COMMIT was on its way and its answer did not arrive: the transaction may be committed or not. Work that is
    /// idempotent (a job with an outcome row) is simply done again.
    public var commitUnknown = false

    /// True when the server no longer knows a prepared statement or its plan's result changed: the next attempt prepares again.
    var stalePlan = false

    public init(
        _ code: Code, _ message: String, sqlState: String? = nil, severity: String? = nil, detail: String? = nil, hint: String? = nil,
        constraint: String? = nil, table: String? = nil, column: String? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.severity = severity
        self.detail = detail
        self.hint = hint
        self.constraint = constraint
        self.table = table
        self.column = column
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        var facts: [String] = []
        if let sqlState { facts.append("SQLSTATE \(sqlState)") }
        if let constraint { facts.append("constraint \(constraint)") }
        if let table { facts.append("table \(table)") }
        if let column, code != .decoding { facts.append("column \(column)") }
        if let statement { facts.append("statement: \(statement)") }
        if let file, let line { facts.append("called at \(file):\(line)") }
        var text = "\(code): \(message)"
        if commitUnknown { text += "; whether the transaction was committed is unknown" }
        if let hint { text += "; hint: \(hint)" }
        if !facts.isEmpty { text += " (\(facts.joined(separator: ", ")))" }
        return text
    }
}

extension PostgresError {
    /// The same error with the statement and the place of the call, unless it has them already.
    func locating(_ statement: Statement?) -> PostgresError {
        guard let statement else { return self }
        var copy = self
        if copy.statement == nil { copy.statement = statement.sql.label }
        if copy.file == nil { (copy.file, copy.line) = (statement.caller.file.description, Int(statement.caller.line)) }
        return copy
    }
}
