import Testing

@testable import Postgres

@Suite struct PostgresErrorTests {
    /// The table of ``PostgresError/isRetryable``, and beyond it a code of each class that must not be retried.
    @Test(arguments: [
        ("08000", true), ("08001", true), ("08003", true), ("08006", true), ("08P01", false), ("53000", true), ("53100", true), ("53200", true),
        ("53300", true), ("57P01", true), ("57P02", true), ("57P03", true), ("57P05", true), ("57014", true), ("57000", false), ("40001", true),
        ("40003", true), ("40P01", true), ("40002", false), ("55P03", true), ("55006", false), ("25006", true), ("25P02", false), ("26000", true),
        ("28P01", false), ("28000", false), ("3D000", false), ("23505", false), ("23503", false), ("23514", false), ("22001", false),
        ("22P02", false), ("22012", false), ("42601", false), ("42501", false), ("42P01", false), ("0A000", false), ("P0001", false),
        ("XX000", false),
    ]) func `what the server says decides`(state: String, retry: Bool) {
        #expect(PostgresError(.server, "", sqlState: state).isRetryable == retry)
    }

    @Test func `without the server the code decides`() {
        let table: [(PostgresError.Code, Bool)] = [
            (.connection, true), (.timeout, true), (.overloaded, true), (.server, false), (.decoding, false), (.cancelled, false), (.usage, false),
            (.configuration, false),
        ]
        for (code, retry) in table { #expect(PostgresError(code, "").isRetryable == retry, "\(code)") }
    }

    @Test func `a cancellation is not retried although the server said 57014`() {
        #expect(!PostgresError(.cancelled, "", sqlState: "57014").isRetryable)
    }

    @Test func `a protocol violation that closed the connection is a pooler's way to say goodbye`() {
        #expect(ServerFault(severity: "FATAL", sqlState: "08P01", message: "").error.isRetryable)
        #expect(!ServerFault(severity: "ERROR", sqlState: "08P01", message: "").error.isRetryable)
    }

    @Test func `a plan whose result changed is retried, another unsupported feature is not`() {
        #expect(ServerFault(severity: "ERROR", sqlState: "0A000", message: "", routine: "RevalidateCachedQuery").error.isRetryable)
        #expect(!ServerFault(severity: "ERROR", sqlState: "0A000", message: "", routine: "other").error.isRetryable)
    }

    @Test func `the description is one line with the facts and without row values`() {
        var error = PostgresError(
            .server, "duplicate key value", sqlState: "23505", severity: "ERROR", detail: "Key (email)=(secret@example.org) already exists.",
            hint: "try another", constraint: "users_email", table: "users")
        error.statement = "insert users"
        error.file = "Users.swift"
        error.line = 12
        #expect(
            "\(error)"
                == "server: duplicate key value; hint: try another (SQLSTATE 23505, constraint users_email, table users, statement: insert users, called at Users.swift:12)"
        )
        error.commitUnknown = true
        #expect("\(error)".contains("unknown"))
        #expect(!"\(error)".contains("secret@example.org"))
    }

    @Test func `a failed start has its SQLSTATE in libpq's text`() {
        let refused = ServerFault.opening(
            #"connection to server at "127.0.0.1", port 5 failed: FATAL:  28P01: password authentication failed for user "x""#)
        #expect(refused.sqlState == "28P01")
        #expect(refused.severity == "FATAL")
        #expect(!refused.isRetryable)
        let starting = ServerFault.opening("connection to server failed: FATAL:  57P03: the database system is starting up")
        #expect(starting.isRetryable)
        let unreachable = ServerFault.opening("connection to server failed: Connection refused; Is the server running?")
        #expect(unreachable.sqlState == nil)
        #expect(unreachable.isRetryable)
    }

    @Test func `a fault above ERROR or without SQLSTATE ends the connection`() {
        #expect(ServerFault(severity: "FATAL", sqlState: "57P01", message: "").error.code == .connection)
        #expect(ServerFault(severity: nil, sqlState: nil, message: "gone").error.code == .connection)
        #expect(ServerFault(severity: "ERROR", sqlState: "23505", message: "").error.code == .server)
    }
}
