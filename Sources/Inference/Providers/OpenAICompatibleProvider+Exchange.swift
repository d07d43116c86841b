import AsyncHTTPClient
import Foundation
import Jobs
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The exchange over HTTP: request, answer, errors.
extension OpenAICompatibleProvider {
    /// Sends the request and passes events on until the stream ends; returns those that are still to be passed on.
    func exchange(
        _ request: ProviderRequest, _ patience: StreamPatience<some Clock<Duration>>, _ receive: @Sendable (ProviderEvent) async throws -> Void
    ) async throws -> [ProviderEvent] {
        var decoder = ChatCompletionsDecoder()
        let response: HTTPClientResponse
        do {
            response = try await client.http.execute(try self.request(request), deadline: .now() + TimeAmount(timeouts.headers))
        } catch {
            return decoder.end(.broken(try TransportFault.error(error, provider: name, expired: nil)))
        }
        patience.wait(.firstToken)
        do {
            guard response.status == .ok else { return named(decoder.end(.broken(try await refusal(response)))) }
            guard response.isEventStream else {
                // An error or a whole answer in one object, under a status that promised a stream.
                return named(decoder.decode(body: try await response.body.collect(upTo: 8 << 20).readableBytesView))
            }
        } catch {
            return decoder.end(.broken(try TransportFault.error(error, provider: name, expired: patience.expired?.rawValue)))
        }
        var body = response.body.makeAsyncIterator()
        while !decoder.isEnded {
            let buffer: ByteBuffer?
            do {
                buffer = try await body.next()
            } catch {
                return named(decoder.end(.broken(try TransportFault.error(error, provider: name, expired: patience.expired?.rawValue))))
            }
            guard let buffer else { return named(decoder.end(.clean)) }
            let events = named(decoder.decode(buffer.readableBytesView))
            if !events.isEmpty { patience.pause() }
            for event in events { try await receive(event) }
            patience.wait(decoder.isSettled ? .settle : decoder.hasFirstToken ? .idle : .firstToken)
        }
        // Leaving the scope closes the connection: a provider that keeps it open after its end marker is not waited for.
        return []
    }

    private func request(_ request: ProviderRequest) throws -> HTTPClientRequest {
        var result = HTTPClientRequest(url: endpoint)
        result.method = .POST
        result.headers.add(name: "content-type", value: "application/json")
        result.headers.add(name: "accept", value: "text/event-stream")
        result.headers.add(name: "user-agent", value: "mainstay")
        if let key { result.headers.add(name: "authorization", value: "Bearer \(key.revealed)") }
        if let trace = JobTrace.current { result.headers.add(name: "traceparent", value: trace.header) }
        result.body = .bytes(ByteBuffer(bytes: try ChatCompletionsRequest(request).encoded()))
        return result
    }

    /// The error behind a status that is not 200. The body is read within a bound; what is no error object is told by its status.
    private func refusal(_ response: HTTPClientResponse) async throws -> InferenceError {
        let status = Int(response.status.code)
        let retryAfter = RetryAfter.duration(
            milliseconds: response.headers.first(name: "retry-after-ms"), value: response.headers.first(name: "retry-after"),
            now: Date().timeIntervalSince1970)
        let body = try await response.body.collect(upTo: 1 << 20)
        let reported = try? JSONDecoder().decode(ChatCompletionsChunk.self, from: Data(body.readableBytesView)).error
        let fault = reported.flatMap { $0.isEmpty ? nil : $0 } ?? ProviderFault(message: "The provider answered with HTTP status \(status).")
        var error = fault.error(status: status, retryAfter: retryAfter)
        // A redirect is refused, since the key would go to another host; nothing of it is an answer.
        if status < 400 { error.kind = .invalidResponse }
        return error
    }

    /// Errors that the decoder found get the provider's name, and lose the key if the provider repeated it.
    private func named(_ events: [ProviderEvent]) -> [ProviderEvent] {
        events.map { event in
            guard case .ended(var ending) = event, case .failed(var error) = ending.outcome else { return event }
            error.provider = name
            if let key { error.message = key.redacting(error.message) }
            ending.outcome = .failed(error)
            return .ended(ending)
        }
    }
}

extension HTTPClientResponse {
    fileprivate var isEventStream: Bool {
        guard let type = headers.first(name: "content-type") else { return true }
        return !type.lowercased().hasPrefix("application/json")
    }
}
