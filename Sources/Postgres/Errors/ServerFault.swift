/// An error or a notice as the server reported it, before it belongs to a statement.
struct ServerFault: Sendable, Equatable {
    var severity: String?
    var sqlState: String?
    var message: String
    var detail: String?
    var hint: String?
    var constraint: String?
    var table: String?
    var column: String?
    /// The server's own function that raised it.
    var routine: String?

    /// libpq reports a broken connection as a fault without SQLSTATE; a severity above ERROR ends the connection too.
    var endsConnection: Bool { sqlState == nil || severity == "FATAL" || severity == "PANIC" }

    var error: PostgresError {
        var error = PostgresError(
            endsConnection ? .connection : .server, message, sqlState: sqlState, severity: severity, detail: detail, hint: hint,
            constraint: constraint, table: table, column: column)
        // "cached plan must not change result type" has no SQLSTATE of its own, but a routine that raises nothing else.
        error.stalePlan = sqlState == "26000" || (sqlState == "0A000" && routine == "RevalidateCachedQuery")
        return error
    }

    /// The fault of a start that failed, out of libpq's verbose text: `… FATAL:  28P01: password authentication failed …`.
    static func opening(_ text: String) -> PostgresError {
        var error = PostgresError(.connection, text)
        for severity in ["FATAL", "PANIC", "ERROR"] {
            guard let mark = text.firstRange(of: "\(severity):  ") else { continue }
            let state = text[mark.upperBound...].prefix(5)
            guard state.count == 5, state.allSatisfy({ $0.isASCII && ($0.isUppercase || $0.isNumber) }) else { continue }
            (error.severity, error.sqlState) = (severity, String(state))
        }
        return error
    }
}
