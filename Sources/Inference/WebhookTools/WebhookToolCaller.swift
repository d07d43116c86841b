import AsyncHTTPClient
package import Foundation
import Jobs
package import Logging
import NIOCore
import NIOHTTP1
import Web

/// Calls tools over HTTP, within a time and a size, and reaches nothing that ``AddressPolicy`` does not allow.
///
/// The name is resolved once, the addresses are judged, and the connection is made to one of them: the client of a call knows the name
/// under that address only, so there is no second look-up that could be answered differently. Header and TLS keep the name. Redirects are
/// not followed. Why a tool is not reached is for the operator's log alone: a name that is not known, an address that is refused and a port
/// that is closed read the same to the tenant, who could else ask about a network that is not his. A client lives for one call and is shut down in its scope, whatever happens; it shares the process's event loops, and no
/// connection of one workspace is ever another's.
package struct WebhookToolCaller: Sendable {
    /// Bytes of an answer: what a model can make use of.
    package static let answerBound = 64 << 10
    /// Characters of an error's body that are passed on.
    private static let quoted = 300
    /// What the tenant is told of a tool that was not reached, for whatever reason.
    static let unreached = WebhookToolFault(
        "The tool cannot be reached: its host has no address that tools are called at, or takes no connection there.")

    private let policy: AddressPolicy
    private let resolver: any HostResolver
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Date
    private let logger: Logger

    package init(
        policy: AddressPolicy, resolver: any HostResolver = SystemResolver(), clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() }, logger: Logger = Logger(label: "mainstay.tools")
    ) {
        self.policy = policy
        self.resolver = resolver
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    /// Calls a tool: `POST {"id","name","arguments","run","workspace"}`, signed (``WebhookSignature``).
    ///
    /// It never throws: what goes wrong is the output, in a sentence. When the task is cancelled it returns at once.
    ///
    /// - Parameters:
    ///   - arguments: As the model wrote them: JSON, or a text that is none and is passed on as a string.
    ///   - id: The call's, as the model named it.
    package func call(_ tool: WebhookTool, arguments: String, call id: String, run: UUID, workspace: UUID) async -> WebhookToolOutput {
        let start = ContinuousClock.now
        let value = (try? JSONDecoder().decode(JSONValue.self, from: Data(arguments.utf8))) ?? .string(arguments)
        let document: JSONValue = .object([
            .init("id", .string(id)), .init("name", .string(tool.name)), .init("arguments", value), .init("run", .string(run.lowercased)),
            .init("workspace", .string(workspace.lowercased)),
        ])
        let body = document.bytes()
        let time = self.now()
        let headers = WebhookSignature.headers(
            id: WebhookSignature.id(run: run.lowercased, call: id), at: time, body: body, secrets: tool.secrets(at: time))
        let result = await within(tool.timeout) {
            do {
                return try await exchange(tool, body, headers, for: workspace)
            } catch {
                throw fault(error, of: tool, workspace)
            }
        }
        let duration = start.duration(to: .now)
        switch result {
        case .success(let text): return WebhookToolOutput(text: text, isError: false, duration: duration)
        case .failure(let fault): return WebhookToolOutput(text: fault.description, isError: true, duration: duration)
        }
    }

    private func within(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> String
    ) async -> Result<String, WebhookToolFault> {
        await withTaskGroup(of: Result<String, WebhookToolFault>.self) { group in
            group.addTask {
                do {
                    return .success(try await body())
                } catch {
                    return .failure(error as? WebhookToolFault ?? Self.unreached)
                }
            }
            group.addTask { [clock] in
                try? await clock.sleep(for: limit)
                return .failure(WebhookToolFault("The tool did not answer within \(limit.wholeMilliseconds) ms."))
            }
            let first = await group.next()
            group.cancelAll()
            if Task.isCancelled { return .failure(WebhookToolFault("The call was cancelled.")) }
            return first ?? .failure(WebhookToolFault("The call was cancelled."))
        }
    }

    // MARK: The exchange

    private func exchange(
        _ tool: WebhookTool, _ body: [UInt8], _ headers: [(name: String, value: String)], for workspace: UUID
    ) async throws -> String {
        let address = try await address(of: tool.url, for: workspace)
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: TimeAmount(min(tool.timeout, .seconds(5)))), decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        if case .name(let name) = tool.url.host { configuration.dnsOverride = [name: address.description] }
        var request = HTTPClientRequest(url: tool.url.description)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "accept", value: "application/json, text/plain")
        request.headers.add(name: "user-agent", value: "mainstay")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        let prepared = request
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let response = try await client.execute(prepared, timeout: TimeAmount(tool.timeout))
            return try await Self.read(response)
        }
    }

    private func address(of url: ToolURL, for workspace: UUID) async throws -> IPAddress {
        let addresses: [IPAddress] =
            switch url.host {
            case .address(let address): [address]
            case .name(let name): try await resolver.addresses(of: name, for: workspace)
            }
        if let refusal = policy.refusal(of: url, at: addresses) { throw Unreached(reason: refusal) }
        // A machine without IPv6 has no way to tell which of them it could reach; with it, IPv4 nearly always works as well.
        guard let address = addresses.first(where: \.isV4) ?? addresses.first else { throw Unreached(reason: "The host has no address.") }
        return address
    }

    private static func read(_ response: HTTPClientResponse) async throws -> String {
        let status = Int(response.status.code)
        let bytes = try await response.body.collect(upTo: answerBound)
        let text = String(validating: bytes.readableBytesView, as: UTF8.self)
        guard (200..<300).contains(status) else {
            let hint = (300..<400).contains(status) ? " Redirects are not followed." : ""
            let words = text.map { String($0.prefix(quoted)) } ?? ""
            throw WebhookToolFault("The tool answered with HTTP status \(status).\(hint)\(words.isEmpty ? "" : " \(words)")")
        }
        guard let text else { throw WebhookToolFault("The tool's answer is no text in UTF-8.") }
        return text
    }

    /// Why no connection was tried: for the log.
    private struct Unreached: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    /// What the tenant is told. The reason of what reads the same for all is written to the log.
    private func fault(_ error: any Error, of tool: WebhookTool, _ workspace: UUID) -> WebhookToolFault {
        switch error {
        case let fault as WebhookToolFault: return fault
        case is NIOTooManyBytesError: return WebhookToolFault("The tool's answer is larger than \(Self.answerBound) bytes.")
        case is ResolverFault: return WebhookToolFault("Too many names of this workspace's tools are being looked up; call it again later.")
        case let error as HTTPClientError where error == .deadlineExceeded: return WebhookToolFault("The tool did not answer in time.")
        default:
            // A call that nobody waits for any more breaks off as well.
            if !Task.isCancelled {
                logger.info(
                    "a tool was not reached",
                    metadata: [
                        "tool": "\(tool.id)", "workspace": "\(workspace)", "host": "\(tool.url.host)", "port": "\(tool.url.port)",
                        "reason": "\(error)",
                    ])
            }
            return Self.unreached
        }
    }
}
