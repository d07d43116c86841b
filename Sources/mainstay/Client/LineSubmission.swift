import AsyncHTTPClient
import Foundation
import NIOCore

/// Sends documents, one a line, in one request, and reads the result of each while it sends.
struct LineSubmission: Sendable {
    let client: APIClient
    let path: String

    /// What the ingress answers to a line.
    struct Result: Decodable, Equatable {
        struct Problem: Decodable, Equatable {
            let title: String
            let detail: String?
            let errors: [Fault]?
        }

        struct Fault: Decodable, Equatable {
            let pointer: String?
            let detail: String
        }

        /// Counted from 1, in the order in which they were sent.
        let line: Int
        let status: Int
        let problem: Problem?

        var isAccepted: Bool { status == 202 }

        /// Why not, in a line.
        var reason: String {
            guard let problem else { return "status \(status)" }
            let faults = (problem.errors ?? []).map { fault in fault.pointer.map { "\($0): \(fault.detail)" } ?? fault.detail }
            let detail = faults.isEmpty ? problem.detail : faults.joined(separator: " ")
            return "\(problem.title) (\(status))" + (detail.map { ": \($0)" } ?? "")
        }
    }

    /// The ingress answered some of the lines only.
    struct Incomplete: Error, CustomStringConvertible {
        let answered: Int
        let sent: Int
        let reason: String

        var description: String { "\(answered) of \(sent) lines were answered, then it ended (\(reason)). Send all again: nothing is made twice." }
    }

    /// Calls `each` with every result, in the lines' order.
    ///
    /// Lines that carry keys may be sent again after any error: what was accepted stays one.
    /// - Throws: `Incomplete` when the answer breaks off; what `APIClient.open` throws.
    func send(_ lines: [Data], each: (Result) -> Void) async throws {
        guard !lines.isEmpty else { return }
        var body = Data()
        body.reserveCapacity(lines.reduce(lines.count) { $0 + $1.count })
        for line in lines {
            body.append(line)
            body.append(UInt8(ascii: "\n"))
        }
        let response = try await client.open(.post, path, body: body, contentType: "application/x-ndjson", timeout: .seconds(3600))
        var cutter = LineCutter()
        var answered = 0
        do {
            for try await buffer in response.body {
                for line in cutter.feed(buffer.readableBytesView) {
                    each(try APIClient.decoder.decode(Result.self, from: Data(line)))
                    answered += 1
                }
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Incomplete(answered: answered, sent: lines.count, reason: "\(error)")
        }
        guard answered == lines.count else { throw Incomplete(answered: answered, sent: lines.count, reason: "the answer is short") }
    }
}

/// Cuts bytes into lines that end with LF, however they come.
struct LineCutter {
    private var rest: [UInt8] = []

    /// The lines that these bytes complete, without their ends.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(rest)
                rest = []
            } else {
                rest.append(byte)
            }
        }
        return lines
    }
}

extension NDJSON {
    /// A document with an Idempotency-Key of its own as its first member. What is no object, or has a key already, stays as it is:
    /// the ingress says what is wrong with it.
    static func keyed(_ document: Data, key: String) -> Data {
        guard let brace = document.firstIndex(where: { !isWhiteSpace($0) }), document[brace] == UInt8(ascii: "{"),
            document.range(of: Data(#""idempotency_key""#.utf8)) == nil
        else { return document }
        let rest = document[document.index(after: brace)...]
        let next = rest.first(where: { !isWhiteSpace($0) })
        let separator = next == UInt8(ascii: "}") ? "" : ","
        let member = "{\"idempotency_key\":\"\(key)\"\(separator)"
        return Data(member.utf8) + rest
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }
}
