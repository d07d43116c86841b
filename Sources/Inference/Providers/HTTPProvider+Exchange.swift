import AsyncHTTPClient
import Foundation
import Jobs
import NIOCore
import NIOHTTP1

/// The exchange over HTTP: request, answer, errors.
extension HTTPProvider {
    /// Sends the request and passes events on until the stream ends; returns those that are still to be passed on.
    func exchange(
        _ request: ProviderRequest, _ patience: StreamPatience<some Clock<Duration>>, _ receive: @Sendable (ProviderEvent) async throws -> Void
    ) async throws -> [ProviderEvent] {
        var decoder = format.decoder(for: request)
        let key = request.key ?? key
        let call: HTTPClientRequest
        do {
            call = try self.call(request)
        } catch let error as InferenceError {
            return named(key, decoder.end(.broken(error)))
        }
        let response: HTTPClientResponse
        do {
            response = try await client.http.execute(call, deadline: .now() + TimeAmount(timeouts.headers))
        } catch {
            return decoder.end(.broken(try TransportFault.error(error, provider: name, expired: nil)))
        }
        patience.wait(.firstToken)
        do {
            guard response.status == .ok else { return named(key, decoder.end(.broken(try await refusal(response)))) }
            guard response.isEventStream else {
                // The rest of an answer is its events: an object has no place to go on from.
                guard request.kept == nil else { return decoder.end(.clean) }
                // An error or a whole answer in one object, under a status that promised a stream.
                return named(key, decoder.decode(body: Array(buffer: try await response.body.collect(upTo: 8 << 20))))
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
                return named(key, decoder.end(.broken(try TransportFault.error(error, provider: name, expired: patience.expired?.rawValue))))
            }
            guard let buffer else { return named(key, decoder.end(.clean)) }
            let events = named(key, decoder.decode(Array(buffer: buffer)))
            if !events.isEmpty { patience.pause() }
            for event in events { try await receive(event) }
            patience.wait(decoder.isSettled ? .settle : decoder.hasFirstToken ? .idle : .firstToken)
        }
        // Leaving the scope closes the connection: a provider that keeps it open after its end marker is not waited for.
        return []
    }

    /// - Throws: ``InferenceError`` for a request that the format cannot say.
    private func call(_ request: ProviderRequest) throws -> HTTPClientRequest {
        if let kept = request.kept {
            guard let path = format.rest(of: kept.position) else {
                throw InferenceError(.invalidRequest, "The provider keeps no answers whose rest could be read.", provider: name)
            }
            return self.call(.GET, path, key: request.key)
        }
        var result = self.call(.POST, format.path, key: request.key)
        result.headers.add(name: "content-type", value: "application/json")
        result.body = .bytes(ByteBuffer(bytes: try format.body(request)))
        return result
    }

    private func call(_ method: HTTPMethod, _ path: String, key own: ProviderKey?) -> HTTPClientRequest {
        var result = HTTPClientRequest(url: base + path)
        result.method = method
        result.headers.add(name: "accept", value: "text/event-stream")
        result.headers.add(name: "user-agent", value: "mainstay")
        for (name, value) in format.headers(key: own ?? key) { result.headers.add(name: name, value: value) }
        if let trace = JobTrace.current { result.headers.add(name: "traceparent", value: trace.header) }
        return result
    }

    /// A provider that does not answer within a second has heard it, or will end the answer by itself.
    private static let abandonmentPatience = TimeAmount.seconds(1)

    func abandon(_ position: AnswerPosition, key: ProviderKey?) async {
        guard let path = format.abandonment(of: position) else { return }
        _ = try? await client.http.execute(call(.POST, path, key: key), deadline: .now() + Self.abandonmentPatience)
    }

    /// The error behind a status that is not 200. The body is read within a bound.
    private func refusal(_ response: HTTPClientResponse) async throws -> InferenceError {
        let headers = RetryHeaders(now: Date().timeIntervalSince1970) { response.headers.first(name: $0) }
        let body = Array(buffer: try await response.body.collect(upTo: 1 << 20))
        return format.refusal(status: Int(response.status.code), body: body, headers: headers)
    }

    /// Errors that the decoder found get the provider's name, and lose the key if the provider repeated it.
    private func named(_ key: ProviderKey?, _ events: [ProviderEvent]) -> [ProviderEvent] {
        events.map { event in
            if case .group(let events, let position) = event { return .group(named(key, events), position) }
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
