import Foundation
import TestSupport
import Web

/// The providers' own clients, as small programs in `Clients`.
enum PythonClients {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// What a program saw of each request.
    ///
    /// - Parameter requests: what it is to ask, one after the other; each program says at its head what it takes.
    static func run(_ program: String, _ url: String, _ requests: [JSONValue]) async throws -> [JSONValue] {
        let environment = ProcessInfo.processInfo.environment
        guard let clients = environment["MAINSTAY_PYTHON_CLIENTS"], !clients.isEmpty else {
            throw Fault(description: "MAINSTAY_PYTHON_CLIENTS is not set: `ops/test` installs the Python clients and names their folder by it")
        }
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/Clients/\(program)"
        let result = try await Program.run(
            words: ["/usr/bin/env", "python3", file, url, String(decoding: JSONValue.array(requests).bytes(), as: UTF8.self)],
            // A proxy would stand between the client and the emulator.
            environment: environment.merging(["PYTHONPATH": clients, "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*", "no_proxy": "*"]) { $1 })
        guard result.status == 0 else { throw Fault(description: "\(program) ended with \(result.status): \(result.errors)") }
        return try JSONDecoder().decode([JSONValue].self, from: Data(result.output.utf8))
    }
}
