import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import JobsTesting
import NIOCore
import Testing
import Web

@testable import Operations

@Suite("The pages", .timeLimit(.minutes(2))) struct PagesTests {
    /// What a page must never hold as markup.
    private static let attack = #"<script>alert("x")</script><img src=x onerror='alert(1)'>"#
    private static let harmless = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;"

    private static func expectHarmless(_ answer: Answer, _ page: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(answer.status == .ok, "\(page)", sourceLocation: sourceLocation)
        #expect(answer.text.contains(harmless), "\(page) does not show it", sourceLocation: sourceLocation)
        #expect(!answer.text.contains("<script>alert") && !answer.text.contains("<img"), "\(page)", sourceLocation: sourceLocation)
        #expect(answer.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true, "\(page)", sourceLocation: sourceLocation)
        #expect(answer.headers[.cacheControl] == "no-store", "\(page)", sourceLocation: sourceLocation)
        #expect(answer.text.components(separatedBy: "<script>").count == 2, "\(page) has one script", sourceLocation: sourceLocation)
    }

    @Test("what a job's error holds is text on every page, and so are its body, a pause's reason and a search's words")
    func escaping() async throws {
        try await OperationsFixture.with { fixture in
            let id = try await fixture.die(of: Self.attack, text: Self.attack)[0].lowercased
            try await fixture.browsing { browser in
                for page in ["/ops/jobs", "/ops/jobs/\(id)", "/ops/dead-letters", "/ops/dead-letters/\(id)"] {
                    Self.expectHarmless(try await browser.get(page), page)
                }
                let words = PageAddress.query("/ops/dead-letters", [(name: "text", value: Self.attack)])
                Self.expectHarmless(try await browser.get(words), "a filter's words")
                let kind = try await browser.get(PageAddress.query("/ops/jobs", [(name: "kind", value: Self.attack)]))
                Self.expectHarmless(kind, "a search's words")

                let paused = try await browser.act(
                    "/ops/queues", from: "/ops",
                    [(name: "queue", value: "notes"), (name: "act", value: "pause"), (name: "reason", value: Self.attack)])
                #expect(paused.location == "/ops?said=paused")
                for page in ["/ops", "/ops/queues/notes"] { Self.expectHarmless(try await browser.get(page), page) }

                let wrong = try await browser.get(PageAddress.query("/ops/jobs", [(name: "state", value: Self.attack)]))
                #expect(wrong.status == .badRequest && !wrong.text.contains("<script>alert"))
                let missing = try await browser.get("/ops/queues/%3Cscript%3Ealert")
                #expect(missing.status == .notFound && !missing.text.contains("<script>alert"))
                #expect(missing.headers[.contentType] == "text/html; charset=utf-8")
            }
        }
    }

    @Test("a body is shown without its secrets, and a result too")
    func secrets() async throws {
        try await OperationsFixture.with { fixture in
            let dead = try await fixture.die(of: "no good")[0].lowercased
            let done = try await fixture.engine.accept(Note(text: "of ann@example.org"))
            try await fixture.engine.drain()
            try await fixture.browsing { browser in
                let letter = try await browser.get("/ops/dead-letters/\(dead)")
                #expect(letter.text.contains("password") && !letter.text.contains("correct-horse"))
                let job = try await browser.get("/ops/jobs/\(done.lowercased)")
                #expect(job.text.contains("person-1") && !job.text.contains("ann@example.org"))
            }
        }
    }

    @Test("the overview is whole without JavaScript: every number stands in the page, and what is not known is no zero")
    func overview() async throws {
        let job = UUID.version7()
        let fleet = FleetOverview(
            at: Date(),
            queues: [
                .init(
                    name: "notes", isKnown: true, ready: 12_345, running: 7, parked: 3, later: 2, oldestAgeSeconds: 75, perSecond: 250,
                    secondsToEmpty: 49.4, workers: 2),
                .init(name: "lost", isKnown: false, isPaused: true, pauseReason: "a look at it"),
            ],
            workers: [
                .init(
                    id: UUID(), name: "north", host: "box", pid: 42, version: "1", queues: ["notes"], startedAt: Date(), state: "working",
                    running: [
                        .init(kind: "test.long", job: job, jobs: 1, seconds: 12, progress: 0.4, note: "page 4 of 10"),
                        .init(kind: "test.note", job: nil, jobs: 500, seconds: 0.02),
                    ], perSecond: 125)
            ], handlers: [.init(kind: "test.note", perSecond: 250, meanSeconds: 0.02, slowestSeconds: 1.5)])
        try await OperationsFixture.with(overview: { fleet }) { fixture in
            try await fixture.browsing { browser in
                let page = try await browser.get("/ops?refresh=5")
                #expect(page.status == .ok)
                for word in [
                    "12,345", "250/s", "1 min 15 s", "not measured", "a look at it", "north", "box 42", "page 4 of 10", "40 %", "×500", "1.5 s",
                    #"<meta http-equiv="refresh" content="5">"#, job.lowercased,
                ] { #expect(page.text.contains(word), "\(word)") }
                let lost = try #require(page.text.components(separatedBy: "/ops/queues/lost").last?.components(separatedBy: "</tr>").first)
                #expect(lost.components(separatedBy: "class=\"unknown\"").count == 9, "eight numbers that are not known")
                #expect(!lost.contains(">0<"))
            }
        }
    }

    @Test("the style and the script are those that the policy names, and nothing else is loaded")
    func policy() async throws {
        try await OperationsFixture.with { fixture in
            try await fixture.browsing { browser in
                let page = try await browser.get("/ops")
                let policy = try #require(page.headers[.contentSecurityPolicy])
                #expect(policy == PageLook.frame.policy)
                #expect(page.text.contains("<style>\(PageLook.style.markup)</style>"))
                #expect(page.text.contains("<script>\(PageLook.script.markup)</script>"))
                #expect(!page.text.contains(" src=") && !page.text.contains(" style=") && !page.text.contains("onclick"))
                #expect(!page.text.contains("http://") && !page.text.contains("https://"))
            }
        }
    }

    @Test("the event stream sends the page's own parts, and ends with the session")
    func events() async throws {
        let (asked, asking) = AsyncStream.makeStream(of: Void.self)
        let overview: @Sendable () async throws -> FleetOverview = {
            asking.yield()
            return FleetOverview(at: Date(), queues: [.init(name: "notes", isKnown: false)], workers: [], handlers: [])
        }
        try await OperationsFixture.with(overview: overview) { fixture in
            // Live, because an event stream watches its connection.
            try await Application(responder: fixture.responder).test(.live) { client in
                let browser = Browser(client: client)
                try await browser.signIn(fixture.operatorToken)
                async let stream = browser.get("/ops/events")
                var looks = asked.makeAsyncIterator()
                _ = await looks.next()
                try await fixture.revokeAnn()
                let answer = try await stream
                #expect(answer.headers[.contentType] == "text/event-stream; charset=utf-8")
                #expect(answer.text.contains("event: overview\n") && answer.text.contains("data: <section data-part=\"queues\">"))
                #expect(answer.text.hasSuffix("event: over\ndata: signed out\n\n"))
            }
        }
    }

    @Test("a queue is paused with its reason and resumed, from the overview and from its own page")
    func pause() async throws {
        try await OperationsFixture.with { fixture in
            let control = QueueControl(pool: fixture.engine.pool)
            try await fixture.browsing { browser in
                let paused = try await browser.act(
                    "/ops/queues", from: "/ops/queues/notes",
                    [(name: "queue", value: "notes"), (name: "back", value: "notes"), (name: "act", value: "pause"), (name: "reason", value: "why")])
                #expect(paused.location == "/ops/queues/notes?said=paused")
                #expect(try await control.paused().map(\.reason) == ["why"])
                let page = try await browser.get("/ops/queues/notes?said=paused")
                #expect(page.text.contains("Resume notes") && page.text.contains("The queue is paused.") && page.text.contains("why"))
                let resume: [(name: String, value: String?)] = [(name: "queue", value: "notes"), (name: "act", value: "resume")]
                #expect(try await browser.act("/ops/queues", from: "/ops", resume).location == "/ops?said=resumed")
                #expect(try await control.paused().isEmpty)
                #expect(try await browser.act("/ops/queues", from: "/ops", resume).location == "/ops?said=resumed-before")
                let unknown = try await browser.act("/ops/queues", from: "/ops", [(name: "queue", value: "none"), (name: "act", value: "pause")])
                #expect(unknown.status == .notFound)
            }
        }
    }

    @Test("a letter is replayed once, however often the form is sent, and again only by who has seen that it died again")
    func replay() async throws {
        try await OperationsFixture.with { fixture in
            let id = try await fixture.die(of: "no good")[0]
            let page = "/ops/dead-letters/\(id.lowercased)"
            try await fixture.browsing { browser in
                let seen: [(name: String, value: String?)] = [(name: "replays", value: "0")]
                #expect(try await browser.act("\(page)/replay", from: page, seen).location == "\(page)?said=replayed")
                #expect(try await browser.act("\(page)/replay", from: page, seen).location == "\(page)?said=unchanged")
                #expect(try await fixture.letter(id).replays.map(\.by) == ["ann"])
                try await fixture.engine.drain()
                #expect(try await fixture.letter(id).state == .open, "it died again")
                #expect(try await browser.act("\(page)/replay", from: page, seen).location == "\(page)?said=unchanged", "an old page's form")
                #expect(try await fixture.letter(id).replays.count == 1)
                let now = try await browser.get(page)
                #expect(now.text.contains(#"name="replays" value="1""#) && now.text.contains("by ann"))
                #expect(try await browser.act("\(page)/discard", from: page, [(name: "replays", value: "1")]).location == "\(page)?said=discarded")
                #expect(try await fixture.letter(id).discardedBy == "ann")
                #expect(try await browser.act("\(page)/replay", from: page, seen).status == .conflict)
                #expect(try await !browser.get(page).text.contains("Replay it"))
            }
        }
    }

    @Test("many letters are replayed after a look at which they are, and none that died after that look")
    func bulk() async throws {
        try await OperationsFixture.with { fixture in
            try await fixture.die(of: "disk full", "disk full", "other")
            try await fixture.browsing { browser in
                let address = PageAddress.query("/ops/dead-letters/replay", [(name: "text", value: "disk")])
                let look = try await browser.get(address)
                #expect(look.text.contains("Nothing has been done yet") && look.text.contains("Replay all 2"))
                let letters = DeadLetterStore(pool: fixture.engine.pool)
                #expect(try await letters.list().count == 3)
                let until = try #require(
                    look.text.components(separatedBy: #"name="until" value=""#).last?.components(separatedBy: "\"").first)
                try await fixture.die(of: "disk full, later")
                let form: [(name: String, value: String?)] = [(name: "text", value: "disk"), (name: "until", value: until)]
                let done = try await browser.act("/ops/dead-letters/replay", from: address, form)
                #expect(done.location == "/ops/dead-letters?said=replayed&count=2")
                #expect(try await letters.list().map(\.error).sorted() == ["disk full, later (broken)", "other (broken)"])
                let again = try await browser.act("/ops/dead-letters/replay", from: address, form)
                #expect(again.location == "/ops/dead-letters?said=replayed&count=0")
                let open = try await browser.act("/ops/dead-letters/replay", from: address, [(name: "text", value: "disk")])
                #expect(open.status == .badRequest, "a form that says not until when")
            }
        }
    }

    @Test("a job that cannot be cancelled has no such form, and who asks all the same is refused")
    func cancelRefused() async throws {
        try await OperationsFixture.with { fixture in
            let id = try await fixture.engine.accept(OwedNote(), after: .seconds(3600))
            let page = "/ops/jobs/\(id.lowercased)"
            try await fixture.asking { ask in
                let refused = try await ask(.post, "/v1/operations/jobs/\(id.lowercased)/cancel")
                #expect(refused.status == .conflict && refused.json["type"] == "urn:mainstay:problem:refused")
                #expect(try await ask(.get, "/v1/operations/jobs/\(id.lowercased)").json["cancel_requested_at"] == nil)
            }
            try await fixture.browsing { browser in
                let shown = try await browser.get(page)
                #expect(shown.text.contains("cannot be cancelled") && !shown.text.contains("Cancel this job"))
                let refused = try await browser.act("\(page)/cancel", from: "/ops")
                #expect(refused.status == .conflict && refused.text.contains("cannot be cancelled"))
            }
        }
    }

    @Test("a job that waits is cancelled from its page, which tells its story afterwards")
    func cancel() async throws {
        try await OperationsFixture.with { fixture in
            let id = try await fixture.engine.accept(Note(text: "later"), after: .seconds(3600))
            let page = "/ops/jobs/\(id.lowercased)"
            try await fixture.browsing { browser in
                let before = try await browser.get(page)
                #expect(before.text.contains("Cancel this job") && before.text.contains("Not to be begun before"))
                let asked = try await browser.act("\(page)/cancel", from: page)
                #expect(asked.location?.hasPrefix("\(page)?") == true && asked.location?.contains("said=cancelled") == true)
                try await fixture.engine.withWorker { _ = try await fixture.engine.finished(id) }
                let after = try await browser.get(page)
                #expect(after.text.contains(#"<span class="state cancelled">cancelled</span>"#) && !after.text.contains("Cancel this job"))
                let late = try await browser.act("\(page)/cancel", from: "/ops")
                #expect(late.location?.contains("said=ended") == true)
                let unknown = try await browser.get("/ops/jobs/\(UUID.version7().lowercased)")
                #expect(unknown.status == .notFound && unknown.text.contains("Nobody knows"))
                #expect(try await browser.get("/ops/jobs?id=\(id.uuidString)").location == page)
                #expect(try await browser.get("/ops/jobs?id=nothing").status == .badRequest)
            }
        }
    }
}
