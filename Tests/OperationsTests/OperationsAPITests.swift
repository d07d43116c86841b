import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import JobsTesting
import NIOCore
import Testing
import Web
import Workspaces

@testable import Operations

@Suite("The operators' API", .timeLimit(.minutes(2))) struct OperationsAPITests {
    @Test("every route is described and mounted, the pages apart")
    func described() async throws {
        try await OperationsFixture.with { fixture in
            let responder = fixture.responder
            let differences = OpenAPI.differences(routes: responder.routes, operations: responder.operations, except: OperationsPages.paths)
            #expect(differences == [])
            for operation in fixture.operations.routes.operations {
                let reading: Scope = operation.path.hasSuffix("access-log") ? .auditRead : .operationsRead
                let least = operation.method == .post ? Scope.operationsWrite : reading
                #expect(operation.scope == least.rawValue, "\(operation.path)")
            }
        }
    }

    @Test("nobody sees another tenant's jobs without the operator's scope, not even with every scope of a workspace")
    func scope() async throws {
        try await OperationsFixture.with { fixture in
            let id = try await fixture.die(of: "a secret of one tenant")[0].lowercased
            try await fixture.asking { ask in
                let places: [(HTTPRequest.Method, String)] = [
                    (.get, "/v1/operations/overview"), (.get, "/v1/operations/overview/events"), (.get, "/v1/operations/queues/notes"),
                    (.post, "/v1/operations/queues/notes/pause"), (.post, "/v1/operations/queues/notes/resume"), (.get, "/v1/operations/jobs"),
                    (.get, "/v1/operations/jobs/\(id)"), (.post, "/v1/operations/jobs/\(id)/cancel"), (.get, "/v1/operations/dead-letters"),
                    (.get, "/v1/operations/dead-letters/\(id)"), (.post, "/v1/operations/dead-letters/\(id)/replay"),
                    (.post, "/v1/operations/dead-letters/\(id)/discard"), (.post, "/v1/operations/dead-letters/replay"),
                    (.get, "/v1/operations/access-log"),
                ]
                #expect(places.count == fixture.operations.routes.operations.count)
                for (method, path) in places {
                    let body = method == .post ? "{}" : nil
                    let tenant = try await ask.with(token: fixture.tenantToken)(method, path, body)
                    #expect(tenant.status == .forbidden && tenant.json["type"]?.string == "urn:mainstay:problem:missing-scope", "\(path)")
                    #expect(tenant.headers[.contentType] == "application/problem+json" && !tenant.text.contains("secret"))
                    let nobody = try await ask.with(token: nil)(method, path, body)
                    #expect(nobody.status == .unauthorized, "\(path)")
                }
                #expect(try await fixture.letter(UUID(uuidString: id) ?? UUID()).state == .open)
                #expect(try await ask(.get, "/v1/operations/jobs/\(id)").text.contains("a secret of one tenant"))
            }
        }
    }

    @Test("an autoscaler is told what waits, and is told nothing where nobody knows")
    func signals() async throws {
        try await OperationsFixture.with { fixture in
            for number in 0..<3 { try await fixture.engine.accept(Note(text: "\(number)")) }
            try await fixture.engine.accept(Note(text: "tomorrow"), after: .seconds(86_400))
            try await fixture.asking { ask in
                let told = try await ask(.get, "/v1/operations/queues/notes").json
                #expect(told["known"] == true && told["backlog"] == 4 && told["due"] == 3 && told["later"] == 1)
                #expect(told["ready"] == 3 && told["running"] == 0 && told["seconds_to_empty"] == nil, "nothing drains: how long is not known")
                #expect(try await ask(.get, "/v1/operations/queues/none").status == .notFound)
                let overview = try await ask(.get, "/v1/operations/overview").json
                #expect(overview["queues"]?[0]?["name"] == "notes" && overview["queues"]?[0]?["ready"] == 3)

                let paused = try await ask(.post, "/v1/operations/queues/notes/pause", #"{"reason":"a look at it"}"#).json
                #expect(paused["paused"] == true && paused["changed"] == true)
                #expect(try await ask(.post, "/v1/operations/queues/notes/pause").json["changed"] == false)
                #expect(try await ask(.get, "/v1/operations/queues/notes").json["paused"] == true)
                #expect(try await ask(.post, "/v1/operations/queues/notes/resume").json["changed"] == true)
                #expect(try await ask(.post, "/v1/operations/queues/none/pause").status == .notFound)
            }
        }
        let unknown = FleetOverview(at: Date(), queues: [.init(name: "notes", isKnown: false)], workers: [], handlers: [])
        try await OperationsFixture.with(overview: { unknown }) { fixture in
            try await fixture.asking { ask in
                let answer = try await ask(.get, "/v1/operations/queues/notes")
                #expect(answer.status == .serviceUnavailable && answer.headers[.retryAfter] != nil && answer.json["backlog"] == nil)
                let queue = try await ask(.get, "/v1/operations/overview").json["queues"]?[0]
                #expect(queue?["known"] == false && queue?["ready"] == nil)
            }
        }
    }

    @Test("the overview comes as events, and ends when the token is revoked")
    func events() async throws {
        let (asked, asking) = AsyncStream.makeStream(of: Void.self)
        let overview: @Sendable () async throws -> FleetOverview = {
            asking.yield()
            return FleetOverview(at: Date(), queues: [.init(name: "notes", isKnown: true, ready: 7)], workers: [], handlers: [])
        }
        try await OperationsFixture.with(overview: overview) { fixture in
            try await Application(responder: fixture.responder).test(.live) { client in
                let ask = Asker(client: client, token: fixture.operatorToken)
                async let stream = ask(.get, "/v1/operations/overview/events")
                var looks = asked.makeAsyncIterator()
                _ = await looks.next()
                try await fixture.revokeAnn()
                let answer = try await stream
                #expect(answer.text.contains("event: overview\ndata: {") && answer.text.contains(#""ready":7"#))
            }
        }
    }

    @Test("dead letters are listed by filter and page, shown without secrets, replayed and discarded, each once")
    func letters() async throws {
        try await OperationsFixture.with { fixture in
            let ids = try await fixture.die(of: "disk full", "disk full", "other", text: "of ann@example.org")
            try await fixture.asking { ask in
                let list = "/v1/operations/dead-letters"
                var found: [String] = []
                var path = "\(list)?limit=2"
                while true {
                    let page = try await ask(.get, path)
                    found += page.items.compactMap { $0["id"]?.string }
                    guard let cursor = page.json["next_cursor"]?.string else { break }
                    path = "\(list)?limit=2&cursor=\(cursor)"
                }
                #expect(Set(found) == Set(ids.map(\.lowercased)) && found.count == 3)
                #expect(try await ask(.get, "\(list)?text=DISK&kind=test.note&code=broken&queue=notes&workspace=default&since=1h").items.count == 2)
                for none in ["kind=none", "code=none", "queue=none", "state=replayed", "until=1h", "workspace=\(UUID())"] {
                    #expect(try await ask(.get, "\(list)?\(none)").items.isEmpty, "\(none)")
                }
                for wrong in ["workspace=none", "since=soon", "state=odd", "cursor=odd", "limit=0"] {
                    #expect(try await ask(.get, "\(list)?\(wrong)").status == .badRequest, "\(wrong)")
                }

                let one = "\(list)/\(ids[0].lowercased)"
                let letter = try await ask(.get, one)
                #expect(letter.json["code"] == "broken" && letter.json["history"]?.elements?.count == 1 && letter.json["body_form"] == "json")
                #expect(!letter.text.contains("correct-horse") && !letter.text.contains("ann@example.org"))
                let first = try await ask(.post, "\(one)/replay")
                #expect(first.status == .ok && first.json["changed"] == true && first.json["state"] == "replayed")
                let second = try await ask(.post, "\(one)/replay", "{}")
                #expect(second.status == .ok && second.json["changed"] == false && second.json["state"] == "replayed")
                #expect(try await fixture.letter(ids[0]).replays.map(\.by) == ["ann"])
                let late = try await ask(.post, "\(one)/discard")
                #expect(late.status == .conflict && late.json["type"] == "urn:mainstay:problem:dead-letter-state")

                let other = "\(list)/\(ids[2].lowercased)"
                #expect(try await ask(.post, "\(other)/discard").json["changed"] == true)
                #expect(try await ask(.post, "\(other)/discard").json["changed"] == false)
                #expect(try await ask(.post, "\(other)/replay").status == .conflict)
                #expect(try await ask(.get, other).json["discarded"]?["by"] == "ann")
                #expect(try await ask(.post, "\(list)/\(UUID.version7())/replay").status == .notFound)
            }
        }
    }

    @Test("a bulk replay says what it would do until it is told to do it, and must be told which")
    func bulk() async throws {
        try await OperationsFixture.with { fixture in
            try await fixture.die(of: "disk full", "disk full", "other")
            try await fixture.asking { ask in
                let path = "/v1/operations/dead-letters/replay"
                #expect(try await ask(.post, path, "{}").status == .unprocessableContent, "nothing was chosen")
                #expect(try await ask(.post, path, #"{"all":true,"limit":0}"#).status == .unprocessableContent)
                let rehearsal = try await ask(.post, path, #"{"text":"disk"}"#).json
                #expect(rehearsal["dry_run"] == true && rehearsal["matched"] == 2 && rehearsal["replayed"] == nil)
                #expect(rehearsal["groups"]?[0]?["code"] == "broken" && rehearsal["groups"]?[0]?["count"] == 2)
                #expect(try await ask(.get, "/v1/operations/dead-letters").items.count == 3)
                let done = try await ask(.post, path, #"{"text":"disk","dry_run":false}"#).json
                #expect(done["replayed"] == 2 && done["unchanged"] == 0 && done["stopped"] == false)
                let again = try await ask(.post, path, #"{"text":"disk","dry_run":false}"#).json
                #expect(again["matched"] == 0 && again["replayed"] == 0)
                let limited = try await ask(.post, path, #"{"all":true,"limit":1,"dry_run":false}"#).json
                #expect(limited["replayed"] == 1)
                #expect(try await ask(.get, "/v1/operations/dead-letters").items.isEmpty)
            }
        }
    }
}
