import HTTPTypes
import Hummingbird
import Logging

/// `/livez` and `/readyz`, as health+json (draft-inadarei-api-health-check).
///
/// Alive means that the process answers: nothing else is asked, for a restart cures no database. Ready means that every
/// check passes or warns; otherwise 503, and the balancer sends requests elsewhere.
package struct Health: Sendable {
    private let checks: [HealthCheck]
    private let clock: any Clock<Duration>

    package init(checks: [HealthCheck], clock: any Clock<Duration> = ContinuousClock()) {
        self.checks = checks
        self.clock = clock
    }

    /// Both routes.
    package func routes() -> APIRoutes {
        var routes = APIRoutes()
        let answer = APIOperation.Answer(.ok, "pass or warn", schema: .any, contentType: Self.contentType)
        routes.onOpen(APIOperation(.get, "/livez", summary: "Whether the process answers", tag: "Health", answers: [answer])) { _, _ in
            Self.response(.pass, checks: [])
        }
        routes.onOpen(
            APIOperation(
                .get, "/readyz", summary: "Whether the server can do its work", tag: "Health",
                answers: [answer, .init(.serviceUnavailable, "fail", schema: .any, contentType: Self.contentType)])
        ) { _, context in
            let findings = await findings(logger: context.logger)
            return Self.response(findings.map(\.finding.status).max() ?? .pass, checks: findings)
        }
        return routes
    }

    /// Runs all checks at once.
    func findings(logger: Logger) async -> [(name: String, finding: HealthCheck.Finding)] {
        await withTaskGroup(of: (Int, HealthCheck.Finding).self) { group in
            for (index, check) in checks.enumerated() {
                group.addTask { (index, await finding(of: check, logger: logger)) }
            }
            var findings = [HealthCheck.Finding](repeating: .pass, count: checks.count)
            for await (index, finding) in group { findings[index] = finding }
            return zip(checks, findings).map { ($0.name, $1) }
        }
    }

    private func finding(of check: HealthCheck, logger: Logger) async -> HealthCheck.Finding {
        await withTaskGroup(of: HealthCheck.Finding?.self) { group in
            group.addTask {
                do {
                    return try await check.check()
                } catch {
                    logger.warning("A health check failed", metadata: ["check": .string(check.name), "error": "\(error)"])
                    return .init(.fail, "The check failed; the server's log says why.")
                }
            }
            group.addTask {
                do { try await clock.sleep(for: check.deadline) } catch { return nil }
                return .init(.fail, "No answer within \(check.deadline).")
            }
            defer { group.cancelAll() }
            for await finding in group {
                if let finding { return finding }
            }
            return .init(.fail, "The check was withdrawn.")
        }
    }

    private static let contentType = "application/health+json"

    private static func response(_ status: HealthCheck.Status, checks: [(name: String, finding: HealthCheck.Finding)]) -> Response {
        var members: [JSONValue.Member] = [.init("status", .string(status.rawValue))]
        if !checks.isEmpty {
            members.append(
                .init(
                    "checks",
                    .object(
                        checks.map { name, finding in
                            var members: [JSONValue.Member] = [.init("status", .string(finding.status.rawValue))]
                            if let output = finding.output { members.append(.init("output", .string(output))) }
                            return .init(name, [.object(members)])
                        })))
        }
        return Response(
            status: status == .fail ? .serviceUnavailable : .ok, headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: JSONValue.object(members).bytes())))
    }
}
