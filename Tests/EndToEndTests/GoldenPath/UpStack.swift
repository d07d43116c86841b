import AsyncHTTPClient
import Foundation
import LocalStack
import NIOCore
import NIOHTTP1
import TestSupport

/// A stack that the built program brought up by itself, as `mainstay up --detach` does it for anybody.
struct UpStack: Sendable {
    let folder: String
    /// What a shell has after it has read the stack's `env`.
    let environment: [String: String]

    var url: String { environment["MAINSTAY_URL"] ?? "" }
    var token: String { environment["MAINSTAY_TOKEN"] ?? "" }

    /// Nothing of this process's own settings: they are for other stacks.
    static let bareEnvironment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "/tmp"]

    /// Brings one up with one worker, hands it to `body`, and takes it down with its data, however `body` ends.
    ///
    /// - Parameter variables: Settings of its ingress and its worker.
    static func with(variables: [String: String], _ body: @Sendable (UpStack) async throws -> Void) async throws {
        let folder = try TestFolder.make("up")
        let environment = bareEnvironment.merging(variables) { $1 }
        let words = ["up", "--detach", "--no-demo", "--folder", folder, "--port", "\(try FreePort.next())", "--workers", "1"]
        do {
            let up = try await Program.run(words, environment: environment)
            guard up.status == 0 else { throw TestSupportError("`mainstay up` ended with \(up.status): \(up.errors)") }
            try await body(UpStack(folder: folder, environment: environment.merging(try variablesOf(folder)) { $1 }))
        } catch {
            try? await down(folder)
            throw error
        }
        try await down(folder)
    }

    /// Stops a stack in order and removes it.
    static func down(_ folder: String) async throws {
        let down = try await Program.run(["up", "--down", "--wipe", "--folder", folder], environment: bareEnvironment)
        guard down.status == 0 else { throw TestSupportError("`mainstay up --down` ended with \(down.status): \(down.errors)") }
    }

    private static func variablesOf(_ folder: String) throws -> [String: String] {
        let text = try String(contentsOfFile: "\(folder)/env", encoding: .utf8)
        var variables: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { variables[String(parts[0])] = parts[1].trimmingCharacters(in: CharacterSet(charactersIn: "'")) }
        }
        return variables
    }

    // MARK: What it tells

    /// A run's event stream to its end, from behind a cursor: the bytes, without the heartbeats of a machine that was slow.
    func events(of run: String, after cursor: String? = nil) async throws -> (status: Int, text: String) {
        var request = HTTPClientRequest(url: "\(url)/v1/runs/\(run)/events")
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        if let cursor { request.headers.add(name: "last-event-id", value: cursor) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let text = String(buffer: try await response.body.collect(upTo: 16 << 20))
        return (Int(response.status.code), text.replacing(": heartbeat\n\n", with: ""))
    }

    /// The metrics of the ingress.
    func ingressMetrics() async throws -> [String] { try await lines(of: "\(url)/metrics") }

    /// The metrics of the one worker.
    func workerMetrics() async throws -> [String] {
        let pages = try String(contentsOfFile: "\(folder)/run/ready", encoding: .utf8).split(separator: "\n")
        guard let page = pages.first else { throw TestSupportError("the worker has no metrics page") }
        return try await lines(of: String(page))
    }

    private func lines(of address: String) async throws -> [String] {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: address), timeout: .seconds(30))
        return String(buffer: try await response.body.collect(upTo: 16 << 20)).split(separator: "\n").map(String.init)
    }
}
