import Testing

@testable import Postgres

@Suite struct ConnectionURLTests {
    @Test(
        arguments: [
            ("postgres://", [:]),
            ("postgresql://localhost", ["host": "localhost"]),
            ("POSTGRES://h/db", ["host": "h", "dbname": "db"]),
            ("postgres://u@h:1234/db", ["user": "u", "host": "h", "port": "1234", "dbname": "db"]),
            ("postgres://u:p%40s%2Fs%3A@h/db", ["user": "u", "password": "p@s/s:", "host": "h", "dbname": "db"]),
            ("postgres://u:a:b@h", ["user": "u", "password": "a:b", "host": "h"]),
            ("postgres:///db?host=/run/postgresql", ["host": "/run/postgresql", "dbname": "db"]),
            ("postgres://%2Fvar%2Frun/db", ["host": "/var/run", "dbname": "db"]),
            ("postgres://[::1]:5433/db", ["host": "::1", "port": "5433", "dbname": "db"]),
            (
                "postgres://a:1,b:2/db?target_session_attrs=read-write",
                ["host": "a,b", "port": "1,2", "dbname": "db", "target_session_attrs": "read-write"]
            ),
            (
                "postgres://h/db?sslmode=require&options=-c%20geqo%3Doff",
                ["host": "h", "dbname": "db", "sslmode": "require", "options": "-c geqo=off"]
            ),
            ("postgres://h/db?ssl=true", ["host": "h", "dbname": "db", "sslmode": "require"]),
            ("postgres://h/db%20one?", ["host": "h", "dbname": "db one"]),
        ] as [(String, [String: String])]) func `a URL is taken apart`(url: String, options: [String: String]) throws
    {
        #expect(try ConnectionURL.options(url) == options)
    }

    @Test(arguments: [
        "mysql://h/db", "h/db", "", "postgres://u:topsecret@x@h/db", "postgres://u:top/secret@h/db", "postgres://h:topsecret", "postgres://h:70000",
        "postgres://[::1", "postgres://[::1]x", "postgres://h/db?topsecret", "postgres://h/db?=topsecret", "postgres://u:topsecret%2@h",
        "postgres://u:%zz@h",
        "postgres://u:topsecret%00@h", "postgres://u:%ff@h", "postgres://h/a/b",
    ]) func `what cannot be read is refused without being quoted`(url: String) {
        let error = #expect(throws: PostgresError.self) { try ConnectionURL.options(url) }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("secret") == false)
        #expect(error?.description.contains("topse") == false)
    }
}
