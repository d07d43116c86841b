import CLibPQ
import Dispatch
import Foundation

/// Waits until a row of the benchmark is there, exactly as the C program of the comparison does: one prepared statement without a
/// transaction and a pause of 200 µs, in turn, and nothing in between. So what the two measure differs by the engine, and not by the look.
///
/// It looks as the harness's user, whom `MAINSTAY_BENCH_WATCHER` names, or as the system's where nobody is named.
final class BenchWatcher: Sendable {
    private let thread = DispatchQueue(label: "mainstay.bench.watcher")
    /// Used on `thread` alone, one look at a time, but for its making and its end.
    private nonisolated(unsafe) let connection: OpaquePointer

    /// - Throws: `BenchFault.lookFailed`.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        let named = environment["MAINSTAY_BENCH_WATCHER"] ?? ""
        // The rest is libpq's own to read from PG* variables.
        let connection = (named.isEmpty ? NSUserName() : named).withCString { user in
            "user".withCString { word in
                "connect_timeout".withCString { limit in "10".withCString { PQconnectdbParams([word, limit, nil], [user, $0, nil], 0) } }
            }
        }
        guard let connection else { throw BenchFault.lookFailed("out of memory") }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else { throw BenchFault.lookFailed(String(cString: PQerrorMessage(connection))) }
        let result = PQprepare(connection, Self.name, "select 1 from tickets where id = $1", 1, nil)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw BenchFault.lookFailed(String(cString: PQerrorMessage(connection))) }
    }

    deinit { PQfinish(connection) }

    /// - Returns: the moment at which the row was seen; nil when it was not until `deadline`.
    /// - Throws: `BenchFault.lookFailed`.
    func sighting(of id: String, until deadline: ContinuousClock.Instant) async throws -> ContinuousClock.Instant? {
        try await withCheckedThrowingContinuation { continuation in
            thread.async {
                continuation.resume(with: Result { try self.look(for: id, until: deadline) })
            }
        }
    }

    private func look(for id: String, until deadline: ContinuousClock.Instant) throws -> ContinuousClock.Instant? {
        try id.withCString { text in
            while true {
                let result = PQexecPrepared(connection, Self.name, 1, [text], nil, nil, 0)
                defer { PQclear(result) }
                guard PQresultStatus(result) == PGRES_TUPLES_OK else { throw BenchFault.lookFailed(String(cString: PQerrorMessage(connection))) }
                let now = ContinuousClock.now
                if PQntuples(result) > 0 { return now }
                guard now < deadline else { return nil }
                usleep(200)
            }
        }
    }

    private static let name = "look"
}
