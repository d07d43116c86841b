import AsyncHTTPClient
import Foundation
import Inference
import NIOCore

/// Follows a run's events to their end, over as many connections as it takes: after a break it asks for what comes after the
/// last event it has, so nothing is missing and nothing comes twice.
struct RunStream: Sendable {
    let client: APIClient
    let run: String
    /// Breaks in a row without an event between them before it gives up.
    var patience = 20

    /// Events are missing, and what follows them is not the answer.
    struct Gap: Error, CustomStringConvertible {
        let description: String
    }

    /// Calls `body` with each event, in order, until the terminal one.
    func follow(_ body: (RunEvent) throws -> Void) async throws {
        var last: String?
        var breaks = 0
        while true {
            do {
                let response = try await client.open(
                    .get, "/v1/runs/\(run)/events", headers: [("accept", "text/event-stream")] + (last.map { [("last-event-id", $0)] } ?? []),
                    timeout: .seconds(3600))
                var decoder = SSEDecoder()
                for try await buffer in response.body {
                    for event in try decoder.decode(buffer.readableBytesView) {
                        if !event.lastEventID.isEmpty { last = event.lastEventID }
                        breaks = 0
                        guard event.type != "gap" else {
                            throw Gap(description: "a part of the answer is no longer kept; the whole is at GET /v1/runs/\(run)")
                        }
                        guard let known = try RunEvent(payload: event.data.utf8) else { continue }
                        try body(known)
                        if known.isTerminal { return }
                    }
                }
            } catch let error as APIClient.Failure where !error.mayPass {
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch let error as DecodingError {
                throw error
            } catch let error as Gap {
                throw error
            } catch {
                // A connection that broke, or an ingress that is starting again.
                guard breaks < patience else { throw error }
            }
            breaks += 1
            guard breaks <= patience else { throw UpFault("the run's events end without an ending, \(patience) times in a row") }
            try await Task.sleep(for: .milliseconds(min(2000, 100 * breaks)))
        }
    }
}
